"""What every measure has: its key in constraints.json, its default, its violation and its row in the report."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from modelyard.drift.java_double import java_double
from modelyard.drift.measures.samples import Samples

MOST_LISTED = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportRow:
    """A measure in the report's table of a feature: what people read, and its name in the page's data."""

    title: str
    name: str


class Measure(ABC):
    """A check beyond AWS's.

    Attributes:
        key: its name in `additional_measures` of constraints.json.
        check: the `constraint_check_type` of its violations.
        default: its setting where constraints.json has none: None is off; a measure that is only switched on or off
            has True or False.
        prediction_only: whether it is of the first column alone, which is the prediction.
    """

    key: ClassVar[str]
    check: ClassVar[str]
    default: ClassVar[float | bool | None] = None
    prediction_only: ClassVar[bool] = False

    @abstractmethod
    def violation(self, *, samples: Samples, threshold: float) -> str | None:
        """Return the sentence of a violation, None where there is none; a switch needs no threshold."""


class DistanceMeasure(Measure):
    """A measure that is a number.

    Attributes:
        title: what violations call it.
        report_row: where the report shows it, None for nowhere.
    """

    title: ClassVar[str]
    report_row: ClassVar[ReportRow | None] = None

    @abstractmethod
    def value(self, *, samples: Samples) -> float | None:
        """Return the measure, None where it does not apply."""

    def violation(self, *, samples: Samples, threshold: float) -> str | None:
        """Return the sentence of a value above the threshold."""
        value = self.value(samples=samples)
        if value is None or not value > threshold:
            return None
        return f"{self.title}: {java_double(value)} exceeds threshold: {java_double(threshold)}"


def category_sentence(*, categories: Sequence[str], where: str) -> str | None:
    """Return the sentence that lists the first categories that were found in one sample alone, None for none."""
    if len(categories) == 0:
        return None
    names = ", ".join(categories[:MOST_LISTED]) + (", ..." if len(categories) > MOST_LISTED else "")
    return f"There are {len(categories)} values {where}: {names}"
