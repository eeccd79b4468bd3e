"""How unusual a record is by the baseline: the share of the baseline's records that are as far out in a column."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from modelyard.drift.documents.statistics import FeatureStatistics
from modelyard.drift.measures.samples import WeightedValues, weighted_values


@dataclass(frozen=True, kw_only=True, slots=True)
class Tails:
    """The distributions of some of a baseline's columns."""

    columns: Mapping[str, FeatureStatistics]
    _numbers: Mapping[str, WeightedValues]

    @classmethod
    def of(cls, features: Iterable[FeatureStatistics]) -> "Tails":
        """Return the tails of columns; one whose distribution the baseline does not have is left out."""
        known = {one.name: one for one in features if one.levels is not None or one.categories}
        numbers = {name: weighted_values(levels=one.levels) for name, one in known.items() if one.levels is not None}
        return cls(columns=known, _numbers=numbers)

    def share(self, cells: Mapping[str, str | None]) -> float:
        """Return what the most unusual cell's share is, times the number of columns; 1 for a record as any other.

        By chance one of many columns is always unusual, which the number of columns allows for (Bonferroni).
        """
        shares = [self._share(name, cells[name]) for name in self.columns if name in cells]
        return min(1.0, len(shares) * min(shares)) if shares else 1.0

    def _share(self, name: str, cell: str | None) -> float:
        column = self.columns[name]
        if cell is None:
            return column.missing / max(column.present + column.missing, 1)
        if name not in self._numbers:
            counts = column.categories if column.categories is not None else {}
            return counts.get(cell, 0) / max(sum(counts.values()), 1)
        try:
            number = float(cell)
        except ValueError:
            return 0.0
        return _two_sided(self._numbers[name], number)


def _two_sided(values: WeightedValues, number: float) -> float:
    """The share of values that are as far out on this side, doubled for the other side."""
    if values.total == 0:
        return 1.0
    below = float(values.weights[values.values <= number].sum()) / values.total
    above = float(values.weights[values.values >= number].sum()) / values.total
    return float(np.clip(2 * min(below, above), 0, 1))
