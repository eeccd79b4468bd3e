"""How much better one model is than another on the same rows, with the uncertainty of that.

Both models answer the same rows, so that what makes a row hard is hard for both: it is the difference of the paired
answers whose variance counts. All intervals take the rows as independent of each other and normal in their mean; rows
of the same customer, or of the same minute, are less than that, and their interval is too narrow.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from modelyard.operations.retraining.sample import Difference

Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEVEL = 0.95
# Below these the mean of the differences is not near enough to a normal one.
FEWEST_ROWS, FEWEST_OF_A_CLASS = 30, 10
DELONG, PAIRED = "DeLong's test for correlated curves", "a paired comparison of rows"


def difference_of_auc(*, positive: Flags, candidate: Doubles, promoted: Doubles) -> Difference:
    """Compare two areas under the ROC curve of the same rows.

    Source: DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or more correlated receiver operating
    characteristic curves", Biometrics 44 (1988), equations 3 to 5.

    Raises:
        ValueError: there are too few rows of a class.
    """
    fewest = min(int(positive.sum()), int((~positive).sum()))
    if fewest < FEWEST_OF_A_CLASS:
        raise ValueError(f"{FEWEST_OF_A_CLASS} rows of each class are needed to compare, {fewest} of one are there")
    of_positives, of_negatives = zip(
        *(_placements(positive=positive, scores=scores) for scores in (candidate, promoted)), strict=True
    )
    areas = [float(values.mean()) for values in of_positives]
    variance = sum(float((ours - theirs).var(ddof=1)) / len(ours) for ours, theirs in (of_positives, of_negatives))
    return _difference(
        metric="auc", rows=len(positive), values=areas, gain=areas[0] - areas[1], variance=variance, method=DELONG
    )


def difference_of_means(*, metric: str, candidate: Doubles, promoted: Doubles, less_is_better: bool) -> Difference:
    """Compare two means over the same rows, such as of what was right, or of errors.

    Raises:
        ValueError: there are too few rows.
    """
    rows = len(candidate)
    if rows < FEWEST_ROWS:
        raise ValueError(f"{FEWEST_ROWS} rows are needed to compare, {rows} are there")
    gains = promoted - candidate if less_is_better else candidate - promoted
    values = [float(candidate.mean()), float(promoted.mean())]
    variance = float(gains.var(ddof=1)) / rows
    return _difference(
        metric=metric, rows=rows, values=values, gain=float(gains.mean()), variance=variance, method=PAIRED
    )


def _difference(
    *, metric: str, rows: int, values: Sequence[float], gain: float, variance: float, method: str
) -> Difference:
    reach = NormalDist().inv_cdf((1 + LEVEL) / 2) * math.sqrt(variance)
    candidate, promoted = values
    return Difference(
        metric=metric,
        rows=rows,
        candidate=candidate,
        promoted=promoted,
        gain=gain,
        low=gain - reach,
        high=gain + reach,
        method=method,
    )


def _placements(*, positive: Flags, scores: Doubles) -> tuple[Doubles, Doubles]:
    """For each positive the share of negatives below it, for each negative that of positives above; ties count half."""
    above, below = scores[positive], scores[~positive]
    all_ranks, ranks_above, ranks_below = (_midranks(values) for values in (scores, above, below))
    of_positives = (all_ranks[positive] - ranks_above) / len(below)
    of_negatives = 1 - (all_ranks[~positive] - ranks_below) / len(above)
    return of_positives, of_negatives


def _midranks(values: Doubles) -> Doubles:
    """Ranks from 1, equal values sharing the mean of theirs."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[places], dtype=np.float64)
