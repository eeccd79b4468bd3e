"""The two samples that a measure compares: a column of today, and the same column in the baseline.

Every value counts, however often it occurs. Numbers are compared in ten groups of the baseline's quantiles, texts by
category.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from modelyard.drift.kernels.arrays import Doubles, Integers

GROUPS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightedValues:
    """Sorted different values and how many records each stands for."""

    values: Doubles
    weights: Integers

    @property
    def total(self) -> int:
        """How many records there are."""
        return int(self.weights.sum())

    def cumulative_shares(self, *, keys: Doubles) -> Doubles:
        """Return the share of the records up to and including each key."""
        ranks = np.concatenate([[0], np.cumsum(self.weights)])
        shares: Doubles = ranks[np.searchsorted(self.values, keys, side="right")] / self.total
        return shares

    def group_shares(self, *, edges: Doubles) -> Doubles:
        """Return the share of the records in each group between the edges; a value on an edge is in the lower group."""
        groups = np.searchsorted(edges, self.values, side="left")
        shares: Doubles = np.bincount(groups, self.weights, len(edges) + 1) / self.total
        return shares


def weighted_values(*, levels: Sequence[Doubles]) -> WeightedValues:
    """Return the records that a sketch stands for; a value of level h counts 2**h times."""
    values = np.concatenate([*levels, np.zeros(0)])
    weights = np.repeat([1 << level for level in range(len(levels))], [len(level) for level in levels])
    different, positions = np.unique(values, return_inverse=True)
    return WeightedValues(values=different, weights=np.bincount(positions, weights, len(different)).astype(np.int64))


def decile_shares(*, current: WeightedValues, baseline: WeightedValues) -> tuple[Doubles, Doubles]:
    """Return both samples' shares in groups between the baseline's deciles."""
    shares = np.cumsum(baseline.weights) / baseline.total
    positions = np.searchsorted(shares, np.arange(1, GROUPS) / GROUPS)
    edges = np.unique(baseline.values[positions])
    return current.group_shares(edges=edges), baseline.group_shares(edges=edges)


def category_shares(*, current: Mapping[str, int], baseline: Mapping[str, int]) -> tuple[Doubles, Doubles]:
    """Return both samples' shares by category, categories in alphabetical order."""
    keys = sorted(current.keys() | baseline.keys())
    return (
        np.array([current.get(key, 0) for key in keys]) / sum(current.values()),
        np.array([baseline.get(key, 0) for key in keys]) / sum(baseline.values()),
    )


class Column(Protocol):
    """A column of a statistics file: the levels of its sketch, or the counts of its categories."""

    @property
    def levels(self) -> Sequence[Doubles] | None:
        """The sketch of a numeric column, values of weight 2**level."""

    @property
    def categories(self) -> Mapping[str, int] | None:
        """The counts of a text column, None where there are too many."""


@dataclass(frozen=True, kw_only=True)
class Samples:
    """A column and its baseline. What measures share is computed when the first of them asks, and once."""

    current: Column
    baseline: Column

    @cached_property
    def numbers(self) -> tuple[WeightedValues, WeightedValues] | None:
        """Both sides' numbers; None where one side has no sketch, or an empty one."""
        if self.current.levels is None or self.baseline.levels is None:
            return None
        sides = weighted_values(levels=self.current.levels), weighted_values(levels=self.baseline.levels)
        return None if any(side.total == 0 for side in sides) else sides

    @cached_property
    def categories(self) -> tuple[Mapping[str, int], Mapping[str, int]] | None:
        """Both sides' counts; None for numbers, and where one side's categories are unknown or without values."""
        if self.current.levels is not None and self.baseline.levels is not None:
            return None
        if not self.current.categories or not self.baseline.categories:
            return None
        sides = self.current.categories, self.baseline.categories
        return None if any(sum(side.values()) == 0 for side in sides) else sides

    @cached_property
    def shares(self) -> tuple[Doubles, Doubles] | None:
        """Both sides' shares, by the baseline's deciles or by category; None where the sides cannot be compared."""
        if self.numbers is not None:
            return decile_shares(current=self.numbers[0], baseline=self.numbers[1])
        if self.categories is not None:
            return category_shares(current=self.categories[0], baseline=self.categories[1])
        return None
