"""The distances of Model Monitor, as deequ's Distance computes them.

They treat a sketch as a set: a value that occurs several times counts once, with the weight of its highest
level. So columns of few different values hardly ever drift in the Robust sense; `cannot_exceed` says which.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from modelyard.drift.documents.constraints import ComparisonMethod
from modelyard.drift.kernels.arrays import Doubles, Integers

# c(0.003) of Knuth, The Art of Computer Programming, vol. 2, 3.3.1, eq. 15
ROBUSTNESS = 1.8


@dataclass(frozen=True, kw_only=True, slots=True)
class RankMap:
    """The values of a sketch, each once, in ascending order, with their cumulated weights."""

    values: Doubles
    ranks: Integers

    @property
    def total(self) -> float:
        """The rank of the last value."""
        return float(self.ranks[-1])

    def shares_at(self, *, keys: Doubles) -> Doubles:
        """Return the share of the total up to and including each key."""
        ranks = np.concatenate([[0], self.ranks])
        shares: Doubles = ranks[np.searchsorted(self.values, keys, side="right")] / self.total
        return shares


def rank_map(*, levels: Sequence[Doubles]) -> RankMap:
    """Return deequ's rank map of a sketch of at least one value; values of weight 2**level."""
    values = np.concatenate(levels)
    weights = np.repeat([1 << level for level in range(len(levels))], [len(level) for level in levels])
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    last = np.append(ordered[1:] != ordered[:-1], True)
    return RankMap(values=ordered[last], ranks=np.cumsum(weights[order][last]))


def numeric_distance(
    *, current: Sequence[Doubles], baseline: Sequence[Doubles], method: ComparisonMethod
) -> float | None:
    """Return the largest difference of two sketches' cumulated shares; None when one of them is empty."""
    if sum(map(len, current)) == 0 or sum(map(len, baseline)) == 0:
        return None
    ours, theirs = rank_map(levels=current), rank_map(levels=baseline)
    keys = np.union1d(ours.values, theirs.values)
    largest = float(np.max(np.abs(ours.shares_at(keys=keys) - theirs.shares_at(keys=keys))))
    return corrected(distance=largest, sizes=(ours.total, theirs.total), method=method)


def corrected(*, distance: float, sizes: tuple[float, float], method: ComparisonMethod) -> float:
    """Return the distance less what chance explains in samples of those sizes (Robust), or as it is (Simple)."""
    if method is ComparisonMethod.SIMPLE:
        return distance
    n, m = sizes
    return max(0.0, distance - ROBUSTNESS * math.sqrt((n + m) / (n * m)))


def cannot_exceed(*, current: Sequence[Doubles], baseline: Sequence[Doubles], threshold: float) -> bool:
    """Return whether no change of the data could make the Robust distance exceed the threshold."""
    if sum(map(len, current)) == 0 or sum(map(len, baseline)) == 0:
        return False
    sizes = (rank_map(levels=current).total, rank_map(levels=baseline).total)
    return corrected(distance=1.0, sizes=sizes, method=ComparisonMethod.ROBUST) <= threshold


def categorical_distance(
    *, current: Mapping[str, int], baseline: Mapping[str, int], method: ComparisonMethod
) -> float | None:
    """Return the largest difference of a category's share; None when one side has no values."""
    n, m = float(sum(current.values())), float(sum(baseline.values()))
    if n == 0 or m == 0:
        return None
    largest = max(abs(current.get(key, 0) / n - baseline.get(key, 0) / m) for key in current.keys() | baseline.keys())
    return corrected(distance=largest, sizes=(n, m), method=method)
