import json
from collections.abc import Callable
from pathlib import Path

import pytest
import scipy.stats

from modelyard.drift.analysis import write_baseline
from modelyard.drift.documents.constraints import (
    CHECK_ROWS,
    RARE,
    CategoricalMethod,
    ComparisonMethod,
    Constraints,
    FeatureConstraints,
    MonitoringConfig,
    least_complete,
    read_constraints,
    suggest_constraints,
)
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.profiling.value_types import InferredType

ProfileText = Callable[..., Profile]


@pytest.mark.parametrize(("text", "expected"), [("1\n0\n", True), ("1\n-1\n", False), ("a\n", None)])
def test_numbers_are_suggested_to_stay_non_negative(
    profile_csv_text: ProfileText,
    text: str,
    expected: bool | None,  # noqa: FBT001  pytest passes by name
) -> None:
    assert suggest_constraints(profile=profile_csv_text(text)).features[0].non_negative is expected


def test_written_constraints_read_back_are_those_suggested(profile_csv_text: ProfileText, tmp_path: Path) -> None:
    profile = profile_csv_text("n,s\n1,a\n,b\n2.5,a\n", header=True)
    write_baseline(profile=profile, folder=tmp_path)
    assert read_constraints(path=tmp_path / "constraints.json") == suggest_constraints(profile=profile)


def edited(tmp_path: Path, change: dict[str, object], *, monitoring: dict[str, object] | None = None) -> Constraints:
    feature = {"name": "x", "inferred_type": "Integral", "completeness": 1.0, **change}
    document = {"version": 0.0, "features": [feature], "monitoring_config": monitoring or {}}
    (tmp_path / "constraints.json").write_text(json.dumps(document))
    return read_constraints(path=tmp_path / "constraints.json")


@pytest.mark.parametrize(
    "change",
    [
        {"monitoringConfigOverrides": {"evaluate_constraints": "Disabled"}},
        {"monitoringConfigOverrides": {"evaluateConstraints": "Disabled"}},
        {"monitoring_config_overrides": {"evaluate_constraints": "Disabled"}},
        {"string_constraints": {"monitoring_config_overrides": {"evaluate_constraints": "Disabled"}}},
        {"num_constraints": {"monitoring_config_overrides": {"evaluate_constraints": "Disabled"}}},
    ],
)
def test_a_feature_is_switched_off_in_every_spelling(tmp_path: Path, change: dict[str, object]) -> None:
    assert edited(tmp_path, change).features[0].monitoring.evaluate is False


def test_a_feature_without_overrides_follows_the_data_set(tmp_path: Path) -> None:
    found = edited(tmp_path, {}, monitoring={"datatype_check_threshold": 0.5}).features[0]
    assert found.monitoring.datatype_threshold == 0.5


def test_the_names_of_2019_are_understood(tmp_path: Path) -> None:
    old = {"enable_comparisons": False, "min_domain_mass": 0.7, "comparison_threshold": 0.3}
    found = edited(tmp_path, {}, monitoring={"distribution_constraints": old}).monitoring
    assert (found.compare, found.domain_threshold, found.comparison_threshold) == (False, 0.7, 0.3)


def test_without_a_categorical_method_categories_are_not_compared(tmp_path: Path) -> None:
    assert edited(tmp_path, {}).monitoring.categorical_method is None


def test_comparison_methods_are_read(tmp_path: Path) -> None:
    methods = {"comparison_method": "Simple", "categorical_drift_method": "ChiSquared"}
    found = edited(tmp_path, {}, monitoring={"distribution_constraints": methods}).monitoring
    assert (found.comparison_method, found.categorical_method) == (
        ComparisonMethod.SIMPLE,
        CategoricalMethod.CHI_SQUARED,
    )


def test_additional_measures_are_off_unless_asked_for(tmp_path: Path) -> None:
    assert edited(tmp_path, {}).monitoring.additional == {}


def test_an_additional_measure_is_read(tmp_path: Path) -> None:
    found = edited(tmp_path, {}, monitoring={"additional_measures": {"psi": 0.25}})
    assert found.features[0].monitoring.additional == {"psi": 0.25}


@pytest.mark.parametrize(
    ("change", "monitoring", "sentence"),
    [
        (
            {"completeness": 2},
            {},
            r"features\[0\].completeness must be between 0 and 1, got 2 in .*constraints.json",
        ),
        ({"inferred_type": "Number"}, {}, "inferred_type must be one of Integral, Fractional, String"),
        ({"name": 5}, {}, "name must be a string, got 5"),
        ({"name": None}, {}, "name must be given, it is missing"),
        ({}, {"emit_metrics": "On"}, 'emit_metrics must be "Enabled" or "Disabled", got \'On\''),
        ({}, {"datatype_check_threshold": "1"}, "datatype_check_threshold must be a number, got '1'"),
        ({}, {"distribution_constraints": []}, r"distribution_constraints must be an object, got \[\]"),
        ({}, {"distribution_constraints": {"comparison_threshold": -1}}, "must be 0 or more, got -1"),
        (
            {},
            {"distribution_constraints": {"comparison_threshold": 10**400}},
            "a number that a double can hold",
        ),
        ({}, {"additional_measures": {"pssi": 1}}, "additional_measures must be an object with keys of"),
        ({"string_constraints": {"domains": "a"}}, {}, "domains must be a list, got 'a'"),
    ],
)
def test_constraints_that_cannot_be_used_are_refused_in_a_sentence(
    tmp_path: Path, change: dict[str, object], monitoring: dict[str, object], sentence: str
) -> None:
    with pytest.raises(DriftError, match=sentence):
        edited(tmp_path, change, monitoring=monitoring)


def test_two_features_of_one_name_are_refused(tmp_path: Path) -> None:
    feature = {"name": "x", "inferred_type": "Integral"}
    (tmp_path / "constraints.json").write_text(json.dumps({"features": [feature, feature]}))
    with pytest.raises(DriftError, match="features must have different names, got 'x' twice"):
        read_constraints(path=tmp_path / "constraints.json")


def test_a_threshold_outside_its_range_is_refused() -> None:
    with pytest.raises(DriftError, match=r"datatype_threshold must be between 0 and 1, got 2.0"):
        MonitoringConfig(datatype_threshold=2.0)


def test_a_completeness_outside_its_range_is_refused() -> None:
    with pytest.raises(DriftError, match="completeness must be between 0 and 1, got -1 for x"):
        FeatureConstraints(name="x", inferred=InferredType.INTEGRAL, completeness=-1)


@pytest.mark.parametrize("missing", [1, 10, 50])
def test_a_suggested_completeness_allows_what_a_small_check_of_the_same_data_has(
    profile_csv_text: ProfileText, missing: int
) -> None:
    profile = profile_csv_text("".join(f"{'' if number < missing else number},x\n" for number in range(100)))
    share = 1 - missing / 100
    least = suggest_constraints(profile=profile).features[0].completeness

    assert least is not None
    assert scipy.stats.binom.cdf(round(least * CHECK_ROWS) - 1, CHECK_ROWS, share) <= RARE
    assert scipy.stats.binom.cdf(round(least * CHECK_ROWS), CHECK_ROWS, share) > RARE


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_what_is_always_or_never_there_has_to_stay_so(share: float) -> None:
    assert least_complete(share) == share


def test_columns_that_are_not_checked_are_named(tmp_path: Path) -> None:
    found = edited(tmp_path, {"monitoringConfigOverrides": {"evaluate_constraints": "Disabled"}})

    assert found.not_compared == ("x",)
