import base64
import contextlib
import io
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reading import records
from support.drift.columns import values

Line = Callable[..., str]


ProfileCaptures = Callable[..., Profile]


def test_several_rows_in_one_payload_are_several_rows(capture_line: Line, profile_captures: ProfileCaptures) -> None:
    assert values(profile_captures(capture_line("0\n1\n", "a,b\nc,d\n"))) == [
        ["0", "1"],
        ["a", "c"],
        ["b", "d"],
    ]


def test_an_answer_that_is_one_line_of_many_predictions_is_split(
    capture_line: Line, profile_captures: ProfileCaptures
) -> None:
    assert values(profile_captures(capture_line("0.1,0.2", "a\nb"))) == [["0.1", "0.2"], ["a", "b"]]


def test_different_numbers_of_rows_on_both_sides_are_counted_as_unreadable(
    capture_line: Line, profile_captures: ProfileCaptures
) -> None:
    reading = profile_captures(capture_line("1\n2\n3", "a\nb")).reading
    assert reading.unreadable == {"their input and output have different numbers of rows": 1}


def test_base64_of_csv_is_unpacked(capture_line: Line, profile_captures: ProfileCaptures) -> None:
    packed = base64.b64encode(b"1,2").decode()
    assert values(profile_captures(capture_line(None, packed, encoding="BASE64"))) == [["1"], ["2"]]


def test_base64_of_json_is_unpacked(capture_line: Line, profile_captures: ProfileCaptures) -> None:
    packed = base64.b64encode(b'{"b": 1, "a": 2}').decode()
    line = capture_line(None, packed, encoding="BASE64", media="application/json; charset=utf-8")
    assert [feature.name for feature in profile_captures(line).features] == ["a", "b"]


def test_a_binary_payload_is_counted_as_unreadable(capture_line: Line, profile_captures: ProfileCaptures) -> None:
    line = capture_line("1", base64.b64encode(b"\x89PNG").decode(), encoding="BASE64", media="image/png")
    assert list(profile_captures(line).reading.unreadable) == ["their payload is BASE64 of type image/png"]


def test_base64_that_is_none_is_counted_as_unreadable(capture_line: Line, profile_captures: ProfileCaptures) -> None:
    line = capture_line(None, "%%%", encoding="BASE64")
    assert list(profile_captures(line).reading.unreadable) == ["their payload is not BASE64"]


def test_base64_of_other_than_utf_8_is_counted_as_unreadable(
    capture_line: Line, profile_captures: ProfileCaptures
) -> None:
    line = capture_line(None, base64.b64encode(b"\xff").decode(), encoding="BASE64")
    assert list(profile_captures(line).reading.unreadable) == ["their BASE64 payload is no text"]


def numpy_file(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    ("array", "rows"),
    [
        (np.array([[1, 2], [3, 4]], dtype=np.uint8), [["1", "2"], ["3", "4"]]),
        (np.arange(8).reshape(2, 2, 2), [["0", "1", "2", "3"], ["4", "5", "6", "7"]]),
        (np.array([0.1, np.nan, np.inf], dtype=np.float32), [["0.1", None, "1e999"]]),
        (np.array([[True], [False]]), [["1"], ["0"]]),
    ],
)
def test_an_array_of_numbers_has_a_row_for_each_of_its_first_axis(
    array: np.ndarray, rows: list[list[str | None]]
) -> None:
    assert records.array_rows(content=numpy_file(array)) == rows


def test_a_captured_array_is_read_as_its_answer_is(capture_line: Line, profile_captures: ProfileCaptures) -> None:
    request, answer = (base64.b64encode(numpy_file(np.array(rows))).decode() for rows in ([[1, 2], [3, 4]], [[7], [8]]))
    line = capture_line(answer, request, encoding="BASE64", media="application/x-npy")
    assert values(profile_captures(line)) == [["7", "8"], ["1", "3"], ["2", "4"]]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x93NUMPY", "their payload is not an array of numpy"),
        (numpy_file(np.array([[1, 2]]))[:-1], "their payload is not an array of numpy"),
        (numpy_file(np.array([{}])), "their payload is not an array of numpy"),
        (numpy_file(np.array(["a"])), "their payload is an array of something else than numbers"),
        (numpy_file(np.array(1)), "their payload is empty"),
        (numpy_file(np.zeros((0, 3))), "their payload is empty"),
    ],
)
def test_what_is_no_array_of_numbers_is_unreadable(content: bytes, reason: str) -> None:
    with pytest.raises(DriftError, match=f"^{reason}$"):
        records.array_rows(content=content)


@given(content=st.binary() | st.binary().map(lambda tail: numpy_file(np.zeros((2, 2)))[:90] + tail))
def test_no_bytes_of_an_array_end_otherwise_than_in_rows_or_a_reason(content: bytes) -> None:
    with contextlib.suppress(DriftError):
        assert all(isinstance(row, list) for row in records.array_rows(content=content))


def test_a_json_number_keeps_the_text_it_was_written_in(capture_line: Line, profile_captures: ProfileCaptures) -> None:
    assert values(profile_captures(capture_line(None, '{"a": 1.50}', encoding="JSON"))) == [["1.50"]]


def test_instances_and_predictions_are_rows(capture_line: Line, profile_captures: ProfileCaptures) -> None:
    line = capture_line('{"predictions": [3.5, 4.0]}', '{"instances": [1.0, 2.0]}', encoding="JSON")
    assert values(profile_captures(line)) == [["3.5", "4.0"], ["1.0", "2.0"]]


def test_a_list_of_numbers_is_one_row(capture_line: Line, profile_captures: ProfileCaptures) -> None:
    assert values(profile_captures(capture_line(None, "[1, 2, 3]", encoding="JSON"))) == [["1"], ["2"], ["3"]]


def test_a_payload_that_is_no_json_is_counted(capture_line: Line, profile_captures: ProfileCaptures) -> None:
    line = capture_line(None, "{", encoding="JSON")
    assert profile_captures(line).reading.unreadable == {"their payload is not JSON": 1}


def test_an_empty_payload_is_counted(capture_line: Line, profile_captures: ProfileCaptures) -> None:
    assert profile_captures(capture_line("", "1")).reading.unreadable == {"their payload is empty": 1}


def test_a_payload_that_the_csv_reader_refuses_is_counted() -> None:
    with pytest.raises(DriftError, match="their payload is not CSV"):
        records.csv_rows(text='"' + "x" * 200_000 + '"')


def test_json_lines_are_rows(capture_line: Line, profile_captures: ProfileCaptures) -> None:
    lines = capture_line('{"p": 1}\n{"p": 2}\n', '{"a": 3}\n{"a": 4}\n', encoding="JSON")

    assert values(profile_captures(lines)) == [["1", "2"], ["3", "4"]]


def test_base64_of_json_lines_is_unpacked(capture_line: Line, profile_captures: ProfileCaptures) -> None:
    packed = base64.b64encode(b'{"a": 3}\n{"a": 4}\n').decode()
    line = capture_line(None, packed, encoding="BASE64", media="application/jsonlines")

    assert values(profile_captures(line)) == [["3", "4"]]
