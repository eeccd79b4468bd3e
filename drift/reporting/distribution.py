"""Live data over the baseline, as the shares of a few bars."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from modelyard.drift.documents.statistics import FeatureStatistics
from modelyard.drift.kernels.arrays import Doubles
from modelyard.drift.measures.samples import WeightedValues, weighted_values

BARS = 24
TAIL = 0.005
MOST_CATEGORIES = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Distribution:
    """Bars: labels, and the share of each side's records, None for a side that is not known."""

    labels: tuple[str, ...]
    live: tuple[float, ...] | None
    baseline: tuple[float, ...] | None


def distribution(*, live: FeatureStatistics | None, baseline: FeatureStatistics | None) -> Distribution | None:
    """Return both sides over common bars, or None when neither has numbers or categories to show."""
    sides = (live, baseline)
    numbers = [
        weighted_values(levels=side.levels) if side is not None and side.levels is not None else None for side in sides
    ]
    if any(side is not None and side.total > 0 for side in numbers):
        return _of_numbers(numbers[0], numbers[1])
    texts = [side.categories if side is not None else None for side in sides]
    if any(texts):
        return _of_categories(texts[0], texts[1])
    return None


def _of_numbers(live: WeightedValues | None, baseline: WeightedValues | None) -> Distribution | None:
    values = np.concatenate([_finite(side) for side in (live, baseline)])
    if len(values) == 0:
        return None
    different = np.unique(values)
    if len(different) <= BARS:
        labels = tuple(_label(value) for value in different.tolist())
        return Distribution(labels=labels, live=_at_values(live, different), baseline=_at_values(baseline, different))
    ends = [_tails(side) for side in (live, baseline) if side is not None and len(_finite(side)) > 0]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    edges = np.linspace(low, high if high > low else low + 1.0, BARS + 1)
    named = [f"{_label(low)} to {_label(high)}" for low, high in pairwise(edges.tolist())]
    # the ends hold the tails as well: one far value must not squeeze all others into one bar
    named[0], named[-1] = f"up to {_label(edges[1])}", f"from {_label(edges[-2])}"
    return Distribution(labels=tuple(named), live=_between(live, edges), baseline=_between(baseline, edges))


def _tails(side: WeightedValues) -> tuple[float, float]:
    """Return the values below and above which one record in two hundred lies."""
    shares = np.cumsum(side.weights) / side.total
    low, high = np.searchsorted(shares, (TAIL, 1 - TAIL))
    finite = _finite(side)
    last = len(side.values) - 1
    return (
        max(float(side.values[min(low, last)]), float(finite[0])),
        min(float(side.values[min(high, last)]), float(finite[-1])),
    )


def _finite(side: WeightedValues | None) -> Doubles:
    # differences of larger numbers would overflow
    return np.zeros(0) if side is None else side.values[np.abs(side.values) < 1e300]


def _label(value: float) -> str:
    rounded = float(f"{value:.4g}")
    return f"{rounded:,.10g}" if rounded == 0 or 1e-3 <= abs(rounded) < 1e7 else f"{rounded:g}"


def _at_values(side: WeightedValues | None, values: Doubles) -> tuple[float, ...] | None:
    if side is None or side.total == 0:
        return None
    weights = dict(zip(side.values.tolist(), side.weights.tolist(), strict=True))
    return tuple(weights.get(value, 0) / side.total for value in values.tolist())


def _between(side: WeightedValues | None, edges: Doubles) -> tuple[float, ...] | None:
    if side is None or side.total == 0:
        return None
    counts, _ = np.histogram(np.clip(side.values, edges[0], edges[-1]), bins=edges, weights=side.weights)
    return tuple((counts / side.total).tolist())


def _of_categories(live: Mapping[str, int] | None, baseline: Mapping[str, int] | None) -> Distribution:
    shares: list[dict[str, float]] = []
    for counts in (live, baseline):
        total = sum(counts.values()) if counts is not None else 0
        shares.append({key: count / total for key, count in counts.items()} if counts is not None and total > 0 else {})
    keys = {key for side in shares for key in side}
    ranked = sorted(keys, key=lambda key: (-max(side.get(key, 0.0) for side in shares), key))
    shown, rest = ranked[:MOST_CATEGORIES], ranked[MOST_CATEGORIES:]
    labels = tuple(key if len(key) <= 40 else key[:39] + "…" for key in shown)
    return Distribution(
        labels=(*labels, f"{len(rest)} others") if rest else labels,
        live=_bars(shares[0], shown, rest),
        baseline=_bars(shares[1], shown, rest),
    )


def _bars(shares: Mapping[str, float], shown: list[str], rest: list[str]) -> tuple[float, ...] | None:
    if not shares:
        return None
    others = (sum(shares.get(key, 0.0) for key in rest),) if rest else ()
    return (*(shares.get(key, 0.0) for key in shown), *others)
