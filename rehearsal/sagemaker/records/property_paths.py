"""The names of properties that a search filters and sorts by, such as `Metrics.validation:auc.Max`.

Source: Filter and SearchRecord in the SageMaker API reference; which names there are is read from botocore's model of
the API, so that a name is known here if AWS's clients know it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StructureShape

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.records.metric_series import SUMMARIES

# The member of SearchRecord that holds a resource's record, where it is not the resource's own name.
MEMBERS = {"ExperimentTrial": "Trial", "ExperimentTrialComponent": "TrialComponent"}
# Lists whose items are asked for by a name of their own: what holds the name, and what holds the value.
NAMED = {"Tags": ("Key", "Value"), "FinalMetricDataList": ("MetricName", "Value")}
# A training job's metrics are searched under the name that its trial component has for them.
ALIASES = {("TrainingJob", "Metrics"): "FinalMetricDataList"}


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


def suggestions(*, resource: str, hint: str) -> list[str]:
    """Return the names of properties of a kind of record that begin with a hint, whatever its case."""
    names = sorted(_names(_record_shape(resource)))
    return [name for name in names if name.lower().startswith(hint.lower())]


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
        yield from _named(value.get(first, []), rest, keys=NAMED[first])
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


def _named(items: list[dict[str, Any]], parts: tuple[str, ...], *, keys: tuple[str, str]) -> Iterator[Any]:
    yield from (item[keys[1]] for item in items if item[keys[0]] == ".".join(parts))


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


def _names(shape: Shape, prefix: str = "") -> Iterator[str]:
    """Yield the names of a record's plain properties; what has names of its own ends in a dot."""
    if isinstance(shape, ListShape):
        yield from _names(shape.member, prefix)
    elif isinstance(shape, MapShape):
        yield f"{prefix}."
    elif isinstance(shape, StructureShape):
        yield from _names_of_members(shape, prefix)
    else:
        yield prefix


def _names_of_members(shape: StructureShape, prefix: str) -> Iterator[str]:
    for name, member in shape.members.items():
        path = f"{prefix}.{name}" if prefix else name
        if name in NAMED or name == "Metrics":
            yield f"{path}."
        else:
            yield from _names(member, path)


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
