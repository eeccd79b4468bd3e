"""What state an alarm is in, by CloudWatch's rules, and the sentence that says why.

Source: "Evaluating an alarm" and "Configuring how CloudWatch alarms treat missing data" in the CloudWatch user guide;
its two tables of examples are this module's tests. The sentences are those that alarms of real accounts carry.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import ge, gt, le, lt

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
# CloudWatch looks at more periods than an alarm names, so that late data need no treatment.
SPARE_PERIODS = 2
COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (ge, "greater than or equal to"),
    "LessThanThreshold": (lt, "less than"),
    "LessThanOrEqualToThreshold": (le, "less than or equal to"),
}
TREATMENTS = {"missing": "Missing", "ignore": "Ignored", "breaching": "Breaching", "notBreaching": "NonBreaching"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Datapoint:
    """The statistic of one period, which begins at `moment`."""

    moment: datetime
    value: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """An alarm's state, and CloudWatch's sentence for it."""

    state: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmRule:
    """When an alarm fires: `datapoints_to_alarm` of the last `evaluation_periods` values breach the threshold.

    Raises:
        ValueError: a comparison or a treatment that CloudWatch does not know, or more datapoints than periods.

    """

    threshold: float
    comparison: str
    evaluation_periods: int
    datapoints_to_alarm: int
    treatment: str = "missing"

    def __post_init__(self) -> None:
        if self.comparison not in COMPARISONS:
            raise ValueError(f"comparison must be one of {sorted(COMPARISONS)}, got {self.comparison!r}")
        if self.treatment not in TREATMENTS:
            raise ValueError(f"treatment must be one of {sorted(TREATMENTS)}, got {self.treatment!r}")
        if not 1 <= self.datapoints_to_alarm <= self.evaluation_periods:
            limit = self.evaluation_periods
            raise ValueError(f"datapoints_to_alarm must be between 1 and {limit}, got {self.datapoints_to_alarm}")

    @property
    def periods_looked_at(self) -> int:
        """How many periods' values `judge` is to be given."""
        return self.evaluation_periods + SPARE_PERIODS

    def judge(self, *, datapoints: Sequence[Datapoint | None]) -> Verdict | None:
        """Return the state of the latest periods (the oldest first; None where no data came), or None to keep it."""
        real = [point for point in datapoints if point is not None][-self.evaluation_periods :]
        missing = self.evaluation_periods - len(real)
        breaching = [point for point in real if self._breaches(point.value)]
        if missing == 0 or (self.treatment in ("missing", "ignore") and real):
            return self._judge_real(real=real, breaching=breaching, missing=missing)
        return self._judge_filled(real=real, breaching=breaching, missing=missing)

    def _breaches(self, value: float) -> bool:
        return COMPARISONS[self.comparison][0](value, self.threshold)

    def _judge_real(self, *, real: Sequence[Datapoint], breaching: Sequence[Datapoint], missing: int) -> Verdict | None:
        """With fewer values than the alarm wants, all of them must breach; `ignore` then keeps the state."""
        if len(breaching) < min(self.datapoints_to_alarm, len(real)):
            calm = [point for point in real if point not in breaching]
            return Verdict(state=OK, reason=self._reason(state=OK, points=calm))
        if missing > 0 and self.treatment == "ignore" and len(breaching) < self.datapoints_to_alarm:
            return None
        return Verdict(state=ALARM, reason=self._reason(state=ALARM, points=breaching))

    def _judge_filled(
        self, *, real: Sequence[Datapoint], breaching: Sequence[Datapoint], missing: int
    ) -> Verdict | None:
        if self.treatment == "ignore":
            return None
        if self.treatment == "missing":
            return Verdict(state=INSUFFICIENT, reason=f"Insufficient Data: {_count(missing)} {_were(missing)} unknown.")
        count = len(breaching) + (missing if self.treatment == "breaching" else 0)
        state = ALARM if count >= self.datapoints_to_alarm else OK
        return Verdict(state=state, reason=self._filled_reason(received=len(real), missing=missing))

    def _reason(self, *, state: str, points: Sequence[Datapoint]) -> str:
        shown = ", ".join(f"{point.value} ({point.moment:%d/%m/%y %H:%M:%S})" for point in reversed(points))
        negation = "" if state == ALARM else "not "
        words = f"{_were(len(points))} {negation}{COMPARISONS[self.comparison][1]} the threshold ({self.threshold})"
        last = f"out of the last {self.evaluation_periods} datapoints"
        return f"Threshold Crossed: {len(points)} {last} [{shown}] {words} ({self._transition(state)})."

    def _transition(self, state: str) -> str:
        if state == ALARM:
            return f"minimum {_count(self.datapoints_to_alarm)} for OK -> ALARM transition"
        needed = self.evaluation_periods - self.datapoints_to_alarm + 1
        return f"minimum {_count(needed)} for ALARM -> OK transition"

    def _filled_reason(self, *, received: int, missing: int) -> str:
        came = f"{_count(received) if received else 'no datapoints'} {_were(received)} received"
        treated = f"{missing} missing {_plural(missing)} {_were(missing)} treated as [{TREATMENTS[self.treatment]}]"
        periods = "period" if self.evaluation_periods == 1 else "periods"
        return f"Threshold Crossed: {came} for {self.evaluation_periods} {periods} and {treated}."


def _count(number: int) -> str:
    return f"{number} {_plural(number)}"


def _plural(number: int) -> str:
    return "datapoint" if number == 1 else "datapoints"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"
