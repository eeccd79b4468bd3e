"""The requests to send: lines of a file, or records of the model's own data."""

from dataclasses import replace
from pathlib import Path

import polars
import pytest

from modelyard.manifest import Model
from modelyard.manifest.data import Column, Data
from modelyard.manifest.reading import read_model
from modelyard.operations.data.records import Labelled
from modelyard.operations.failures import Failure
from modelyard.operations.traffic.bodies import bodies_of, labelled, labelled_of, media_type
from support.synth import ROOT


@pytest.fixture
def churn() -> Model:
    return read_model(ROOT / "models" / "churn.toml")


def test_without_a_file_records_and_labels_are_of_the_model_s_data(churn: Model) -> None:
    records = labelled_of(model=churn, file=None, drifted=False)
    assert [record.body for record in records] == bodies_of(model=churn, file=None, drifted=False)
    assert {record.label for record in records} == {"0", "1"}


def test_a_file_is_sent_line_by_line(churn: Model, tmp_path: Path) -> None:
    file = tmp_path / "records.csv"
    file.write_bytes(b"1,2\n\n3,4\n")
    assert bodies_of(model=churn, file=file, drifted=False) == [b"1,2", b"3,4"]
    assert labelled_of(model=churn, file=file, drifted=False)[1] == Labelled(label="3", body=b"4")


def test_a_file_that_is_not_there_or_empty_is_refused(churn: Model, tmp_path: Path) -> None:
    with pytest.raises(Failure, match="must be a file of records, one a line, there is none; name one"):
        bodies_of(model=churn, file=tmp_path, drifted=False)
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(Failure, match="must hold records, it is empty; name another"):
        bodies_of(model=churn, file=tmp_path / "empty", drifted=False)


def test_the_label_is_the_first_column_and_is_not_sent() -> None:
    assert labelled(b"1,2,3\n\n0,4,5\n", source="f") == [
        Labelled(label="1", body=b"2,3"),
        Labelled(label="0", body=b"4,5"),
    ]


def test_no_more_records_are_read_than_are_asked_for() -> None:
    assert len(labelled(b"1,2\n0,3\n1,4\n", source="f", most=2)) == 2


@pytest.mark.parametrize("line", ["1", "1,", ",2"])
def test_a_line_without_label_or_record_is_named(line: str) -> None:
    with pytest.raises(Failure) as refused:
        labelled(f"1,2\n{line}\n".encode(), source="f")

    assert str(refused.value) == (
        f"f, line 2, must have a label, a comma and what is sent, got {line}; put the label first"
    )


def test_an_empty_file_has_no_labelled_records() -> None:
    with pytest.raises(Failure, match="f must hold labelled records, it is empty; name another file"):
        labelled(b"\n", source="f")


COLUMNS = (
    Column(name="town", kind="text"),
    Column(name="kind", kind="text"),
    Column(name="rooms", kind="integer", missing=True),
)
LABELLED = [("flat", '"Linz, Urfahr",3'), ("hut", "Graz,")]


@pytest.fixture
def described(churn: Model) -> Model:
    """A model whose label is a text between the others."""
    return replace(churn, api=None, data=Data(columns=COLUMNS, label="kind"))


@pytest.mark.parametrize(
    "text",
    [
        '"Linz, Urfahr",flat,3\nGraz,hut,\n',
        'town,kind,rooms\n"Linz, Urfahr",flat,3\n\nGraz,hut,\n',
        'kind,rooms,town\nflat,3,"Linz, Urfahr"\nhut,,Graz\n',
    ],
)
def test_of_csv_the_label_is_taken_out_wherever_it_stands(described: Model, tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(text)
    expected = [Labelled(label=label, body=body.encode()) for label, body in LABELLED]
    assert labelled_of(model=described, file=file, drifted=False) == expected
    assert bodies_of(model=described, file=file, drifted=False) == [record.body for record in expected]


@pytest.mark.parametrize("text", ['"Linz, Urfahr",3\nGraz,\n', 'town,rooms\n"Linz, Urfahr",3\nGraz,\n'])
def test_records_without_labels_are_sent_and_have_no_ground_truth(described: Model, tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(text)
    assert bodies_of(model=described, file=file, drifted=False) == [body.encode() for _, body in LABELLED]
    with pytest.raises(Failure, match=r"a\.csv must have a label in each record, record 1 has none; add it"):
        labelled_of(model=described, file=file, drifted=False)


@pytest.mark.parametrize("labels", [True, False])
def test_json_lines_and_parquet_have_the_label_by_name(described: Model, tmp_path: Path, labels: bool) -> None:  # noqa: FBT001
    table = {"town": ["Linz, Urfahr", "Graz"], "kind": ["flat", "hut"], "rooms": [3, None]}
    frame = polars.DataFrame(table if labels else {name: table[name] for name in ("town", "rooms")})
    frame.write_parquet(tmp_path / "a.parquet")
    frame.write_ndjson(tmp_path / "a.jsonl")
    for name in ("a.parquet", "a.jsonl"):
        found = bodies_of(model=described, file=tmp_path / name, drifted=False)
        assert found == [body.encode() for _, body in LABELLED]
        if labels:
            known = labelled_of(model=described, file=tmp_path / name, drifted=False)
            assert [record.label for record in known] == ["flat", "hut"]


def test_a_model_of_json_is_sent_an_object_a_request(described: Model, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('"Linz, Urfahr",flat,3\n')
    model = replace(described, data=Data(columns=COLUMNS, label="kind", format="jsonl"))
    assert media_type(model=model, file=tmp_path / "a.csv") == "application/json"
    assert bodies_of(model=model, file=tmp_path / "a.csv", drifted=False) == [b'{"town": "Linz, Urfahr", "rooms": 3}']


def test_a_record_that_is_not_as_described_is_refused(described: Model, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Linz,flat,many\n")
    with pytest.raises(Failure, match=r"a\.csv, line 1, column rooms, must be a whole number, got .many.; correct"):
        bodies_of(model=described, file=tmp_path / "a.csv", drifted=False)
    (tmp_path / "a.csv").write_text("town,kind,rooms\n")
    with pytest.raises(Failure, match="must hold records, it is empty; name another"):
        bodies_of(model=described, file=tmp_path / "a.csv", drifted=False)


def test_without_data_json_lines_are_sent_as_they_are_and_not_cut_at_a_comma(churn: Model, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"text": "a, b", "kind": 1}\n')
    assert bodies_of(model=churn, file=file, drifted=False) == [b'{"text": "a, b", "kind": 1}']
    assert media_type(model=churn, file=file) == "application/jsonlines"
    with pytest.raises(
        Failure, match=r"a\.jsonl, line 1, must be CSV where no \[data\] names the label, got an object"
    ):
        labelled_of(model=churn, file=file, drifted=False)


def test_without_data_parquet_is_refused(churn: Model, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(
        Failure, match=r"must be CSV or JSON lines where no \[data\] says what it holds; yard data desc"
    ):
        bodies_of(model=churn, file=tmp_path / "a.parquet", drifted=False)
