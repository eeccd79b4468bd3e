"""The highest rate that one instance holds, and from it the target of the scaling.

The developer guide's load test ("Load testing your auto scaling configuration") raises the rate until the latency is
too long, and takes SageMakerVariantInvocationsPerInstance = (highest requests a second x safety factor) x 60, the
factor 0.5 to begin with.
"""

import math
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass

from modelyard.operations.failures import Failure
from modelyard.operations.traffic.statistics import Summary

KEY = "invocations_per_instance"
LINE = re.compile(rf"^(?P<before>[^#\n]*\b{KEY}\s*=\s*)(?P<value>[\d_.]+)", flags=re.MULTILINE)

# A rate that was asked for counts as reached when so much of it was.
REACHED = 0.95
REFINEMENTS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One rate, and what came of it."""

    rate: float
    reached: float
    latency_ms: float | None
    errors: int
    holds: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadTest:
    """A search for the highest rate at which so many instances stay within a latency.

    `measure` sends requests at a rate and says what came back. `share` is the percentile that must stay within.
    """

    measure: Callable[[float], Summary]
    seen: Callable[[Step], None]
    latency_ms: float
    share: int
    first: float
    most: float

    def run(self) -> list[Step]:
        """Double the rate until it does not hold, then look between, and return every step."""
        steps = [self._step(self.first)]
        while steps[-1].holds and steps[-1].rate < self.most:
            steps.append(self._step(min(2 * steps[-1].rate, self.most)))
        if steps[-1].holds or not any(step.holds for step in steps):
            return steps
        low, high = _best(steps), steps[-1].rate
        for _ in range(REFINEMENTS):
            middle = (low + high) / 2
            steps.append(self._step(middle))
            low, high = (middle, high) if steps[-1].holds else (low, middle)
        return steps

    def _step(self, rate: float) -> Step:
        summary = self.measure(rate)
        latency = summary.latency_ms.get(f"p{self.share}")
        within = latency is not None and latency <= self.latency_ms and summary.rate >= REACHED * rate
        step = Step(
            rate=rate,
            reached=summary.rate,
            latency_ms=latency,
            errors=summary.failed,
            holds=within and summary.failed == 0,
        )
        self.seen(step)
        return step


@dataclass(frozen=True, kw_only=True, slots=True)
class Recommendation:
    """The target that a load test recommends, with what it was made of."""

    highest: float
    instances: int
    safety: float

    @property
    def target(self) -> int:
        """Invocations of an instance a minute."""
        return max(math.floor(self.highest / self.instances * self.safety * 60), 1)


def recommendation(steps: list[Step], *, instances: int, safety: float) -> Recommendation:
    """Return what the steps recommend for one of the instances.

    Raises:
        Failure: not even the first rate held.
    """
    if not any(step.holds for step in steps):
        raise Failure(
            f"Not even {steps[0].rate:g} requests a second held; allow more with --latency, begin lower with --from, "
            "or choose a larger instance"
        )
    return Recommendation(highest=_best(steps), instances=instances, safety=safety)


def with_target(text: str, *, target: int) -> str:
    """Return a manifest's text with the target in it.

    Raises:
        Failure: the manifest has no such line, or more than one.
    """
    changed, count = LINE.subn(rf"\g<before>{target}", text)
    if count != 1 or _target(changed) != target:
        raise Failure(
            f"The manifest must have {KEY} in one line of [serving], it has {count}; set {KEY} = {target} yourself"
        )
    return changed


def _target(text: str) -> object:
    serving = tomllib.loads(text).get("serving", {})
    return serving.get("scaling", {}).get(KEY)


def _best(steps: list[Step]) -> float:
    return max(step.rate for step in steps if step.holds)
