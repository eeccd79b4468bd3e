from datetime import UTC, datetime

import pytest

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.monitoring.expressions import Timetable, Window
from modelyard.rehearsal.sagemaker.store import Document


def at(hour: int, minute: int = 0, *, day: int = 22) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def timetable(expression: str, **config: str) -> Timetable:
    return Timetable.read({"ScheduleExpression": expression, **config})


@pytest.mark.parametrize(
    ("expression", "moment", "due"),
    [
        ("cron(0 * ? * * *)", at(10, 15), at(11)),
        ("cron(0 * ? * * *)", at(10), at(11)),
        ("cron(0 * ? * * *)", at(23, 59), at(0, day=23)),
        ("cron(0 12 ? * * *)", at(10, 15), at(12)),
        ("cron(0 9 ? * * *)", at(10, 15), at(9, day=23)),
        ("cron(0 00 ? * * *)", at(10, 15), at(0, day=23)),
        ("cron(0 0/2 ? * * *)", at(10, 15), at(12)),
        ("cron(0 17/12 ? * * *)", at(1), at(5)),
        ("cron(0 17/12 ? * * *)", at(5), at(17)),
        ("cron(0 3/24 ? * * *)", at(3), at(3, day=23)),
    ],
)
def test_a_schedule_is_due_at_the_next_of_its_hours(expression: str, moment: datetime, due: datetime) -> None:
    assert timetable(expression).after(moment) == due


@pytest.mark.parametrize(
    ("expression", "due", "start"),
    [
        ("cron(0 * ? * * *)", at(11), at(10)),
        ("cron(0 12 ? * * *)", at(12), at(12, day=21)),
        ("cron(0 0/6 ? * * *)", at(12), at(6)),
    ],
)
def test_a_run_looks_at_the_time_since_the_one_before(expression: str, due: datetime, start: datetime) -> None:
    assert timetable(expression).window(due=due) == Window(start=start, end=due)


def test_a_window_may_be_stated() -> None:
    stated = timetable("cron(0 12 ? * * *)", DataAnalysisStartTime="-PT5H", DataAnalysisEndTime="-PT1H")
    assert stated.window(due=at(12)) == Window(start=at(7), end=at(11))


def test_a_schedule_without_an_expression_is_daily() -> None:
    assert Timetable.read({}).after(at(10)) == at(0, day=23)


def test_now_is_due_once() -> None:
    once = timetable("NOW", DataAnalysisStartTime="-P1DT0H30M", DataAnalysisEndTime="-PT30M")
    assert not once.recurs
    assert once.window(due=at(12)) == Window(start=at(11, 30, day=21), end=at(11, 30))


def test_a_windows_hours_are_all_that_it_touches() -> None:
    assert Window(start=at(9, 15), end=at(11, 15)).hours() == [at(9), at(10), at(11)]
    assert Window(start=at(9), end=at(10)).hours() == [at(9)]


@pytest.mark.parametrize(
    "expression",
    ["cron(30 * ? * * *)", "cron(0 24 ? * * *)", "cron(0 0/0 ? * * *)", "cron(0 0/25 ? * * *)", "rate(1 h)"],
)
def test_other_expressions_are_refused(expression: str) -> None:
    with pytest.raises(ServiceError, match="ScheduleExpression must be") as error:
        timetable(expression)
    assert error.value.code == "ValidationException"


def test_an_offset_must_be_a_duration() -> None:
    with pytest.raises(ServiceError, match="DataAnalysisStartTime must be a duration such as -PT1H, got one hour"):
        timetable("NOW", DataAnalysisStartTime="one hour", DataAnalysisEndTime="PT0H")


@pytest.mark.parametrize(
    "config",
    [
        {"ScheduleExpression": "NOW"},
        {"ScheduleExpression": "cron(0 * ? * * *)", "DataAnalysisStartTime": "-PT1H"},
        {"ScheduleExpression": "cron(0 * ? * * *)", "DataAnalysisEndTime": "PT0H"},
    ],
)
def test_a_window_has_two_ends(config: Document) -> None:
    with pytest.raises(ServiceError, match="needs DataAnalysisStartTime and DataAnalysisEndTime"):
        Timetable.read(config)


@pytest.mark.parametrize(("start", "end"), [("-PT1H", "-PT2H"), ("-PT1H", "-PT1H"), ("-PT26H", "-PT1H")])
def test_a_window_is_at_most_a_day(start: str, end: str) -> None:
    with pytest.raises(ServiceError, match="must be 0 to 24 hours after DataAnalysisStartTime"):
        timetable("NOW", DataAnalysisStartTime=start, DataAnalysisEndTime=end)
