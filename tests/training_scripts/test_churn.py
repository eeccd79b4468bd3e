import http.client
import importlib.util
import json
import shutil
import sys
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from modelyard.rehearsal.containers.servers import ModelServer
from modelyard.rehearsal.containers.training_results import TrainingResult, TrainingStatus

WORKLOADS = ["churn_xgboost", "churn_forest"]
SCRIPTS = Path(__file__).parents[2] / "training_scripts"
FORMS = ["xgboost", "forest", "forest_onnx"]
# A predictor that says the same of everyone has 0.5; a linear model on this table reaches 0.87.
MARGIN = 0.38
Train = Callable[..., TrainingResult]
Invoke = Callable[..., tuple[int, str, str]]


@pytest.fixture(params=WORKLOADS)
def workload(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    """What was trained, and how it was saved."""
    name: str = request.param
    return name


@pytest.fixture
def result(form: str, request: pytest.FixtureRequest) -> TrainingResult:
    trained: TrainingResult = request.getfixturevalue(f"{form}_result")
    return trained


@pytest.fixture
def server(form: str, request: pytest.FixtureRequest) -> ModelServer:
    started: ModelServer = request.getfixturevalue(f"{form}_server")
    return started


@pytest.fixture(scope="module")
def held_out(churn: Path) -> tuple[np.ndarray, list[str]]:
    lines = (churn / "validation/validation.csv").read_text().splitlines()
    return np.array([int(line[0]) for line in lines]), [line.partition(",")[2] for line in lines]


@pytest.fixture(scope="module")
def rows(churn: Path) -> list[str]:
    return (churn / "traffic/traffic.csv").read_text().splitlines()


def test_training_completes(result: TrainingResult) -> None:
    assert (result.status, result.failure_reason) == (TrainingStatus.COMPLETED, None)


def test_the_validation_auc_is_scraped(result: TrainingResult) -> None:
    assert 0.5 + MARGIN < result.final_metrics["validation:auc"] < 1


def test_xgboost_reports_each_round(xgboost_result: TrainingResult) -> None:
    names = [metric.name for metric in xgboost_result.metrics]

    assert (names.count("validation:auc"), names.count("train:auc")) == (30, 30)


def test_xgboost_reports_every_metric_that_it_is_asked_for(train: Train, churn: Path) -> None:
    channels = {name: churn / name for name in ("train", "validation")}

    result = train("churn_xgboost", channels=channels, hyperparameters={"num_round": 2, "eval_metric": "logloss,auc"})

    assert set(result.final_metrics) == {"train:auc", "validation:auc"}


def test_the_forest_is_more_accurate_than_saying_that_all_stay(
    forest_result: TrainingResult, held_out: tuple[np.ndarray, list[str]]
) -> None:
    labels, _ = held_out

    assert forest_result.final_metrics["validation:accuracy"] > 1 - labels.mean() + 0.03


@pytest.mark.parametrize(
    ("name", "file"), [("xgboost", "model.json"), ("forest", "model.joblib"), ("forest_onnx", "model.onnx")]
)
def test_the_archive_holds_the_model_alone(name: str, file: str, request: pytest.FixtureRequest) -> None:
    trained: TrainingResult = request.getfixturevalue(f"{name}_result")

    assert trained.model_archive is not None
    with tarfile.open(trained.model_archive) as tar:
        assert tar.getnames() == [file]


def test_training_again_gives_the_same_archive(train: Train, churn: Path, xgboost_result: TrainingResult) -> None:
    channels = {name: churn / name for name in ("train", "validation")}

    again = train("churn_xgboost", channels=channels, hyperparameters={"num_round": 30, "max_depth": 4})

    assert again.model_archive is not None
    assert xgboost_result.model_archive is not None
    assert again.model_archive.read_bytes() == xgboost_result.model_archive.read_bytes()


def test_served_probabilities_rank_churners_better_than_chance(
    server: ModelServer, invoke: Invoke, held_out: tuple[np.ndarray, list[str]]
) -> None:
    labels, lines = held_out

    _, _, body = invoke(server, "\n".join(lines))

    assert roc_auc_score(labels, [float(line) for line in body.splitlines()]) > 0.5 + MARGIN


def test_onnx_answers_as_scikit_learn_does(
    forest_server: ModelServer, forest_onnx_server: ModelServer, invoke: Invoke, rows: list[str]
) -> None:
    answers = [invoke(server, "\n".join(rows))[2].splitlines() for server in (forest_server, forest_onnx_server)]

    assert np.array(answers[1], dtype=float) == pytest.approx(np.array(answers[0], dtype=float), abs=1e-5)


def test_a_forest_that_answers_otherwise_as_onnx_is_refused(
    churn: Path, churn_table: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert churn_table.__name__ in sys.modules
    spec = importlib.util.spec_from_file_location("churn_forest_train", SCRIPTS / "churn_forest/train.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    # scikit-learn rounds what it compares as ONNX does: only that the sums of many trees differ a little remains.
    monkeypatch.setattr(script, "MOST_DIFFERENCE", 0.0)
    channels = [f"--{name}={churn / name}" for name in ("train", "validation")]
    options = script._options([*channels, f"--model-dir={tmp_path}", "--format=onnx", "--n_estimators=20"])

    with pytest.raises(script.BadInputError, match=r"on channel validation, got .*; save it with --format joblib"):
        script.train(options)

    assert list(tmp_path.iterdir()) == []


def test_many_rows_get_as_many_probabilities(server: ModelServer, invoke: Invoke, rows: list[str]) -> None:
    assert len(invoke(server, "\n".join(rows))[2].splitlines()) == len(rows)


def test_csv_is_answered_with_csv(server: ModelServer, invoke: Invoke, rows: list[str]) -> None:
    status, kind, body = invoke(server, rows[0])

    assert (status, kind, 0 <= float(body) <= 1) == (200, "text/csv", True)


def test_json_gets_the_same_probabilities_as_csv(server: ModelServer, invoke: Invoke, rows: list[str]) -> None:
    instances = [[float(cell) for cell in row.split(",")] for row in rows[:3]]
    document = json.dumps({"instances": instances})

    _, _, as_csv = invoke(server, "\n".join(rows[:3]))
    _, _, as_json = invoke(server, document, content_type="application/json", accept="application/json")

    assert json.loads(as_json)["predictions"] == [float(line) for line in as_csv.splitlines()]


@pytest.mark.parametrize(
    ("body", "content_type", "accept"),
    [
        ("a,b,c", "text/csv", "text/csv"),
        ("1,2,3", "text/csv", "text/csv"),
        ("", "text/csv", "text/csv"),
        ("{", "application/json", "text/csv"),
        ("<x/>", "application/xml", "text/csv"),
    ],
)
def test_a_bad_request_is_answered_as_awss_container_does(
    server: ModelServer, invoke: Invoke, body: str, content_type: str, accept: str
) -> None:
    assert invoke(server, body, content_type=content_type, accept=accept)[0] == 500


def test_an_accept_that_cannot_be_met_is_a_500_too(server: ModelServer, invoke: Invoke, rows: list[str]) -> None:
    assert invoke(server, rows[0], accept="image/png")[0] == 500


def test_concurrent_requests_each_get_their_own_answer(server: ModelServer, invoke: Invoke, rows: list[str]) -> None:
    alone = [invoke(server, row)[2] for row in rows[:24]]

    with ThreadPoolExecutor(max_workers=8) as pool:
        together = list(pool.map(lambda row: invoke(server, row)[2], rows[:24]))

    assert together == alone


def test_one_connection_carries_many_requests(server: ModelServer, rows: list[str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    statuses = []
    for row in rows[:5]:
        connection.request("POST", "/invocations", row, {"Content-Type": "text/csv"})
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()

    assert statuses == [200] * 5


def bad_channel(tmp_path: Path, *, churn: Path, content: str) -> dict[str, Path]:
    shutil.copytree(churn / "train", tmp_path / "train")
    (tmp_path / "train/train.csv").write_text(content)
    return {"train": tmp_path / "train", "validation": churn / "validation"}


class Failing:
    """Jobs that fail, and what they say: XGBoost's container tells nothing of it in the reason, so it is in the log."""

    def __init__(self, train: Train) -> None:
        self._train = train

    def says(self, workload: str, **job: object) -> str:
        lines: list[str] = []
        reason = str(self._train(workload, on_line=lines.append, **job).failure_reason)
        if workload == "churn_xgboost":
            assert reason.startswith('AlgorithmError: ExecuteUserScriptError:\nCommand "')
            return lines[-1]
        return reason.removeprefix("AlgorithmError: ").removesuffix(", exit code: 1")


@pytest.fixture
def failing(train: Train) -> Failing:
    return Failing(train)


def test_a_missing_channel_ends_with_one_sentence(failing: Failing, workload: str, churn: Path) -> None:
    said = failing.says(workload, channels={"train": churn / "train"})

    sentence = "channel validation is missing, got no folder; add a channel of that name to the job"
    assert said == sentence


def test_a_text_cell_ends_with_one_sentence(failing: Failing, workload: str, churn: Path, tmp_path: Path) -> None:
    said = failing.says(workload, channels=bad_channel(tmp_path, churn=churn, content="0,1,2\n1,CA,3\n"))

    place = "channel train, file train.csv, line 2, column 2"
    assert said == f"{place} must be a finite number, got 'CA'"


def test_an_empty_file_ends_with_one_sentence(failing: Failing, workload: str, churn: Path, tmp_path: Path) -> None:
    said = failing.says(workload, channels=bad_channel(tmp_path, churn=churn, content=""))

    sentence = "channel train, file train.csv must hold at least one row of numbers, got nothing"
    assert said == sentence


def test_channels_of_different_widths_end_with_one_sentence(
    failing: Failing, workload: str, churn: Path, tmp_path: Path
) -> None:
    said = failing.says(workload, channels=bad_channel(tmp_path, churn=churn, content="0,1,2\n1,2,3\n"))

    sentence = "channels train and validation must have equally many features, got 2 and 69"
    assert said == sentence


@pytest.mark.parametrize(
    ("name", "hyperparameters", "sentence"),
    [
        ("churn_xgboost", {"eta": "2"}, "argument --eta: must be a number between 0 and 1, got '2'"),
        (
            "churn_xgboost",
            {"max_depth": "deep"},
            "argument --max_depth: must be a whole number between 1 and 64, got 'deep'",
        ),
        ("churn_xgboost", {"objective": "binary:hinge"}, "argument --objective: invalid choice: 'binary:hinge'"),
        (
            "churn_xgboost",
            {"eval_metric": "auc,rmse"},
            "argument --eval_metric: must be of auc, aucpr, error, logloss, joined by commas, got 'rmse'",
        ),
        ("churn_xgboost", {"depth": "3"}, "unrecognized arguments: --depth 3"),
        (
            "churn_forest",
            {"n_estimators": "-5"},
            "argument --n_estimators: must be a whole number between 1 and 100000, got '-5'",
        ),
        ("churn_forest", {"trees": "3"}, "unrecognized arguments: --trees 3"),
    ],
)
def test_a_wrong_hyperparameter_ends_with_one_sentence(
    failing: Failing, churn: Path, name: str, hyperparameters: dict[str, str], sentence: str
) -> None:
    channels = {part: churn / part for part in ("train", "validation")}

    said = failing.says(name, channels=channels, hyperparameters=hyperparameters)

    assert said.startswith(f"hyperparameters: {sentence}")


def test_two_hosts_end_with_one_sentence(failing: Failing, workload: str, churn: Path) -> None:
    channels = {name: churn / name for name in ("train", "validation")}

    said = failing.says(workload, channels=channels, host_count=2)

    assert said == f"{workload} needs an instance count of 1, got 2; set it to 1"
