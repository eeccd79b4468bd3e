import pytest

from modelyard.drift.documents.violations import Violation
from modelyard.drift.reporting.plain_sentences import plain_sentence
from support.drift.summaries import TYPES


@pytest.mark.parametrize(
    ("check_type", "description", "sentence"),
    [
        ("data_type_check", TYPES.description, "Should be whole numbers, but only 99.0 % of the values are."),
        (
            "completeness_check",
            "Data completeness requirement is not met. Expected: 100.0%. Observed: Only 99.00990099009901%.",
            "Values are missing: 99.0 % are there, the baseline asks for 100.0 %.",
        ),
        (
            "baseline_drift_check",
            "Baseline drift distance: 0.17354640931273702 exceeds threshold: 0.1",
            "The distribution has moved: distance 0.174 from the baseline, 0.1 is allowed.",
        ),
        (
            "categorical_values_check",
            "Value: 0.75 does not meet the constraint requirement! ",
            "Unknown values: only 75.0 % are ones that the baseline knows.",
        ),
        (
            "extra_column_check",
            "There are extra columns in current dataset. Number of columns in current "
            "dataset: 23, Number of columns "
            "in baseline constraints: 22",
            "The data have 23 columns, the baseline has 22; nothing else was compared.",
        ),
        ("data_type_check", "Value: 0.9 does not meet", "Value: 0.9 does not meet"),
        ("completeness_check", "other words", "other words"),
        ("baseline_drift_check", "other words", "other words"),
        ("categorical_values_check", "other words", "other words"),
        ("missing_column_check", "other words", "other words"),
        ("a check of tomorrow", "other words ", "other words"),
    ],
)
def test_a_violation_is_said_plainly(check_type: str, description: str, sentence: str) -> None:
    assert plain_sentence(violation=Violation(feature="x", check=check_type, description=description)) == sentence


def test_almost_all_is_not_rounded_to_all() -> None:
    violation = Violation(
        feature="x", check="data_type_check", description=TYPES.description.replace("99.0%", "99.9997%")
    )
    assert (
        plain_sentence(violation=violation) == "Should be whole numbers, but only more than 99.9 % of the values are."
    )


@pytest.mark.parametrize(
    ("description", "sentence"),
    [
        (
            "Metric auc with 0.515625 +/- 8.08E-4 was LessThanThreshold '0.9395'",
            "It is 0.5156 ± 0.00081; the baseline asks for 0.9395 or more.",
        ),
        ("Metric auc with 0.5 +/- NaN was LessThanThreshold '0.9'", "It is 0.5; the baseline asks for 0.9 or more."),
        ("Something else", "Something else"),
    ],
)
def test_a_violation_is_said_in_plain_words(description: str, sentence: str) -> None:
    assert (
        plain_sentence(violation=Violation(feature="auc", check="LessThanThreshold", description=description))
        == sentence
    )
