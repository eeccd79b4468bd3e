from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from modelyard.drift.documents.constraints import Constraints, suggest_constraints
from modelyard.drift.documents.statistics import Statistics, profile_statistics
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile, Reading
from modelyard.drift.verdict.hypothesis_test import Aspect, Method
from modelyard.drift.verdict.verdict import Answer, Budget, ColumnVerdict, Verdict, give_verdict

VerdictOn = Callable[..., Verdict]
ProfileText = Callable[..., Profile]
GENERATOR = np.random.default_rng(3)
NORMAL = [f"{value:.6f}" for value in GENERATOR.normal(size=4000)]


def normal(count: int, *, mean: float = 0, scale: float = 1) -> list[str]:
    return [f"{value:.6f}" for value in GENERATOR.normal(mean, scale, size=count)]


def drawn(shares: Sequence[float], count: int) -> list[str]:
    names = [f"v{number}" for number in range(len(shares))]
    return [str(one) for one in GENERATOR.choice(names, p=shares, size=count)]


def the_column(verdict: Verdict) -> ColumnVerdict:
    return next(one for one in verdict.columns if one.name == "value")


def test_a_window_of_the_same_values_has_not_changed(verdict_on: VerdictOn) -> None:
    found = verdict_on(NORMAL, normal(500))
    assert (found.answer, found.changed_columns) == (Answer.UNCHANGED, ())


def test_half_a_deviation_is_found_in_500_rows_with_its_interval(verdict_on: VerdictOn) -> None:
    found = verdict_on(NORMAL, normal(500, mean=0.5))
    assert found.answer is Answer.CHANGED
    (change,) = the_column(found).changes
    assert (change.aspect, change.method) == (Aspect.VALUES, Method.WILCOXON)
    assert change.low < change.difference < change.high < 0


def test_a_wider_spread_is_moods_to_find(verdict_on: VerdictOn) -> None:
    (change,) = the_column(verdict_on(NORMAL, normal(500, scale=1.6))).changes
    assert change.method is Method.MOOD


@pytest.mark.parametrize("value", [-1, 1])
def test_a_constant_that_takes_another_value_has_changed(verdict_on: VerdictOn, value: int) -> None:
    (change,) = the_column(verdict_on([0] * 1000, [0] * 180 + [value] * 20)).changes
    assert change.what.startswith("values below 0" if value < 0 else "values above 0")


def test_a_flag_is_compared_by_its_share_alone(verdict_on: VerdictOn) -> None:
    (change,) = the_column(verdict_on([0] * 950 + [1] * 50, [0] * 400 + [1] * 100)).changes
    assert (change.what, change.method) == ("values up to 0", Method.FISHER)


def test_a_category_with_another_share_is_named(verdict_on: VerdictOn) -> None:
    known = drawn((0.5, 0.3, 0.2), 4000)
    (change,) = the_column(verdict_on(known, drawn((0.1, 0.3, 0.6), 500))).changes
    assert change.what in ("the value v0", "the value v2")


def test_unseen_values_are_held_against_those_seen_once(verdict_on: VerdictOn) -> None:
    common = [f"v{number % 10}" for number in range(1000)]
    rare = [f"once{number}" for number in range(50)]
    new = [f"v{number % 10}" for number in range(90)] + [f"new{number}" for number in range(10)]
    (change,) = the_column(verdict_on(common, new)).changes
    assert change.what == "values that the baseline has not"
    # where one of twenty was seen once alone, one of ten is no surprise
    assert verdict_on(common + rare, new).answer is Answer.UNCHANGED


def test_gaps_are_a_change_of_their_own(verdict_on: VerdictOn) -> None:
    (change,) = the_column(verdict_on(NORMAL, normal(400) + [""] * 20)).changes
    assert (change.aspect, change.what) == (Aspect.MISSING, "missing values")


def test_the_baselines_own_share_of_gaps_is_no_change(verdict_on: VerdictOn) -> None:
    assert verdict_on(NORMAL[:900] + [""] * 100, normal(440) + [""] * 60).answer is Answer.UNCHANGED


def test_words_among_numbers_are_a_change_and_the_numbers_are_said_not_to_be_compared(verdict_on: VerdictOn) -> None:
    found = the_column(verdict_on(NORMAL, normal(190) + ["oops"] * 10))
    assert [one.what for one in found.changes] == ["values that are no numbers"]
    assert found.not_compared == "the window has values that are no numbers"


def test_a_difference_below_the_floor_is_none_however_sure(verdict_on: VerdictOn) -> None:
    known, live = [0] * 50_000 + [1] * 50_000, [0] * 48_000 + [1] * 52_000
    assert verdict_on(known, live).answer is Answer.UNCHANGED
    assert verdict_on(known, [0] * 46_000 + [1] * 54_000).answer is Answer.CHANGED


def test_a_few_rows_tell_nothing_of_values_but_what_is_wrong_with_them(verdict_on: VerdictOn) -> None:
    found = verdict_on(NORMAL, normal(12, mean=5))
    assert (found.answer, the_column(found).answer) == (Answer.TOO_FEW, Answer.TOO_FEW)
    assert verdict_on(NORMAL, normal(6) + ["oops"] * 6).answer is Answer.CHANGED


def test_a_column_nearly_without_values_is_too_few_beside_its_change(verdict_on: VerdictOn) -> None:
    found = the_column(verdict_on(NORMAL, normal(10) + [""] * 200))
    assert (found.answer, [one.aspect for one in found.aspects]) == (Answer.CHANGED, [Aspect.MISSING])


def test_a_column_without_any_value_is_too_few_and_missing(verdict_on: VerdictOn) -> None:
    found = the_column(verdict_on(NORMAL, [""] * 100))
    assert (found.not_compared, [one.what for one in found.changes]) == (None, ["missing values"])


def test_numbers_that_no_double_holds_leave_too_few_to_compare(verdict_on: VerdictOn) -> None:
    # a sign apart from its digits is a number to the analyzer, and has no value
    assert the_column(verdict_on(NORMAL, ["- 5"] * 100)).answer is Answer.TOO_FEW


def test_too_many_texts_to_count_are_said_not_to_be_compared(verdict_on: VerdictOn) -> None:
    many = [f"id{number}" for number in range(1500)]
    found = the_column(verdict_on(many, many))
    assert found.not_compared == "the baseline has too many different values to count each"
    assert found.answer is Answer.NOT_COMPARED
    assert the_column(verdict_on(["a", "b"] * 50, many)).not_compared == (
        "the window has too many different values to count each"
    )


def test_a_stricter_budget_asks_for_more(verdict_on: VerdictOn) -> None:
    live = normal(300, mean=0.3)
    answers = [verdict_on(NORMAL, live, budget=Budget(false_alarms_per_year=rate)).answer for rate in (8760, 1e-12)]
    assert answers == [Answer.CHANGED, Answer.UNCHANGED]


def test_the_level_is_the_windows_part_of_the_year() -> None:
    assert Budget().level == 1 / 8760
    assert Budget(false_alarms_per_year=2, hours=24).level == pytest.approx(2 / 365)
    assert Budget(false_alarms_per_year=8760, hours=24).level == 1.0


@pytest.mark.parametrize("rate", [0.0, -1.0, 9000.0, float("nan")])
def test_a_rate_out_of_bounds_is_refused(rate: float) -> None:
    with pytest.raises(DriftError, match="false_alarms_per_year must be above 0 and at most 8760"):
        Budget(false_alarms_per_year=rate)


@pytest.mark.parametrize("hours", [0.0, -1.0, float("nan")])
def test_hours_out_of_bounds_are_refused(hours: float) -> None:
    with pytest.raises(DriftError, match="the hours of a window must be above 0"):
        Budget(hours=hours)


@pytest.fixture
def flags(profile_csv_text: ProfileText) -> tuple[Profile, Constraints, Statistics]:
    """Labels of 0 and 1 in the first of two columns: a profile, its constraints and its statistics."""
    profile = profile_csv_text("label,value\n" + "0,1\n1,2\n" * 500, header=True)
    return profile, suggest_constraints(profile=profile), profile_statistics(profile=profile)


def verdict_of(
    profile: Profile, constraints: Constraints, baseline: Statistics, *, begins_with_answers: bool = False
) -> Verdict:
    return give_verdict(
        profile=replace(profile, begins_with_answers=begins_with_answers),
        constraints=constraints,
        baseline=baseline,
        budget=Budget(),
    )


@pytest.mark.parametrize("answers", [("0.25", "0.75"), ("1", "1"), ("yes", "no")])
def test_answers_are_not_compared_with_labels(
    flags: tuple[Profile, Constraints, Statistics], profile_csv_text: ProfileText, answers: tuple[str, str]
) -> None:
    live = profile_csv_text("label,value\n" + f"{answers[0]},1\n{answers[1]},2\n" * 100, header=True)
    found = verdict_of(live, *flags[1:], begins_with_answers=True)
    assert found.answer is Answer.UNCHANGED
    assert found.columns[0].not_compared == "the baseline has labels in its place"


def test_answers_that_are_missing_are_a_change(
    flags: tuple[Profile, Constraints, Statistics], profile_csv_text: ProfileText
) -> None:
    live = profile_csv_text("label,value\n" + "0.5,1\n,2\n" * 100, header=True)
    assert [one.name for one in verdict_of(live, *flags[1:], begins_with_answers=True).changed_columns] == ["label"]


def test_the_first_column_of_data_without_answers_is_compared(
    flags: tuple[Profile, Constraints, Statistics], profile_csv_text: ProfileText
) -> None:
    live = profile_csv_text("label,value\n" + "0.25,1\n0.75,2\n" * 100, header=True)
    assert [one.name for one in verdict_of(live, *flags[1:]).changed_columns] == ["label"]


def test_other_columns_are_compared_even_so(
    flags: tuple[Profile, Constraints, Statistics], profile_csv_text: ProfileText
) -> None:
    live = profile_csv_text("label,value\n" + "0,1.5\n1,1.7\n" * 100, header=True)
    assert [one.name for one in verdict_of(live, *flags[1:]).changed_columns] == ["value"]


def test_columns_that_are_not_checked_are_named(flags: tuple[Profile, Constraints, Statistics]) -> None:
    profile, constraints, baseline = flags
    first, second = constraints.features
    ignored = replace(second, monitoring=replace(second.monitoring, evaluate=False))
    found = verdict_of(profile, replace(constraints, features=(first, ignored)), baseline)
    assert found.skipped == (("value", "the constraints say so"),)
    assert [one.name for one in found.columns] == ["label"]
    assert (found.answer, found.compared, found.every_column) == (Answer.UNCHANGED, 1, 2)


def test_columns_without_statistics_are_named(flags: tuple[Profile, Constraints, Statistics]) -> None:
    profile, constraints, baseline = flags
    found = verdict_of(profile, constraints, replace(baseline, features=baseline.features[:1]))
    assert found.skipped == (("value", "the baseline has no statistics of it"),)


def test_a_check_that_is_switched_off_finds_nothing(flags: tuple[Profile, Constraints, Statistics]) -> None:
    profile, constraints, baseline = flags
    off = replace(constraints, monitoring=replace(constraints.monitoring, evaluate=False))
    unread = replace(profile, width=3, reading=Reading(unreadable={"it is broken": 900}))
    found = verdict_of(unread, off, baseline)
    assert (found.answer, len(found.skipped)) == (Answer.NOT_COMPARED, 2)


def test_another_number_of_columns_is_a_change(flags: tuple[Profile, Constraints, Statistics]) -> None:
    profile, constraints, baseline = flags
    found = verdict_of(replace(profile, width=3), constraints, baseline)
    assert (found.answer, found.structure) == (Answer.CHANGED, "the window has 3 columns, the baseline has 2")
    assert found.columns == ()


@pytest.mark.parametrize(("unread", "answer"), [(4, Answer.UNCHANGED), (30, Answer.CHANGED)])
def test_records_that_cannot_be_read_are_tested_as_well(
    flags: tuple[Profile, Constraints, Statistics], unread: int, answer: Answer
) -> None:
    profile, constraints, baseline = flags
    found = verdict_of(replace(profile, reading=Reading(unreadable={"it is broken": unread})), constraints, baseline)
    assert found.answer is answer


def test_no_record_at_all_tells_nothing(flags: tuple[Profile, Constraints, Statistics]) -> None:
    profile, constraints, baseline = flags
    found = verdict_of(replace(profile, rows=0, width=0, features=()), constraints, baseline)
    assert (found.answer, found.unreadable) == (Answer.TOO_FEW, None)


def test_of_many_changes_each_p_value_is_holms(
    profile_csv_text: ProfileText,
) -> None:
    def table(shift: float) -> Profile:
        values = GENERATOR.normal(size=(600, 3)) + np.array([shift, shift, 0])
        return profile_csv_text(
            "a,b,c\n" + "".join(",".join(f"{one:.6f}" for one in row) + "\n" for row in values), header=True
        )

    known = table(0)
    found = verdict_of(table(0.4), suggest_constraints(profile=known), profile_statistics(profile=known))
    assert {one.name for one in found.changed_columns} == {"a", "b"}
    assert found.tests == 7
    adjusted = sorted(one.p_value for column in found.columns for one in column.aspects)
    assert adjusted[-1] == 1.0
    assert adjusted == sorted(adjusted)
