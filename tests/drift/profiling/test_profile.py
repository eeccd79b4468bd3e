import pickle
from collections.abc import Callable, Sequence
from functools import reduce
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.drift.documents.constraints import suggest_constraints
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import FeatureProfile, NumberProfile, Profile, sketch_buckets
from modelyard.drift.profiling.value_types import TypeCounts
from modelyard.drift.reading.source import Format, Source, profiled
from support.drift.columns import numbers_of

Column = Callable[[Sequence[str]], FeatureProfile]


as_data = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


def test_buckets_are_ten_of_equal_width(column: Column) -> None:
    buckets = numbers_of(column(["0", "10"])).buckets
    assert [(bucket.lower, bucket.upper) for bucket in buckets] == [(float(n), float(n + 1)) for n in range(10)]


def test_a_value_on_a_bound_is_in_the_bucket_above(column: Column) -> None:
    counts = [bucket.count for bucket in numbers_of(column(["0", "3", "10"])).buckets]
    assert counts == [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]


def test_equal_values_are_all_in_the_last_bucket(column: Column) -> None:
    assert [bucket.count for bucket in numbers_of(column(["5", "5"])).buckets] == [0.0] * 9 + [2.0]


@given(values=st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=100))
@as_data
def test_buckets_hold_every_value_but_those_lost_to_rounding_at_the_top(values: list[float]) -> None:
    array = np.array(values)
    buckets = sketch_buckets(levels=(array,), minimum=min(values), maximum=max(values))
    inside = np.count_nonzero(array <= max(buckets[-1].upper, buckets[-1].lower))
    assert sum(bucket.count for bucket in buckets) == inside


def test_extremes_of_buckets_start_at_the_limits_of_a_32_bit_integer_as_in_deequ(column: Column) -> None:
    assert numbers_of(column(["5000000000", "6000000000"])).buckets[0].lower == 2147483647.0


def test_a_negative_deviation_is_refused() -> None:
    with pytest.raises(DriftError, match=r"std_dev must be 0 or more, got -1.0"):
        NumberProfile(mean=0.0, sum=0.0, deviation=-1.0, minimum=0.0, maximum=0.0, buckets=(), levels=())


def test_counts_that_were_not_watched_are_refused() -> None:
    feature = FeatureProfile(name="x", type_counts=TypeCounts(missing=0), categories=None)
    with pytest.raises(DriftError, match="x must be profiled with its domain watched"):
        feature.count_of(values=["a"])


def profile_of_files(folder: Path, *texts: str, kind: Format = Format.CSV) -> Profile:
    folder.mkdir(exist_ok=True)
    for number, text in enumerate(texts):
        (folder / f"{number}.csv").write_text(text)
    return profiled(source=Source(path=folder, format=kind, header=False))


def merged(folder: Path, *texts: str, kind: Format = Format.CSV) -> Profile:
    parts = (profile_of_files(folder / str(number), text, kind=kind) for number, text in enumerate(texts))
    return reduce(Profile.merge, parts)


def table_row(number: int) -> str:
    if number % 7 == 0:
        return f",{number},{number % 2},,\n"
    last = number * number if number % 900 else "x"
    return f"{number * 0.37:.4},{number % 5 - 2},{'true' if number % 3 else ''},city {number % 130},{last}\n"


TABLE = [table_row(number) for number in range(1, 4000)]


@given(cuts=st.lists(st.integers(1, 3998), max_size=4, unique=True).map(sorted))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
def test_files_are_profiled_as_their_profiles_merged(tmp_path_factory: pytest.TempPathFactory, cuts: list[int]) -> None:
    folder = tmp_path_factory.mktemp("cuts")
    texts = ["".join(TABLE[start:stop]) for start, stop in zip([0, *cuts], [*cuts, None], strict=True)]
    assert merged(folder, *texts) == profile_of_files(folder / "all", *texts)


@given(cuts=st.lists(st.integers(1, 3998), max_size=4, unique=True).map(sorted))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
def test_what_is_counted_does_not_depend_on_how_the_data_were_cut(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("cuts")
    texts = ["".join(TABLE[start:stop]) for start, stop in zip([0, *cuts], [*cuts, None], strict=True)]
    found, whole = merged(folder, *texts), profile_of_files(folder / "whole", "".join(TABLE))
    assert found.rows == whole.rows
    for ours, theirs in zip(found.features, whole.features, strict=True):
        assert (ours.type_counts, ours.categories) == (theirs.type_counts, theirs.categories)
        assert ours.approximate_distinct == theirs.approximate_distinct
        if theirs.numbers is not None and ours.numbers is not None:
            assert ours.numbers.mean == pytest.approx(theirs.numbers.mean, rel=1e-12)
            assert ours.numbers.deviation == pytest.approx(theirs.numbers.deviation, rel=1e-12)
            assert (ours.numbers.minimum, ours.numbers.maximum) == (theirs.numbers.minimum, theirs.numbers.maximum)


def test_profiles_of_different_columns_are_not_merged(profile_csv_text: Callable[..., Profile]) -> None:
    ours, theirs = profile_csv_text("a,b\n1,2\n", header=True), profile_csv_text("a,c\n1,2\n", header=True)
    with pytest.raises(DriftError, match="must have the same columns, got a, b and a, c; profile data of one table"):
        ours.merge(theirs)


def test_columns_of_the_same_names_are_merged_in_any_order(profile_csv_text: Callable[..., Profile]) -> None:
    ours, theirs = profile_csv_text("a,b\n1,x\n", header=True), profile_csv_text("b,a\ny,2\n", header=True)
    assert [dict(feature.categories or {}) for feature in ours.merge(theirs).features] == [
        {"1": 1, "2": 1},
        {"x": 1, "y": 1},
    ]


def test_an_empty_profile_changes_nothing(profile_csv_text: Callable[..., Profile]) -> None:
    some, none = profile_csv_text("1,2\n"), profile_csv_text("")
    assert some.merge(none) == none.merge(some) == some


def test_the_narrower_of_two_profiles_has_no_values_in_the_other_columns(
    profile_captures: Callable[..., Profile], capture_line: Callable[..., str]
) -> None:
    narrow, wide = [capture_line("1", "2"), capture_line("1", "3")], [capture_line("1", "2,3")]
    found = profile_captures(*narrow).merge(profile_captures(*wide))
    assert found.width == 3
    assert found.features[2].type_counts == TypeCounts(missing=2, integral=1)
    assert found.reading == profile_captures(*narrow, *wide).reading


def test_more_texts_together_than_a_profile_keeps_are_not_kept(tmp_path: Path) -> None:
    halves = ["".join(f"v{n}\n" for n in range(start, start + 600)) for start in (0, 500)]
    assert profile_of_files(tmp_path / "one", halves[0]).features[0].categories is not None
    assert merged(tmp_path, *halves).features[0].categories is None


def test_whole_numbers_of_one_part_are_fractional_where_another_has_fractions(tmp_path: Path) -> None:
    found = merged(tmp_path, '{"x": 1}\n', '{"x": 0.5}\n', kind=Format.JSON_LINES)
    assert found.features[0].type_counts == TypeCounts(missing=0, fractional=2)


def test_whole_numbers_stay_themselves_where_another_part_has_words(tmp_path: Path) -> None:
    parts = ('{"x": 1}\n{"x": 0.5}\n', '{"x": 2}\n', '{"x": "a"}\n')
    found = merged(tmp_path, *parts, kind=Format.JSON_LINES)
    assert found == profile_of_files(tmp_path / "all", *parts, kind=Format.JSON_LINES)
    assert found.features[0].type_counts == TypeCounts(missing=0, fractional=1, integral=2, string=1)


def test_few_texts_are_in_the_order_of_one_pass_where_they_were_asked_for(
    tmp_path: Path, profile_csv_text: Callable[..., Profile]
) -> None:
    constraints = suggest_constraints(profile=profile_csv_text("n,s\n1,z\n1,b\n1,a\n", header=True))
    (tmp_path / "data").mkdir()
    parts = []
    for number, text in enumerate(("1,q\n1,a\n", "1,b\n")):
        (tmp_path / "data" / f"{number}.csv").write_text(text)
        source = Source(path=tmp_path / "data" / f"{number}.csv", format=Format.CSV, header=False)
        parts.append(profiled(source=source, constraints=constraints))
    whole = profiled(source=Source(path=tmp_path / "data", format=Format.CSV, header=False), constraints=constraints)
    found = reduce(Profile.merge, parts)
    assert list((found.features[1].categories or {}).items()) == list((whole.features[1].categories or {}).items())


def test_a_profile_differs_from_one_of_other_numbers(profile_csv_text: Callable[..., Profile]) -> None:
    ours, same, other = (profile_csv_text(text) for text in ("1,2\n3,4\n", "1,2\n3,4\n", "3,2\n1,4\n"))
    assert ours == same
    assert ours != other
    assert hash(ours.features[0].state) == hash(same.features[0].state)


def test_a_profile_travels_between_processes(tmp_path: Path) -> None:
    texts = ["".join(TABLE[:2000]), "".join(TABLE[2000:])]
    sent = pickle.dumps(profile_of_files(tmp_path / "b", texts[1]))
    received: Profile = pickle.loads(sent)  # noqa: S301  our own bytes
    assert profile_of_files(tmp_path / "a", texts[0]).merge(received) == profile_of_files(tmp_path / "all", *texts)


def test_nobody_can_change_the_numbers_of_a_profile(profile_csv_text: Callable[..., Profile]) -> None:
    levels = numbers_of(profile_csv_text("1\n2\n").features[0]).levels
    with pytest.raises(ValueError, match="read-only"):
        levels[0][0] = 7.0
