"""What AWS's serving containers call where a script defines no function of its own."""

import numpy as np
import pytest
import xgboost

from modelyard.rehearsal.containers import serving_defaults
from modelyard.rehearsal.containers.serving_defaults import functions_of
from modelyard.shared.container_families import HUGGINGFACE, PYTORCH, SKLEARN, XGBOOST, ContainerFamily

CSV = "text/csv"
JSON = "application/json"
NPY = "application/x-npy"
FLASK = pytest.mark.parametrize("family", [XGBOOST, SKLEARN], ids=["xgboost", "sklearn"])


def test_the_defaults_read_npy() -> None:
    array = np.arange(6.0).reshape(2, 3)
    body, kind = serving_defaults.output_fn(array, "application/x-npy")

    assert serving_defaults.input_fn(body, kind).tolist() == array.tolist()


def test_the_defaults_read_json() -> None:
    assert serving_defaults.input_fn("[[1, 2]]", "application/json").tolist() == [[1, 2]]


def test_the_defaults_write_a_row_a_line_as_csv() -> None:
    assert serving_defaults.output_fn(np.array([[1, 2], [3, 4]]), "text/csv") == (b"1,2\n3,4\n", "text/csv")


def test_the_defaults_refuse_what_they_cannot_read_with_415() -> None:
    with pytest.raises(serving_defaults.UnsupportedFormatError) as refused:
        serving_defaults.input_fn(b"", "image/png")

    assert refused.value.status_code == 415


def test_the_defaults_refuse_what_they_cannot_write_with_406() -> None:
    with pytest.raises(serving_defaults.UnsupportedAcceptError) as refused:
        serving_defaults.output_fn(np.array([1]), "image/png")

    assert refused.value.status_code == 406


def test_scikit_learn_reads_csv_as_a_table_of_short_numbers() -> None:
    rows = functions_of(SKLEARN)["input_fn"]("1,2\n3,4\n", CSV)

    assert (rows.dtype, rows.tolist()) == (np.float32, [[1, 2], [3, 4]])


@pytest.mark.parametrize("body", ["1,2\n", "1\n2\n"])
def test_scikit_learn_reads_one_row_and_one_column_as_a_vector(body: str) -> None:
    assert functions_of(SKLEARN)["input_fn"](body, CSV).shape == (2,)


def test_scikit_learn_reads_json_as_short_numbers() -> None:
    assert functions_of(SKLEARN)["input_fn"]("[[1, 2]]", JSON).dtype == np.float32


def test_scikit_learn_reads_npy_as_it_is() -> None:
    body, kind = serving_defaults.output_fn(np.arange(2), NPY)

    assert functions_of(SKLEARN)["input_fn"](body, kind).tolist() == [0, 1]


@pytest.mark.parametrize(("body", "kind"), [("1,2\n,4\n", CSV), (b"0 0:1 1:2\n1 1:4\n", "text/libsvm")])
def test_xgboost_reads_csv_and_libsvm_as_its_own_matrix(body: str | bytes, kind: str) -> None:
    data = functions_of(XGBOOST)["input_fn"](body, kind)

    assert (type(data), data.num_row(), data.num_col()) == (xgboost.DMatrix, 2, 2)


def test_xgboost_reads_no_json() -> None:
    with pytest.raises(serving_defaults.UnsupportedFormatError, match="got 'application/json'"):
        functions_of(XGBOOST)["input_fn"]("[[1]]", JSON)


@FLASK
@pytest.mark.parametrize("accept", ["text/csv; charset=utf-8", "text/csv, application/json"])
def test_what_is_accepted_is_compared_to_the_letter(family: ContainerFamily, accept: str) -> None:
    with pytest.raises(serving_defaults.UnsupportedAcceptError):
        functions_of(family)["output_fn"](np.array([1]), accept)


@FLASK
def test_an_array_is_written_in_the_type_that_is_accepted(family: ContainerFamily) -> None:
    assert functions_of(family)["output_fn"](np.array([1, 2]), CSV) == (b"1\n2\n", CSV)


def test_pytorch_reads_text_as_a_tensor_of_short_numbers() -> None:
    torch = pytest.importorskip("torch")

    rows = functions_of(PYTORCH)["input_fn"]("1,2\n3,4\n", CSV)

    assert (rows.dtype, rows.tolist()) == (torch.float32, [[1, 2], [3, 4]])


def test_pytorch_reads_one_row_as_a_vector() -> None:
    pytest.importorskip("torch")

    assert functions_of(PYTORCH)["input_fn"]("1,2\n", CSV).tolist() == [1, 2]


@pytest.mark.parametrize(("accept", "body"), [(JSON, b"[[3.0]]"), (f"image/png, {CSV}", b"3.0\n")])
def test_pytorch_writes_a_tensor_in_the_first_type_that_it_knows(accept: str, body: bytes) -> None:
    torch = pytest.importorskip("torch")

    assert functions_of(PYTORCH)["output_fn"](torch.tensor([[3.0]]), accept)[0] == body


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ("inputs\ngood\nbad\n", {"inputs": ["good", "bad"]}),
        ("question,context\nwho,me\n", {"inputs": [{"question": "who", "context": "me"}]}),
    ],
)
def test_hugging_face_reads_csv_under_a_header(body: str, read: object) -> None:
    assert functions_of(HUGGINGFACE)["input_fn"](body, CSV) == read


def test_hugging_face_refuses_csv_without_a_header() -> None:
    with pytest.raises(ValueError, match="CSV must have a header with one of question, context, inputs, got '1,2'"):
        functions_of(HUGGINGFACE)["input_fn"]("1,2\n3,4\n", CSV)


def test_hugging_face_reads_npy() -> None:
    body, _ = serving_defaults.output_fn(np.arange(3.0), NPY)

    assert functions_of(HUGGINGFACE)["input_fn"](body, NPY).tolist() == [0, 1, 2]


def test_hugging_face_gives_a_model_the_whole_of_json_without_inputs() -> None:
    assert functions_of(HUGGINGFACE)["predict_fn"]({"text": "a"}, lambda data: data) == {"text": "a"}


def test_hugging_face_writes_csv_under_the_keys_of_an_answer() -> None:
    answers = [{"label": "a", "score": np.float32(0.5)}, {"label": "b", "score": 1}]

    assert functions_of(HUGGINGFACE)["output_fn"](answers, CSV) == (b"label,score\r\na,0.5\r\nb,1\r\n", CSV)


def test_hugging_face_writes_the_numbers_of_numpy_as_json() -> None:
    answer = {"scores": np.array([0.5]), "rank": np.int64(1)}

    assert functions_of(HUGGINGFACE)["output_fn"](answer, JSON) == (b'{"scores":[0.5],"rank":1}', JSON)


def test_hugging_face_writes_nothing_that_is_no_json() -> None:
    with pytest.raises(ValueError, match="Out of range float values are not JSON compliant"):
        functions_of(HUGGINGFACE)["output_fn"]([float("nan")], JSON)


def test_hugging_face_refuses_what_it_does_not_write() -> None:
    with pytest.raises(serving_defaults.UnsupportedAcceptError):
        functions_of(HUGGINGFACE)["output_fn"]([1], "image/png")
