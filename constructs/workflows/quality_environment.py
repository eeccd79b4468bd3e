"""The environment that tells the analyzer of model quality, the same for a baseline, a check, and both engines.

Source: developer guide, "Container contract inputs" of Model Monitor, and the requests of real jobs.
"""

from modelyard.manifest.quality import Quality

GROUND_TRUTH = "/opt/ml/processing/groundtruth"
MERGED = "/opt/ml/processing/merged"

# The columns of a baseline's data: one for the prediction, one for the label.
LABEL, PREDICTION, PROBABILITY = "label", "prediction", "probability"
MERGED_FORMAT = {"sagemakerMergeJson": {"captureIndexNames": ["endpointOutput"], "originalDatasetFormat": None}}


def quality_environment(*, quality: Quality, inference: str | None, probability: str | None) -> dict[str, str]:
    """The variables that say what is measured; the attributes are columns of a baseline's data, or of an answer."""
    variables = {
        "analysis_type": "MODEL_QUALITY",
        "problem_type": quality.problem_type,
        "inference_attribute": inference,
        "probability_attribute": probability,
        "probability_threshold_attribute": None if quality.cut is None else f"{quality.cut:g}",
        "positive_label": quality.positive_label,
    }
    return {name: value for name, value in variables.items() if value is not None}


def captures_environment(*, quality: Quality) -> dict[str, str]:
    """Return what is measured of captured answers."""
    return quality_environment(quality=quality, inference=quality.inference, probability=quality.probability)


def table_environment(*, quality: Quality) -> dict[str, str]:
    """Return what is measured of a table with these columns."""
    variables = quality_environment(
        quality=quality,
        inference=None if quality.inference is None else PREDICTION,
        probability=None if quality.probability is None else PROBABILITY,
    )
    return {**variables, "ground_truth_attribute": LABEL}
