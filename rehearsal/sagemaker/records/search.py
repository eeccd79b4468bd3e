"""The search over what the service keeps, whose records have the shape of SearchRecord in the API reference."""

from datetime import datetime
from typing import Any

from modelyard.rehearsal.sagemaker.listing import cut
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.lineage import COMPONENT, Lineage
from modelyard.rehearsal.sagemaker.records.metric_series import MetricSeries
from modelyard.rehearsal.sagemaker.records.search_filters import PropertyPath, condition, member_of
from modelyard.rehearsal.sagemaker.records.tags import tags_of
from modelyard.rehearsal.sagemaker.store import Document


class Searches:
    """The operation Search of the SageMaker API reference."""

    def __init__(self, *, platform: Platform) -> None:
        self._records = SearchRecords(platform=platform)

    @operation
    def search(self, request: Document) -> Document:
        """Return the records that fulfil an expression, sorted; those without the property to sort by come last.

        Raises:
            ServiceError: ValidationException, a property is unknown, or a value does not suit its operator.

        """
        resource = request["Resource"]
        fulfilled = condition(resource=resource, expression=request.get("SearchExpression", {}))
        found = [record for record in self._records.of(resource) if fulfilled(record)]
        results = [{member_of(resource): record} for record in _sorted(records=found, request=request)]
        hits = {"Value": len(found), "Relation": "EqualTo"}
        return {**cut(request, results, member="Results"), "TotalHits": hits}


def _sorted(*, records: list[Document], request: Document) -> list[Document]:
    path = PropertyPath(resource=request["Resource"], name=request["SortBy"]) if "SortBy" in request else None
    having = [record for record in records if _values(path=path, record=record)]
    lacking = [record for record in records if not _values(path=path, record=record)]
    having.sort(key=lambda record: _key(_values(path=path, record=record)[0]))
    if request.get("SortOrder", "Descending") == "Descending":
        having.reverse()
    return having + lacking


def _values(*, path: PropertyPath | None, record: Document) -> list[Any]:
    if path is not None:
        return path.values(record)
    return [record["LastModifiedTime"]] if record.get("LastModifiedTime") is not None else []


def _key(value: Any) -> tuple[int, Any]:
    """Return what a value is sorted by: times, then numbers, then texts, each among its like."""
    if isinstance(value, datetime):
        return (0, value)
    return (1, value) if isinstance(value, int | float) else (2, str(value))


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
        arn = document[f"{resource if resource == 'Experiment' else resource.removeprefix('Experiment')}Arn"]
        record = {**document, "Tags": tags_of(platform=self._platform, arn=arn)}
        # Not everything keeps when it was changed last; a search sorts by it all the same.
        record.setdefault("LastModifiedTime", record.get("CreationTime"))
        return self._more[resource](record) if resource in self._more else record

    def _trial(self, record: Document) -> Document:
        table = self._lineage.table(COMPONENT)
        names = self._lineage.components_of_trials([record["TrialName"]])
        summaries = []
        for component in (table.get(name) for name in names):
            summary = {
                member: component[member] for member in ("TrialComponentName", "TrialComponentArn", "CreationTime")
            }
            if "Source" in component:
                summary["TrialComponentSource"] = component["Source"]
            summaries.append(summary)
        return {**record, "TrialComponentSummaries": summaries}

    def _component(self, record: Document) -> Document:
        parents = self._lineage.parents(record["TrialComponentName"])
        component = {**self._series.described(record), "Parents": parents}
        if "Source" in record:
            # The job that the component was made of.
            arn = record["Source"]["SourceArn"]
            component["SourceDetail"] = {"SourceArn": arn} | {
                kind: job
                for kind in ("TrainingJob", "ProcessingJob", "TransformJob")
                for job in self._platform.store.table(kind).documents()
                if job[f"{kind}Arn"] == arn
            }
        return component

    def _endpoint(self, record: Document) -> Document:
        schedules = self._platform.store.table("MonitoringSchedule").documents()
        own = [schedule for schedule in schedules if schedule.get("EndpointName") == record["EndpointName"]]
        return {**record, "MonitoringSchedules": own}

    def _model(self, record: Document) -> Document:
        """Return the record of a model, whose own members lie a level deeper than those of others."""
        return {"Model": record, "Tags": record["Tags"], "LastModifiedTime": record["LastModifiedTime"]}
