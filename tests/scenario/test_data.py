"""The data of a scenario: a project's own, moved for drift, or an example's."""

import csv
import re
import statistics
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.manifest import Model
from modelyard.scenario.data import DataError, ModelData, check_data, moved
from modelyard.scenario.workspace import read_declarations
from support.synth import ROOT

ROWS = [["1", "10", "0.5", "red", ""], ["0", "20", "1.5", "red", "7"], ["1", "30", "2.5", "blue", "9"]]
HEADER = ["label", "whole", "fraction", "colour", "gaps"]


@pytest.fixture
def model() -> Model:
    """A model that no example's data fit."""
    _, churn = read_declarations(ROOT, model="churn")
    assert churn.training is not None
    return replace(churn, name="mine", training=replace(churn.training, script="mine/train.py"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for dataset, rows in (("train", ROWS), ("validation", ROWS), ("baseline", [HEADER, *ROWS])):
        write(tmp_path / "project" / "data" / "mine" / dataset / f"{dataset}.csv", rows)
    return tmp_path / "project"


@pytest.fixture
def workspace(project: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "data").symlink_to(project / "data")
    return folder


@pytest.fixture
def data(model: Model, project: Path, workspace: Path) -> ModelData:
    return check_data(model=model, project=project)(workspace)


def write(file: Path, rows: list[list[str]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as lines:
        csv.writer(lines).writerows(rows)


def read(file: Path) -> list[list[str]]:
    with file.open(newline="") as lines:
        return list(csv.reader(lines))


def test_datasets_are_pushed_from_the_folder_of_the_model(data: ModelData) -> None:
    assert data.dataset_arguments() == ("data/mine",)


def test_usual_traffic_are_the_rows_of_the_baseline_without_header_and_label(data: ModelData, workspace: Path) -> None:
    option, file = data.traffic_arguments(drifted=False)
    assert option == "--data"
    assert sorted(read(workspace / file)) == sorted(row[1:] for row in ROWS)
    assert data.record_arguments() == (option, file)


def test_drifted_traffic_are_the_same_rows_moved(data: ModelData, workspace: Path) -> None:
    _, usual = data.traffic_arguments(drifted=False)
    _, drifted = data.traffic_arguments(drifted=True)
    assert min(int(row[0]) for row in read(workspace / drifted)) > max(int(row[0]) for row in read(workspace / usual))


def test_traffic_for_feedback_has_the_labels_first(data: ModelData, workspace: Path) -> None:
    _, file = data.feedback_arguments()
    _, drifted = data.traffic_arguments(drifted=True)
    labelled = read(workspace / file)
    assert [row[1:] for row in labelled] == read(workspace / drifted)
    assert {row[0] for row in labelled} == {"0", "1"}


def test_a_sorted_table_is_sent_in_no_order(model: Model, project: Path, workspace: Path) -> None:
    rows = [[str(number), str(number)] for number in range(200)]
    for dataset in ("train", "validation"):
        write(project / "data" / "mine" / dataset / f"{dataset}.csv", rows)
    write(project / "data" / "mine" / "baseline" / "baseline.csv", [["label", "number"], *rows])
    _, file = check_data(model=model, project=project)(workspace).traffic_arguments(drifted=False)
    sent = [int(row[0]) for row in read(workspace / file)]
    assert abs(statistics.fmean(sent[:100]) - statistics.fmean(sent)) < 20


def test_the_baseline_of_quality_is_made_of_validation_data_where_there_are_any(
    data: ModelData, model: Model, project: Path, workspace: Path
) -> None:
    assert data.baseline_arguments() == ()
    assert model.training is not None
    channels = {"train": model.training.channels["train"]}
    without = replace(model, training=replace(model.training, channels=channels))
    (file,) = check_data(model=without, project=project)(workspace).baseline_arguments()
    assert sorted(read(workspace / file)) == sorted(ROWS)


def test_a_file_of_the_batch_s_dataset_is_scored(data: ModelData, project: Path, workspace: Path) -> None:
    write(project / "data" / "mine" / "batch" / "week.csv", [row[1:] for row in ROWS])
    assert data.batch_file() == Path("data/mine/batch/week.csv")
    assert (workspace / data.batch_file()).is_file()


def test_without_such_a_file_rows_of_the_baseline_are(data: ModelData, workspace: Path) -> None:
    assert sorted(read(workspace / data.batch_file())) == sorted(row[1:] for row in ROWS)


def test_a_label_is_a_number_or_a_text_as_the_data_have_it(data: ModelData, project: Path, model: Model) -> None:
    assert data.label() in (0, 1)
    for dataset in ("train", "validation", "baseline"):
        file = project / "data" / "mine" / dataset / f"{dataset}.csv"
        file.write_text(re.sub(r"^[01],", "cat,", file.read_text(), flags=re.MULTILINE))
    assert check_data(model=model, project=project)(project).label() == "cat"


def test_an_example_s_data_are_made(tmp_path: Path) -> None:
    _, churn = read_declarations(ROOT, model="churn")
    data = check_data(model=churn, project=tmp_path)(tmp_path)
    assert (data.dataset_arguments(), data.record_arguments(), data.baseline_arguments()) == ((), (), ())
    assert data.traffic_arguments(drifted=False) == ()
    assert data.traffic_arguments(drifted=True) == data.feedback_arguments() == ("--drifted",)
    assert (tmp_path / data.batch_file()).is_file()
    assert data.label() == 1


def test_data_of_the_project_come_before_those_of_an_example(project: Path, workspace: Path) -> None:
    _, churn = read_declarations(ROOT, model="churn")
    (project / "data" / "mine").rename(project / "data" / "churn")
    assert check_data(model=churn, project=project)(workspace).dataset_arguments() == ("data/churn",)


def test_a_model_without_data_is_refused_with_the_folder_and_its_datasets(model: Model, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data/mine/ must hold the datasets of mine \(train, validation, …\), .*; put"):
        check_data(model=model, project=tmp_path)


def test_a_model_without_training_needs_no_data(model: Model, tmp_path: Path) -> None:
    check_data(model=Model(name=model.name), project=tmp_path)


def test_datasets_that_are_not_what_the_manifest_says_are_refused(model: Model, project: Path) -> None:
    (project / "data" / "mine" / "train" / "train.csv").unlink()
    with pytest.raises(DataError, match=r"training.channels.train needs files at train/, there are none"):
        check_data(model=model, project=project)


def test_datasets_of_which_no_traffic_can_be_made_are_refused(model: Model, project: Path) -> None:
    for dataset in ("train", "validation", "baseline"):
        (project / "data" / "mine" / dataset / f"{dataset}.csv").rename(
            project / "data" / "mine" / dataset / "part.parquet"
        )
    with pytest.raises(DataError, match=r"data/mine/ must hold rows of CSV with the label first, .* found none; put"):
        check_data(model=model, project=project)


def test_a_model_that_is_only_trained_needs_no_rows_of_csv(model: Model, project: Path) -> None:
    for dataset in ("train", "validation", "baseline"):
        (project / "data" / "mine" / dataset / f"{dataset}.csv").rename(
            project / "data" / "mine" / dataset / "part.parquet"
        )
    alone = replace(model, serving=None, batch=None, monitoring=None, api=None)
    check_data(model=alone, project=project)


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
