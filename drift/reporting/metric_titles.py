"""The titles of metrics, as people say them."""

TITLES = {
    "mae": "Mean absolute error",
    "mse": "Mean squared error",
    "rmse": "Root of the mean squared error",
    "r2": "R², label and prediction exchanged",
    "r2_textbook": "R²",
    "auc": "Area under the ROC curve",
    "au_prc": "Area under precision over recall",
    "f0_5": "F0.5",
    "f1": "F1",
    "f2": "F2",
}


def metric_title(*, metric: str) -> str:
    """Return the title of a metric of AWS's name."""
    plain = metric.removeprefix("weighted_")
    title = TITLES.get(plain, plain.replace("_", " ").capitalize())
    return title if plain == metric else f"{title}, classes weighted"
