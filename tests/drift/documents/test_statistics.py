import json
from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.drift.analysis import write_baseline
from modelyard.drift.documents.constraints import constraints_document, suggest_constraints
from modelyard.drift.documents.jackson import document_text
from modelyard.drift.documents.statistics import (
    Edition,
    profile_statistics,
    read_statistics,
    statistics_document,
)
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from support.drift.documents import statistics_of

ProfileText = Callable[..., Profile]


def test_statistics_have_their_keys_in_the_analyzers_order(profile_csv_text: ProfileText) -> None:
    document = json.loads(document_text(statistics_document(profile=profile_csv_text("1\n2\n"))))
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


EDITIONS = {Edition.UNTIL_2022: (False, False), Edition.SINCE_2023: (True, False), Edition.SINCE_2024: (True, True)}


@pytest.mark.parametrize(("edition", "has"), EDITIONS.items())
def test_each_edition_has_its_own_keys(profile_csv_text: ProfileText, edition: Edition, has: tuple[bool, bool]) -> None:
    profile = profile_csv_text("1,a\n")
    constraints = document_text(constraints_document(constraints=suggest_constraints(profile=profile), edition=edition))
    statistics = document_text(statistics_document(profile=profile, edition=edition))
    assert ("categorical_comparison_threshold" in constraints, "completeness" in statistics) == has
    assert ("approximate_num_distinct_values" in statistics) is has[1]


def test_without_sketches_numbers_keep_their_buckets(profile_csv_text: ProfileText) -> None:
    written = document_text(statistics_document(profile=profile_csv_text("1\n2\n"), sketches=False))
    numbers = json.loads(written)["features"][0]["numerical_statistics"]
    assert list(numbers["distribution"]["kll"]) == ["buckets"]


def test_a_text_column_has_its_categories(profile_csv_text: ProfileText) -> None:
    document = json.loads(document_text(statistics_document(profile=profile_csv_text("b\na\nb\n"))))
    assert document["features"][0]["string_statistics"]["distribution"] == {
        "categorical": {"buckets": [{"value": "b", "count": 2}, {"value": "a", "count": 1}]}
    }


def test_a_text_column_of_too_many_categories_has_none(profile_csv_text: ProfileText) -> None:
    document = json.loads(
        document_text(statistics_document(profile=profile_csv_text("\n".join(f"v{n}" for n in range(200)))))
    )
    assert "distribution" not in document["features"][0]["string_statistics"]


def test_numbers_are_no_categories(profile_csv_text: ProfileText) -> None:
    assert profile_csv_text("1\n2\n").features[0].histogram is None


def test_written_statistics_read_back_are_those_of_the_profile(profile_csv_text: ProfileText, tmp_path: Path) -> None:
    profile = profile_csv_text("n,s\n1,a\n,b\n2.5,a\n", header=True)
    write_baseline(profile=profile, folder=tmp_path)
    read, expected = read_statistics(path=tmp_path / "statistics.json"), profile_statistics(profile=profile)
    assert [repr(feature) for feature in read.features] == [repr(feature) for feature in expected.features]


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


def test_a_feature_without_any_statistics_has_no_values(tmp_path: Path) -> None:
    assert statistics_of(tmp_path, {"name": "x", "inferred_type": "Unknown"}).present == 0
