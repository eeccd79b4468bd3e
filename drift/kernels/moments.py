"""Sum, mean, deviation and extremes, value by value in the order of the file, as Spark adds them."""

from typing import NamedTuple

import numpy as np

from modelyard.drift.jit import jit_entry, jit_inline
from modelyard.drift.kernels.arrays import Doubles, Integers


class RunningMoments(NamedTuple):
    """Running moments, one per column."""

    counts: Integers
    sums: Doubles
    wholes: Integers  # the sum of whole numbers as Java's longs have it; of other numbers it means nothing
    means: Doubles
    squares: Doubles  # sum of squared distances from the mean
    minima: Doubles
    maxima: Doubles


@jit_inline
def _extend(moments: RunningMoments, column: int, values: Doubles) -> None:
    count, total, mean = moments.counts[column], moments.sums[column], moments.means[column]
    squares, low, high = moments.squares[column], moments.minima[column], moments.maxima[column]
    whole = moments.wholes[column]
    for value in values:
        count += 1
        total += value
        whole += np.int64(value)
        distance = value - mean
        step = distance / count
        mean += step
        squares += distance * (distance - step)
        low, high = min(low, value), max(high, value)
    moments.counts[column], moments.sums[column], moments.means[column] = count, total, mean
    moments.wholes[column] = whole
    moments.squares[column], moments.minima[column], moments.maxima[column] = squares, low, high


@jit_entry
def extend_moments(moments: RunningMoments, values: Doubles, counts: Integers) -> None:
    """Add the first counts[c] numbers of row c of the values to column c, one after the other."""
    for column in range(len(counts)):
        _extend(moments, column, values[column, : counts[column]])
