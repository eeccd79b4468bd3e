import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.drift.analysis import read_baseline, write_baseline, write_text
from modelyard.drift.documents.constraints import (
    CategoricalMethod,
    ComparisonMethod,
    Constraints,
    FeatureConstraints,
    Monitoring,
    read_constraints,
    suggested_constraints,
)
from modelyard.drift.documents.jackson import printed
from modelyard.drift.documents.recorded import FeatureStatistics, read_statistics, recorded
from modelyard.drift.documents.statistics import Edition, in_scala_order, statistics_document
from modelyard.drift.documents.violations import Violation, read_violations, violations_document
from modelyard.drift.errors import DriftError
from modelyard.drift.java_double import java_double
from modelyard.drift.profiling.kinds import InferredType
from modelyard.drift.profiling.profile import Profile

ProfileText = Callable[..., Profile]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.0"),
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (11175931.250001853, "1.1175931250001853E7"),
        (9999999.0, "9999999.0"),
        (10000000.0, "1.0E7"),
        (0.000808, "8.08E-4"),
        (0.001, "0.001"),
        (-1.5e-10, "-1.5E-10"),
        (1e300, "1.0E300"),
        (123456789012345680000.0, "1.2345678901234568E20"),
        (5e-324, "5.0E-324"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (math.nan, "NaN"),
    ],
)
def test_a_double_is_printed_as_java_prints_it(value: float, text: str) -> None:
    assert java_double(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(deadline=None)
def test_a_printed_double_is_the_same_double(value: float) -> None:
    assert float(java_double(value)) == value


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(json_values)
@settings(deadline=None)
def test_a_printed_document_is_json_of_the_same_value(value: object) -> None:
    assert json.loads(printed(value)) == value  # type: ignore[arg-type]


def test_documents_are_laid_out_as_jackson_lays_them_out() -> None:
    text = printed({"a": 1, "b": [{"c": 1.5}, {"d": []}], "e": {}, "f": [1.0, [2.0]]})
    lines = [
        "{",
        '  "a" : 1,',
        '  "b" : [ {',
        '    "c" : 1.5',
        "  }, {",
        '    "d" : [ ]',
        "  } ],",
        '  "e" : { },',
    ]
    assert text == "\n".join([*lines, '  "f" : [ 1.0, [ 2.0 ] ]', "}"])


def test_what_json_has_no_number_for_is_quoted_as_jackson_does() -> None:
    assert printed([math.nan, math.inf]) == '[ "NaN", "Infinity" ]'


def test_control_characters_are_escaped_as_jackson_does() -> None:
    assert printed('a\n"\x01é') == '"a\\n\\"\\u0001é"'


def test_five_and_more_categories_are_in_the_order_of_a_scala_hash_map() -> None:
    # worked by hand: the hash codes of one-letter strings are 97 to 101, spread by Scala's improve
    def place(code: int) -> list[int]:
        spread = (code + ~(code << 9)) % 2**32
        spread ^= spread >> 14
        spread = (spread + (spread << 4)) % 2**32
        spread ^= spread >> 10
        return [spread >> bits & 31 for bits in range(0, 35, 5)]

    expected = sorted("abcde", key=lambda letter: place(ord(letter)))
    assert in_scala_order(dict.fromkeys("abcde", 1)) == expected


def test_up_to_four_categories_are_in_the_order_in_which_they_came() -> None:
    assert in_scala_order({"z": 1, "a": 2, "m": 3}) == ["z", "a", "m"]


def test_statistics_have_their_keys_in_the_analyzers_order(profile_csv_text: ProfileText) -> None:
    document = json.loads(printed(statistics_document(profile=profile_csv_text("1\n2\n"))))
    assert list(document["features"][0]["numerical_statistics"]) == [
        "common",
        "mean",
        "sum",
        "std_dev",
        "min",
        "max",
        "approximate_num_distinct_values",
        "completeness",
        "distribution",
    ]


def test_statistics_of_before_2023_lack_the_newer_keys(profile_csv_text: ProfileText) -> None:
    document = statistics_document(profile=profile_csv_text("1\n"), edition=Edition.UNTIL_2022)
    assert "completeness" not in printed(document)


def test_a_text_column_has_its_categories(profile_csv_text: ProfileText) -> None:
    document = json.loads(printed(statistics_document(profile=profile_csv_text("b\na\nb\n"))))
    assert document["features"][0]["string_statistics"]["distribution"] == {
        "categorical": {"buckets": [{"value": "b", "count": 2}, {"value": "a", "count": 1}]}
    }


def test_a_text_column_of_too_many_categories_has_none(profile_csv_text: ProfileText) -> None:
    document = json.loads(
        printed(statistics_document(profile=profile_csv_text("\n".join(f"v{n}" for n in range(200)))))
    )
    assert "distribution" not in document["features"][0]["string_statistics"]


def test_numbers_are_no_categories(profile_csv_text: ProfileText) -> None:
    assert profile_csv_text("1\n2\n").features[0].histogram is None


@pytest.mark.parametrize(("text", "expected"), [("1\n0\n", True), ("1\n-1\n", False), ("a\n", None)])
def test_numbers_are_suggested_to_stay_non_negative(
    profile_csv_text: ProfileText,
    text: str,
    expected: bool | None,  # noqa: FBT001  pytest passes by name
) -> None:
    assert suggested_constraints(profile=profile_csv_text(text)).features[0].non_negative is expected


def test_written_statistics_read_back_are_those_of_the_profile(profile_csv_text: ProfileText, tmp_path: Path) -> None:
    profile = profile_csv_text("n,s\n1,a\n,b\n2.5,a\n", header=True)
    write_baseline(profile=profile, folder=tmp_path)
    read, expected = read_statistics(path=tmp_path / "statistics.json"), recorded(profile=profile)
    assert [repr(feature) for feature in read.features] == [repr(feature) for feature in expected.features]


def test_written_constraints_read_back_are_those_suggested(profile_csv_text: ProfileText, tmp_path: Path) -> None:
    profile = profile_csv_text("n,s\n1,a\n,b\n2.5,a\n", header=True)
    write_baseline(profile=profile, folder=tmp_path)
    assert read_constraints(path=tmp_path / "constraints.json") == suggested_constraints(profile=profile)


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


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "constraints.json").write_text("{")
    with pytest.raises(DriftError, match="is not JSON"):
        read_constraints(path=tmp_path / "constraints.json")


def test_a_file_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DriftError, match=r"statistics.json cannot be read"):
        read_statistics(path=tmp_path / "statistics.json")


def test_a_count_that_is_no_whole_number_is_refused(tmp_path: Path) -> None:
    (tmp_path / "statistics.json").write_text('{"dataset": {"item_count": 1.5}, "features": []}')
    with pytest.raises(DriftError, match=r"item_count must be a whole number of 0 or more, got 1.5"):
        read_statistics(path=tmp_path / "statistics.json")


def test_a_sketch_of_more_levels_than_any_data_need_is_refused(tmp_path: Path) -> None:
    moments = {"mean": 1, "sum": 1, "std_dev": 0, "min": 1, "max": 1}
    sketch: dict[str, object] = {"kll": {"sketch": {"data": [[]] * 60}}}
    numbers = {"common": {"num_present": 1, "num_missing": 0}, **moments, "distribution": sketch}
    feature = {"name": "x", "inferred_type": "Integral", "numerical_statistics": numbers}
    (tmp_path / "statistics.json").write_text(json.dumps({"dataset": {"item_count": 1}, "features": [feature]}))
    with pytest.raises(DriftError, match="must have at most 48 levels, got 60"):
        read_statistics(path=tmp_path / "statistics.json")


def test_a_threshold_outside_its_range_is_refused() -> None:
    with pytest.raises(DriftError, match=r"datatype_threshold must be between 0 and 1, got 2.0"):
        Monitoring(datatype_threshold=2.0)


def test_a_completeness_outside_its_range_is_refused() -> None:
    with pytest.raises(DriftError, match="completeness must be between 0 and 1, got -1 for x"):
        FeatureConstraints(name="x", inferred=InferredType.INTEGRAL, completeness=-1)


def test_no_violations_are_an_empty_list() -> None:
    assert printed(violations_document(violations=[])) == '{\n  "violations" : [ ]\n}'


def test_written_violations_are_read_back(tmp_path: Path) -> None:
    violation = Violation(feature="x", check="data_type_check", description="y")
    write_text(path=tmp_path / "v.json", text=printed(violations_document(violations=[violation])))
    assert read_violations(path=tmp_path / "v.json") == (violation,)


def test_a_folder_without_constraints_is_no_baseline(tmp_path: Path) -> None:
    with pytest.raises(DriftError, match=r"must hold constraints.json, it does not; make a baseline first"):
        read_baseline(folder=tmp_path)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DriftError, match="cannot be written"):
        write_text(path=tmp_path / "file" / "x", text="")


def statistics_of(tmp_path: Path, feature: dict[str, object]) -> FeatureStatistics:
    document = {"dataset": {"item_count": 1}, "features": [feature]}
    (tmp_path / "statistics.json").write_text(json.dumps(document))
    return read_statistics(path=tmp_path / "statistics.json").features[0]


def test_a_feature_without_any_statistics_has_no_values(tmp_path: Path) -> None:
    assert statistics_of(tmp_path, {"name": "x", "inferred_type": "Unknown"}).present == 0


def test_a_quoted_infinity_is_read_as_a_number(tmp_path: Path) -> None:
    moments = {"mean": "Infinity", "sum": "Infinity", "std_dev": "NaN", "min": 0.0, "max": "Infinity"}
    numbers = {"common": {"num_present": 1, "num_missing": 0}, **moments}
    read = statistics_of(tmp_path, {"name": "x", "inferred_type": "Fractional", "numerical_statistics": numbers})
    assert read.moments is not None
    assert read.moments.maximum == math.inf
