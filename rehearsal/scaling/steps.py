"""Step scaling: by how much a policy changes the count, as far as an alarm's metric is beyond its threshold.

Source: "Step scaling policies" in the Application Auto Scaling user guide, and StepAdjustment in its API reference.
"""

import itertools
import math
from dataclasses import dataclass

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.rehearsal.scaling.tracking import COOLDOWN_SECONDS

PERCENT, EXACT = "PercentChangeInCapacity", "ExactCapacity"


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """The differences between metric and threshold for which an adjustment is made."""

    lower: float
    upper: float
    adjustment: int

    @classmethod
    def of(cls, step: Document) -> "Interval":
        """Read a StepAdjustment, whose bounds are infinite where they are left out."""
        lower = float(step.get("MetricIntervalLowerBound", -math.inf))
        upper = float(step.get("MetricIntervalUpperBound", math.inf))
        if lower >= upper:
            raise invalid(f"MetricIntervalUpperBound must be above MetricIntervalLowerBound, got {upper:g}, {lower:g}")
        return cls(lower=lower, upper=upper, adjustment=step["ScalingAdjustment"])

    def holds(self, difference: float, *, above: bool) -> bool:
        """Return whether a difference lies within: the bound that is nearer to the threshold belongs to it."""
        return self.lower <= difference < self.upper if above else self.lower < difference <= self.upper


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """A StepScalingPolicyConfiguration, read."""

    adjustment_type: str
    intervals: tuple[Interval, ...]
    cooldown_seconds: float = COOLDOWN_SECONDS
    least_change: int = 1

    @classmethod
    def of(cls, policy: Document) -> "Steps":
        """Read the configuration of a policy.

        Raises:
            ServiceError: ValidationException, something is missing, or the steps overlap or leave a gap.

        """
        config = policy["StepScalingPolicyConfiguration"]
        for member in ("AdjustmentType", "StepAdjustments"):
            if not config.get(member):
                raise invalid(f"{member} must be given for a new step scaling policy, got none")
        intervals = sorted(map(Interval.of, config["StepAdjustments"]), key=lambda interval: interval.lower)
        for one, following in itertools.pairwise(intervals):
            if one.upper != following.lower:
                raise invalid(
                    f"StepAdjustments must neither overlap nor leave a gap, got {one.upper:g} and "
                    f"{following.lower:g} as the end of one and the begin of the next"
                )
        return cls(
            adjustment_type=config["AdjustmentType"],
            intervals=tuple(intervals),
            cooldown_seconds=config.get("Cooldown", COOLDOWN_SECONDS),
            least_change=config.get("MinAdjustmentMagnitude", 1),
        )

    def desired(self, *, current: int, difference: float, above: bool) -> int | None:
        """Return the capacity for a difference between metric and threshold, or None where no step is of it."""
        held = (interval for interval in self.intervals if interval.holds(difference, above=above))
        interval = next(held, None)
        if interval is None:
            return None
        if self.adjustment_type == EXACT:
            return interval.adjustment
        if self.adjustment_type == PERCENT:
            # "Values greater than 1 are rounded down ... Values between 0 and 1 are rounded to 1", and so below 0.
            change = math.trunc(current * interval.adjustment / 100)
            return current + int(math.copysign(max(abs(change), self.least_change), interval.adjustment))
        return current + interval.adjustment
