"""Two values of two records: which members differ, and what of them is not compared."""

from collections import Counter
from typing import Any

import pytest

from modelyard.operations.certification.differing import Deviation, Values


def deviations(theirs: Any, ours: Any) -> list[Deviation]:
    return list(Values(uncompared=Counter()).deviations(theirs, ours, path="answer"))


@pytest.mark.parametrize(
    ("theirs", "ours", "found"),
    [
        ({"A": 1}, {"A": 1}, []),
        ({"A": 1}, {"A": 2}, [("answer.A", "1", "2")]),
        ({"A": 1}, {"A": True}, [("answer.A", "1", "true")]),
        ({"A": {"B": "x"}}, {"A": {}}, [("answer.A.B", "x", "nothing")]),
        ({}, {"A": None}, [("answer.A", "nothing", "null")]),
        ({"A": ["x"]}, {"A": "x"}, [("answer.A", '["x"]', "x")]),
        ({"A": ["x", "y"]}, {"A": ["y", "x"]}, [("answer.A, order", '["x", "y"]', '["y", "x"]')]),
        ({"A": ["x", "y"]}, {"A": ["y"]}, [("answer.A, item", "x", "nothing")]),
        ({"A": ["y"]}, {"A": ["y", "z"]}, [("answer.A, item", "nothing", "z")]),
        ({"A": [{"B": 1}, {"B": 2}]}, {"A": [{"B": 1}, {"B": 3}]}, [("answer.A[1].B", "2", "3")]),
    ],
)
def test_a_difference_is_named_by_its_path(theirs: Any, ours: Any, found: list[Deviation]) -> None:
    assert deviations(theirs, ours) == found


def test_how_a_list_is_cut_into_pages_is_no_difference() -> None:
    assert deviations({"NextToken": "<name-1>", "IsTruncated": True}, {"IsTruncated": False}) == []


def test_hidden_values_may_have_other_numbers_if_they_agree_with_each_other_alike() -> None:
    assert deviations({"A": "<name-7>", "B": "<name-7>"}, {"A": "<name-1>", "B": "<name-1>"}) == []
    (path, _, _) = deviations({"A": "<name-7>", "B": "<name-8>"}, {"A": "<name-1>", "B": "<name-1>"})[0]
    assert path == "answer.B"
    (path, _, _) = deviations({"A": "<name-1>", "B": "<name-1>"}, {"A": "<name-7>", "B": "<name-8>"})[0]
    assert path == "answer.B"


def test_a_hidden_value_of_another_form_is_a_difference() -> None:
    assert deviations({"A": "<arn-1>"}, {"A": "<name-1>"}) == [("answer.A", "<arn-1>", "<name-1>")]


def test_what_is_not_compared_is_counted() -> None:
    uncompared: Counter[str] = Counter()
    same = {"A": "<time>", "B": "<measured>", "C": "<name-1>", "D": "<bytes>"}
    assert list(Values(uncompared=uncompared).deviations(same, same, path="")) == []
    assert uncompared == {
        "times": 1,
        "measured numbers": 1,
        "bodies": 1,
        "hidden values, beyond which of them agree": 1,
    }
