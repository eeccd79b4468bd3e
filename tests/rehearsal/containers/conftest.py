from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import dedent

import pytest

from modelyard.rehearsal.containers.servers import ModelServer, ServedModel
from modelyard.rehearsal.containers.training import TrainingSpec, run_training
from modelyard.rehearsal.containers.training_results import MetricDefinition, TrainingResult
from modelyard.rehearsal.regexes import Regexes

# Given by fixtures as functions, because what a test wants of them differs: here are their types.
RunScript = Callable[..., TrainingResult]
StartServer = Callable[..., ModelServer]


@pytest.fixture
def job_of(tmp_path: Path) -> Callable[..., TrainingSpec]:
    """Make a job of a script's text."""

    def make(
        script: str,
        *,
        hyperparameters: Mapping[str, str] | None = None,
        metrics: Sequence[MetricDefinition] = (),
        host_count: int = 1,
        environment: Mapping[str, str] | None = None,
        max_runtime_seconds: float = 30,
        stop_grace_seconds: float = 5,
        program: str = "train.py",
    ) -> TrainingSpec:
        source, channel = tmp_path / "source", tmp_path / "channel"
        source.mkdir(exist_ok=True)
        channel.mkdir(exist_ok=True)
        (source / program).write_text(dedent(script))
        (channel / "data.csv").write_text("1,2\n")
        return TrainingSpec(
            name="job",
            source=source,
            program=program,
            channels={"train": channel},
            hyperparameters=hyperparameters or {},
            metrics=metrics,
            host_count=host_count,
            environment=environment or {},
            max_runtime_seconds=max_runtime_seconds,
            stop_grace_seconds=stop_grace_seconds,
        )

    return make


@pytest.fixture
def run_script(job_of: Callable[..., TrainingSpec], tmp_path: Path) -> RunScript:
    """Run a script's text to its end."""

    def run(script: str, **options: object) -> TrainingResult:
        return run_training(job=job_of(script, **options), folder=tmp_path / "run")

    return run


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Serve a script's text; the server ends with the test."""
    servers: list[ModelServer] = []

    def start(script: str, *, environment: Mapping[str, str] | None = None, start_seconds: float = 20) -> ModelServer:
        source, archive = tmp_path / "source", tmp_path / "model"
        source.mkdir()
        archive.mkdir()
        (source / "serve.py").write_text(dedent(script))
        (archive / "weight").write_text("3")
        model = ServedModel(
            archive=archive,
            source=source,
            program="serve.py",
            environment=environment or {},
            start_seconds=start_seconds,
        )
        servers.append(ModelServer(model=model, folder=tmp_path / "tree"))
        return servers[-1]

    yield start
    for server in servers:
        server.stop(grace=5)


@pytest.fixture
def regexes() -> Iterator[Regexes]:
    """What matches regular expressions; its process ends with the test."""
    made = Regexes()
    yield made
    made.close()
