import json
from collections.abc import Callable

import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.reading.answers import AnswerKind, DeclaredAnswer
from modelyard.drift.reading.attributes import parse_place
from modelyard.drift.reading.records import read_record

Line = Callable[..., str]
SECOND = DeclaredAnswer(place=parse_place(text="1"), kind=AnswerKind.NUMBER)


def test_the_declared_value_of_each_row_stands_beside_its_features(capture_line: Line) -> None:
    record = read_record(line=capture_line('"a, b",1\nc,2\n', "x,\ny,5\n"))

    assert SECOND.rows(record=record) == [("1", ["x", None]), ("2", ["y", "5"])]


def test_features_that_have_names_keep_them(capture_line: Line) -> None:
    document = json.loads(capture_line("a,1", ""))
    document["captureData"]["endpointInput"] |= {"data": '{"x": 3}', "encoding": "JSON"}

    assert SECOND.rows(record=read_record(line=json.dumps(document))) == [("1", {"x": "3"})]


@pytest.mark.parametrize(
    ("answer", "request_", "cause"),
    [
        ("a,1", None, "their input or their output was not captured"),
        (None, "x", "their input or their output was not captured"),
        ("a,1\nb,2\n", "x", "their input and output have different numbers of rows"),
        ("a", "x", "there is no column 1"),
    ],
)
def test_a_record_without_the_declared_value_says_why(
    capture_line: Line, answer: str | None, request_: str | None, cause: str
) -> None:
    with pytest.raises(DriftError, match=cause):
        SECOND.rows(record=read_record(line=capture_line(answer, request_)))
