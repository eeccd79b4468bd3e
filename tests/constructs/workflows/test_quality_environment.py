"""What the analyzer of model quality is told."""

from typing import Any

import pytest

from modelyard.constructs.workflows.quality_environment import captures_environment, table_environment
from modelyard.manifest.quality import Quality


def quality(**declared: Any) -> Quality:
    return Quality(**{"problem_type": "BinaryClassification", "probability": "0", "positive_label": "1", **declared})


def test_what_is_not_declared_is_not_told() -> None:
    assert "inference_attribute" not in captures_environment(quality=quality())


def test_captured_answers_have_values_where_the_manifest_says() -> None:
    told = captures_environment(quality=quality(probability="7"))

    assert (told["analysis_type"], told["problem_type"]) == ("MODEL_QUALITY", "BinaryClassification")
    assert (told["probability_attribute"], told["positive_label"]) == ("7", "1")
    assert "ground_truth_attribute" not in told


def test_a_table_has_columns_of_fixed_names() -> None:
    told = table_environment(quality=quality(probability="7"))

    assert (told["probability_attribute"], told["ground_truth_attribute"]) == ("probability", "label")


@pytest.mark.parametrize(("threshold", "told"), [(0.5, "0.5"), (0.25, "0.25")])
def test_a_threshold_is_written_as_people_write_it(threshold: float, told: str) -> None:
    environment = captures_environment(quality=quality(threshold=threshold))

    assert environment["probability_threshold_attribute"] == told
