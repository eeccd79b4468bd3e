import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from modelyard.operations.datasets.churn import ChurnTable
from modelyard.rehearsal.containers.servers import ModelServer, ServedModel, ServerError
from modelyard.rehearsal.containers.training import TrainingSpec, run_training
from modelyard.rehearsal.containers.training_results import MetricDefinition, TrainingResult, TrainingStatus

# As AWS's container declares its metrics.
METRICS = [
    MetricDefinition(name=f"{data}:{name}", regex=rf".*\[[0-9]+\].*#011{data}-{name}:(\S+)")
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


@pytest.fixture(scope="module", params=["endpoint", "batch"])
def servers(
    request: pytest.FixtureRequest, result: TrainingResult, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, ModelServer]]:
    batch = {"SAGEMAKER_BATCH": "true"} if request.param == "batch" else {}
    assert result.model_archive is not None
    model = ServedModel(archive=result.model_archive, environment=ONE_THREAD | batch)
    with ModelServer(model=model, folder=tmp_path_factory.mktemp("server")) as server:
        yield request.param, server


def send(
    server: ModelServer, body: str, *, content_type: str = "text/csv", accept: str = "*/*"
) -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("POST", "/invocations", body, {"Content-Type": content_type, "Accept": accept})
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Content-Type", ""), answer.read().decode()
    finally:
        connection.close()


def test_the_algorithm_trains_without_a_script(result: TrainingResult) -> None:
    assert (result.status, result.failure_reason) == (TrainingStatus.COMPLETED, None)


@pytest.mark.usefixtures("result")
def test_a_round_is_logged_as_awss_container_logs_it(lines: list[str]) -> None:
    names = ["train-auc", "train-error", "validation-auc", "validation-error"]
    form = "".join(rf"#011{name}:0\.\d{{5}}" for name in names)

    assert re.fullmatch(rf"\[0\]{form}", lines[0])


def test_every_metric_of_awss_definitions_is_scraped(result: TrainingResult) -> None:
    assert set(result.final_metrics) == {metric.name for metric in METRICS}


def test_the_algorithm_ranks_churners_better_than_chance(result: TrainingResult) -> None:
    assert result.final_metrics["validation:auc"] > 0.5 + 0.35


def test_predictions_are_joined_by_commas_and_in_a_batch_by_lines(
    servers: tuple[str, ModelServer], churn: Path
) -> None:
    kind, server = servers
    labels, rows = labels_and_rows(churn)

    _, _, body = send(server, "\n".join(rows))

    scores = [float(text) for text in (body.split(",") if kind == "endpoint" else body.splitlines())]
    assert roc_auc_score(labels, scores) > 0.5 + 0.35


def labels_and_rows(churn: Path) -> tuple[np.ndarray, list[str]]:
    lines = (churn / "validation/validation.csv").read_text().splitlines()
    return np.array([int(line[0]) for line in lines]), [line.partition(",")[2] for line in lines]


@pytest.fixture(scope="module")
def server(result: TrainingResult, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelServer]:
    assert result.model_archive is not None
    model = ServedModel(archive=result.model_archive, environment=ONE_THREAD)
    with ModelServer(model=model, folder=tmp_path_factory.mktemp("server")) as started:
        yield started


def test_json_is_answered_with_a_score_a_row(server: ModelServer, churn: Path) -> None:
    _, rows = labels_and_rows(churn)

    status, kind, body = send(server, "\n".join(rows[:2]), accept="application/json")

    assert (status, kind, len(json.loads(body)["predictions"])) == (200, "application/json", 2)


def test_an_empty_body_is_answered_with_204(server: ModelServer) -> None:
    assert send(server, "")[0] == 204


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "status"),
    [
        ("a,b", "text/csv", "*/*", 415),
        ("1,2\n1", "text/csv", "*/*", 415),
        ("{}", "application/json", "*/*", 415),
        ("1,2", "text/csv", "*/*", 400),
        ("1,2", "text/csv", "image/png", 406),
    ],
)
def test_a_bad_request_is_answered_as_awss_container_does(
    server: ModelServer, body: str, content_type: str, accept: str, status: int
) -> None:
    assert send(server, body, content_type=content_type, accept=accept)[0] == status


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"num_round": None},
            "the hyperparameter num_round must be given, got none; set the number of rounds",
        ),
        ({"num_round": "0"}, "the hyperparameter num_round must be a whole number of 1 or more, got '0'"),
        ({"depth": "3"}, "the hyperparameter depth is not one of XGBoost's; remove it"),
        ({"max_depth": "deep"}, "XGBoost refused the hyperparameters or the data: Invalid"),
        ({"early_stopping_rounds": "x"}, "the hyperparameter early_stopping_rounds must be a whole number"),
    ],
)
def test_a_wrong_hyperparameter_is_a_client_error(
    churn: Path, tmp_path: Path, change: dict[str, str | None], sentence: str
) -> None:
    given = {name: text for name, text in (HYPERPARAMETERS | change).items() if text is not None}

    reason = run_training(job=job_of({"train": churn / "train"}, given), folder=tmp_path / "run").failure_reason

    assert reason is not None
    assert reason.startswith(f"ClientError: {sentence}")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (None, "the channel train must be given, got none; add it to the training job"),
        ("", "the channel train must hold CSV without header: rows must be equally long and at least one"),
        ("1,a\n", "the channel train must hold CSV without header: could not convert string to float: 'a'"),
    ],
)
def test_a_bad_channel_is_a_client_error(tmp_path: Path, files: str | None, sentence: str) -> None:
    channels = {}
    if files is not None:
        (tmp_path / "train.csv").write_text(files)
        channels = {"train": tmp_path / "train.csv"}

    reason = run_training(job=job_of(channels, HYPERPARAMETERS), folder=tmp_path / "run").failure_reason

    assert reason is not None
    assert reason.startswith(f"ClientError: {sentence}")


def test_an_empty_cell_is_a_missing_value(churn: Path, tmp_path: Path) -> None:
    text = (churn / "train/train.csv").read_text().replace(",0,", ",,")
    (tmp_path / "train.csv").write_text(text)

    job = job_of({"train": tmp_path / "train.csv"}, {"num_round": "2", "objective": "binary:logistic"})

    assert run_training(job=job, folder=tmp_path / "run").status == TrainingStatus.COMPLETED


def test_a_model_of_another_kind_cannot_be_served(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()

    with pytest.raises(ServerError, match="must hold a version folder with a SavedModel or the file"):
        ModelServer(model=ServedModel(archive=tmp_path / "model"), folder=tmp_path / "tree")
