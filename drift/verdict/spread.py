"""How much a share varies between windows of unchanged data, beside what independent rows explain.

Rows of one entity come together and hours differ, so that windows vary more than their rows say. The dispersion is how
many times the variance of independent rows theirs is (Pearson's chi-square over its degrees of freedom, as Laney's p'
chart has it), and never below 1. As it is an estimate itself, a normal quantile becomes one of Student's t.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from modelyard.drift.errors import DriftError
from modelyard.drift.kernels.arrays import Doubles

# Of fewer windows the dispersion says little: the provisional one is taken.
FEWEST_WINDOWS = 24
PROVISIONAL_DISPERSION = 2.0
SMALLEST_TAIL = 1e-300
MOST_STEPS, ENOUGH = 10_000, 1e-15


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """The dispersion, and of how many windows it is measured: 0 is that it is not.

    Raises:
        DriftError: the dispersion is below 1.
    """

    dispersion: float = 1.0
    windows: int = 0

    def __post_init__(self) -> None:
        if not self.dispersion >= 1:
            raise DriftError(f"the dispersion must be 1 or more, got {self.dispersion}; make the verdict again")

    def tail(self, probability: float) -> float:
        """Return a normal tail as that of Student's t, whose degrees of freedom are one less than the windows."""
        if self.windows == 0 or probability >= 0.5:
            return probability
        return student_tail(distance=-NormalDist().inv_cdf(max(probability, SMALLEST_TAIL)), degrees=self.windows - 1)


INDEPENDENT = Spread()
PROVISIONAL = Spread(dispersion=PROVISIONAL_DISPERSION)


def spreads_of_shares(*, found: Sequence[Sequence[int]], rows: Sequence[int]) -> list[Spread]:
    """Return the spread of each share between windows, of which each has found so many of each among so many rows.

    They are shares of the same values. One that has hardly been there cannot have varied, though what is rare comes
    several times at once where everything else does: none has less than the mean of all that have been there.
    """
    counts, totals = np.array(found, dtype=float), np.array(rows, dtype=float)[:, np.newaxis]
    if len(rows) < FEWEST_WINDOWS:
        return [PROVISIONAL] * counts.shape[1]
    shares = counts.sum(axis=0) / totals.sum()
    variances = totals * shares * (1 - shares)
    distances = (counts - totals * shares) ** 2
    # what no window has, or all have, does not vary
    chi_square = np.divide(distances, variances, out=np.zeros_like(distances), where=variances > 0).sum(axis=0)
    own = chi_square / (len(rows) - 1)
    varied = own[(shares > 0) & (shares < 1)]
    dispersions = np.maximum(own, max(1.0, float(varied.mean()) if len(varied) > 0 else 1.0))
    return [Spread(dispersion=dispersion, windows=len(rows)) for dispersion in dispersions.tolist()]


def spread_of_scores(scores: Doubles) -> Spread:
    """Return the spread of standard scores, which is 1 where rows are independent."""
    if len(scores) < FEWEST_WINDOWS:
        return PROVISIONAL
    return Spread(dispersion=max(1.0, float(np.var(scores, ddof=1))), windows=len(scores))


def student_tail(*, distance: float, degrees: int) -> float:
    """Return the probability that Student's t is above a distance of 0 or more: half an incomplete beta function.

    The continued fraction keeps its relative precision however small the tail is (Numerical Recipes, 6.4).
    """
    a, b = degrees / 2, 0.5
    x = degrees / (degrees + distance**2)
    if x > (a + 1) / (a + b + 2):
        return 0.5 - 0.5 * _incomplete_beta(x=1 - x, a=b, b=a)
    return 0.5 * _incomplete_beta(x=x, a=a, b=b)


def _incomplete_beta(*, x: float, a: float, b: float) -> float:
    """Return the regularized incomplete beta function by Lentz's evaluation of its continued fraction."""
    if x == 0:
        return 0.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    fraction = d
    for step in range(1, MOST_STEPS):
        even = step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step))
        d, c = 1 / (1 + even * d), 1 + even / c
        fraction *= c * d
        odd = -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1))
        d, c = 1 / (1 + odd * d), 1 + odd / c
        fraction *= c * d
        if abs(c * d - 1) < ENOUGH:
            break
    return front * fraction / a
