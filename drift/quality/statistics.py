"""All metrics of a model, and how much each varies with the records."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from modelyard.drift.quality.calibration import CalibrationBin, calibration_bins
from modelyard.drift.quality.classification import binary_metrics, multiclass_metrics
from modelyard.drift.quality.curves import Curve, precision_recall_curve, roc_curve
from modelyard.drift.quality.pairs import NumberPairs, Pairs, confusion_by_name
from modelyard.drift.quality.regression import regression_metrics, textbook_metrics
from modelyard.drift.quality.task import ProblemType

Values: TypeAlias = "dict[str, float]"

FEWEST_FOR_DEVIATIONS = 200
SUBSAMPLES, SHARE = 5, 0.8
SEED = 1962


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A metric and its standard deviation; not a number where it is not defined, or the records are too few."""

    value: float
    deviation: float


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityStatistics:
    """The metrics of a model over a window, or over a data set.

    Additional metrics, and the calibration, are what AWS does not have. Curves are there when predictions have
    probabilities, the calibration also for a regression.
    """

    problem: ProblemType
    rows: int
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    additional: Mapping[str, Metric] = field(default_factory=dict)
    confusion_matrix: Mapping[str, Mapping[str, int]] | None = None
    roc_curve: Curve | None = None
    precision_recall_curve: Curve | None = None
    calibration: tuple[CalibrationBin, ...] = ()

    def find(self, *, name: str) -> Metric | None:
        """Return a metric, of AWS's or beyond them, None where there is none."""
        return self.metrics.get(name, self.additional.get(name))

    def undefined(self) -> tuple[str, ...]:
        """Return the metrics that these records do not define, such as recall without a positive label."""
        return tuple(name for name, metric in self.metrics.items() if np.isnan(metric.value))


def quality_statistics(*, problem: ProblemType, pairs: Pairs) -> QualityStatistics:
    """Return all metrics of the pairs, none for no pairs."""
    rows = len(pairs.labels)
    if rows == 0:
        return QualityStatistics(problem=problem, rows=0)
    if isinstance(pairs, NumberPairs):
        return QualityStatistics(
            problem=problem,
            rows=rows,
            metrics=_with_deviations(pairs=pairs, compute=regression_metrics),
            additional=_with_deviations(pairs=pairs, compute=textbook_metrics),
            calibration=calibration_bins(labels=pairs.labels, predictions=pairs.predictions),
        )
    scores = pairs.scores
    scored = scores is not None
    return QualityStatistics(
        problem=problem,
        rows=len(pairs.labels),
        metrics=_with_deviations(
            pairs=pairs, compute=binary_metrics if problem is ProblemType.BINARY else multiclass_metrics
        ),
        confusion_matrix=confusion_by_name(pairs=pairs),
        roc_curve=roc_curve(pairs=pairs) if scored else None,
        precision_recall_curve=precision_recall_curve(pairs=pairs) if scored else None,
        calibration=calibration_bins(labels=pairs.labels, predictions=scores) if scores is not None else (),
    )


def _with_deviations(*, pairs: Pairs, compute: Callable[..., Values]) -> dict[str, Metric]:
    """Return each metric with its deviation over five subsamples of 80 % of the records.

    So AWS documents it, from 200 records on. Which records AWS draws is unknown: here they are drawn by a
    generator of a fixed seed, so that the same records give the same files.
    """
    values = compute(pairs=pairs)
    rows = len(pairs.labels)
    if rows < FEWEST_FOR_DEVIATIONS:
        return {name: Metric(value=value, deviation=float("nan")) for name, value in values.items()}
    generator = np.random.Generator(np.random.PCG64(SEED))
    parts = [
        compute(pairs=pairs.subset(positions=np.flatnonzero(generator.random(rows) < SHARE))) for _ in range(SUBSAMPLES)
    ]
    return {
        name: Metric(value=value, deviation=float(np.std([part[name] for part in parts], ddof=1)))
        for name, value in values.items()
    }
