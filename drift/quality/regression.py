"""The metrics of a regression, in AWS's names and order.

Source: AWS's developer guide, model quality metrics.
"""

import numpy as np

from modelyard.drift.kernels.arrays import Doubles
from modelyard.drift.quality.pairs import NumberPairs


def regression_metrics(*, pairs: NumberPairs) -> dict[str, float]:
    """Return mae, mse, rmse, and r2 as AWS's analyzer has it: with label and prediction exchanged.

    A real statistics.json has it so; the textbook's value is in textbook_metrics().
    """
    errors = pairs.predictions - pairs.labels
    squares = float(np.mean(errors * errors))
    return {
        "mae": float(np.mean(np.abs(errors))),
        "mse": squares,
        "rmse": float(np.sqrt(squares)),
        "r2": _explained_share(errors=errors, around=pairs.predictions),
    }


def textbook_metrics(*, pairs: NumberPairs) -> dict[str, float]:
    """Return r2 as textbooks define it: the share of the labels' variance that the predictions explain."""
    return {"r2_textbook": _explained_share(errors=pairs.predictions - pairs.labels, around=pairs.labels)}


def _explained_share(*, errors: Doubles, around: Doubles) -> float:
    distances = around - np.mean(around)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        share = np.sum(errors * errors) / np.sum(distances * distances)
    return float(1 - share) if np.isfinite(share) else float("nan")
