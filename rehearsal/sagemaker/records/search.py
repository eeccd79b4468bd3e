"""The search over what the service keeps."""

from datetime import datetime
from typing import Any

from modelyard.rehearsal.sagemaker.listing import cut
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.property_paths import PropertyPath, member_of, suggestions
from modelyard.rehearsal.sagemaker.records.search_filters import condition
from modelyard.rehearsal.sagemaker.records.search_records import SearchRecords
from modelyard.rehearsal.sagemaker.store import Document

MOST_SUGGESTIONS = 100


class Searches:
    """The operations Search and GetSearchSuggestions of the SageMaker API reference."""

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

    @operation
    def get_search_suggestions(self, request: Document) -> Document:
        """Return the names of properties that begin with a hint."""
        query = request.get("SuggestionQuery", {}).get("PropertyNameQuery", {"PropertyNameHint": ""})
        names = suggestions(resource=request["Resource"], hint=query["PropertyNameHint"])
        return {"PropertyNameSuggestions": [{"PropertyName": name} for name in names[:MOST_SUGGESTIONS]]}


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
