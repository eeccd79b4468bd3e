"""What the scenario prints."""

import io

import pytest

from modelyard.scenario.timeline import Timeline, spoken
from modelyard.shared.console import make_console


@pytest.fixture
def screen() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def timeline(screen: io.StringIO) -> Timeline:
    return Timeline(console=make_console(file=screen), steps=2)


def test_a_step_that_ends_is_a_line_with_both_times(timeline: Timeline, screen: io.StringIO) -> None:
    with timeline.shown(), timeline.step(title="Deploy", aws_minutes=9) as lines:
        lines.append("$ cdk deploy")
    first, second = screen.getvalue().splitlines()
    assert first.startswith("✔  1  Deploy")
    assert first.endswith("on AWS 9 min")
    assert second == "      $ cdk deploy"


def test_a_step_that_fails_keeps_its_lines(timeline: Timeline, screen: io.StringIO) -> None:
    with pytest.raises(ZeroDivisionError):
        _fail(timeline)
    assert screen.getvalue().startswith("✘  1  Deploy")
    assert "      half of it" in screen.getvalue()


def test_brackets_of_a_line_are_printed(timeline: Timeline, screen: io.StringIO) -> None:
    with timeline.step(title="Diff", aws_minutes=1) as lines:
        lines.append("[~] AWS::IAM::Role")
    assert "[~] AWS::IAM::Role" in screen.getvalue()


def test_a_step_that_a_model_does_not_have_is_a_line_with_the_reason(timeline: Timeline, screen: io.StringIO) -> None:
    timeline.omit(title="Score", why="not declared: [batch]")
    with timeline.step(title="Deploy", aws_minutes=9):
        pass
    first, second = screen.getvalue().splitlines()
    assert first.split(maxsplit=2) == ["-", "Score", "not declared: [batch]"]
    assert second.startswith("✔  1  Deploy")


def test_the_summary_adds_what_steps_would_take_on_aws(timeline: Timeline) -> None:
    for _ in range(2):
        with timeline.step(title="Wait", aws_minutes=75):
            pass
    assert timeline.summary().endswith("on AWS about 2 h 30 min")


@pytest.mark.parametrize(("minutes", "words"), [(0.2, "12 s"), (1, "1 min"), (60, "1 h"), (125, "2 h 5 min")])
def test_durations_are_said_as_people_say_them(minutes: float, words: str) -> None:
    assert spoken(minutes) == words


def _fail(timeline: Timeline) -> None:
    with timeline.step(title="Deploy", aws_minutes=9) as lines:
        lines.append("half of it")
        lines.append(str(1 // 0))
