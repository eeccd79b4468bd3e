"""What the numbers of a column add up to, in a form that merges as Spark merges what its partitions found."""

import math
from dataclasses import dataclass, field, replace

from modelyard.drift.profiling.sketch import SketchState

LONGS = 2**64


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberState:
    """Moments, extremes and sketch of the numbers of a column.

    `partitions` are how many were merged: none of the empty state, one of what a single pass has found. `whole` is the
    sum of whole numbers as Java's longs have it, `squares` the sum of squared distances from the mean.
    """

    partitions: int = 0
    count: int = 0
    sum: float = 0.0
    whole: int = 0
    mean: float = 0.0
    squares: float = 0.0
    minimum: float = math.inf
    maximum: float = -math.inf
    sketch: SketchState = field(default_factory=SketchState)

    @property
    def total(self) -> "NumberState":
        """The state as Spark's last stage has it, which begins with nothing and merges every partition into it."""
        return NumberState()._with(self) if self.partitions == 1 else self

    def merge(self, other: "NumberState") -> "NumberState":
        """Return the state of the numbers of both, this one's first."""
        return self.total._with(other)

    def _with(self, other: "NumberState") -> "NumberState":
        partitions = self.partitions + other.partitions
        if other.count == 0:
            return replace(self, partitions=partitions)
        # CentralMomentAgg of Spark 3.3, operation by operation: merged with nothing the mean may change its last digit
        distance = other.mean - self.mean
        count = self.count + other.count
        step = distance / count
        return NumberState(
            partitions=partitions,
            count=count,
            sum=self.sum + other.sum,
            whole=(self.whole + other.whole + LONGS // 2) % LONGS - LONGS // 2,
            mean=self.mean + step * other.count,
            squares=self.squares + other.squares + distance * step * self.count * other.count,
            minimum=min(self.minimum, other.minimum),
            maximum=max(self.maximum, other.maximum),
            sketch=self.sketch.merge(other.sketch),
        )
