"""Shares of two samples: Fisher's exact test of them, and the interval of their difference.

With `known` of `known_rows` records in the baseline, how many of a window's have the same is beta-binomial. Its tails
with the parameters `known + 1, known_rows - known` (many) and `known, known_rows - known + 1` (few) are the two sides
of Fisher's exact test, and exact for a cut at one of the baseline's own values: docs/decisions/0311.
"""

import functools
import math
from dataclasses import dataclass, replace

import numpy as np

from modelyard.drift.errors import DriftError
from modelyard.drift.verdict.spread import INDEPENDENT, Spread

# What so many rows do not show is below every floor.
MOST_ROWS = 1_000_000
FIRST_CHUNK, LARGEST_CHUNK = 64, 8192
NEGLIGIBLE = 1e-17
# A share of a KLL sketch that has left values out is off by no more than this: 0.002 is the largest error measured, and
# 0.0014 what DataSketches publishes for this size and 99 % of all sketches (docs/decisions/0311).
SKETCH_ERROR = 0.0025
# So many standard errors above a limit four of five samples exceed it.
FOUR_OF_FIVE = 0.84


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """How many records have something, in the window and in the baseline.

    `sketches` is how many of the two counts are a sketch's estimate: 0, 1 or 2. The rows count as so many
    independent ones as the spread's dispersion goes into them.
    """

    found: int
    rows: int
    known: int
    known_rows: int
    sketches: int = 0
    spread: Spread = INDEPENDENT

    def __post_init__(self) -> None:
        for count, rows, whose in ((self.found, self.rows, "window"), (self.known, self.known_rows, "baseline")):
            if not 0 <= count <= rows or rows == 0:
                raise DriftError(
                    f"a count of the {whose} must be between 0 and its {rows} values, which are some, got {count}; "
                    f"make the {whose}'s statistics again"
                )

    @property
    def share(self) -> float:
        """The window's share."""
        return self.found / self.rows

    @property
    def known_share(self) -> float:
        """The baseline's share."""
        return self.known / self.known_rows

    @property
    def difference(self) -> float:
        """The window's share less the baseline's."""
        return self.share - self.known_share

    @property
    def complement(self) -> "Counts":
        """The counts of the other records."""
        return replace(self, found=self.rows - self.found, known=self.known_rows - self.known)

    def many_p_value(self) -> float:
        """Return how likely by chance the window has so many or more."""
        return self.complement.few_p_value()

    def few_p_value(self) -> float:
        """Return how likely by chance the window has so few or fewer, as far as sketches know the count."""
        if self.known == 0:
            return 1.0
        dispersion = self.spread.dispersion
        rows = min(max(1, round(self.rows / dispersion)), MOST_ROWS)
        share = min(1.0, self.share + self.sketches * SKETCH_ERROR)
        others = (self.known_rows - self.known) / dispersion + 1
        return self.spread.tail(_lower_tail(count=round(share * rows), rows=rows, a=self.known / dispersion, b=others))

    def p_value(self) -> float:
        """Return how likely by chance the shares differ so much, to either side."""
        # the smaller of the two tails is the one on the window's side
        tail = self.few_p_value() if self.difference < 0 else self.many_p_value()
        return min(1.0, 2 * tail)

    def interval(self, *, z: float) -> tuple[float, float]:
        """Return the interval of the difference, z standard errors wide: Newcombe's, and the sketches' error."""
        dispersion = self.spread.dispersion
        low, high = _wilson(share=self.share, rows=self.rows / dispersion, z=z)
        known_low, known_high = _wilson(share=self.known_share, rows=self.known_rows / dispersion, z=z)
        error = self.sketches * SKETCH_ERROR
        return (
            self.difference - math.hypot(self.share - low, known_high - self.known_share) - error,
            self.difference + math.hypot(high - self.share, self.known_share - known_low) + error,
        )

    def least_detectable(self, *, level: float) -> float | None:
        """Return what change of the share is found at this level four times of five; None where none is.

        It is a growth of the share, or of the other records' where these are fewer.
        """
        if 2 * self.known > self.known_rows:
            return self.complement.least_detectable(level=level)
        least = _least_found(
            rows=self.rows, known=self.known, known_rows=self.known_rows, spread=self.spread, level=level
        )
        if least is None:
            return None
        share = least / self.rows
        error = math.sqrt(share * (1 - share) * self.spread.dispersion / self.rows)
        margin = self.sketches * SKETCH_ERROR + FOUR_OF_FIVE * error
        return share - self.known_share + margin


@functools.lru_cache(maxsize=1024)  # many columns are alike: complete ones, and all of half of their values
def _least_found(*, rows: int, known: int, known_rows: int, spread: Spread, level: float) -> int | None:
    """Return the smallest count above the baseline's share that is found at this level."""
    low, high = math.floor(known / known_rows * rows), rows + 1
    while low + 1 < high:
        middle = (low + high) // 2
        counts = Counts(found=middle, rows=rows, known=known, known_rows=known_rows, spread=spread)
        if counts.p_value() <= level:
            high = middle
        else:
            low = middle
    return high if high <= rows else None


def _lower_tail(*, count: int, rows: int, a: float, b: float) -> float:
    """Return the probability of at most `count` of `rows` by the beta-binomial distribution: its terms from the top."""
    if count == rows:
        return 1.0
    if count > rows * a / (a + b):
        return 1 - _lower_tail(count=rows - count - 1, rows=rows, a=b, b=a)
    log_of_top = (
        math.lgamma(rows + 1)
        - math.lgamma(count + 1)
        - math.lgamma(rows - count + 1)
        + math.lgamma(count + a)
        + math.lgamma(rows - count + b)
        - math.lgamma(rows + a + b)
        + math.lgamma(a + b)
        - math.lgamma(a)
        - math.lgamma(b)
    )
    total, last, top, size = 1.0, 1.0, count, FIRST_CHUNK
    while top > 0 and last > total * NEGLIGIBLE:
        steps = np.arange(top, max(0, top - size), -1.0)
        terms = last * np.cumprod(steps * (rows - steps + b) / ((rows - steps + 1) * (steps - 1 + a)))
        total, last, top = total + float(terms.sum()), float(terms[-1]), top - size
        size = min(2 * size, LARGEST_CHUNK)
    return min(1.0, math.exp(log_of_top) * total)


def _wilson(*, share: float, rows: float, z: float) -> tuple[float, float]:
    """Return Wilson's score interval of a share."""
    middle = share + z**2 / (2 * rows)
    half = z * math.sqrt(share * (1 - share) / rows + z**2 / (4 * rows**2))
    width = 1 + z**2 / rows
    return (middle - half) / width, (middle + half) / width
