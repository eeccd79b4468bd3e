"""The conditions of a search: filters on properties such as `Metrics.validation:auc.Max`, nested and combined.

Source: Filter, NestedFilters, SearchExpression and SearchRecord in the SageMaker API reference. Which properties there
are is read from botocore's model of the API, so that a name is known here if AWS's clients know it.
"""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StructureShape

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.records.metric_series import SUMMARIES
from modelyard.rehearsal.sagemaker.store import Document

Condition = Callable[[Document], bool]

ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
# The member of SearchRecord that holds a resource's record, where it is not the resource's own name.
MEMBERS = {"ExperimentTrial": "Trial", "ExperimentTrialComponent": "TrialComponent"}
# Lists whose items are asked for by a name of their own: what holds the name, and what holds the value.
NAMED = {"Tags": ("Key", "Value"), "FinalMetricDataList": ("MetricName", "Value")}
# A training job's metrics are searched under the name that its trial component has for them.
ALIASES = {("TrainingJob", "Metrics"): "FinalMetricDataList"}


def condition(*, resource: str, expression: Document) -> Condition:
    """Return whether a record fulfils a search's expression, as a function of the record; an empty one is fulfilled.

    Raises:
        ServiceError: ValidationException, a property is unknown, or a value does not suit its operator.

    """
    conditions = [
        *(_filter(resource=resource, given=given) for given in expression.get("Filters", [])),
        *(_nested(resource=resource, given=given) for given in expression.get("NestedFilters", [])),
        *(condition(resource=resource, expression=given) for given in expression.get("SubExpressions", [])),
    ]
    if expression.get("Operator", "And") == "And":
        return lambda record: all(one(record) for one in conditions)
    return lambda record: any(one(record) for one in conditions)


def _filter(*, resource: str, given: Document) -> Condition:
    path = PropertyPath(resource=resource, name=given["Name"])
    test = _test(given)
    return lambda record: test(path.values(record))


def _nested(*, resource: str, given: Document) -> Condition:
    """Return whether one and the same item of a list fulfils all filters."""
    member = given["NestedPropertyName"]
    conditions = [_filter(resource=resource, given=one) for one in given["Filters"]]

    def fulfilled(record: Document) -> bool:
        items = record.get(member, [])
        return any(all(one({member: [item]}) for one in conditions) for item in items)

    return fulfilled


def _test(given: Document) -> Callable[[list[Any]], bool]:
    """Return a filter's operator, as a function of all that a record has of the property."""
    name = given.get("Operator", "Equals")
    if name in ("Exists", "NotExists"):
        return lambda values: bool(values) == (name == "Exists")
    if "Value" not in given:
        raise invalid(f"Operator {name} on {given['Name']} needs a Value, got none; give one")
    return _comparison(operator_name=name, given=given["Value"])


def _comparison(*, operator_name: str, given: str) -> Callable[[list[Any]], bool]:
    if operator_name in ORDERS:
        return _ordered(compare=ORDERS[operator_name], given=given)
    if operator_name == "Contains":
        return lambda values: any(given.lower() in str(value).lower() for value in values)
    if operator_name == "In":
        allowed = [text.strip() for text in given.split(",")]
        return lambda values: any(_text(value) in allowed for value in values)
    equal = operator_name == "Equals"
    return lambda values: any(_equal(value, given) for value in values) == equal


def _ordered(*, compare: Callable[[Any, Any], bool], given: str) -> Callable[[list[Any]], bool]:
    """Return a comparison by size; what has no size, such as a text, fulfils none."""

    def fulfilled(values: list[Any]) -> bool:
        pairs = ((_like(value, given), value) for value in values)
        sizes = (
            (value if isinstance(value, datetime) else _number(value), limit)
            for limit, value in pairs
            if limit is not None
        )
        return any(size is not None and compare(size, limit) for size, limit in sizes)

    return fulfilled


def _like(value: Any, given: str) -> Any:
    """Return a filter's value as what it is held against: a time or a number."""
    if not isinstance(value, datetime):
        return _number(given)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        raise invalid(f"A time must be written as 2026-01-31T12:00:00, got {given!r}; write it so") from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _equal(value: Any, given: str) -> bool:
    if isinstance(value, datetime):
        return bool(value.replace(microsecond=0) == _like(value, given))
    number = None if isinstance(value, str) else _number(value)
    return _text(value) == given if number is None else number == _number(given)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, kw_only=True, slots=True)
class PropertyPath:
    """A property of a kind of record.

    Raises:
        ServiceError: ValidationException, records of that kind have no such property.

    """

    resource: str
    name: str

    def __post_init__(self) -> None:
        if not _is_known(_record_shape(self.resource), self.parts):
            raise invalid(f"Unknown property name: {self.name}")

    @property
    def parts(self) -> tuple[str, ...]:
        """The name's parts, each with the capital letter that members of the API begin with."""
        first, *rest = self.name.split(".")
        first = _capital(first)
        return (ALIASES.get((self.resource, first), first), *rest)

    def values(self, record: dict[str, Any]) -> list[Any]:
        """Return all that a record has of this property: several where a list lies on the way."""
        return list(_found(record, self.parts))


def member_of(resource: str) -> str:
    """Return the member of a search's result that holds a record of a resource."""
    return MEMBERS.get(resource, resource)


@cache
def _record_shape(resource: str) -> StructureShape:
    service = botocore.session.get_session().get_service_model("sagemaker")
    members = service.shape_for("SearchRecord").members
    if member_of(resource) not in members:
        raise invalid(f"Resource {resource} has no properties to search by here; search for one of {sorted(members)}")
    shape: StructureShape = members[member_of(resource)]
    return shape


def _is_known(shape: Shape, parts: tuple[str, ...]) -> bool:
    if isinstance(shape, ListShape):
        return _is_known(shape.member, parts)
    if not parts:
        return not isinstance(shape, StructureShape)
    if isinstance(shape, MapShape):
        return True
    if not isinstance(shape, StructureShape):
        return False
    first, *rest = parts
    first = _capital(first)
    if first in NAMED or first == "Metrics":
        return first in shape.members and rest != []
    return first in shape.members and _is_known(shape.members[first], tuple(rest))


def _found(value: Any, parts: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _found(item, parts)
    elif not parts:
        yield from [] if value is None else [value]
    elif isinstance(value, dict):
        yield from _found_in_members(value, parts)


def _found_in_members(value: dict[str, Any], parts: tuple[str, ...]) -> Iterator[Any]:
    first, rest = _capital(parts[0]), parts[1:]
    if first == "Metrics":
        yield from _metric(value.get(first, []), rest)
    elif first in NAMED:
        name_key, value_key = NAMED[first]
        yield from (item[value_key] for item in value.get(first, []) if item[name_key] == ".".join(rest))
    elif first in ("Parameters", "InputArtifacts", "OutputArtifacts", "HyperParameters", "Environment"):
        yield from _entry(value.get(first, {}), ".".join(rest))
    elif first in value:
        yield from _found(value[first], rest)


def _metric(metrics: list[dict[str, Any]], parts: tuple[str, ...]) -> Iterator[Any]:
    """Yield a statistic of a metric whose own name may hold dots; without one, the last value."""
    *name, statistic = parts
    chosen = _capital(statistic)
    wanted = (".".join(name), chosen) if name and chosen in SUMMARIES else (".".join(parts), "Last")
    yield from (one[wanted[1]] for one in metrics if one["MetricName"] == wanted[0])


def _entry(entries: dict[str, Any], name: str) -> Iterator[Any]:
    """Yield what a map has under a name that may hold dots: a parameter's number or text, an artifact's URI."""
    for key, value in entries.items():
        if not isinstance(value, dict):
            yield from [value] if key == name else []
        elif key == name:
            yield from (value[one] for one in ("NumberValue", "StringValue", "Value") if one in value)
        elif name.startswith(f"{key}."):
            member = _capital(name.removeprefix(f"{key}."))
            yield from [value[member]] if member in value else []


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
