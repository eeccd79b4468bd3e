"""Distances that AWS does not have: PSI, Jensen-Shannon, the two-sample Kolmogorov-Smirnov test.

They count every value, however often it occurs. Numbers are compared in ten groups of the baseline's
quantiles, texts by category; a share of zero counts as one in ten thousand, as is usual for PSI.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from modelyard.drift.checking.significance import two_sample_p_value
from modelyard.drift.kernels.arrays import Doubles, Integers

_GROUPS = 10
_LEAST_SHARE = 1e-4


@dataclass(frozen=True, kw_only=True, slots=True)
class Weighted:
    """Sorted different values and how many records each stands for."""

    values: Doubles
    weights: Integers

    @property
    def total(self) -> int:
        """How many records there are."""
        return int(self.weights.sum())


def weighted(*, levels: Sequence[Doubles]) -> Weighted:
    """Return the records that a sketch stands for; a value of level h counts 2**h times."""
    values = np.concatenate([*levels, np.zeros(0)])
    weights = np.repeat([1 << level for level in range(len(levels))], [len(level) for level in levels])
    different, places = np.unique(values, return_inverse=True)
    return Weighted(values=different, weights=np.bincount(places, weights, len(different)).astype(np.int64))


@dataclass(frozen=True, kw_only=True, slots=True)
class TwoSampleTest:
    """The Kolmogorov-Smirnov test.

    The largest difference of cumulated shares, and how likely it is by chance.
    """

    distance: float
    p_value: float


def kolmogorov_smirnov(*, current: Weighted, baseline: Weighted) -> TwoSampleTest | None:
    """Return the test, or None when a side is empty.

    Sketches of more than 2050 records add an error of about 0.001.
    """
    if current.total == 0 or baseline.total == 0:
        return None
    keys = np.union1d(current.values, baseline.values)
    distance = float(np.max(np.abs(_cumulated(current, keys) - _cumulated(baseline, keys))))
    p_value = two_sample_p_value(distance=distance, n=current.total, m=baseline.total)
    return TwoSampleTest(distance=distance, p_value=p_value)


def _cumulated(side: Weighted, keys: Doubles) -> Doubles:
    ranks = np.concatenate([[0], np.cumsum(side.weights)])
    shares: Doubles = ranks[np.searchsorted(side.values, keys, side="right")] / side.total
    return shares


def grouped(*, current: Weighted, baseline: Weighted) -> tuple[Doubles, Doubles] | None:
    """Return both sides' shares in groups between the baseline's deciles, or None when a side is empty."""
    if current.total == 0 or baseline.total == 0:
        return None
    shares = np.cumsum(baseline.weights) / baseline.total
    places = np.searchsorted(shares, np.arange(1, _GROUPS) / _GROUPS)
    edges = np.unique(baseline.values[places])
    return _in_groups(current, edges), _in_groups(baseline, edges)


def _in_groups(side: Weighted, edges: Doubles) -> Doubles:
    groups = np.searchsorted(edges, side.values, side="left")
    shares: Doubles = np.bincount(groups, side.weights, len(edges) + 1) / side.total
    return shares


def by_category(*, current: Mapping[str, int], baseline: Mapping[str, int]) -> tuple[Doubles, Doubles] | None:
    """Return both sides' shares by category, or None when a side is empty."""
    n, m = sum(current.values()), sum(baseline.values())
    if n == 0 or m == 0:
        return None
    keys = sorted(current.keys() | baseline.keys())
    return (
        np.array([current.get(key, 0) for key in keys]) / n,
        np.array([baseline.get(key, 0) for key in keys]) / m,
    )


def population_stability(*, current: Doubles, baseline: Doubles) -> float:
    """Return the population stability index of two lists of shares.

    0 when equal, above 0.25 commonly a shift.
    """
    p, q = np.maximum(current, _LEAST_SHARE), np.maximum(baseline, _LEAST_SHARE)
    return float(np.sum((p - q) * np.log(p / q)))


def jensen_shannon(*, current: Doubles, baseline: Doubles) -> float:
    """Return the Jensen-Shannon distance, base 2.

    The square root of the divergence, 0 when equal, 1 when disjoint.
    """
    middle = (current + baseline) / 2
    divergence = (_relative_entropy(current, middle) + _relative_entropy(baseline, middle)) / 2
    return math.sqrt(max(0.0, divergence))


def _relative_entropy(shares: Doubles, middle: Doubles) -> float:
    there = shares > 0
    return float(np.sum(shares[there] * np.log2(shares[there] / middle[there])))
