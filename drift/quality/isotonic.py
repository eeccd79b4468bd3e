"""Isotonic regression: the ascending function of a score that is nearest to the shares of positive labels."""

from dataclasses import dataclass

import numpy as np

from modelyard.drift.kernels.arrays import Doubles


@dataclass(frozen=True, kw_only=True, slots=True)
class Isotonic:
    """An ascending function: straight lines between its points, level beyond the first and the last one."""

    scores: Doubles
    shares: Doubles

    def at(self, *, scores: Doubles) -> Doubles:
        """Return the function's values."""
        values: Doubles = np.interp(scores, self.scores, self.shares)
        return values


def fit_isotonic(*, scores: Doubles, positives: Doubles, counts: Doubles) -> Isotonic:
    """Return the fit to groups of equal scores, of which so many records are positive.

    Adjacent groups whose shares do not ascend are pooled until all do (pool adjacent violators; Barlow et al.,
    Statistical Inference under Order Restrictions, 1972).

    Args:
        scores: Of each group, ascending.
        positives: How many positive labels each group has.
        counts: How many labels each group has, above 0.
    """
    first, last = scores, scores
    while True:
        shares = positives / counts
        starts = np.flatnonzero(np.diff(shares, prepend=-1.0) > 0)
        if len(starts) == len(shares):
            break
        first, last = first[starts], last[np.append(starts[1:], len(last)) - 1]
        positives, counts = np.add.reduceat(positives, starts), np.add.reduceat(counts, starts)
    return Isotonic(scores=np.column_stack([first, last]).ravel(), shares=np.repeat(shares, 2))
