from collections.abc import Callable
from pathlib import Path

import numpy as np

from modelyard.drift.analysis import Baseline, Check
from modelyard.drift.documents.constraints import (
    CategoricalMethod,
    ComparisonMethod,
    MonitoringConfig,
    suggest_constraints,
)
from modelyard.drift.documents.violations import Violation
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reading.source import Format, Source
from modelyard.drift.source_analysis import check
from support.drift.checks import check_names, column

CheckCsv = Callable[..., Check]


def test_the_baseline_itself_has_no_violations(check_csv: CheckCsv) -> None:
    text = "".join(f"{n},{n / 7},{'ab'[n % 2]}\n" for n in range(500))
    assert check_csv(text, text).violations == ()


def test_a_fraction_among_integers_is_a_type_violation_in_the_analyzers_words(check_csv: CheckCsv) -> None:
    live = column([1, 2, 3, 4.5, *range(322)])
    assert check_csv(column(range(10)), live).violations[0] == Violation(
        feature="_c0",
        check="data_type_check",
        description="Data type match requirement is not met. "
        "Expected data type: Integral, Expected match: 100.0%. "
        "Observed: Only 99.69325153374233% of data is Integral.",
    )


def test_an_integer_among_fractions_is_a_type_violation(check_csv: CheckCsv) -> None:
    assert check_names(check_csv(column([0.5, 1.5]), column([0.5, 1, 1.5, 2.5]))) == ["data_type_check"]


def test_missing_values_are_no_type_violation(check_csv: CheckCsv) -> None:
    assert "data_type_check" not in check_names(check_csv(column([1, 2]), column([1, "", 2])))


def test_a_share_at_the_threshold_is_no_type_violation(check_csv: CheckCsv) -> None:
    monitoring = MonitoringConfig(datatype_threshold=0.75)
    assert check_names(check_csv(column([1, 2]), column([1, 2, 3, 4.5]), monitoring=monitoring)) == []


def test_a_column_without_live_values_has_no_type_violation(check_csv: CheckCsv) -> None:
    assert check_names(check_csv(column([1, 2]), column(["", ""]))) == ["completeness_check"]


def test_a_column_of_unknown_type_in_the_baseline_is_not_checked_for_type(check_csv: CheckCsv) -> None:
    assert check_names(check_csv(column(["", ""]), column([1, 2]))) == []


def test_missing_values_are_a_completeness_violation_in_the_analyzers_words(check_csv: CheckCsv) -> None:
    found = check_csv(column([1, 2]), column([*range(300), "", "", ""])).violations[0]
    assert found.description == (
        "Data completeness requirement is not met. Expected: 100.0%. Observed: Only 99.00990099009901%."
    )


def test_completeness_of_the_baseline_is_enough(check_csv: CheckCsv) -> None:
    assert check_names(check_csv(column([1, "", 2, 3]), column([5, "", 6, 7]))) == []


def test_a_value_outside_the_domain_is_a_categorical_violation(check_csv: CheckCsv) -> None:
    found = check_csv(column(["a", "b"]), column(["a", "b", "c", "b"])).violations[0]
    assert (found.check, found.description) == (
        "categorical_values_check",
        "Value: 0.75 does not meet the constraint requirement! ",
    )


def test_a_missing_value_is_inside_every_domain(check_csv: CheckCsv) -> None:
    assert check_names(check_csv(column(["a", "", "b"]), column(["a", "", "b"]))) == []


def test_values_of_a_domain_are_counted_among_many_others(check_csv: CheckCsv) -> None:
    live = column([*(f"new {n}" for n in range(1800)), *["a"] * 200])
    found = check_csv(column(["a", "b", "c"]), live).violations
    assert found[0].description == "Value: 0.1 does not meet the constraint requirement! "


def test_a_moved_distribution_is_a_drift_violation(check_csv: CheckCsv) -> None:
    generator = np.random.default_rng(1)
    train, live = generator.normal(0, 1, 2000).tolist(), generator.normal(1, 1, 2000).tolist()
    found = check_csv(column(train), column(live)).violations[0]
    assert (found.check, found.description[:24], found.description[-23:]) == (
        "baseline_drift_check",
        "Baseline drift distance:",
        " exceeds threshold: 0.1",
    )


def test_a_feature_of_another_type_is_not_compared(check_csv: CheckCsv) -> None:
    assert check_names(check_csv(column(range(3000)), column([*range(9000, 12000), "x"]))) == ["data_type_check"]


def test_comparison_can_be_switched_off(check_csv: CheckCsv) -> None:
    monitoring = MonitoringConfig(compare=False)
    assert check_names(check_csv(column(range(3000)), column(range(9000, 12000)), monitoring=monitoring)) == []


def test_the_simple_distance_does_not_allow_for_small_samples(check_csv: CheckCsv) -> None:
    monitoring = MonitoringConfig(comparison_method=ComparisonMethod.SIMPLE)
    assert check_names(check_csv(column([1, 2, 3]), column([7, 8, 9]), monitoring=monitoring)) == [
        "baseline_drift_check"
    ]


def test_the_robust_distance_of_small_samples_is_no_drift(check_csv: CheckCsv) -> None:
    assert check_names(check_csv(column([1, 2, 3]), column([7, 8, 9]))) == []


def test_a_moved_share_of_categories_is_a_drift_violation(check_csv: CheckCsv) -> None:
    assert check_names(check_csv(column(["a", "b"] * 1000), column(["a", "a", "a", "b"] * 500))) == [
        "baseline_drift_check"
    ]


def test_categories_are_not_compared_without_a_method(check_csv: CheckCsv) -> None:
    monitoring = MonitoringConfig(categorical_method=None)
    assert (
        check_names(check_csv(column(["a", "b"] * 1000), column(["a", "a", "a", "b"] * 500), monitoring=monitoring))
        == []
    )


def test_an_unlikely_chi_square_is_a_drift_violation(check_csv: CheckCsv) -> None:
    monitoring = MonitoringConfig(categorical_method=CategoricalMethod.CHI_SQUARED)
    found = check_csv(column(["a", "b"] * 1000), column(["a", "a", "a", "b"] * 500), monitoring=monitoring)
    assert "p-value" in found.violations[0].description


def test_a_likely_chi_square_is_no_violation(check_csv: CheckCsv) -> None:
    monitoring = MonitoringConfig(categorical_method=CategoricalMethod.CHI_SQUARED)
    assert check_names(check_csv(column(["a", "b"] * 1000), column(["b", "a"] * 500), monitoring=monitoring)) == []


def test_the_chi_square_statistic_is_compared_when_asked_for_simple(check_csv: CheckCsv) -> None:
    monitoring = MonitoringConfig(
        categorical_method=CategoricalMethod.CHI_SQUARED, comparison_method=ComparisonMethod.SIMPLE
    )
    found = check_csv(column(["a", "b"] * 1000), column(["a", "a", "a", "b"] * 500), monitoring=monitoring)
    # 1500 and 500 where 1000 and 1000 are expected
    assert "distance: 500.0 exceeds" in found.violations[0].description


def test_extra_columns_are_the_only_violation_in_the_analyzers_words(check_csv: CheckCsv) -> None:
    assert check_csv("1,2\n", "x,3,4\n").violations == (
        Violation(
            feature="Extra columns",
            check="extra_column_check",
            description="There are extra columns in current dataset. "
            "Number of columns in current dataset: 3, "
            "Number of columns in baseline constraints: 2",
        ),
    )


def test_missing_columns_are_the_only_violation_in_the_analyzers_words(check_csv: CheckCsv) -> None:
    assert check_csv("1,2\n", "x\n").violations == (
        Violation(
            feature="Missing columns",
            check="missing_column_check",
            description="There are missing columns in current dataset. "
            "Number of columns in current dataset: 1, "
            "Number of columns in baseline constraints: 2",
        ),
    )


def test_nothing_is_checked_when_evaluation_is_disabled(check_csv: CheckCsv) -> None:
    assert check_csv("1,2\n", "x\n", monitoring=MonitoringConfig(evaluate=False)).violations == ()


def test_a_check_without_statistics_still_checks_types(
    tmp_path: Path, profile_csv_text: Callable[..., Profile]
) -> None:
    constraints = suggest_constraints(profile=profile_csv_text("1\n"))
    (tmp_path / "live.csv").write_text("x\n")
    source = Source(path=tmp_path / "live.csv", format=Format.CSV, header=False)
    assert check_names(check(source=source, baseline=Baseline(constraints=constraints, statistics=None))) == [
        "data_type_check"
    ]
