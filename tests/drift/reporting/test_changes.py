from collections.abc import Sequence
from dataclasses import replace

import pytest

from modelyard.drift.reporting.changes import Change, WindowVerdict, left_out, ranked_changes
from modelyard.drift.verdict.hypothesis_test import Scope
from modelyard.drift.verdict.verdict import Answer, ColumnVerdict, Verdict
from support.drift.verdicts import aspect_of, verdict_of

QUIET, MOVED = verdict_of({"a": 0.01}), verdict_of({"a": 0.2})
EMPTY = replace(QUIET, answer=Answer.TOO_FEW, rows=0, columns=())


def windows_of(*verdicts: Verdict | None) -> list[WindowVerdict]:
    return [WindowVerdict(window=str(hour), verdict=verdict) for hour, verdict in enumerate(verdicts)]


def changes_of(*verdicts: Verdict | None, importance: dict[str, float] | None = None) -> tuple[Change, ...]:
    return ranked_changes(windows=windows_of(*verdicts), importance=importance if importance is not None else {})


@pytest.mark.parametrize(
    ("verdicts", "words"),
    [
        ((QUIET, QUIET, MOVED, MOVED, MOVED), "since 2"),
        ((QUIET, MOVED, QUIET, MOVED), "since 3"),
        ((QUIET, MOVED), "since 1"),
        ((MOVED, MOVED, MOVED), "since 0 or earlier"),
        ((QUIET, MOVED, EMPTY, None, MOVED), "since 1"),
        ((QUIET, EMPTY, MOVED), "since 2 or earlier"),
        ((EMPTY, None, MOVED), "since 2 or earlier"),
    ],
)
def test_a_change_lasts_since_the_first_window_from_which_on_none_tells_otherwise(
    verdicts: Sequence[Verdict | None], words: str
) -> None:
    (change,) = changes_of(*verdicts)
    assert change.details == words


def test_of_a_single_window_since_when_is_not_said() -> None:
    (change,) = changes_of(MOVED)
    assert (change.since, change.details) == (None, "")


def test_a_window_of_too_few_rows_does_not_end_a_change() -> None:
    few = replace(QUIET, answer=Answer.TOO_FEW, rows=5)
    (change,) = changes_of(QUIET, MOVED, few, MOVED)
    assert str(change.since) == "since 1"


def test_windows_that_were_held_against_another_baseline_do_not_count() -> None:
    (change,) = changes_of(verdict_of({"a": 0.2}, known_rows=999), MOVED)
    assert (str(change.since), change.trend[0]) == ("since 1 or earlier", None)


def test_a_trend_has_the_difference_in_each_window_and_whether_it_was_a_change() -> None:
    (change,) = changes_of(QUIET, EMPTY, verdict_of({"a": -0.3}), MOVED)
    rounded = [one if one is None else (round(one[0], 9), one[1]) for one in change.trend]
    assert rounded == [(0.01, False), None, (-0.3, True), (0.2, True)]


def test_the_largest_difference_comes_first() -> None:
    assert [one.feature for one in changes_of(verdict_of({"a": 0.2, "b": -0.3, "c": 0.0, "d": 0.1}))] == ["b", "a", "d"]


def test_where_importance_is_known_its_product_with_the_difference_decides() -> None:
    found = changes_of(verdict_of({"a": 0.2, "b": 0.3, "unused": 0.4}), importance={"a": 0.75, "b": 0.25})
    assert [one.feature for one in found] == ["a", "b", "unused"]
    assert [one.details for one in found] == ["importance 75.0%", "importance 25.0%", "importance 0.0%"]


def test_what_changed_over_the_day_has_a_history_of_its_own() -> None:
    def verdict(window: float, day: float) -> Verdict:
        aspects = (aspect_of(window), replace(aspect_of(day), scope=Scope.DAY))
        column = ColumnVerdict(name="a", answer=Answer.CHANGED, aspects=aspects)
        return replace(MOVED, columns=(column,))

    of_window, of_day = changes_of(QUIET, verdict(0.2, 0.0), verdict(0.2, 0.15), verdict(0.2, 0.15))
    assert [str(one.since) for one in (of_window, of_day)] == ["since 1", "since 2"]
    assert of_day.trend[0] is None


def test_unreadable_records_come_before_the_columns_and_have_no_importance() -> None:
    found = changes_of(
        verdict_of({"a": 0.2}, unreadable=0.0), verdict_of({"a": 0.2}, unreadable=0.15), importance={"a": 1.0}
    )
    assert [(one.feature, one.importance) for one in found] == [("Unreadable records", None), ("a", 1.0)]
    assert [str(one.since) for one in found] == ["since 1", "since 0 or earlier"]


def test_another_number_of_columns_lasts_too() -> None:
    other = replace(MOVED, structure="the window has 3 columns, the baseline has 2", columns=())
    (change,) = changes_of(QUIET, EMPTY, other, other)
    assert (change.feature, str(change.since), change.trend) == ("Columns", "since 2 or earlier", ())


def test_what_has_not_changed_has_no_changes() -> None:
    assert changes_of(MOVED, QUIET) == ()
    assert changes_of(MOVED, None) == ()


def test_windows_that_do_not_tell_are_counted_by_their_reason() -> None:
    before = windows_of(
        None,
        EMPTY,
        EMPTY,
        replace(QUIET, answer=Answer.TOO_FEW, rows=5),
        replace(QUIET, answer=Answer.NOT_COMPARED),
        verdict_of({"a": 0.2}, known_rows=999),
        QUIET,
    )
    broken = WindowVerdict(window="7", verdict=None, unreadable="verdict.json is not JSON")
    found = left_out(windows=[*before, broken, *windows_of(MOVED)])
    causes = "1 without a verdict, 2 without data, 1 with too few rows, 1 without a column that could be compared, "
    causes += "1 held against another baseline, 1 with a verdict that cannot be read"
    assert found.reasons == (("Windows before", f"7 of 8: {causes}"),)
    assert found.counts == (f"7 of the 8 windows before ({causes})",)


def test_columns_and_records_that_were_not_looked_at_are_counted() -> None:
    found = left_out(windows=windows_of(verdict_of({"a": 0.0}, skipped=("b", "c"), unreadable=-0.29)))
    assert found.counts == ("2 of 3 columns", "1.00% of the records")
    assert [name for name, _ in found.reasons] == ["b", "c", "Unreadable records"]


def test_of_another_number_of_columns_none_is_looked_at() -> None:
    other = replace(MOVED, structure="the window has 3 columns, the baseline has 2", columns=())
    assert left_out(windows=windows_of(other)).counts == ("every column",)


def test_without_a_verdict_nothing_is_left_out_of_it() -> None:
    assert left_out(windows=windows_of(MOVED, None)).counts == ()
