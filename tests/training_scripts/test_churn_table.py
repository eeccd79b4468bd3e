import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

TWO_ROWS = [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    "document",
    [
        {"instances": TWO_ROWS},
        {"instances": [{"features": [1, 2]}, {"features": [3, 4]}]},
        {"features": TWO_ROWS},
        TWO_ROWS,
    ],
)
def test_json_of_many_rows_is_read(churn_table: ModuleType, document: object) -> None:
    table = churn_table.read_request(body=json.dumps(document), content_type="application/json")

    assert table.tolist() == TWO_ROWS


@pytest.mark.parametrize("document", [{"features": [1, 2]}, [1, 2], {"instances": [[1, 2]]}])
def test_json_of_one_row_is_read(churn_table: ModuleType, document: object) -> None:
    table = churn_table.read_request(body=json.dumps(document), content_type="application/json")

    assert table.tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("text", ["1,2\n3,4\n", "1,2\n3,4", "1,2\r\n3,4\r\n", " 1 , 2\n\n3,4\n\n"])
def test_csv_is_read_whatever_its_lines_end_with(churn_table: ModuleType, text: str) -> None:
    assert churn_table.read_request(body=text, content_type="text/csv").tolist() == TWO_ROWS


def test_bytes_are_decoded_by_the_charset_of_the_content_type(churn_table: ModuleType) -> None:
    body = "1,2".encode("utf-16")

    assert churn_table.read_request(body=body, content_type="text/csv; charset=utf-16").tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "sentence"),
    [
        ("a,b", "text/csv", 400, "the request, line 1, column 1 must be a finite number, got 'a'"),
        ("1,2\n3,x", "text/csv", 400, "the request, line 2, column 2 must be a finite number, got 'x'"),
        ("1,\n", "text/csv", 400, "the request, line 1, column 2 must be a finite number, got ''"),
        ("1,nan", "text/csv", 400, "the request, line 1, column 2 must be a finite number, got 'nan'"),
        ("1_0,2", "text/csv", 400, "the request: could not convert string '1_0'"),
        ("1,2\n3", "text/csv", 400, "the request, line 2 must have 2 cells as the first row has, got 1"),
        ("", "text/csv", 400, "the request must hold at least one row of numbers, got nothing"),
        (b"\xff", "text/csv", 400, "the request must be utf-8, got bytes that are not (invalid start byte)"),
        (b"1", "text/csv; charset=x", 415, "charset must be one that Python knows, as utf-8, got 'x'"),
        ("1", "image/png", 415, "Content-Type must be text/csv or application/json, got 'image/png'"),
        ("1", "", 415, "Content-Type must be text/csv or application/json, got ''"),
        ("{", "application/json", 400, "the request must be JSON, got a fault at character 1"),
        ("7", "application/json", 400, "the request must be a list, or an object with either"),
        ('{"rows": []}', "application/json", 400, "the request must be a list, or an object with either"),
        ("[[1], [1, 2]]", "application/json", 400, "the request must hold equally long rows of numbers"),
        ('[["a"]]', "application/json", 400, "the request must hold equally long rows of numbers"),
        (
            "[]",
            "application/json",
            400,
            "the request must hold rows of finite numbers, got an array of shape",
        ),
        ("[[NaN]]", "application/json", 400, "the request must hold rows of finite numbers"),
    ],
)
def test_a_bad_request_gets_its_status_and_one_sentence(
    churn_table: ModuleType, body: str | bytes, content_type: str, status: int, sentence: str
) -> None:
    with pytest.raises(churn_table.BadInputError) as refused:
        churn_table.read_request(body=body, content_type=content_type)

    assert (refused.value.status_code, str(refused.value)[: len(sentence)]) == (status, sentence)


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/csv", "text/csv"),
        ("application/json", "application/json"),
        ("*/*", "text/csv"),
        ("", "text/csv"),
        ("image/png, application/json;q=0.5", "application/json"),
    ],
)
def test_the_answer_is_of_the_first_kind_that_is_accepted(churn_table: ModuleType, accept: str, kind: str) -> None:
    assert churn_table.write_answer(probabilities=[0.5], accept=accept)[1] == kind


def test_csv_answers_have_a_probability_a_line(churn_table: ModuleType) -> None:
    numbers = np.array([0.1, 0.25], dtype=np.float32)

    assert churn_table.write_answer(probabilities=numbers, accept="text/csv")[0] == "0.1\n0.25"


def test_json_answers_have_a_list_of_predictions(churn_table: ModuleType) -> None:
    body, _ = churn_table.write_answer(probabilities=[0.1, 0.25], accept="application/json")

    assert json.loads(body) == {"predictions": [0.1, 0.25]}


def test_what_cannot_be_written_is_refused_with_406(churn_table: ModuleType) -> None:
    with pytest.raises(churn_table.AcceptError, match="Accept must be text/csv or application/json") as refused:
        churn_table.write_answer(probabilities=[0.1], accept="image/png")

    assert refused.value.status_code == 406


def test_rows_of_another_length_than_the_training_data_are_refused(churn_table: ModuleType) -> None:
    with pytest.raises(churn_table.BadInputError, match="a row must have 3 cells, without the label, got 2"):
        churn_table.check_width(table=np.zeros((1, 2)), columns=3)


def test_a_channel_of_several_files_is_read_in_the_order_of_their_names(
    churn_table: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "b.csv").write_text("1,4\n")
    (tmp_path / "a.csv").write_text("0,3\n")
    (tmp_path / ".hidden").write_text("not data")

    labels, features = churn_table.read_channel(name="train", folder=str(tmp_path))

    assert (labels.tolist(), features.tolist()) == ([0, 1], [[3], [4]])


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "channel train must hold a CSV file, got an empty folder; put one there"),
        ({"a.csv": b""}, "channel train, file a.csv must hold at least one row of numbers, got nothing"),
        ({"a.csv": b"0,x\n"}, "channel train, file a.csv, line 1, column 2 must be a finite number, got 'x'"),
        ({"a.csv": b"\xff"}, "channel train, file a.csv must be UTF-8, got bytes that are not"),
        (
            {"a.csv": b"0\n1\n"},
            "channel train, file a.csv must have the label and at least one feature a row",
        ),
        (
            {"a.csv": b"0,1\n2,1\n"},
            "channel train must have the labels 0 and 1 in its first column, got 0, 2",
        ),
        ({"a.csv": b"0,1\n0,2\n"}, "channel train must have the labels 0 and 1 in its first column, got 0"),
        ({"a.csv": b"0,1\n", "b.csv": b"1,1,1\n"}, "channel train must have equally many columns in all"),
    ],
)
def test_a_bad_channel_gets_one_sentence(
    churn_table: ModuleType, tmp_path: Path, files: dict[str, bytes], sentence: str
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)

    with pytest.raises(churn_table.BadInputError) as refused:
        churn_table.read_channel(name="train", folder=str(tmp_path))

    assert str(refused.value)[: len(sentence)] == sentence


@pytest.mark.parametrize("folder", [None, "/does/not/exist"])
def test_a_missing_channel_gets_one_sentence(churn_table: ModuleType, folder: str | None) -> None:
    with pytest.raises(churn_table.BadInputError, match="channel train is missing, got"):
        churn_table.read_channel(name="train", folder=folder)


NEAR_CSV = st.text(alphabet="0123456789,.-+e \n\r\t\"#'x\x0c\x85\u2028\u00b2_naif", max_size=60)
NEAR_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["instances", "features"]), inner),
    max_leaves=12,
)


@given(body=NEAR_CSV | NEAR_JSON.map(json.dumps) | st.binary(max_size=40))
@example(body="1e999,2")
@example(body="[" + "9" * 400 + "]")
@settings(max_examples=300, deadline=None)
def test_any_body_gives_finite_rows_or_a_refusal(churn_table: ModuleType, body: str | bytes) -> None:
    for content_type in ("text/csv", "application/json"):
        assert outcome(churn_table, body=body, content_type=content_type) in ("a table", "one sentence")


def outcome(churn_table: ModuleType, *, body: str | bytes, content_type: str) -> str:
    try:
        table = churn_table.read_request(body=body, content_type=content_type)
    except churn_table.BadInputError as refusal:
        return "one sentence" if "\n" not in str(refusal) else str(refusal)
    return "a table" if table.ndim == 2 and table.size > 0 and np.isfinite(table).all() else repr(table)
