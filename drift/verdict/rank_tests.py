"""Wilcoxon's and Mood's two-sample tests, for a shift of numbers and for a change of their spread."""

import math

import numpy as np

from modelyard.drift.kernels.arrays import Doubles
from modelyard.drift.measures.samples import WeightedValues
from modelyard.drift.verdict.shares import SKETCH_ERROR


def rank_p_values(*, current: WeightedValues, baseline: WeightedValues, sketches: int) -> tuple[float, float]:
    """Return the two-sided p-values of Wilcoxon's and of Mood's test, in this order.

    Scores are of midranks, and the variance is that of all permutations, so that ties are exact; the law is the normal
    one. `sketches` is how many of the two sides are a sketch that has left values out.
    """
    values = np.union1d(current.values, baseline.values)
    ours, theirs = _weights(current, values=values), _weights(baseline, values=values)
    pooled = ours + theirs
    ranks = (np.cumsum(pooled) - pooled / 2) / pooled.sum() - 0.5
    return (
        _p_value(ours=ours, theirs=theirs, score=ranks, sketches=sketches),
        _p_value(ours=ours, theirs=theirs, score=ranks**2, sketches=sketches),
    )


def _weights(side: WeightedValues, *, values: Doubles) -> Doubles:
    weights = np.zeros(len(values))
    weights[np.searchsorted(values, side.values)] = side.weights
    return weights


def _p_value(*, ours: Doubles, theirs: Doubles, score: Doubles, sketches: int) -> float:
    n, m, pooled = ours.sum(), theirs.sum(), ours + theirs
    every = n + m
    mean = (pooled * score).sum() / every
    variance = n * m * (pooled * (score - mean) ** 2).sum() / (every * (every - 1))
    if variance == 0:
        return 1.0
    # an error of the shares moves a mean score by no more than itself, as scores rise by at most 1 with the rank
    error = n * m / every * sketches * SKETCH_ERROR
    distance = max(0.0, abs((ours * score).sum() - n * mean) - error)
    return math.erfc(distance / math.sqrt(2 * variance))
