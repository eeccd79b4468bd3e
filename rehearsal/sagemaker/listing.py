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
    chosen.sort(key=_order(request, name=name, status=status) if order is None else _comparable(order))
    if request.get("SortOrder", "Descending") == "Descending":
        chosen.reverse()
    return cut(request, chosen, member=member)


def cut(request: Document, items: Sequence[Document], *, member: str) -> Document:
    """Return one page of items that are chosen and in order already; raises as `page` does."""
    start = _start(request.get("NextToken"))
    size = request.get("MaxResults", PAGE)
    answer: Document = {member: list(items[start : start + size])}
    return answer if start + size >= len(items) else answer | {"NextToken": _token(start + size)}


def _matches(request: Document, item: Document, *, name: str, status: str | None) -> bool:
    wanted = request.get("NameContains", "").lower() in str(item[name]).lower()
    if status is not None and "StatusEquals" in request:
        wanted = wanted and item[status] == request["StatusEquals"]
    return wanted and all(_in_time(request, item, member=member) for member in TIMES)


def _in_time(request: Document, item: Document, *, member: str) -> bool:
    after, before = request.get(f"{member}After"), request.get(f"{member}Before")
    moment = item.get(member)
    if after is None and before is None:
        return True
    if not isinstance(moment, datetime):
        return False
    return (after is None or moment >= after) and (before is None or moment <= before)


def _order(request: Document, *, name: str, status: str | None) -> Callable[[Document], tuple[str, str]]:
    members = {"Name": name, "Status": status if status is not None else name}
    member = members.get(request.get("SortBy", "CreationTime"), "CreationTime")
    return lambda item: (_text(item.get(member, "")), "")


def _comparable(order: Callable[[Document], object]) -> Callable[[Document], tuple[str, str]]:
    return lambda item: (_text(order(item)), "")


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(json.dumps({"start": start}).encode()).decode()


def _start(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(json.loads(base64.urlsafe_b64decode(token))["start"])
    except (ValueError, KeyError, TypeError) as error:
        raise invalid("The pagination token is not valid; use the NextToken of the previous answer") from error
