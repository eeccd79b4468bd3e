"""calibration.json of a baseline and estimate.json of a window: files of ours beside those of AWS's."""

from pathlib import Path

import numpy as np

from modelyard.drift.documents.files import CALIBRATION_FILE, ESTIMATE_FILE, write_document
from modelyard.drift.documents.jackson import Json
from modelyard.drift.documents.node import Node, read_document
from modelyard.drift.quality.estimation import ASSUMPTION, Calibration, Estimate, MetricEstimate
from modelyard.drift.quality.score_counts import METRICS, ScoreCounts


def write_calibration(*, calibration: Calibration, folder: Path) -> None:
    """Write what a baseline says of its probabilities.

    Raises:
        DriftError: the folder cannot be written.
    """
    counts = calibration.counts
    document: Json = {
        "version": 1,
        "least_score": calibration.least,
        "greatest_score": calibration.greatest,
        "widening": dict(calibration.widening),
        "scores": counts.scores.tolist(),
        "negatives": counts.negatives.tolist(),
        "positives": counts.positives.tolist(),
    }
    write_document(path=folder / CALIBRATION_FILE, document=document)


def read_calibration(*, folder: Path) -> Calibration | None:
    """Return the calibration of a baseline's folder, None where it has none.

    Raises:
        DriftError: the file cannot be used.
    """
    path = folder / CALIBRATION_FILE
    if not path.is_file():
        return None
    node = read_document(path=path)
    scores = np.array([score.number() for score in node.get("scores").items()], dtype=np.float64)
    negatives, positives = (
        np.array([count.count() for count in node.get(name).items()], dtype=np.int64)
        for name in ("negatives", "positives")
    )
    if not len(scores) == len(negatives) == len(positives) > 0:
        raise node.get("scores").error(
            allowed="as long as negatives and positives, and not empty", hint="make the baseline again"
        )
    if not np.all(np.diff(scores) > 0) or not np.all(negatives + positives > 0):
        raise node.get("scores").error(allowed="ascending, each of some records", hint="make the baseline again")
    widening = node.get("widening")
    return Calibration(
        counts=ScoreCounts(scores=scores, negatives=negatives, positives=positives),
        least=node.get("least_score").number(),
        greatest=node.get("greatest_score").number(),
        widening={name: widening.get(name).number() for name in METRICS},
    )


def write_estimate(*, estimate: Estimate, folder: Path) -> None:
    """Write what is expected of a window, or why nothing is.

    Raises:
        DriftError: the folder cannot be written.
    """
    document: Json = {
        "version": 1,
        "item_count": estimate.rows,
        "baseline_item_count": estimate.baseline_rows,
        "not_estimated": estimate.reason,
        "assumption": ASSUMPTION,
        "metrics": {
            name: {"value": metric.value, "low": metric.low, "high": metric.high}
            for name, metric in estimate.metrics.items()
        },
    }
    write_document(path=folder / ESTIMATE_FILE, document=document)


def read_estimate(*, folder: Path) -> Estimate | None:
    """Return the estimate of a run's folder, None where it has none.

    Raises:
        DriftError: the file cannot be used.
    """
    path = folder / ESTIMATE_FILE
    if not path.is_file():
        return None
    node = read_document(path=path)
    metrics = node.get("metrics")
    found = {name: metrics.get(name) for name in METRICS if metrics.has(name)}
    return Estimate(
        rows=node.get("item_count").count(),
        baseline_rows=node.get("baseline_item_count").count(),
        metrics={
            name: MetricEstimate(
                value=metric.get("value").share(), low=metric.get("low").share(), high=metric.get("high").share()
            )
            for name, metric in found.items()
        },
        reason=node.read("not_estimated", Node.text, default=None),
    )
