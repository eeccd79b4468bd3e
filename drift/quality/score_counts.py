"""Records counted by their scores: as many groups as a curve has points, however many records there are."""

from dataclasses import dataclass

import numpy as np

from modelyard.drift.kernels.arrays import Doubles, Integers

MOST_GROUPS = 500
METRICS = ("accuracy", "auc", "precision", "recall", "f1")


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoreCounts:
    """Groups of equal or neighbouring scores, ascending: their mean, and how many records are of either class.

    The class is the label in a baseline, and the prediction in a window.
    """

    scores: Doubles
    negatives: Integers
    positives: Integers

    @property
    def totals(self) -> Integers:
        """How many records each group has."""
        return self.negatives + self.positives

    @property
    def rows(self) -> int:
        """How many records there are."""
        return int(self.totals.sum())


def count_scores(*, scores: Doubles, classes: Integers) -> ScoreCounts:
    """Return the groups: one for each different score, or of about as many records each where there are too many."""
    firsts = np.unique(scores)
    if len(firsts) > MOST_GROUPS:
        ranks = np.linspace(0, len(scores), MOST_GROUPS, endpoint=False).astype(np.int64)
        firsts = np.unique(np.sort(scores)[ranks])
    groups = np.searchsorted(firsts, scores, side="right") - 1
    totals = np.bincount(groups, minlength=len(firsts))
    positives = np.bincount(groups[classes == 1], minlength=len(firsts))
    means = np.bincount(groups, weights=scores, minlength=len(firsts)) / np.maximum(totals, 1)
    return ScoreCounts(scores=means, negatives=totals - positives, positives=positives)


def metrics_of_counts(*, window: ScoreCounts, among_negatives: Doubles, among_positives: Doubles) -> Doubles:
    """Return the metrics in the order of `METRICS`, when so many of each group's predictions have a positive label.

    What such labels do not define is not a number; the precision of no positive prediction is 0, as in a check.

    Args:
        window: Its classes are predictions.
        among_negatives: Labels that are positive, of each group's negative predictions; shape (..., groups).
        among_positives: The same of its positive predictions.
    """
    labels = among_negatives + among_positives
    others = window.totals - labels
    hits, positive, negative = among_positives.sum(axis=-1), labels.sum(axis=-1), others.sum(axis=-1)
    predicted = int(window.positives.sum())
    right = hits + (window.negatives - among_negatives).sum(axis=-1)
    # scores of one group count half, as equal scores do in the curve
    ordered = (labels * (np.cumsum(others, axis=-1) - others / 2)).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack(
            [
                right / window.rows,
                ordered / (positive * negative),
                hits / predicted if predicted > 0 else np.zeros_like(hits),
                hits / positive,
                2 * hits / (predicted + positive),
            ],
            axis=-1,
        )
