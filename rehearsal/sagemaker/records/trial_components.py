"""Trial components: what went into one step of a trial, and what came out of it."""

from modelyard.rehearsal.sagemaker.listing import created_within, page
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.experiments import without_tags
from modelyard.rehearsal.sagemaker.records.lineage import COMPONENT, EXPERIMENT, TRIAL, Lineage
from modelyard.rehearsal.sagemaker.records.metric_series import MetricSeries
from modelyard.rehearsal.sagemaker.store import Document

MAPS = ("Parameters", "InputArtifacts", "OutputArtifacts")
PLAIN = ("DisplayName", "Status", "StartTime", "EndTime")


class TrialComponents:
    """The operations on trial components.

    Source: CreateTrialComponent, DescribeTrialComponent, ListTrialComponents, UpdateTrialComponent,
    DeleteTrialComponent, AssociateTrialComponent and DisassociateTrialComponent in the SageMaker API reference.
    """

    def __init__(self, *, platform: Platform) -> None:
        self._lineage = Lineage(platform=platform)
        self._series = MetricSeries(store=platform.store)

    @operation
    def create_trial_component(self, request: Document) -> Document:
        """Keep a trial component.

        Raises:
            ServiceError: ValidationException, the name is taken.

        """
        return {"TrialComponentArn": self._lineage.add(COMPONENT, without_tags(request))}

    @operation
    def describe_trial_component(self, request: Document) -> Document:
        """Return a trial component with a summary of its metrics.

        Raises:
            ServiceError: ResourceNotFound, there is no such component.

        """
        document = self._lineage.find(COMPONENT, request["TrialComponentName"])
        return self._series.described(document)

    @operation
    def list_trial_components(self, request: Document) -> Document:
        """Return the components that are asked for: of an experiment, of a trial, or made by one source.

        Raises:
            ServiceError: ResourceNotFound, there is no such experiment or trial.

        """
        found = created_within(request, self._lineage.table(COMPONENT).documents())
        names = self._wanted(request)
        chosen = [_summary(one) for one in found if names is None or one["TrialComponentName"] in names]
        if "SourceArn" in request:
            chosen = [
                one for one in chosen if one.get("TrialComponentSource", {}).get("SourceArn") == request["SourceArn"]
            ]
        return page(request, chosen, member="TrialComponentSummaries", name="TrialComponentName")

    @operation
    def update_trial_component(self, request: Document) -> Document:
        """Give a component other members; parameters and artifacts are added to those that it has.

        Raises:
            ServiceError: ResourceNotFound, there is no such component.

        """
        name = request["TrialComponentName"]
        document = self._lineage.find(COMPONENT, name)
        changes = {key: request[key] for key in PLAIN if key in request}
        changes |= {member: _changed(document=document, request=request, member=member) for member in MAPS}
        return {"TrialComponentArn": self._lineage.update(COMPONENT, name, changes)}

    @operation
    def delete_trial_component(self, request: Document) -> Document:
        """Forget a component that belongs to no trial any more.

        Raises:
            ServiceError: ResourceNotFound, there is no such component; ValidationException, it belongs to a trial.

        """
        name = request["TrialComponentName"]
        trials = self._lineage.trials_of_component(name)
        arn = self._lineage.remove(COMPONENT, name, linked=trials, to="trials")
        self._series.forget(name)
        return {"TrialComponentArn": arn}

    @operation
    def associate_trial_component(self, request: Document) -> Document:
        """Have a component belong to a trial.

        Raises:
            ServiceError: ResourceNotFound, there is no such component or trial.

        """
        component, trial = self._pair(request)
        self._lineage.associate(component=component["TrialComponentName"], trial=trial["TrialName"])
        return {"TrialComponentArn": component["TrialComponentArn"], "TrialArn": trial["TrialArn"]}

    @operation
    def disassociate_trial_component(self, request: Document) -> Document:
        """Have a component belong to a trial no more.

        Raises:
            ServiceError: ResourceNotFound, there is no such component or trial, or it does not belong to it.

        """
        component, trial = self._pair(request)
        self._lineage.disassociate(component=component["TrialComponentName"], trial=trial["TrialName"])
        return {"TrialComponentArn": component["TrialComponentArn"], "TrialArn": trial["TrialArn"]}

    def _wanted(self, request: Document) -> list[str] | None:
        if "TrialName" in request:
            trial = self._lineage.find(TRIAL, request["TrialName"])["TrialName"]
            return self._lineage.components_of_trials([trial])
        if "ExperimentName" in request:
            experiment = self._lineage.find(EXPERIMENT, request["ExperimentName"])["ExperimentName"]
            return self._lineage.components_of_trials(self._lineage.trials_of_experiment(experiment))
        return None

    def _pair(self, request: Document) -> tuple[Document, Document]:
        component = self._lineage.find(COMPONENT, request["TrialComponentName"])
        return component, self._lineage.find(TRIAL, request["TrialName"])


def _summary(document: Document) -> Document:
    """Return a component as lists show it: its source under another name."""
    source = {} if "Source" not in document else {"TrialComponentSource": document["Source"]}
    return {**document, **source}


def _changed(*, document: Document, request: Document, member: str) -> Document:
    removed = request.get(f"{member}ToRemove", [])
    kept = {key: value for key, value in document.get(member, {}).items() if key not in removed}
    return {**kept, **request.get(member, {})}
