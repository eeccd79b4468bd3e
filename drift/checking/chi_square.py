"""Pearson's chi-square test, as deequ makes it of categories.

The p-value needs no statistics library in the container (docs/decisions/0105).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FEW_EXPECTED, FEW_EXPECTED_OF_TWO = 5.0, 10.0
SHARE_OF_FEW = 0.2
ENOUGH = 1e-16
MOST_TERMS = 100_000
TINY = 1e-300


@dataclass(frozen=True, kw_only=True, slots=True)
class ChiSquare:
    """Pearson's test of the live categories against the baseline's shares."""

    statistic: float
    p_value: float


def chi_square(*, current: Mapping[str, int], baseline: Mapping[str, int]) -> ChiSquare | None:
    """Return the test after small categories are put together; None when fewer than two are left.

    As in deequ: categories that the baseline does not know take no part, and the smallest expected category
    joins the second smallest until at most a fifth are expected fewer than 5 times (both at least 10 times,
    of two).
    """
    known = float(sum(count for key, count in current.items() if key in baseline))
    total = float(sum(baseline.values()))
    if known == 0 or total == 0:
        return None
    cells = sorted(((count / total * known, float(current.get(key, 0))) for key, count in baseline.items()))
    while len(cells) >= 2 and _too_small(cells):
        joined = (cells[0][0] + cells[1][0], cells[0][1] + cells[1][1])
        cells = sorted([joined, *cells[2:]])
    if len(cells) < 2:
        return None
    statistic = sum((observed - expected) ** 2 / expected for expected, observed in cells)
    return ChiSquare(statistic=statistic, p_value=chi_square_p_value(statistic=statistic, freedom=len(cells) - 1))


def _too_small(cells: Sequence[tuple[float, float]]) -> bool:
    limit = FEW_EXPECTED if len(cells) > 2 else FEW_EXPECTED_OF_TWO
    allowed = int(SHARE_OF_FEW * len(cells)) if len(cells) > 2 else 0
    return sum(expected < limit for expected, _ in cells) > allowed


def chi_square_p_value(*, statistic: float, freedom: int) -> float:
    """Return how likely a chi-square statistic of at least this size is by chance.

    The regularized upper incomplete gamma function: a series below shape + 1, a continued fraction above.
    """
    shape, limit = freedom / 2, statistic / 2
    if limit <= 0:
        return 1.0
    if math.isinf(limit):
        return 0.0
    scale = math.exp(shape * math.log(limit) - limit - math.lgamma(shape))
    if limit < shape + 1:
        return max(0.0, 1.0 - scale * _series(shape=shape, limit=limit))
    return scale * _continued_fraction(shape=shape, limit=limit)


def _series(*, shape: float, limit: float) -> float:
    term = total = 1 / shape
    for step in range(1, MOST_TERMS):
        term *= limit / (shape + step)
        total += term
        if term < total * ENOUGH:
            break
    return total


def _continued_fraction(*, shape: float, limit: float) -> float:
    # Lentz's method
    base = limit + 1 - shape
    numerator, denominator = 1 / TINY, 1 / base
    value = denominator
    for step in range(1, MOST_TERMS):
        weight = -step * (step - shape)
        base += 2
        denominator = 1 / ((weight * denominator + base) or TINY)
        numerator = (base + weight / numerator) or TINY
        value *= numerator * denominator
        if abs(numerator * denominator - 1) < ENOUGH:
            break
    return value
