"""The metrics that XGBoost's container computes itself, beside those of the library.

Source: sagemaker-xgboost-container cb8df91, `metrics/custom_metrics.py`. There a class is told from the margin,
which an older XGBoost hands over; a newer one hands over predictions. The class is the same by either.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray
from sklearn import metrics

Score = Callable[[NDArray[np.float64], NDArray[np.float64]], float]

OF_CLASSES: Mapping[str, Score] = {
    "accuracy": metrics.accuracy_score,
    "balanced_accuracy": metrics.balanced_accuracy_score,
    "f1": partial(metrics.f1_score, average="macro"),
    "f1_binary": partial(metrics.f1_score, average="binary"),
    "f1_macro": partial(metrics.f1_score, average="macro"),
    "precision": metrics.precision_score,
    "precision_macro": partial(metrics.precision_score, average="macro"),
    "precision_micro": partial(metrics.precision_score, average="micro"),
    "recall": metrics.recall_score,
    "recall_macro": partial(metrics.recall_score, average="macro"),
    "recall_micro": partial(metrics.recall_score, average="micro"),
}
OF_VALUES: Mapping[str, Score] = {
    "mae": metrics.mean_absolute_error,
    "mse": metrics.mean_squared_error,
    "r2": metrics.r2_score,
    "rmse": metrics.root_mean_squared_error,
}
# From where on a prediction of one number is the class 1: for probabilities, and for objectives that predict a margin.
PROBABILITY_BOUND, MARGIN_BOUND = 0.5, 0.0
OF_PROBABILITY = ("binary:logistic", "binary:hinge", "reg:logistic")


def scorer(
    *, names: Sequence[str], objective: str
) -> Callable[[NDArray[np.float64], xgboost.DMatrix], list[tuple[str, float]]]:
    """Return the function that XGBoost calls after each round, for metrics of these names."""

    def score(predictions: NDArray[np.float64], data: xgboost.DMatrix) -> list[tuple[str, float]]:
        labels, classes = data.get_label(), _classes(predictions, objective=objective)
        return [
            (name, float(OF_VALUES[name](labels, predictions)))
            if name in OF_VALUES
            else (name, float(OF_CLASSES[name](labels, classes)))
            for name in names
        ]

    return score


def _classes(predictions: NDArray[np.float64], *, objective: str) -> Any:
    if predictions.ndim > 1:
        return np.argmax(predictions, axis=-1)
    if objective == "multi:softmax":
        return predictions
    return predictions > (PROBABILITY_BOUND if objective in OF_PROBABILITY else MARGIN_BOUND)
