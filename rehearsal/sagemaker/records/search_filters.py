"""The conditions of a search: filters, nested filters and expressions of expressions.

Source: Filter, NestedFilters and SearchExpression in the SageMaker API reference.
"""

import operator
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.records.property_paths import PropertyPath
from modelyard.rehearsal.sagemaker.store import Document

Condition = Callable[[Document], bool]

ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}


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
        return lambda values: any(_text(value) in _listed(given) for value in values)
    equal = operator_name == "Equals"
    return lambda values: any(_equal(value, given) for value in values) == equal


def _ordered(*, compare: Callable[[Any, Any], bool], given: str) -> Callable[[list[Any]], bool]:
    """Return a comparison by size; what has no size, such as a text, fulfils none."""

    def fulfilled(values: list[Any]) -> bool:
        pairs = ((_like(value, given), value) for value in values)
        sizes = ((_size(value), limit) for limit, value in pairs if limit is not None)
        return any(size is not None and compare(size, limit) for size, limit in sizes)

    return fulfilled


def _size(value: Any) -> Any:
    return value if isinstance(value, datetime) else _number(value)


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


def _listed(given: str) -> Iterable[str]:
    return [one.strip() for one in given.split(",")]
