"""Experiments and their trials."""

from modelyard.rehearsal.sagemaker.listing import created_within, page
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.lineage import EXPERIMENT, TRIAL, Lineage
from modelyard.rehearsal.sagemaker.store import Document


class Experiments:
    """The operations on experiments.

    Source: CreateExperiment, DescribeExperiment, ListExperiments, UpdateExperiment and DeleteExperiment in the
    SageMaker API reference.
    """

    def __init__(self, *, platform: Platform) -> None:
        self._lineage = Lineage(platform=platform)

    @operation
    def create_experiment(self, request: Document) -> Document:
        """Keep an experiment.

        Raises:
            ServiceError: ValidationException, the name is taken.

        """
        return {"ExperimentArn": self._lineage.add(EXPERIMENT, without_tags(request))}

    @operation
    def describe_experiment(self, request: Document) -> Document:
        """Return an experiment.

        Raises:
            ServiceError: ResourceNotFound, there is no such experiment.

        """
        return dict(self._lineage.find(EXPERIMENT, request["ExperimentName"]))

    @operation
    def list_experiments(self, request: Document) -> Document:
        """Return the experiments that are asked for."""
        found = created_within(request, self._lineage.table(EXPERIMENT).documents())
        return page(request, found, member="ExperimentSummaries", name="ExperimentName")

    @operation
    def update_experiment(self, request: Document) -> Document:
        """Give an experiment another display name or description.

        Raises:
            ServiceError: ResourceNotFound, there is no such experiment.

        """
        return {"ExperimentArn": self._lineage.update(EXPERIMENT, request["ExperimentName"], _changes(request))}

    @operation
    def delete_experiment(self, request: Document) -> Document:
        """Forget an experiment without trials.

        Raises:
            ServiceError: ResourceNotFound, there is no such experiment; ValidationException, it has trials.

        """
        name = request["ExperimentName"]
        trials = self._lineage.trials_of_experiment(name)
        return {"ExperimentArn": self._lineage.remove(EXPERIMENT, name, linked=trials, to="trials")}


class Trials:
    """The operations on trials.

    Source: CreateTrial, DescribeTrial, ListTrials, UpdateTrial and DeleteTrial in the SageMaker API reference.
    """

    def __init__(self, *, platform: Platform) -> None:
        self._lineage = Lineage(platform=platform)

    @operation
    def create_trial(self, request: Document) -> Document:
        """Keep a trial of an experiment.

        Raises:
            ServiceError: ResourceNotFound, there is no such experiment; ValidationException, the name is taken.

        """
        experiment = self._lineage.find(EXPERIMENT, request["ExperimentName"])["ExperimentName"]
        document = {**without_tags(request), "ExperimentName": experiment}
        return {"TrialArn": self._lineage.add(TRIAL, document)}

    @operation
    def describe_trial(self, request: Document) -> Document:
        """Return a trial.

        Raises:
            ServiceError: ResourceNotFound, there is no such trial.

        """
        return dict(self._lineage.find(TRIAL, request["TrialName"]))

    @operation
    def list_trials(self, request: Document) -> Document:
        """Return the trials that are asked for: of an experiment, or those that a component belongs to.

        Raises:
            ServiceError: ResourceNotFound, there is no such experiment.

        """
        found = created_within(request, self._lineage.table(TRIAL).documents())
        if "ExperimentName" in request:
            experiment = self._lineage.find(EXPERIMENT, request["ExperimentName"])["ExperimentName"]
            found = [trial for trial in found if trial["ExperimentName"] == experiment]
        if "TrialComponentName" in request:
            names = self._lineage.trials_of_component(request["TrialComponentName"])
            found = [trial for trial in found if trial["TrialName"] in names]
        return page(request, found, member="TrialSummaries", name="TrialName")

    @operation
    def update_trial(self, request: Document) -> Document:
        """Give a trial another display name.

        Raises:
            ServiceError: ResourceNotFound, there is no such trial.

        """
        return {"TrialArn": self._lineage.update(TRIAL, request["TrialName"], _changes(request))}

    @operation
    def delete_trial(self, request: Document) -> Document:
        """Forget a trial without components.

        Raises:
            ServiceError: ResourceNotFound, there is no such trial; ValidationException, it has components.

        """
        name = request["TrialName"]
        components = self._lineage.components_of_trials([name])
        return {"TrialArn": self._lineage.remove(TRIAL, name, linked=components, to="trial components")}


def without_tags(request: Document) -> Document:
    """Return a request without its tags, which are kept apart."""
    return {key: value for key, value in request.items() if key != "Tags"}


def _changes(request: Document) -> Document:
    return {key: value for key, value in request.items() if key in ("DisplayName", "Description")}
