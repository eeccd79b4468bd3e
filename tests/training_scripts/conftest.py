import http.client
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest

from modelyard.operations.datasets.churn import ChurnTable
from modelyard.operations.datasets.digits import DigitImages
from modelyard.rehearsal.containers.servers import ModelServer, ServedModel
from modelyard.rehearsal.containers.training import TrainingSpec, run_training
from modelyard.rehearsal.containers.training_results import MetricDefinition, TrainingResult
from modelyard.shared.container_families import FAMILIES, CodePlace, ContainerFamily

SCRIPTS = Path(__file__).parents[2] / "training_scripts"
# Several tests share two cores with other work: threads that wait for each other make it slower, not faster.
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
FRAMEWORKS = {
    "churn_xgboost": "xgboost",
    "churn_forest": "sklearn",
    "mnist_torch": "pytorch",
    "mnist_tf": "tensorflow",
}
METRICS = {
    "churn_xgboost": {"train:auc": r"train-auc:([\d.]+)", "validation:auc": r"validation-auc:([\d.]+)"},
    "churn_forest": {
        "validation:auc": r"validation-auc:(\S+)",
        "validation:accuracy": r"validation-accuracy:(\S+)",
    },
    "mnist_torch": {
        "train:loss": r"Train Loss: (.*?);",
        "test:loss": r"Test Average loss: (.*?),",
        "test:accuracy": r"Test Accuracy: (.*?)%;",
    },
    "mnist_tf": {
        "train:loss": r"train_loss: (\S+)",
        "val:loss": r"val_loss: (\S+)",
        "val:accuracy": r"val_accuracy: (\S+)",
    },
}
Train = Callable[..., TrainingResult]
Serve = Callable[..., ModelServer]


def need(module: str) -> None:
    """Skip without an optional framework, except where everything must be tested."""
    if importlib.util.find_spec(module) is None and os.environ.get("CI") != "true":
        pytest.skip(f"{module} is not installed; pip install -r requirements-deep.txt")


@pytest.fixture(scope="session")
def churn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("churn")
    ChurnTable().write(folder=folder)
    return folder


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("digits")
    DigitImages().write(folder=folder)
    return folder


def family_of(workload: str) -> ContainerFamily:
    """The family of the container that a workload is made for."""
    return FAMILIES[FRAMEWORKS[workload]]


@pytest.fixture(scope="session")
def train(tmp_path_factory: pytest.TempPathFactory) -> Train:
    """Train a workload by the runner."""

    def run(
        workload: str,
        *,
        channels: Mapping[str, Path],
        hyperparameters: Mapping[str, object] | None = None,
        host_count: int = 1,
        on_line: Callable[[str], None] = lambda _line: None,
    ) -> TrainingResult:
        given = hyperparameters if hyperparameters is not None else {}
        job = TrainingSpec(
            name=workload.replace("_", "-"),
            source=SCRIPTS / workload,
            program="train.py",
            family=family_of(workload),
            channels=channels,
            hyperparameters={name: str(value) for name, value in given.items()},
            metrics=[MetricDefinition(name=name, regex=regex) for name, regex in METRICS[workload].items()],
            host_count=host_count,
            environment=ONE_THREAD,
            max_runtime_seconds=120,
        )
        return run_training(
            job=job, folder=tmp_path_factory.mktemp(workload), on_line=lambda _host, line: on_line(line)
        )

    return run


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Serve what a workload trained; every server ends with the session."""
    servers: list[ModelServer] = []

    def start(workload: str, result: TrainingResult) -> ModelServer:
        assert result.model_archive is not None, result.failure_reason
        family = family_of(workload)
        model = ServedModel(
            archive=result.model_archive,
            source=None if family.code_place is CodePlace.ARTIFACT else SCRIPTS / workload,
            program="train.py",
            family=family,
            environment=ONE_THREAD,
        )
        servers.append(ModelServer(model=model, folder=tmp_path_factory.mktemp("server")))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def xgboost_result(train: Train, churn: Path) -> TrainingResult:
    channels = {name: churn / name for name in ("train", "validation")}
    return train("churn_xgboost", channels=channels, hyperparameters={"num_round": 30, "max_depth": 4})


@pytest.fixture(scope="session")
def forest_result(train: Train, churn: Path) -> TrainingResult:
    channels = {name: churn / name for name in ("train", "validation")}
    return train("churn_forest", channels=channels, hyperparameters={"n_estimators": 60, "min_samples_leaf": 2})


@pytest.fixture(scope="session")
def forest_onnx_result(train: Train, churn: Path) -> TrainingResult:
    channels = {name: churn / name for name in ("train", "validation")}
    hyperparameters = {"n_estimators": 60, "min_samples_leaf": 2, "format": "onnx"}
    return train("churn_forest", channels=channels, hyperparameters=hyperparameters)


@pytest.fixture(scope="session")
def xgboost_server(serve: Serve, xgboost_result: TrainingResult) -> ModelServer:
    return serve("churn_xgboost", xgboost_result)


@pytest.fixture(scope="session")
def forest_server(serve: Serve, forest_result: TrainingResult) -> ModelServer:
    return serve("churn_forest", forest_result)


@pytest.fixture(scope="session")
def forest_onnx_server(serve: Serve, forest_onnx_result: TrainingResult) -> ModelServer:
    return serve("churn_forest", forest_onnx_result)


@pytest.fixture(scope="session")
def invoke() -> Callable[..., tuple[int, str, str]]:
    """Send one request, and return status, content type and body."""

    def send(
        server: ModelServer, body: str | bytes, *, content_type: str = "text/csv", accept: str = "text/csv"
    ) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        try:
            headers = {"Content-Type": content_type, "Accept": accept}
            connection.request("POST", "/invocations", body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers.get("Content-Type", ""), answer.read().decode()
        finally:
            connection.close()

    return send


@pytest.fixture(scope="session")
def churn_table() -> ModuleType:
    """The module that both churn workloads read and write tables with."""
    path = SCRIPTS / "churn_xgboost" / "churn_table.py"
    spec = importlib.util.spec_from_file_location("churn_table", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["churn_table"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def torch_is_there() -> None:
    need("torch")


@pytest.fixture(scope="session")
def tensorflow_is_there() -> None:
    need("tensorflow")
