"""The requests to send: lines of a file, or records of the model's own data."""

from pathlib import Path

import pytest

from modelyard.manifest import Model
from modelyard.manifest.reading import read_model
from modelyard.operations.data.records import Labelled
from modelyard.operations.failures import Failure
from modelyard.operations.traffic.bodies import bodies_of, labelled, labelled_of
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
