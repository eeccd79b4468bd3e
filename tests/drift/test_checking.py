import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from modelyard.drift.analysis import Baseline, Check, check
from modelyard.drift.checking.metrics import metric_lines
from modelyard.drift.checking.outcome import Status, outcome
from modelyard.drift.documents.constraints import (
    AdditionalMeasures,
    CategoricalMethod,
    ComparisonMethod,
    Constraints,
    Monitoring,
    suggested_constraints,
)
from modelyard.drift.documents.metrics import Emitter
from modelyard.drift.documents.recorded import recorded
from modelyard.drift.documents.violations import Violation
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.kinds import KindCounts
from modelyard.drift.profiling.profile import FeatureProfile, Profile, Reading
from modelyard.drift.reading.source import Format, Source, profiled

Held = Callable[..., Check]


@pytest.fixture
def held(tmp_path: Path) -> Held:
    """Hold CSV text against the baseline that other CSV text makes; features may be edited in between."""

    def hold(training: str, live: str, *, header: bool = False, monitoring: Monitoring | None = None) -> Check:
        (tmp_path / "train.csv").write_text(training)
        (tmp_path / "live.csv").write_text(live)
        profile = profiled(source=Source(path=tmp_path / "train.csv", format=Format.CSV, header=header))
        constraints = suggested_constraints(profile=profile)
        if monitoring is not None:
            constraints = edited(constraints, monitoring)
        baseline = Baseline(constraints=constraints, statistics=recorded(profile=profile))
        return check(source=Source(path=tmp_path / "live.csv", format=Format.CSV, header=header), baseline=baseline)

    return hold


def edited(constraints: Constraints, monitoring: Monitoring) -> Constraints:
    features = tuple(replace(feature, monitoring=monitoring) for feature in constraints.features)
    return Constraints(features=features, monitoring=monitoring)


def column(values: Sequence[object]) -> str:
    return "".join(f"{value},x\n" for value in values)


def checks(found: Check) -> list[str]:
    return [violation.check for violation in found.violations]


def test_the_baseline_itself_has_no_violations(held: Held) -> None:
    text = "".join(f"{n},{n / 7},{'ab'[n % 2]}\n" for n in range(500))
    assert held(text, text).violations == ()


def test_a_fraction_among_integers_is_a_type_violation_in_the_analyzers_words(held: Held) -> None:
    live = column([1, 2, 3, 4.5, *range(322)])
    assert held(column(range(10)), live).violations[0] == Violation(
        feature="_c0",
        check="data_type_check",
        description="Data type match requirement is not met. "
        "Expected data type: Integral, Expected match: 100.0%. "
        "Observed: Only 99.69325153374233% of data is Integral.",
    )


def test_an_integer_among_fractions_is_a_type_violation(held: Held) -> None:
    assert checks(held(column([0.5, 1.5]), column([0.5, 1, 1.5, 2.5]))) == ["data_type_check"]


def test_missing_values_are_no_type_violation(held: Held) -> None:
    assert "data_type_check" not in checks(held(column([1, 2]), column([1, "", 2])))


def test_a_share_at_the_threshold_is_no_type_violation(held: Held) -> None:
    monitoring = Monitoring(datatype_threshold=0.75)
    assert checks(held(column([1, 2]), column([1, 2, 3, 4.5]), monitoring=monitoring)) == []


def test_a_column_without_live_values_has_no_type_violation(held: Held) -> None:
    assert checks(held(column([1, 2]), column(["", ""]))) == ["completeness_check"]


def test_a_column_of_unknown_type_in_the_baseline_is_not_checked_for_type(held: Held) -> None:
    assert checks(held(column(["", ""]), column([1, 2]))) == []


def test_missing_values_are_a_completeness_violation_in_the_analyzers_words(held: Held) -> None:
    found = held(column([1, 2]), column([*range(300), "", "", ""])).violations[0]
    assert found.description == (
        "Data completeness requirement is not met. Expected: 100.0%. Observed: Only 99.00990099009901%."
    )


def test_completeness_of_the_baseline_is_enough(held: Held) -> None:
    assert checks(held(column([1, "", 2, 3]), column([5, "", 6, 7]))) == []


def test_a_value_outside_the_domain_is_a_categorical_violation(held: Held) -> None:
    found = held(column(["a", "b"]), column(["a", "b", "c", "b"])).violations[0]
    assert (found.check, found.description) == (
        "categorical_values_check",
        "Value: 0.75 does not meet the constraint requirement! ",
    )


def test_a_missing_value_is_inside_every_domain(held: Held) -> None:
    assert checks(held(column(["a", "", "b"]), column(["a", "", "b"]))) == []


def test_values_of_a_domain_are_counted_among_many_others(held: Held) -> None:
    live = column([*(f"new {n}" for n in range(1800)), *["a"] * 200])
    found = held(column(["a", "b", "c"]), live).violations
    assert found[0].description == "Value: 0.1 does not meet the constraint requirement! "


def test_watching_a_domain_does_not_change_the_distinct_count(held: Held) -> None:
    live = [f"new {n}" for n in range(1800)]
    watched = held(column(["a", "b"]), column([*live, "a"])).profile.features[0].approximate_distinct
    plain = held(column(range(2)), column([*live, "a"])).profile.features[0].approximate_distinct
    assert watched == plain


def test_values_beside_a_watched_domain_are_counted_too(held: Held) -> None:
    monitoring = Monitoring(domain_threshold=0.0)
    live = column([*["a"] * 5, *["new"] * 3, *["other"] * 2])
    found = held(column(["a", "b"]), live, monitoring=monitoring).profile.features[0]
    assert found.categories == {"a": 5, "new": 3, "other": 2}


def test_counts_that_were_not_watched_are_refused() -> None:
    feature = FeatureProfile(
        name="x", kinds=KindCounts(missing=0), approximate_distinct=0, numbers=None, categories=None
    )
    with pytest.raises(DriftError, match="x must be profiled with its domain watched"):
        feature.count_of(values=["a"])


def test_a_moved_distribution_is_a_drift_violation(held: Held) -> None:
    generator = np.random.default_rng(1)
    train, live = generator.normal(0, 1, 2000).tolist(), generator.normal(1, 1, 2000).tolist()
    found = held(column(train), column(live)).violations[0]
    assert (found.check, found.description[:24], found.description[-23:]) == (
        "baseline_drift_check",
        "Baseline drift distance:",
        " exceeds threshold: 0.1",
    )


def test_a_feature_of_another_type_is_not_compared(held: Held) -> None:
    assert checks(held(column(range(3000)), column([*range(9000, 12000), "x"]))) == ["data_type_check"]


def test_comparison_can_be_switched_off(held: Held) -> None:
    monitoring = Monitoring(compare=False)
    assert checks(held(column(range(3000)), column(range(9000, 12000)), monitoring=monitoring)) == []


def test_the_simple_distance_does_not_allow_for_small_samples(held: Held) -> None:
    monitoring = Monitoring(comparison_method=ComparisonMethod.SIMPLE)
    assert checks(held(column([1, 2, 3]), column([7, 8, 9]), monitoring=monitoring)) == ["baseline_drift_check"]


def test_the_robust_distance_of_small_samples_is_no_drift(held: Held) -> None:
    assert checks(held(column([1, 2, 3]), column([7, 8, 9]))) == []


def test_a_moved_share_of_categories_is_a_drift_violation(held: Held) -> None:
    assert checks(held(column(["a", "b"] * 1000), column(["a", "a", "a", "b"] * 500))) == ["baseline_drift_check"]


def test_categories_are_not_compared_without_a_method(held: Held) -> None:
    monitoring = Monitoring(categorical_method=None)
    assert checks(held(column(["a", "b"] * 1000), column(["a", "a", "a", "b"] * 500), monitoring=monitoring)) == []


def test_an_unlikely_chi_square_is_a_drift_violation(held: Held) -> None:
    monitoring = Monitoring(categorical_method=CategoricalMethod.CHI_SQUARED)
    found = held(column(["a", "b"] * 1000), column(["a", "a", "a", "b"] * 500), monitoring=monitoring)
    assert "p-value" in found.violations[0].description


def test_a_likely_chi_square_is_no_violation(held: Held) -> None:
    monitoring = Monitoring(categorical_method=CategoricalMethod.CHI_SQUARED)
    assert checks(held(column(["a", "b"] * 1000), column(["b", "a"] * 500), monitoring=monitoring)) == []


def test_the_chi_square_statistic_is_compared_when_asked_for_simple(held: Held) -> None:
    monitoring = Monitoring(categorical_method=CategoricalMethod.CHI_SQUARED, comparison_method=ComparisonMethod.SIMPLE)
    found = held(column(["a", "b"] * 1000), column(["a", "a", "a", "b"] * 500), monitoring=monitoring)
    # 1500 and 500 where 1000 and 1000 are expected
    assert "distance: 500.0 exceeds" in found.violations[0].description


def test_extra_columns_are_the_only_violation_in_the_analyzers_words(held: Held) -> None:
    assert held("1,2\n", "x,3,4\n").violations == (
        Violation(
            feature="Extra columns",
            check="extra_column_check",
            description="There are extra columns in current dataset. "
            "Number of columns in current dataset: 3, "
            "Number of columns in baseline constraints: 2",
        ),
    )


def test_missing_columns_are_the_only_violation_in_the_analyzers_words(held: Held) -> None:
    assert held("1,2\n", "x\n").violations == (
        Violation(
            feature="Missing columns",
            check="missing_column_check",
            description="There are missing columns in current dataset. "
            "Number of columns in current dataset: 1, "
            "Number of columns in baseline constraints: 2",
        ),
    )


def test_columns_with_a_header_are_matched_by_name(held: Held) -> None:
    assert held("a,b\n1,x\n2,y\n", "b,a\nx,2\ny,1\n", header=True).violations == ()


def test_columns_without_known_names_are_matched_by_position(held: Held) -> None:
    found = held("a,b\n1,x\n2,y\n", "c,d\n1,x\n2,y\n", header=True)
    assert [feature.name for feature in found.profile.features] == ["a", "b"]


def test_nothing_is_checked_when_evaluation_is_disabled(held: Held) -> None:
    assert held("1,2\n", "x\n", monitoring=Monitoring(evaluate=False)).violations == ()


def test_a_check_without_statistics_still_checks_types(
    tmp_path: Path, profile_csv_text: Callable[..., Profile]
) -> None:
    constraints = suggested_constraints(profile=profile_csv_text("1\n"))
    (tmp_path / "live.csv").write_text("x\n")
    source = Source(path=tmp_path / "live.csv", format=Format.CSV, header=False)
    assert checks(check(source=source, baseline=Baseline(constraints=constraints, statistics=None))) == [
        "data_type_check"
    ]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (AdditionalMeasures(psi=0.2), "population_stability_check"),
        (AdditionalMeasures(jensen_shannon=0.1), "jensen_shannon_check"),
        (AdditionalMeasures(kolmogorov_smirnov_p_value=0.01), "kolmogorov_smirnov_check"),
        (AdditionalMeasures(prediction_drift=0.1), "prediction_drift_check"),
    ],
)
def test_a_flag_that_the_robust_distance_cannot_see_is_seen_by_an_additional_measure(
    held: Held, wanted: AdditionalMeasures, expected: str
) -> None:
    monitoring = Monitoring(additional=wanted)
    found = held(column([0, 1] * 500), column([0, 1, 1, 1, 1] * 200), monitoring=monitoring)
    assert checks(found) == [expected]


def test_additional_measures_of_equal_data_find_nothing(held: Held) -> None:
    wanted = AdditionalMeasures(
        psi=0.01,
        jensen_shannon=0.01,
        kolmogorov_smirnov_p_value=0.5,
        prediction_drift=0.01,
        new_categories=True,
        vanished_categories=True,
    )
    text = column([0, 1] * 500)
    assert held(text, text, monitoring=Monitoring(additional=wanted)).violations == ()


def test_new_categories_are_named(held: Held) -> None:
    monitoring = Monitoring(domain_threshold=0, additional=AdditionalMeasures(new_categories=True))
    found = held(column(["a", "b"]), column(["a", "b", "c"]), monitoring=monitoring).violations
    assert [violation.description for violation in found] == ["There are 1 values not in the baseline: c"]


def test_vanished_categories_are_named(held: Held) -> None:
    monitoring = Monitoring(additional=AdditionalMeasures(vanished_categories=True))
    found = held(column(["a", "b"]), column(["a", "a"]), monitoring=monitoring).violations
    assert [violation.description for violation in found] == ["There are 1 values only in the baseline: b"]


def test_prediction_drift_is_of_the_first_column_alone(held: Held) -> None:
    monitoring = Monitoring(additional=AdditionalMeasures(prediction_drift=0.1))
    train, live = "".join(f"0,{n % 2}\n" for n in range(100)), "0,1\n" * 100
    assert held(train, live, monitoring=monitoring).violations == ()


def test_a_run_without_violations_ends_in_the_analyzers_words() -> None:
    ended = outcome(rows=5, violations=(), reading=Reading())
    assert ended.message == "Completed: Job completed successfully with no violations."


def test_a_run_with_violations_ends_in_the_analyzers_words() -> None:
    violation = Violation(feature="x", check="y", description="z")
    ended = outcome(rows=5, violations=[violation] * 60, reading=Reading())
    assert ended.message == "CompletedWithViolations: Job completed successfully with 60 violations."


def test_a_run_without_records_is_an_outcome_of_its_own(held: Held) -> None:
    assert held("1,2\n", "").outcome.status is Status.NO_DATA


def test_records_that_could_not_be_read_are_in_the_message() -> None:
    ended = outcome(rows=5, violations=(), reading=Reading(unreadable={"they are not JSON": 2}))
    assert ended.message.endswith(" 2 records could not be read: 2 because they are not JSON.")


EMITTER = Emitter(endpoint="churn", schedule="hourly", time="2026-11-22T10:00:00Z")


def lines_of(found: Check, constraints: Constraints | None = None) -> list[dict[str, object]]:
    made = suggested_constraints(profile=found.profile) if constraints is None else constraints
    statistics = recorded(profile=found.profile)
    lines = metric_lines(profile=found.profile, constraints=made, baseline=statistics, emitter=EMITTER)
    return [json.loads(line) for line in lines]


def test_the_numbers_of_a_feature_are_a_metric(held: Held) -> None:
    assert lines_of(held("1\n", "1\n2\n6\n"))[0] == {
        "MetricName": "feature_data__c0",
        "Timestamp": "2026-11-22T10:00:00Z",
        "Dimensions": [
            {"Name": "Endpoint", "Value": "churn"},
            {"Name": "MonitoringSchedule", "Value": "hourly"},
        ],
        "StatisticValues": {"SampleCount": 3, "Sum": 9.0, "Minimum": 1.0, "Maximum": 6.0},
        "Unit": "Count",
    }


def test_completeness_and_distance_are_metrics(held: Held) -> None:
    lines = lines_of(held("1\n", "1\n2\n6\n"))[1:]
    assert [(line["MetricName"], line["Value"]) for line in lines] == [
        ("feature_non_null__c0", 1.0),
        ("feature_baseline_drift__c0", 0.0),
    ]


def test_a_batch_jobs_metrics_have_no_endpoint() -> None:
    emitter = Emitter(endpoint=None, schedule="hourly", time="2026-11-22T10:00:00Z")
    assert "Endpoint" not in emitter.line(name="x", value={})


def test_no_metrics_are_emitted_where_they_are_disabled(held: Held) -> None:
    found = held("1\n", "1\n")
    constraints = edited(suggested_constraints(profile=found.profile), Monitoring(emit=False))
    assert lines_of(found, constraints) == []
