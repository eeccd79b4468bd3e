"""Quality without labels: what a window's metrics will be, from its probabilities and the baseline's labels.

Isotonic regression of the baseline's labels on its probabilities says how often a probability comes true; from that
follow the window's expected counts, and from those its metrics (confidence-based performance estimation; Kivimäki et
al., arXiv 2505.05295). This holds as long as a probability comes true as often as in the baseline.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from modelyard.drift.kernels.arrays import Doubles, Integers
from modelyard.drift.quality.classification import binary_metrics
from modelyard.drift.quality.isotonic import Isotonic, fit_isotonic
from modelyard.drift.quality.pairs import ClassPairs
from modelyard.drift.quality.score_counts import METRICS, ScoreCounts, count_scores, metrics_of_counts

ASSUMPTION = (
    "The estimate rests on one assumption: each probability comes true as often as it did in the baseline. That holds, "
    "nearly, while only the inputs change (covariate shift). It fails when the relation of inputs to labels changes "
    "(concept drift), when labels are wrong, or when a class becomes rarer or more frequent by itself, and no estimate "
    "can show that."
)
# A baseline of fewer says of a probability less than the changes that one looks for.
FEWEST_RECORDS, FEWEST_OF_A_CLASS = 500, 50
# Accuracy and AUC of fewer vary by five points and more from chance alone.
FEWEST_IN_WINDOW = 200
# Of less than so many expected positives, negatives or positive predictions a ratio is not estimated.
FEWEST_EXPECTED = 10.0
MOST_OUTSIDE = 0.05
LEAST_EFFECTIVE = 0.2
BINS = 10
DRAWS, SEED = 200, 20261127
HALVINGS, DRAWS_OF_A_HALF = 20, 50
# Of a normal distribution 95 % lie within so many standard deviations.
DEVIATIONS = 1.96
# What a change of the inputs adds in 19 of 20 windows, rounded: `python -m benchmarks.estimates --choose`.
ALLOWANCES = {"accuracy": 0.02, "auc": 0.02, "precision": 0.03, "recall": 0.03, "f1": 0.02}


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """A baseline's labels by probability, its range, and how much wider than computed each metric's errors were."""

    counts: ScoreCounts
    least: float
    greatest: float
    widening: Mapping[str, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricEstimate:
    """A metric as it is expected to be measured, and the bounds between which it should be 95 times of 100."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """What is expected of a window of so many records; without metrics there is a reason why none is claimed."""

    rows: int
    baseline_rows: int
    metrics: Mapping[str, MetricEstimate] = field(default_factory=dict)
    reason: str | None = None


def calibrate(*, pairs: ClassPairs) -> Calibration | None:
    """Return what a baseline says of its probabilities; None where it has none, or too few labels to say it.

    Intervals are widened by what one half of the baseline gets wrong about the other, in twenty random halvings: the
    root mean square of the errors in units of their computed deviation, never below 1.
    """
    scores, labels = pairs.scores, pairs.labels
    positives = int(labels.sum())
    if scores is None or len(labels) < FEWEST_RECORDS or min(positives, len(labels) - positives) < FEWEST_OF_A_CLASS:
        return None
    if is_of_labels(scores=scores):
        return None
    generator = np.random.default_rng(SEED)
    errors = []
    for _ in range(HALVINGS):
        first = generator.permutation(len(labels)) < len(labels) // 2
        for known, other in ((first, ~first), (~first, first)):
            counts = count_scores(scores=scores[known], classes=labels[known])
            window = count_scores(scores=scores[other], classes=pairs.predictions[other])
            measured = binary_metrics(pairs=pairs.subset(positions=np.flatnonzero(other)))
            value, deviation = _expected(counts, window, generator=generator, draws=DRAWS_OF_A_HALF)
            with np.errstate(invalid="ignore", divide="ignore"):
                errors.append((np.array([measured[name] for name in METRICS]) - value) / deviation)
    squares = np.where(np.isfinite(errors), np.square(errors), 1.0)
    widening = np.sqrt(np.maximum(squares.mean(axis=0), 1.0)).tolist()
    return Calibration(
        counts=count_scores(scores=scores, classes=labels),
        least=float(scores.min()),
        greatest=float(scores.max()),
        widening=dict(zip(METRICS, widening, strict=True)),
    )


def is_of_labels(*, scores: Doubles) -> bool:
    """Return whether what stands in the probability's place are but two values, as of answers that are labels."""
    return len(np.unique(scores)) <= 2


def estimate_quality(*, calibration: Calibration, scores: Doubles, predictions: Integers) -> Estimate:
    """Return the metrics to be expected of a window, or why none are claimed.

    Args:
        calibration: Of the baseline.
        scores: The window's probabilities of the positive class.
        predictions: What was answered for each: 1 is positive.
    """
    known, rows = calibration.counts, len(scores)
    reason = _reason(calibration, scores)
    if reason is not None:
        return Estimate(rows=rows, baseline_rows=known.rows, reason=reason)
    window = count_scores(scores=scores, classes=predictions)
    value, deviation = _expected(known, window, generator=np.random.default_rng(SEED), draws=DRAWS)
    shares = _fit(known.scores, known.positives, known.totals).at(scores=window.scores)
    positive = float((window.totals * shares).sum())
    # what each of METRICS divides by
    bases = (float(rows), min(positive, rows - positive), float(window.positives.sum()), positive, positive)
    metrics = {}
    for name, base, expected, error in zip(METRICS, bases, value.tolist(), deviation.tolist(), strict=True):
        if base >= FEWEST_EXPECTED and math.isfinite(expected) and math.isfinite(error):
            half = DEVIATIONS * calibration.widening[name] * error + ALLOWANCES[name]
            metrics[name] = MetricEstimate(
                value=expected, low=max(expected - half, 0.0), high=min(expected + half, 1.0)
            )
    return Estimate(rows=rows, baseline_rows=known.rows, metrics=metrics)


def _reason(calibration: Calibration, scores: Doubles) -> str | None:
    """Return why a window's quality cannot be estimated."""
    if len(scores) < FEWEST_IN_WINDOW:
        return f"a window must have at least {FEWEST_IN_WINDOW} records with a probability, it has {len(scores)}"
    if is_of_labels(scores=scores):
        return "the answers have at most two different probabilities, as labels have"
    outside = float(np.mean((scores < calibration.least) | (scores > calibration.greatest)))
    if outside > MOST_OUTSIDE:
        return (
            f"{outside:.0%} of the probabilities lie beyond the baseline's, {calibration.least:.3g} to "
            f"{calibration.greatest:.3g}; at most {MOST_OUTSIDE:.0%} may"
        )
    effective = effective_share(known=calibration.counts, scores=scores)
    if effective < LEAST_EFFECTIVE:
        return (
            f"the probabilities are so unlike the baseline's that its labels say as little as {effective:.0%} of them "
            f"would; at least {LEAST_EFFECTIVE:.0%} are needed"
        )
    return None


def effective_share(*, known: ScoreCounts, scores: Doubles) -> float:
    """Return the share of the baseline's records that is left when they are weighted as the window's scores are (Kish).

    Counted in bins of a tenth of the baseline each.
    """
    middles = (np.cumsum(known.totals) - known.totals / 2) / known.rows
    _, firsts = np.unique(np.minimum(middles * BINS, BINS - 1).astype(np.int64), return_index=True)
    edges = known.scores[firsts][1:]
    before = np.add.reduceat(known.totals, firsts) / known.rows
    now = np.bincount(np.searchsorted(edges, scores, side="right"), minlength=len(before)) / len(scores)
    return float(1.0 / np.sum(np.square(now) / before))


def _expected(
    known: ScoreCounts, window: ScoreCounts, *, generator: np.random.Generator, draws: int
) -> tuple[Doubles, Doubles]:
    """Return the expected metrics, and the standard deviation of what labels may show instead.

    Each draw is another baseline (the bootstrap), and labels of the window by its calibration.
    """
    shares = _fit(known.scores, known.positives, known.totals).at(scores=window.scores)
    value = metrics_of_counts(
        window=window, among_negatives=window.negatives * shares, among_positives=window.positives * shares
    )
    cells = np.concatenate([known.negatives, known.positives])
    drawn = np.empty((draws, len(window.scores)))
    for number, again in enumerate(generator.multinomial(known.rows, cells / known.rows, size=draws)):
        negatives, positives = np.split(again, 2)
        drawn[number] = _fit(known.scores, positives, negatives + positives).at(scores=window.scores)
    labels = metrics_of_counts(
        window=window,
        among_negatives=generator.binomial(window.negatives, drawn).astype(np.float64),
        among_positives=generator.binomial(window.positives, drawn).astype(np.float64),
    )
    return value, labels.std(axis=0, ddof=1)


def _fit(scores: Doubles, positives: Integers, totals: Integers) -> Isotonic:
    there = totals > 0
    return fit_isotonic(
        scores=scores[there], positives=positives[there].astype(np.float64), counts=totals[there].astype(np.float64)
    )
