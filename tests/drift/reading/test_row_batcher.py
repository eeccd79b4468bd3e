from collections.abc import Callable

import pytest

from modelyard.drift.profiling.profile import Profile, Reading
from modelyard.drift.reading import row_batcher
from modelyard.drift.reading.row_batcher import RowBatcher

Line = Callable[..., str]


@pytest.fixture
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_batcher, "BATCH", 8)


@pytest.mark.usefixtures("_small_batches")
def test_columns_that_appear_late_are_missing_before(
    capture_line: Line, profile_captures: Callable[..., Profile]
) -> None:
    lines = [*[capture_line("0.5", "1")] * 20, capture_line("0.5", '1,"two",3.5')]
    profile = profile_captures(*[capture_line("0.5", '"1"'), *lines])
    assert [feature.type_counts.missing for feature in profile.features] == [0, 0, 21, 21]


@pytest.mark.usefixtures("_small_batches")
def test_columns_that_appear_late_are_profiled_from_there(
    capture_line: Line, profile_captures: Callable[..., Profile]
) -> None:
    # a quoted field goes through Python, so that each record is a batch of its own
    profile = profile_captures(*[capture_line("0.5", '"1"')] * 9, *[capture_line("0.5", '"1",2.5,"x"')] * 3)
    late = profile.features[2].numbers
    assert late is not None
    assert (late.mean, late.levels[0].tolist(), profile.features[3].categories) == (2.5, [2.5] * 3, {"x": 3})


@pytest.mark.usefixtures("_small_batches")
def test_what_was_profiled_before_a_column_appeared_is_kept(
    capture_line: Line, profile_captures: Callable[..., Profile]
) -> None:
    profile = profile_captures(*[capture_line(f"0.{n}", '"1"') for n in range(9)], capture_line("0.9", '"1",2'))
    first = profile.features[0].numbers
    assert first is not None
    assert first.levels[0].tolist() == [*(n / 10 for n in range(9)), 0.9]


def test_a_row_with_known_names_is_placed_by_name() -> None:
    batcher = RowBatcher(known=["b", "a"], watch=())
    batcher.add_named(parts=[{"a": "1"}, {"b": "x"}])
    profile = batcher.finish(reading=Reading())
    assert [(feature.name, feature.categories) for feature in profile.features] == [
        ("b", {"x": 1}),
        ("a", {"1": 1}),
    ]


def test_a_known_name_that_a_row_lacks_is_missing() -> None:
    batcher = RowBatcher(known=["b", "a"], watch=())
    batcher.add_named(parts=[{"a": "1"}])
    assert batcher.finish(reading=Reading()).features[0].type_counts.missing == 1


def test_a_row_with_other_names_is_placed_by_position() -> None:
    batcher = RowBatcher(known=["b", "a"], watch=())
    batcher.add_named(parts=[{"x": "1", "y": "2"}])
    assert batcher.finish(reading=Reading()).features[0].categories == {"1": 1}


def test_the_same_name_on_both_sides_is_told_apart() -> None:
    batcher = RowBatcher(known=(), watch=())
    batcher.add_named(parts=[{"value": "1"}, {"value": "2"}])
    assert [feature.name for feature in batcher.finish(reading=Reading()).features] == [
        "output.value",
        "input.value",
    ]


def test_a_row_without_any_value_is_a_row() -> None:
    batcher = RowBatcher(known=["a"], watch=())
    batcher.add_values(values=[None])
    assert batcher.finish(reading=Reading()).features[0].type_counts.missing == 1


def test_a_profile_of_nothing_has_no_rows() -> None:
    assert RowBatcher(known=(), watch=()).finish(reading=Reading()).rows == 0
