import datetime

import pytest

from modelyard.manifest.problems import NOTHING, Invalid, Problem, refuse, shown


@pytest.fixture
def problem() -> Problem:
    return Problem(key="volume_gb", allowed="between 1 and 9", got=0, hint="choose one")


def test_a_problem_is_one_sentence(problem: Problem) -> None:
    assert problem.sentence == "volume_gb must be between 1 and 9, got 0; choose one"


def test_a_problem_says_in_which_file_it_is(problem: Problem) -> None:
    assert problem.within(file="a.toml").sentence == "volume_gb must be between 1 and 9, got 0 in a.toml; choose one"


@pytest.mark.parametrize(("path", "key"), [("training", "training.volume_gb"), ("", "volume_gb")])
def test_a_problem_is_written_from_the_table_above(problem: Problem, path: str, key: str) -> None:
    assert problem.below(path=path).key == key


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", '"a"'),
        (True, "true"),
        (1.5, "1.5"),
        (["a", 1], '["a", 1]'),
        (NOTHING, "nothing"),
        ("ü", '"ü"'),
        ("a\nb", '"a\\nb"'),
        (datetime.date(2026, 11, 22), '"2026-11-22"'),
        ("x" * 58, '"' + "x" * 58 + '"'),
        ("x" * 59, '"' + "x" * 58 + "…"),
    ],
)
def test_a_value_is_shown_as_it_was_written_on_one_line(value: object, text: str) -> None:
    assert shown(value) == text


def test_nothing_is_refused_where_no_problem_is_there() -> None:
    refuse(None, None)


def test_all_problems_that_are_there_are_refused_at_once(problem: Problem) -> None:
    with pytest.raises(Invalid) as refused:
        refuse(None, problem, None, problem)

    assert str(refused.value) == f"{problem.sentence}\n{problem.sentence}"
