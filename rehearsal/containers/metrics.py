"""Metrics, found in the lines that a script prints."""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime


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
        except re.error as error:
            raise ValueError(f"metric {self.name}: {self.regex!r} is no regular expression: {error}") from error
        if groups < 1:
            raise ValueError(f"metric {self.name}: {self.regex!r} must have a group, as 'auc:(.+)'")

    def values(self, line: str) -> Iterator[float]:
        """Yield the finite numbers that the line gives this metric; CloudWatch takes no other."""
        for match in re.finditer(self.regex, line):
            value = _number(match.group(1))
            if math.isfinite(value):
                yield value


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A metric's value and the moment at which it was printed."""

    name: str
    value: float
    timestamp: datetime


def scrape(*, line: str, definitions: Iterable[MetricDefinition], timestamp: datetime) -> list[Metric]:
    """Return what the definitions find in one line."""
    return [
        Metric(name=definition.name, value=value, timestamp=timestamp)
        for definition in definitions
        for value in definition.values(line)
    ]


def final_values(metrics: Iterable[Metric]) -> dict[str, float]:
    """Return the last value of each metric, which is what AWS calls FinalMetricDataList."""
    return {metric.name: metric.value for metric in metrics}


def _number(text: str | None) -> float:
    try:
        # "#011" is a tab as XGBoost's container logs it: it ends a value, though the usual (\S+) runs on past
        # it.
        return float(text.partition("#011")[0] if text is not None else "")
    except ValueError:
        return math.nan
