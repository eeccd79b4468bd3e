"""The data of a scenario: a project's own, or an example's."""

import csv
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from modelyard.manifest import Model
from modelyard.manifest.answer import Answer
from modelyard.manifest.channel import Channel
from modelyard.manifest.data import Column, Data, DataFormat
from modelyard.manifest.quality import Quality
from modelyard.manifest.serving import Capture, Serving, Variant
from modelyard.scenario.data import (
    DataError,
    ModelData,
    archive_to_import,
    check_data,
    files_elsewhere,
    promoted_files,
)
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
def data(model: Model, workspace: Path) -> ModelData:
    return ModelData(model=model, workspace=workspace)


def write(file: Path, rows: list[list[str]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as lines:
        csv.writer(lines).writerows(rows)


def read(file: Path) -> list[list[str]]:
    with file.open(newline="") as lines:
        return list(csv.reader(lines))


def test_the_baseline_of_quality_is_made_of_validation_data_where_there_are_any(
    data: ModelData, model: Model, workspace: Path
) -> None:
    assert data.baseline_arguments() == ()
    assert model.training is not None
    channels = {"train": model.training.channels["train"]}
    without = replace(model, training=replace(model.training, channels=channels))
    (file,) = ModelData(model=without, workspace=workspace).baseline_arguments()
    assert sorted(read(workspace / file)) == sorted(ROWS)


def test_a_file_of_the_batch_s_dataset_is_scored(data: ModelData, project: Path, workspace: Path) -> None:
    rows = [row[1:] for row in ROWS]
    write(project / "data" / "mine" / "batch" / "week.csv", rows)
    assert data.batch_file().name == "week.csv"
    assert read(workspace / data.batch_file()) == rows


def test_without_such_a_file_rows_of_the_baseline_are(data: ModelData, workspace: Path) -> None:
    assert sorted(read(workspace / data.batch_file())) == sorted(row[1:] for row in ROWS)


def test_a_label_is_a_number_or_a_text_as_the_data_have_it(data: ModelData, project: Path) -> None:
    for written, label in (("1", 1), ("0.5", 0.5), ("cat", "cat")):
        write(project / "data" / "mine" / "baseline" / "baseline.csv", [HEADER, [written, *ROWS[0][1:]]])
        assert data.label() == label
        assert type(data.label()) is type(label)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_described_data_are_scored_and_labelled_in_their_own_format(
    model: Model, tmp_path: Path, form: DataFormat
) -> None:
    assert model.training is not None
    assert model.batch is not None
    columns = (Column(name="town", kind="text"), Column(name="kind", kind="text"), Column(name="rooms", kind="integer"))
    media = {"csv": "text/csv", "jsonl": "application/jsonlines"}[form]
    described = replace(
        model,
        api=None,
        data=Data(columns=columns, label="kind", format=form),
        batch=replace(model.batch, content_type=media, accept=media, join="None"),
        training=replace(model.training, baseline_dataset=None, channels={"train": Channel(path="datasets/train")}),
        monitoring=None,
    )
    records = {"csv": '"Linz, Urfahr",flat,3\n', "jsonl": '{"town": "Linz, Urfahr", "kind": "flat", "rooms": 3}\n'}
    sent = {"csv": '"Linz, Urfahr",3\n', "jsonl": '{"town": "Linz, Urfahr", "rooms": 3}\n'}
    file = tmp_path / "data" / "mine" / "train" / f"a.{form}"
    file.parent.mkdir(parents=True)
    file.write_text(records[form])
    check_data(model=described, project=tmp_path)
    data = ModelData(model=described, workspace=tmp_path)
    assert (tmp_path / data.batch_file()).read_text() == sent[form]
    assert data.batch_file().suffix == f".{form}"
    (labelled,) = data.baseline_arguments()
    assert (tmp_path / labelled).read_text() == records[form]
    assert data.label() == "flat"


def test_an_example_s_data_are_made(tmp_path: Path) -> None:
    _, churn = read_declarations(ROOT, model="churn")
    check_data(model=churn, project=tmp_path)
    data = ModelData(model=churn, workspace=tmp_path)
    assert data.baseline_arguments() == ()
    assert (tmp_path / data.batch_file()).is_file()
    assert data.label() in (0, 1)


def test_a_model_without_data_is_refused_with_the_folder_and_its_datasets(model: Model, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data/mine/ must hold the datasets of mine \(train, validation, …\), .*; put"):
        check_data(model=model, project=tmp_path)


def untrained(project: Path, *, lines: str) -> Model:
    """A model without [training], whose manifest has these lines."""
    (project / "models").mkdir(exist_ok=True)
    (project / "models" / "mine.toml").write_text(f'name = "mine"\n[batch]\ninstance = "ml.m5.large"\n{lines}')
    return Model(name="mine")


def test_what_is_promoted_and_not_trained_is_a_copy_in_the_project(project: Path) -> None:
    model = untrained(project, lines='model = "mine/imported/model.tar.gz"\n')
    sentence = r"promoted/mine/imported/model.tar.gz must be a copy of what batch.model names, there is no such file"
    with pytest.raises(DataError, match=sentence):
        check_data(model=model, project=project)
    copy = project / "promoted" / "mine" / "imported" / "model.tar.gz"
    copy.parent.mkdir(parents=True)
    copy.touch()
    check_data(model=model, project=project)
    assert promoted_files(model=model, project=project) == {"mine/imported/model.tar.gz": copy}


def test_a_baseline_is_copied_as_a_folder(project: Path) -> None:
    model = untrained(project, lines='model = "mine/a/model.tar.gz"\n[monitoring]\nbaseline = "mine/baseline/a"\n')
    for name in ("mine/a/model.tar.gz", "mine/baseline/a/statistics.json"):
        (project / "promoted" / name).parent.mkdir(parents=True, exist_ok=True)
        (project / "promoted" / name).touch()
    with pytest.raises(DataError, match=r"promoted/mine/baseline/a/constraints.json must be a copy of what monitoring"):
        promoted_files(model=model, project=project)
    (project / "promoted" / "mine/baseline/a/constraints.json").touch()
    assert list(promoted_files(model=model, project=project)) == [
        "mine/a/model.tar.gz",
        "mine/baseline/a/constraints.json",
        "mine/baseline/a/statistics.json",
    ]


@pytest.fixture
def imported(model: Model) -> Model:
    """A model that is neither trained nor promoted."""
    serving = Serving(
        variants=(Variant(name="primary"),), container="sklearn:1.9-0", instance="ml.m5.large", capture=Capture()
    )
    columns = tuple(Column(name=name, kind="text", missing=True) for name in HEADER)
    data = Data(columns=columns, label="label", sample="datasets/train")
    return replace(model, training=None, batch=None, api=None, monitoring=None, serving=serving, data=data)


def pack(project: Path, *names: str) -> None:
    file = project / "promoted" / "mine" / "model.tar.gz"
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w:gz") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))


def test_what_is_neither_trained_nor_promoted_is_an_archive_in_the_project(imported: Model, project: Path) -> None:
    sentence = r"promoted/mine/model.tar.gz must be the archive of mine, which is neither trained nor promoted, there "
    with pytest.raises(DataError, match=sentence):
        check_data(model=imported, project=project)
    pack(project, "model.joblib")
    with pytest.raises(DataError, match=r"promoted/mine/model.tar.gz must hold code/inference.py for scikit-learn's"):
        check_data(model=imported, project=project)
    pack(project, "model.joblib", "code/inference.py")
    check_data(model=imported, project=project)


def test_what_has_nothing_to_serve_needs_no_archive(imported: Model) -> None:
    assert archive_to_import(imported) == Path("promoted/mine/model.tar.gz")
    assert archive_to_import(replace(imported, serving=None)) is None


def test_a_model_of_an_algorithm_is_refused_before_anything_starts(model: Model, project: Path) -> None:
    assert model.training is not None
    algorithm = "arn:aws:sagemaker:us-east-1:865070037744:algorithm/trees"
    declared = replace(model.training, container=None, script=None, metrics={}, algorithm=algorithm, retrain=None)
    trained = replace(model, training=declared)

    with pytest.raises(DataError, match=rf"training\.algorithm of {model.name} is {algorithm}, whose image is not on"):
        check_data(model=trained, project=project)


@pytest.mark.parametrize("purposes", [(), ("train",)])
def test_an_image_that_no_local_command_stands_for_is_refused(
    model: Model, project: Path, purposes: tuple[str, ...]
) -> None:
    assert model.training is not None
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1"
    own = replace(model, training=replace(model.training, container=image, script=None), monitoring=None, api=None)
    commands = [f'["{image}"]', *(f'{purpose} = ["true"]' for purpose in purposes)]
    (project / "local_commands.toml").write_text("\n".join(commands))
    purpose = "serve" if purposes else "train"
    with pytest.raises(DataError, match=rf"has no local command, .* stands for it, as {purpose} ="):
        check_data(model=own, project=project)
    with (project / "local_commands.toml").open("a") as file:
        file.write("\n" + "\n".join(f'{one} = ["true"]' for one in ("train", "serve") if one not in purposes))
    check_data(model=own, project=project)


def test_a_label_of_no_class_that_is_answered_is_refused(model: Model, project: Path) -> None:
    assert model.serving is not None
    assert model.monitoring is not None
    answer = Answer(probabilities=("0", "1"), classes=("0", "2"))
    quality = Quality(problem_type="MulticlassClassification")
    classified = replace(
        model,
        api=None,
        serving=replace(model.serving, answer=answer),
        monitoring=replace(model.monitoring, quality=quality),
    )
    with pytest.raises(
        DataError, match=r"A label of data/mine/ must be one of serving.answer.classes \(0, 2\), got 1;"
    ):
        check_data(model=classified, project=project)


def test_what_lies_in_another_bucket_is_not_rehearsed_without_training(project: Path) -> None:
    model = untrained(project, lines='model = "s3://theirs/model.tar.gz"\nfrom_model = "mine"\n')
    with pytest.raises(
        DataError, match=r"batch.model must be a key of the data bucket .* got s3://theirs/model.tar.gz"
    ):
        promoted_files(model=model, project=project)


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


def reading(model: Model, path: str) -> Model:
    """The model, which is trained alone, with a channel of a bucket of one's own."""
    assert model.training is not None
    channels = {"train": Channel(path=path), "validation": Channel(path="datasets/validation")}
    training = replace(model.training, channels=channels)
    return replace(model, training=training, serving=None, batch=None, monitoring=None, api=None)


def test_files_of_a_folder_named_as_the_channel_stand_for_a_folder_of_one_s_own_bucket(
    model: Model, project: Path
) -> None:
    write(project / "data" / "mine" / "train" / "day=1" / "more.csv", ROWS)
    away = reading(model, "s3://theirs/tables/train")
    check_data(model=away, project=project)
    assert {str(uri): file.name for uri, file in files_elsewhere(model=away, project=project).items()} == {
        "s3://theirs/tables/train/day=1/more.csv": "more.csv",
        "s3://theirs/tables/train/train.csv": "train.csv",
    }


def test_one_file_stands_for_an_object(model: Model, project: Path) -> None:
    away = reading(model, "s3://theirs/all.csv")
    assert {str(uri): file.name for uri, file in files_elsewhere(model=away, project=project).items()} == {
        "s3://theirs/all.csv": "train.csv"
    }
    write(project / "data" / "mine" / "train" / "more.csv", ROWS)
    with pytest.raises(DataError, match=r"data/mine/train/ must hold one file to stand for s3://theirs/all.csv, .* 2;"):
        check_data(model=away, project=project)


def test_where_nothing_stands_for_a_bucket_of_one_s_own_a_sentence_says_where_to_put_it(
    model: Model, project: Path
) -> None:
    (project / "data" / "mine" / "train" / "train.csv").unlink()
    said = (
        r"data/mine/train/ must hold files to stand for s3://theirs/train/, which training.channels.train reads, there "
        "are 0; put some of its data there: the local AWS has no bucket of yours"
    )
    with pytest.raises(DataError, match=said):
        check_data(model=reading(model, "s3://theirs/train/"), project=project)
