"""Metrics, found in the lines that a script prints."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from modelyard.rehearsal.regexes import RegexError, Regexes


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricDefinition:
    r"""A metric's name and the regular expression whose first group is its value, as `auc:(\S+)`.

    Raises:
        ValueError: the name is empty, or the expression is not one, or has no group to take the value from.

    """

    name: str
    regex: str

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a metric's name must not be empty; give it the name that the objective uses")
        try:
            groups = re.compile(self.regex).groups
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"metric {self.name}: {self.regex!r} is no regular expression: {error}") from error
        if groups < 1:
            raise ValueError(f"metric {self.name}: {self.regex!r} must have a group, as 'auc:(.+)'")


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A metric's value and the moment at which it was printed."""

    name: str
    value: float
    timestamp: datetime


def scrape(
    *, line: str, definitions: Sequence[MetricDefinition], timestamp: datetime, regexes: Regexes
) -> list[Metric]:
    """Return what the definitions find in one line.

    Raises:
        ValueError: a definition's regular expression took too long.
        RegexesClosedError: nothing is matched any more.

    """
    if not definitions:
        return []
    try:
        answers = regexes.answers([("values", definition.regex, line) for definition in definitions])
    except RegexError as error:
        raise ValueError(
            f"metric {definitions[error.index].name}: {error}; let its regex match in one way only, as 'auc: ([0-9.]+)'"
        ) from error
    return [
        Metric(name=definition.name, value=value, timestamp=timestamp)
        for definition, values in zip(definitions, answers, strict=True)
        for value in values
    ]


def final_values(metrics: Iterable[Metric]) -> dict[str, float]:
    """Return the last value of each metric, which is what AWS calls FinalMetricDataList."""
    return {metric.name: metric.value for metric in metrics}
