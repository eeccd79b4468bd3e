"""The members that most List operations share: filters by name, status and time, order, and pages.

Source: the ListTrainingJobs, ListEndpoints and similar operations in the SageMaker API reference.
"""

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.store import Document

PAGE = 10
TIMES = ("CreationTime", "LastModifiedTime", "EndTime")


def page(
    request: Document,
    items: Iterable[Document],
    *,
    member: str,
    name: str,
    status: str | None = None,
    order: Callable[[Document], object] | None = None,
) -> Document:
    """Return the answer to a List operation: the items that are asked for, in order, one page of them.

    `member` is the answer's list, `name` and `status` are the items' own members to filter by; without `order` they
    are sorted by SortBy (Name, Status or CreationTime, which is the default), the newest first unless asked otherwise.

    Raises:
        ServiceError: ValidationException, a NextToken that this operation did not give.

    """
    chosen = [item for item in items if _matches(request, item, name=name, status=status)]
    if order is None:
        members = {"Name": name, "Status": status if status is not None else name}
        member_to_sort_by = members.get(request.get("SortBy", "CreationTime"), "CreationTime")
        chosen.sort(key=lambda item: _text(item.get(member_to_sort_by, "")))
    else:
        chosen.sort(key=lambda item: _text(order(item)))
    if request.get("SortOrder", "Descending") == "Descending":
        chosen.reverse()
    return cut(request, chosen, member=member)


def cut(request: Document, items: Sequence[Document], *, member: str) -> Document:
    """Return one page of items that are chosen and in order already; raises as `page` does."""
    start = 0
    if "NextToken" in request:
        try:
            start = int(json.loads(base64.urlsafe_b64decode(request["NextToken"]))["start"])
        except (ValueError, KeyError, TypeError) as error:
            message = "The pagination token is not valid; use the NextToken of the previous answer"
            raise invalid(message) from error
    end = start + request.get("MaxResults", PAGE)
    answer: Document = {member: list(items[start:end])}
    if end < len(items):
        answer["NextToken"] = base64.urlsafe_b64encode(json.dumps({"start": end}).encode()).decode()
    return answer


def created_within(request: Document, documents: Iterable[Document]) -> list[Document]:
    """Return the documents made between CreatedAfter and CreatedBefore, as some List operations name these."""
    after, before = request.get("CreatedAfter"), request.get("CreatedBefore")
    return [document for document in documents if _between(document["CreationTime"], after=after, before=before)]


def _matches(request: Document, item: Document, *, name: str, status: str | None) -> bool:
    if request.get("NameContains", "").lower() not in str(item[name]).lower():
        return False
    if status is not None and "StatusEquals" in request and item[status] != request["StatusEquals"]:
        return False
    return all(
        _between(item.get(member), after=request.get(f"{member}After"), before=request.get(f"{member}Before"))
        for member in TIMES
    )


def _between(moment: object, *, after: datetime | None, before: datetime | None) -> bool:
    """Whether a time lies between two others, where these are given; what has no time lies between none."""
    if after is None and before is None:
        return True
    if not isinstance(moment, datetime):
        return False
    return (after is None or moment >= after) and (before is None or moment <= before)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
