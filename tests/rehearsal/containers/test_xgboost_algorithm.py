import re
import shutil
import tarfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars
import pytest
import xgboost
from sklearn.metrics import roc_auc_score

from modelyard.operations.datasets.churn import ChurnTable
from modelyard.rehearsal.containers.training import TrainingRun, TrainingSpec, run_training
from modelyard.rehearsal.containers.training_results import MetricDefinition, TrainingResult, TrainingStatus
from modelyard.shared.container_families import XGBOOST
from modelyard.shared.xgboost_hyperparameters import CONTAINER_METRICS

# As AWS's container declares its metrics.
METRICS = [
    MetricDefinition(name=f"{data}:{name}", regex=rf".*\[[0-9]+\].*#011{data}-{name}:([-+.\deE]+)")
    for data in ("train", "validation")
    for name in ("auc", "error")
]
HYPERPARAMETERS = {
    "num_round": "20",
    "max_depth": "4",
    "objective": "binary:logistic",
    "eval_metric": "auc,error",
    "_tuning_objective_metric": "validation:auc",
}
ONE_THREAD = {"OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def churn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("churn")
    ChurnTable(rows=2000).write(folder=folder)
    return folder


def job_of(channels: dict[str, Path], hyperparameters: dict[str, str]) -> TrainingSpec:
    return TrainingSpec(
        name="built-in",
        channels=channels,
        content_types=dict.fromkeys(channels, "text/csv"),
        family=XGBOOST,
        hyperparameters=hyperparameters,
        metrics=METRICS,
        environment=ONE_THREAD,
        max_runtime_seconds=60,
    )


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return []


@pytest.fixture(scope="module")
def result(churn: Path, lines: list[str], tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    job = job_of({name: churn / name for name in ("train", "validation")}, HYPERPARAMETERS)
    folder = tmp_path_factory.mktemp("run")
    return run_training(job=job, folder=folder, on_line=lambda _host, line: lines.append(line))


def test_the_algorithm_trains_without_a_script(result: TrainingResult) -> None:
    assert (result.status, result.failure_reason) == (TrainingStatus.COMPLETED, None)


def test_the_model_that_it_leaves_ranks_churners_as_it_says(result: TrainingResult, churn: Path) -> None:
    assert result.model_archive is not None
    with tarfile.open(result.model_archive) as tar:
        saved = tar.extractfile("xgboost-model")
        assert saved is not None
        booster = xgboost.Booster(model_file=bytearray(saved.read()))
    table = np.loadtxt(churn / "validation/validation.csv", delimiter=",")

    scores = booster.predict(xgboost.DMatrix(table[:, 1:]))

    assert roc_auc_score(table[:, 0], scores) == pytest.approx(result.final_metrics["validation:auc"], abs=1e-4)


@pytest.mark.usefixtures("result")
def test_a_round_is_logged_as_awss_container_logs_it(lines: list[str]) -> None:
    names = ["train-auc", "train-error", "validation-auc", "validation-error"]
    form = "".join(rf"#011{name}:0\.\d{{5}}" for name in names)

    assert re.fullmatch(rf"\[0\]{form}", lines[0])


def test_every_metric_of_awss_definitions_is_scraped(result: TrainingResult) -> None:
    assert set(result.final_metrics) == {metric.name for metric in METRICS}


def test_the_algorithm_ranks_churners_better_than_chance(result: TrainingResult) -> None:
    assert result.final_metrics["validation:auc"] > 0.5 + 0.35


def log_of_failed(job: TrainingSpec, folder: Path) -> str:
    """The log, whose end the reason has below its traceback."""
    lines: list[str] = []
    result = run_training(job=job, folder=folder, on_line=lambda _host, line: lines.append(line))
    reason = str(result.failure_reason)
    assert reason.startswith("AlgorithmError: framework error: \nTraceback (most recent call last):")
    log = "\n".join(lines)
    assert log[:200] in reason
    return log


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"num_round": None},
            "Missing required hyperparameter: num_round; num_round must be a whole number of at least 1",
        ),
        ({"num_round": "0"}, "Hyperparameter num_round: 0 is not in its range; num_round must be a whole number"),
        ({"depth": "3"}, "Extraneous hyperparameter found: depth; depth must be one that there is, such as max_depth"),
        ({"max_depth": "deep"}, "Hyperparameter max_depth: could not parse value; max_depth must be a whole number"),
        ({"objective": None}, "KeyError: 'objective'; eval_metric must be given together with objective"),
        ({"tree_method": "gpu_hist"}, "XGB train call failed with exception:\n Invalid Input: 'gpu_hist'"),
    ],
)
def test_a_wrong_hyperparameter_fails_the_job_with_the_containers_traceback(
    churn: Path, tmp_path: Path, change: dict[str, str | None], sentence: str
) -> None:
    given = {name: text for name, text in (HYPERPARAMETERS | change).items() if text is not None}

    assert sentence in log_of_failed(job_of({"train": churn / "train"}, given), tmp_path / "run")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (None, "the channel train must be given, got none; add it to the training job"),
        ("", "No data in the channel train; put files there"),
        ("\n", "the channel train must hold CSV without header: rows must be equally long and at least one"),
        (",1\n", "the channel train must hold CSV without header: Check failed: valid: Label contains NaN"),
        ("1,a\n", "the channel train must hold CSV without header: could not convert string to float: 'a'"),
    ],
)
def test_a_bad_channel_fails_the_job(tmp_path: Path, files: str | None, sentence: str) -> None:
    channels = {}
    if files is not None:
        (tmp_path / "train.csv").write_text(files)
        channels = {"train": tmp_path / "train.csv"}

    assert sentence in log_of_failed(job_of(channels, HYPERPARAMETERS), tmp_path / "run")


def test_an_empty_cell_is_a_missing_value(churn: Path, tmp_path: Path) -> None:
    text = (churn / "train/train.csv").read_text().replace(",0,", ",,")
    (tmp_path / "train.csv").write_text(text)

    job = job_of({"train": tmp_path / "train.csv"}, {"num_round": "2", "objective": "binary:logistic"})

    assert run_training(job=job, folder=tmp_path / "run").status == TrainingStatus.COMPLETED


SHORT = {"num_round": "3", "objective": "binary:logistic"}


def test_a_channel_without_a_content_type_is_read_as_libsvm(churn: Path, tmp_path: Path) -> None:
    job = replace(job_of({"train": churn / "train"}, SHORT), content_types={})

    assert "is not 'LIBSVM' format" in log_of_failed(job, tmp_path / "run")


def test_libsvm_is_trained_on(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("1 0:0.5 2:1\n0 1:2\n" * 20)
    job = replace(job_of({"train": tmp_path / "train.txt"}, SHORT), content_types={})

    assert run_training(job=job, folder=tmp_path / "run").status == TrainingStatus.COMPLETED


@pytest.mark.parametrize("kind", ["text/csv;label_size=1", "text/csv; charset=utf-8"])
def test_a_content_type_is_compared_to_the_letter(churn: Path, tmp_path: Path, kind: str) -> None:
    job = replace(job_of({"train": churn / "train"}, SHORT), content_types={"train": kind})

    assert f"Channel configuration of train is not supported: ContentType {kind}" in log_of_failed(
        job, tmp_path / "run"
    )


def test_a_content_type_that_is_not_rehearsed_is_refused(churn: Path, tmp_path: Path) -> None:
    job = replace(job_of({"train": churn / "train"}, SHORT), content_types={"train": "recordio-protobuf"})

    assert "the channel train is recordio-protobuf, which is not rehearsed" in log_of_failed(job, tmp_path / "run")


def test_a_channel_of_another_name_fails_the_job(churn: Path, tmp_path: Path) -> None:
    job = job_of({"train": churn / "train", "test": churn / "validation"}, SHORT)

    assert "Extraneous channel found: test" in log_of_failed(job, tmp_path / "run")


def test_a_hidden_file_fails_the_job(churn: Path, tmp_path: Path) -> None:
    shutil.copytree(churn / "train", tmp_path / "train")
    (tmp_path / "train/.done").write_text("")

    assert "Hidden file found in the data path!" in log_of_failed(
        job_of({"train": tmp_path / "train"}, SHORT), tmp_path / "run"
    )


def parquet(folder: Path, *, label: str, first: Sequence[object]) -> Path:
    """Write a channel of two files with the label first, and return its folder."""
    folder.mkdir()
    table = polars.DataFrame({label: [1, 0] * 20, "first": [*first] * 20, "second": [0.5, None] * 20})
    for number, part in enumerate((table[:30], table[30:])):
        part.write_parquet(folder / f"part-{number}.parquet")
    return folder


@pytest.mark.parametrize("kind", ["application/x-parquet", "parquet"])
def test_parquet_is_trained_on_as_the_same_csv_is(tmp_path: Path, kind: str) -> None:
    (tmp_path / "train.csv").write_text("1,3,0.5\n0,4,\n" * 20)
    csv = job_of({"train": tmp_path / "train.csv"}, SHORT)
    same = {"train": parquet(tmp_path / "parquet", label="label", first=[3, 4])}

    results = [
        run_training(job=csv, folder=tmp_path / "csv"),
        run_training(job=replace(csv, channels=same, content_types={"train": kind}), folder=tmp_path / "run"),
    ]

    assert [result.failure_reason for result in results] == [None, None]
    models = [(tmp_path / run / "algo-1/model/xgboost-model").read_bytes() for run in ("csv", "run")]
    assert models[0] == models[1]


def test_a_column_of_text_in_parquet_fails_the_job(tmp_path: Path) -> None:
    channels = {"train": parquet(tmp_path / "parquet", label="label", first=["a", "b"])}
    job = replace(job_of(channels, SHORT), content_types={"train": "parquet"})

    assert (
        "the channel train must hold Parquet, the label in the first column: the column first must hold numbers, it is "
        "String" in log_of_failed(job, tmp_path / "run")
    )


@pytest.mark.parametrize(
    "given",
    [
        {"learning_rate": "0.2", "reg_lambda": "2", "reg_alpha": "0.1", "min_split_loss": "0.1"},
        {"predictor": "auto", "dsplit": "row", "prob_buffer_row": "1.5", "use_dask_gpu_training": "false"},
        {"csv_weights": "1"},
        {"save_model_on_termination": "true"},
    ],
)
def test_what_the_container_takes_is_taken(churn: Path, tmp_path: Path, given: dict[str, str]) -> None:
    job = job_of({"train": churn / "train"}, SHORT | given)

    assert run_training(job=job, folder=tmp_path / "run").failure_reason is None


@pytest.fixture(scope="module")
def measured(churn: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """What the container's own metrics are after a few rounds, and XGBoost's error."""
    channels = {name: churn / name for name in ("train", "validation")}
    lines: list[str] = []
    job = job_of(channels, SHORT | {"eval_metric": ",".join(("error", *CONTAINER_METRICS))})
    result = run_training(
        job=job, folder=tmp_path_factory.mktemp("measured"), on_line=lambda _host, line: lines.append(line)
    )
    assert result.failure_reason is None
    scores = re.findall(r"validation-(\S+?):([^#]+)", lines[-1])
    return {name: float(score) for name, score in scores}


def test_the_container_computes_its_own_metrics(measured: dict[str, float]) -> None:
    assert set(measured) == {"error", *CONTAINER_METRICS}


def test_accuracy_is_what_the_error_leaves(measured: dict[str, float]) -> None:
    assert measured["accuracy"] == pytest.approx(1 - measured["error"], abs=1e-5)


def test_the_mean_squared_error_is_the_square_of_its_root(measured: dict[str, float]) -> None:
    assert measured["mse"] == pytest.approx(measured["rmse"] ** 2, abs=1e-4)


def test_a_metric_that_the_labels_do_not_take_fails_the_job(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("0,1\n1,2\n2,3\n" * 10)
    given = {"num_round": "2", "objective": "multi:softprob", "num_class": "3", "eval_metric": "f1_binary"}

    told = log_of_failed(job_of({"train": tmp_path / "train.csv"}, given), tmp_path / "run")

    assert "XGB train call failed with exception:\n Target is multiclass but average='binary'" in told


def test_training_stops_early_by_a_metric_of_the_containers_own(churn: Path, tmp_path: Path) -> None:
    job = job_of({name: churn / name for name in ("train", "validation")}, IDLE | {"eval_metric": "f1"})

    assert rounds_of(job, tmp_path / "run") == 3


@pytest.fixture(scope="module")
def cross_validated(churn: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainingResult]:
    given = SHORT | {"_kfold": "3", "_num_cv_round": "2", "eval_metric": "error,auc"}
    folder = tmp_path_factory.mktemp("folds")
    job = job_of({name: churn / name for name in ("train", "validation")}, given)
    return folder, run_training(job=job, folder=folder)


def test_cross_validation_leaves_a_model_for_each_fold_of_each_round(
    cross_validated: tuple[Path, TrainingResult],
) -> None:
    folder, result = cross_validated

    assert result.status == TrainingStatus.COMPLETED
    files = sorted(path.name for path in (folder / "algo-1/model").iterdir())
    assert files == [f"xgboost-model-{number}" for number in range(6)]


def test_it_leaves_what_was_predicted_for_each_row(churn: Path, cross_validated: tuple[Path, TrainingResult]) -> None:
    rows = np.loadtxt(cross_validated[0] / "algo-1/output/data/predictions.csv", delimiter=",")
    labels = [
        float(line.partition(",")[0])
        for name in ("train", "validation")
        for path in sorted((churn / name).iterdir())
        for line in path.read_text().splitlines()
    ]

    assert rows[:, 0].tolist() == labels
    assert roc_auc_score(rows[:, 0], rows[:, 1]) > 0.6
    assert set(rows[:, 2]) <= {0, 1}


@pytest.mark.parametrize(("channels", "without"), [(("train",), ""), (("train", "validation"), "objective")])
def test_cross_validation_needs_validation_data_and_an_objective(
    churn: Path, tmp_path: Path, channels: tuple[str, ...], without: str
) -> None:
    given = {name: text for name, text in (SHORT | {"_kfold": "3"}).items() if name != without}
    job = job_of({name: churn / name for name in channels}, given)

    assert "_kfold must be given together with objective and the channel validation" in log_of_failed(
        job, tmp_path / "run"
    )


def rounds_of(job: TrainingSpec, folder: Path) -> int:
    lines: list[str] = []
    run_training(job=job, folder=folder, on_line=lambda _host, line: lines.append(line))
    return sum(line.startswith("[") for line in lines)


# Rounds that learn nothing: the first is the best.
IDLE = {"num_round": "30", "objective": "binary:logistic", "eta": "0", "early_stopping_rounds": "2"}


@pytest.mark.parametrize(
    ("channels", "given", "rounds"),
    [
        (("train", "validation"), {"eval_metric": "logloss"}, 3),
        (("train", "validation"), {}, 30),
        (("train",), {"eval_metric": "logloss"}, 30),
    ],
)
def test_training_stops_early_only_with_a_metric_and_validation_data(
    churn: Path, tmp_path: Path, channels: tuple[str, ...], given: dict[str, str], rounds: int
) -> None:
    job = job_of({name: churn / name for name in channels}, IDLE | given)

    assert rounds_of(job, tmp_path / "run") == rounds


def test_a_job_that_saves_on_termination_keeps_its_last_whole_round(churn: Path, tmp_path: Path) -> None:
    given = {"num_round": "100000", "objective": "binary:logistic", "save_model_on_termination": "true"}
    run = TrainingRun(job=job_of({"train": churn / "train"}, given), folder=tmp_path / "run")
    saved = tmp_path / "run/algo-1/model/xgboost-model"
    while run.running and not saved.is_file():
        time.sleep(0.05)

    run.stop()
    archive = run.wait().model_archive

    assert archive is not None
    with tarfile.open(archive) as tar:
        assert "xgboost-model" in tar.getnames()
