"""What a search looks at: a record for each resource, in the shape of SearchRecord in the SageMaker API reference."""

from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.lineage import COMPONENT, Lineage
from modelyard.rehearsal.sagemaker.records.metric_series import MetricSeries
from modelyard.rehearsal.sagemaker.records.tags import tags_of
from modelyard.rehearsal.sagemaker.store import Document


class SearchRecords:
    """The records of all kinds of resources, made anew for each search."""

    def __init__(self, *, platform: Platform) -> None:
        self._platform = platform
        self._lineage = Lineage(platform=platform)
        self._series = MetricSeries(store=platform.store)
        self._more = {
            "ExperimentTrial": self._trial,
            "ExperimentTrialComponent": self._component,
            "Endpoint": self._endpoint,
            "Model": self._model,
        }

    def of(self, resource: str) -> list[Document]:
        """Return the records of one kind, each with its tags."""
        with self._platform.store.lock:
            documents = self._platform.store.table(resource).documents()
            return [self._record(resource=resource, document=document) for document in documents]

    def _record(self, *, resource: str, document: Document) -> Document:
        arn = document[_arn_member(resource)]
        record = {**document, "Tags": tags_of(platform=self._platform, arn=arn)}
        # Not everything keeps when it was changed last; a search sorts by it all the same.
        record.setdefault("LastModifiedTime", record.get("CreationTime"))
        return self._more[resource](record) if resource in self._more else record

    def _trial(self, record: Document) -> Document:
        table = self._lineage.table(COMPONENT)
        names = self._lineage.components_of_trials([record["TrialName"]])
        summaries = [_summary(component) for name in names if (component := table.find(name)) is not None]
        return {**record, "TrialComponentSummaries": summaries}

    def _component(self, record: Document) -> Document:
        described = self._series.described(record)
        parents = self._lineage.parents(record["TrialComponentName"])
        return {**described, "Parents": parents, **self._source_detail(record)}

    def _source_detail(self, record: Document) -> Document:
        """Return the job that a component was made of, as a search shows it."""
        source = record.get("Source")
        if source is None:
            return {}
        detail: Document = {"SourceArn": source["SourceArn"]}
        for kind in ("TrainingJob", "ProcessingJob", "TransformJob"):
            found = [
                one for one in self._platform.store.table(kind).documents() if one[f"{kind}Arn"] == source["SourceArn"]
            ]
            detail |= {kind: found[0]} if found else {}
        return {"SourceDetail": detail}

    def _endpoint(self, record: Document) -> Document:
        schedules = self._platform.store.table("MonitoringSchedule").documents()
        own = [one for one in schedules if one.get("EndpointName") == record["EndpointName"]]
        return {**record, "MonitoringSchedules": own}

    def _model(self, record: Document) -> Document:
        """Return the record of a model, whose own members lie a level deeper than those of others."""
        return {"Model": record, "Tags": record["Tags"], "LastModifiedTime": record["LastModifiedTime"]}


def _arn_member(resource: str) -> str:
    return f"{resource.removeprefix('Experiment') if resource != 'Experiment' else resource}Arn"


def _summary(component: Document) -> Document:
    members = ("TrialComponentName", "TrialComponentArn", "CreationTime")
    summary = {member: component[member] for member in members}
    return summary if "Source" not in component else summary | {"TrialComponentSource": component["Source"]}
