"""Wilcoxon's and Mood's two-sample tests, for a shift of numbers and for a change of their spread."""

import math
from dataclasses import dataclass

import numpy as np

from modelyard.drift.kernels.arrays import Doubles
from modelyard.drift.measures.samples import WeightedValues
from modelyard.drift.verdict.shares import SKETCH_ERROR
from modelyard.drift.verdict.spread import INDEPENDENT, Spread


@dataclass(frozen=True, kw_only=True, slots=True)
class RankScore:
    """How many standard errors a window's ranks are from the baseline's, and how many of those sketches may err by."""

    score: float
    error: float = 0.0
    spread: Spread = INDEPENDENT

    def p_value(self) -> float:
        """Return how likely by chance the ranks are so far from the baseline's, to either side."""
        distance = max(0.0, abs(self.score) - self.error) / math.sqrt(self.spread.dispersion)
        return 2 * self.spread.tail(math.erfc(distance / math.sqrt(2)) / 2)


def rank_scores(*, current: WeightedValues, baseline: WeightedValues, sketches: int) -> tuple[RankScore, RankScore]:
    """Return the scores of Wilcoxon's and of Mood's test, in this order.

    They are of midranks, and the variance is that of all permutations, so that ties are exact; the law is the normal
    one. `sketches` is how many of the two sides are a sketch that has left values out.
    """
    values = np.union1d(current.values, baseline.values)
    ours, theirs = _weights(current, values=values), _weights(baseline, values=values)
    pooled = ours + theirs
    ranks = (np.cumsum(pooled) - pooled / 2) / pooled.sum() - 0.5
    return (
        _standard(ours=ours, theirs=theirs, score=ranks, sketches=sketches),
        _standard(ours=ours, theirs=theirs, score=ranks**2, sketches=sketches),
    )


def _weights(side: WeightedValues, *, values: Doubles) -> Doubles:
    weights = np.zeros(len(values))
    weights[np.searchsorted(values, side.values)] = side.weights
    return weights


def _standard(*, ours: Doubles, theirs: Doubles, score: Doubles, sketches: int) -> RankScore:
    n, m, pooled = ours.sum(), theirs.sum(), ours + theirs
    every = n + m
    mean = (pooled * score).sum() / every
    variance = n * m * (pooled * (score - mean) ** 2).sum() / (every * (every - 1))
    if variance == 0:
        return RankScore(score=0.0)
    # an error of the shares moves a mean score by no more than itself, as scores rise by at most 1 with the rank
    error = n * m / every * sketches * SKETCH_ERROR
    deviation = math.sqrt(variance)
    return RankScore(score=((ours * score).sum() - n * mean) / deviation, error=error / deviation)
