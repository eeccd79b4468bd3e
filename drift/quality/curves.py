"""The curves of a score: receiver operating characteristic, and precision over recall.

Scores that are equal make one point: which of them comes first is chance, and must change nothing.
"""

from dataclasses import dataclass

import numpy as np

from modelyard.drift.errors import DriftError
from modelyard.drift.kernels.arrays import Doubles, Integers
from modelyard.drift.quality.pairs import ClassPairs

MOST_POINTS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """Points from left to right."""

    x: Doubles
    y: Doubles

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y):
            raise DriftError(f"a curve must have as many x as y, got {len(self.x)} and {len(self.y)}; make it again")

    def points(self) -> list[tuple[float, float]]:
        """Return the points one by one."""
        return list(zip(self.x.tolist(), self.y.tolist(), strict=True))

    def area(self) -> float:
        """Return the area below, points joined by straight lines; not a number for a curve of such.

        Added from left to right, as Spark's AreaUnderCurve does: another order has another last digit.
        """
        parts = np.diff(self.x) * (self.y[1:] + self.y[:-1]) / 2.0
        return float(np.cumsum(parts)[-1])

    def thinned(self) -> "Curve":
        """Return at most a thousand points, evenly chosen, both ends among them."""
        if len(self.x) <= MOST_POINTS:
            return self
        kept = np.unique(np.linspace(0, len(self.x) - 1, MOST_POINTS).round().astype(np.int64))
        return Curve(x=self.x[kept], y=self.y[kept])


def roc_curve(*, pairs: ClassPairs) -> Curve:
    """Return true positive rates over false positive rates; as in Spark both ends are points of their own.

    Without both classes the rates are not a number.
    """
    hits, misses = _hits(pairs)
    with np.errstate(invalid="ignore"):
        x, y = misses / misses[-1], hits / hits[-1]
    return Curve(x=np.concatenate([[0.0], x, [1.0]]), y=np.concatenate([[0.0], y, [1.0]]))


def precision_recall_curve(*, pairs: ClassPairs) -> Curve:
    """Return precisions over recalls; as in Spark the first point has recall 0 and the precision of the next."""
    hits, misses = _hits(pairs)
    with np.errstate(invalid="ignore"):
        recalls, precisions = hits / hits[-1], hits / (hits + misses)
    return Curve(x=np.concatenate([[0.0], recalls]), y=np.concatenate([precisions[:1], precisions]))


def _hits(pairs: ClassPairs) -> tuple[Integers, Integers]:
    """Return the true and the false positives at each different score, the highest first."""
    scores = pairs.scores if pairs.scores is not None else np.zeros(len(pairs.labels))
    last = np.flatnonzero(np.diff(scores, append=np.nan) != 0)
    hits = np.cumsum(pairs.labels)[last]
    return hits, last + 1 - hits
