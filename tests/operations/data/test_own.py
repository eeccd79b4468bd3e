"""The data of a model of one's own, in whatever files its owner has them, and the traffic that is made of them."""

import csv
import re
import statistics
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.manifest import Model
from modelyard.manifest.channel import Channel
from modelyard.manifest.data import Column, Data, DataFormat
from modelyard.manifest.reading import read_model
from modelyard.operations.data.own import MOST_ROWS, OwnData, moved, own_data
from modelyard.operations.failures import Failure
from support.synth import ROOT

ROWS = [["1", "10", "0.5", "red", ""], ["0", "20", "1.5", "red", "7"], ["1", "30", "2.5", "blue", "9"]]
HEADER = ["label", "whole", "fraction", "colour", "gaps"]


@pytest.fixture
def model() -> Model:
    return replace(read_model(ROOT / "models" / "churn.toml"), name="mine")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "data" / "mine"
    write(found / "baseline" / "part-1.csv", [HEADER, *ROWS])
    return found


def write(file: Path, rows: list[list[str]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as lines:
        csv.writer(lines).writerows(rows)


def records(rows: list[list[str]]) -> list[tuple[str, str]]:
    return sorted((label, ",".join(features)) for label, *features in rows)


def test_a_project_s_folder_is_found_by_the_model_s_name(model: Model, folder: Path, tmp_path: Path) -> None:
    assert own_data(model, root=tmp_path) == folder
    assert own_data(model, root=folder) is None


@pytest.mark.parametrize("name", ["mine.csv", "mine"])
def test_a_single_file_in_the_folder_s_place_is_refused(model: Model, tmp_path: Path, name: str) -> None:
    write(tmp_path / "data" / name, ROWS)
    sentence = re.escape("must be a folder with the datasets of mine (train, validation, …), there is only the file")
    with pytest.raises(Failure, match=rf"data/mine/ {sentence} \S+/data/{name}; cut it .* yard new"):
        own_data(model, root=tmp_path)


def test_traffic_are_the_rows_of_the_baseline_with_their_labels(model: Model, folder: Path) -> None:
    write(folder / "train" / "train.csv", [["1", "2", "3", "4", "5"]])
    assert sorted(OwnData(model=model, folder=folder).traffic()) == records(ROWS)


def test_without_a_baseline_they_are_the_rows_of_the_first_channel(model: Model, tmp_path: Path) -> None:
    write(tmp_path / "train" / "week 1.csv", ROWS[:2])
    write(tmp_path / "train" / "week 2.csv", ROWS[2:])
    assert sorted(OwnData(model=model, folder=tmp_path).traffic()) == records(ROWS)


def test_a_dataset_may_be_a_single_file(model: Model, tmp_path: Path) -> None:
    assert model.training is not None
    single = replace(model, training=replace(model.training, baseline_dataset="datasets/all.csv"))
    write(tmp_path / "all.csv", [HEADER, *ROWS])
    assert sorted(OwnData(model=single, folder=tmp_path).traffic()) == records(ROWS)


@pytest.mark.parametrize(
    ("form", "given", "baseline"),
    [
        ("csv", '"x, y",,1\n', 'label,town,rooms\n1,"x, y",\n'),
        ("jsonl", '{"town": "x, y", "label": 1}\n', '{"label": 1, "town": "x, y", "rooms": null}\n'),
    ],
)
def test_a_baseline_is_made_of_every_row_with_the_label_first(
    model: Model, tmp_path: Path, form: DataFormat, given: str, baseline: str
) -> None:
    columns = (
        Column(name="town", kind="text"),
        Column(name="rooms", kind="integer", missing=True),
        Column(name="label", kind="integer"),
    )
    assert model.training is not None
    training = replace(model.training, baseline_dataset=None, channels={"train": Channel(path="datasets/train")})
    data = Data(columns=columns, label="label", format=form, sample="datasets/train")
    described = replace(model, api=None, monitoring=None, training=training, data=data)
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / f"a.{form}").write_text(given * (MOST_ROWS + 1))
    file = OwnData(model=described, folder=tmp_path).write_baseline(folder=tmp_path)
    assert file.suffix == f".{form}"
    header, rows = (baseline[: baseline.index("\n") + 1], baseline[baseline.index("\n") + 1 :])
    whole = header + rows * (MOST_ROWS + 1) if form == "csv" else baseline * (MOST_ROWS + 1)
    assert file.read_text() == whole


def test_a_cell_with_a_comma_is_sent_in_quotation_marks(model: Model, tmp_path: Path) -> None:
    write(tmp_path / "train" / "train.csv", [["a", "x, y", "1"]])
    assert OwnData(model=model, folder=tmp_path).traffic() == (("a", '"x, y",1'),)


def test_a_sorted_table_is_sent_in_no_order(model: Model, tmp_path: Path) -> None:
    write(tmp_path / "train" / "train.csv", [[str(number), str(number)] for number in range(200)])
    sent = [int(record) for _, record in OwnData(model=model, folder=tmp_path).traffic()]
    assert sorted(sent) == list(range(200))
    assert abs(statistics.fmean(sent[:100]) - statistics.fmean(sent)) < 20


def test_drifted_traffic_are_the_same_rows_moved(model: Model, folder: Path) -> None:
    usual = OwnData(model=model, folder=folder).traffic()
    drifted = OwnData(model=model, folder=folder, drifted=True).traffic()
    assert [label for label, _ in drifted] == [label for label, _ in usual]
    assert min(int(record.split(",")[0]) for _, record in drifted) > 30


@pytest.mark.parametrize("file", ["train/train.csv", "baseline/baseline.csv"])
def test_a_table_of_a_label_alone_or_without_a_row_is_refused(model: Model, tmp_path: Path, file: str) -> None:
    write(tmp_path / file, [["label"]])
    with pytest.raises(Failure, match=r"must hold rows of CSV with the label first, .* found none; put .* \*\.csv"):
        OwnData(model=model, folder=tmp_path).traffic()


def test_files_of_another_kind_are_refused(model: Model, tmp_path: Path) -> None:
    write(tmp_path / "train" / "train.parquet", ROWS)
    with pytest.raises(Failure, match=r"must hold rows of CSV with the label first"):
        OwnData(model=model, folder=tmp_path).traffic()


def test_rows_of_different_length_are_refused_with_the_line(model: Model, tmp_path: Path) -> None:
    write(tmp_path / "train" / "train.csv", [["1", "2"], ["1", "2", "3"]])
    with pytest.raises(Failure, match=r"train\.csv, line 2, must have 2 columns"):
        OwnData(model=model, folder=tmp_path).traffic()


def test_a_file_that_is_no_utf_8_is_refused(model: Model, tmp_path: Path) -> None:
    write(tmp_path / "train" / "train.csv", ROWS)
    (tmp_path / "train" / "train.csv").write_bytes("1,Zürich\n".encode("latin-1"))
    with pytest.raises(Failure, match=r"train\.csv must be CSV in UTF-8, got .*; save it so"):
        OwnData(model=model, folder=tmp_path).traffic()


def test_a_model_without_training_has_no_traffic(folder: Path) -> None:
    with pytest.raises(Failure, match=r"mine has no \[training\], .*; give a file of records: --data FILE"):
        OwnData(model=Model(name="mine"), folder=folder).traffic()


def test_moved_rows_are_three_deviations_away_and_keep_labels_gaps_and_types() -> None:
    label, whole, fraction, colour, gaps = zip(*moved(ROWS), strict=True)
    assert label == ("1", "0", "1")
    assert whole == ("34", "44", "54")
    assert [float(cell) - float(row[2]) for cell, row in zip(fraction, ROWS, strict=True)] == pytest.approx(
        [3 * statistics.pstdev([0.5, 1.5, 2.5])] * 3
    )
    assert colour == ("blue", "blue", "blue")
    assert gaps == ("", "10", "12")


def test_a_number_that_never_varies_moves_too() -> None:
    assert moved([["a", "5", "5.0"], ["b", "5", "5.0"]]) == [["a", "6", "6.0"], ["b", "6", "6.0"]]


def test_a_column_without_any_value_stays_empty() -> None:
    assert moved([["a", ""], ["b", ""]]) == [["a", ""], ["b", ""]]


NUMBERS = st.integers(-1000, 1000).map(str) | st.floats(-1e6, 1e6).map(repr)
CELLS = st.just("") | NUMBERS | st.text("abc", max_size=3)


@given(st.integers(1, 5).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1)))
def test_moved_rows_have_the_shape_and_the_gaps_of_the_rows(rows: list[list[str]]) -> None:
    result = moved(rows)
    assert [row[0] for row in result] == [row[0] for row in rows]
    assert [[not cell for cell in row[1:]] for row in result] == [[not cell for cell in row[1:]] for row in rows]
