"""Images of the user's own, for which a command of this machine stands."""

import json
import sys
import tarfile
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from modelyard.rehearsal.containers.local_commands import LocalCommand, LocalCommandError, LocalCommands
from modelyard.rehearsal.containers.networks import Network
from modelyard.rehearsal.containers.servers import ModelServer, ServedModel, ServerError
from modelyard.rehearsal.containers.training import TrainingSpec, run_training
from modelyard.rehearsal.containers.training_results import TrainingResult, TrainingStatus
from support.model_servers import send

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/ranker:3"
SERVER = """
    import http.server, os, pathlib

    MODEL = pathlib.Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"), "model")
    print("the folder is", os.getcwd(), flush=True)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.answer(b"")

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(body + b" of " + (MODEL / "name").read_bytes() + b" " + os.environ["TONE"].encode())

        def answer(self, body):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    http.server.HTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
"""
TRAINER = """
    import json, os, pathlib

    root = pathlib.Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
    depth = json.loads((root / "input/config/hyperparameters.json").read_text())["depth"]
    rows = (root / "input/data/train/rows.csv").read_text()
    print("loss=0.5;", flush=True)
    told = [name for name in os.environ if name.startswith("SM_")]
    (root / "model/model.json").write_text(json.dumps([depth, rows, os.environ["TRAINING_JOB_NAME"], told]))
"""


def commands(folder: Path, text: str) -> LocalCommands:
    file = folder / "local_commands.toml"
    file.write_text(text, encoding="utf-8")
    return LocalCommands(file=file)


def program(folder: Path, text: str) -> LocalCommand:
    (folder / "program.py").write_text(textwrap.dedent(text), encoding="utf-8")
    return LocalCommand(words=(sys.executable, "program.py"), folder=folder)


def test_a_command_runs_in_the_folder_of_its_file(tmp_path: Path) -> None:
    found = commands(tmp_path, f'["{IMAGE}"]\nserve = ["python", "server.py"]').needed(image=IMAGE, purpose="serve")

    assert found == LocalCommand(words=("python", "server.py"), folder=tmp_path)


@pytest.mark.parametrize("text", ["", f'["{IMAGE}"]\ntrain = ["python", "train.py"]', '["other"]\nserve = ["a"]'])
def test_an_image_without_a_command_is_refused_with_what_to_write(tmp_path: Path, text: str) -> None:
    made = commands(tmp_path, text)

    with pytest.raises(LocalCommandError) as refused:
        made.needed(image=IMAGE, purpose="serve")

    assert str(refused.value) == (
        f"the image {IMAGE} has no local command, and no image is pulled here: write below ['{IMAGE}'] in "
        f'{tmp_path}/local_commands.toml what stands for it, as serve = ["python", "serve.py"]'
    )


def test_without_a_file_no_image_has_a_command(tmp_path: Path) -> None:
    assert LocalCommands(file=tmp_path / "local_commands.toml").find(image=IMAGE, purpose="train") is None


@pytest.mark.parametrize(
    "table", ['serve = "python server.py"', "serve = []", 'serve = ["python", 1]', 'run = ["python"]', 'serve = [""]']
)
def test_what_is_no_command_is_refused(tmp_path: Path, table: str) -> None:
    made = commands(tmp_path, f'["{IMAGE}"]\n{table}')

    with pytest.raises(LocalCommandError, match=r"must be a table of serve and train, each a program and"):
        made.find(image=IMAGE, purpose="serve")


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalCommandError, match=r"local_commands\.toml must be TOML that can be read, it is not"):
        commands(tmp_path, "[image").find(image=IMAGE, purpose="serve")


def served(tmp_path: Path, text: str, *, seconds: float = 30) -> ServedModel:
    archive = tmp_path / "archive"
    archive.mkdir()
    (archive / "name").write_text("ranker", encoding="utf-8")
    return ServedModel(
        archive=archive, command=program(tmp_path, text), environment={"TONE": "kind"}, start_seconds=seconds
    )


def test_a_command_serves_the_model_at_the_port_that_it_is_told(tmp_path: Path) -> None:
    lines: list[str] = []
    with ModelServer(model=served(tmp_path, SERVER), folder=tmp_path / "run", on_line=lines.append) as server:
        answer = send(server, b"hello")

    assert answer[::2] == (200, "hello of ranker kind")
    assert lines[0] == f"the folder is {tmp_path}"


def test_a_command_that_ends_says_why_it_could_not_serve(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"^the model could not be served: ValueError: no weights$"):
        ModelServer(model=served(tmp_path, "raise ValueError('no weights')"), folder=tmp_path / "run")


def test_a_command_that_ends_without_a_word_is_named_by_its_exit_code(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"^the model could not be served: its command ended with exit code 3$"):
        ModelServer(model=served(tmp_path, "raise SystemExit(3)"), folder=tmp_path / "run")


def test_a_command_that_does_not_answer_is_ended(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"must load within 0\.5 s, and did not; look at what answers /ping"):
        ModelServer(model=served(tmp_path, "import time; time.sleep(60)", seconds=0.5), folder=tmp_path / "run")


def trained(tmp_path: Path, text: str) -> TrainingResult:
    data = tmp_path / "data"
    data.mkdir()
    (data / "rows.csv").write_text("1,2", encoding="utf-8")
    spec = TrainingSpec(
        name="job", channels={"train": data}, command=program(tmp_path, text), hyperparameters={"depth": "3"}
    )
    return run_training(job=spec, folder=tmp_path / "run")


@pytest.mark.parametrize(("hosts", "network"), [(1, Network.NONE), (2, Network.INTERNET)])
def test_hosts_of_an_isolated_command_reach_each_other(tmp_path: Path, hosts: int, network: Network) -> None:
    command = program(tmp_path, TRAINER)
    spec = TrainingSpec(name="job", channels={}, command=command, host_count=hosts, network=Network.NONE)

    assert spec.host_network is network


def test_a_command_trains_with_what_sagemaker_gives_any_container_and_nothing_of_a_toolkit(tmp_path: Path) -> None:
    result = trained(tmp_path, TRAINER)

    assert (result.status, result.failure_reason) == (TrainingStatus.COMPLETED, None)
    assert result.model_archive is not None
    with tarfile.open(result.model_archive) as archive:
        content = archive.extractfile("model.json")
        assert content is not None
        assert json.load(content) == ["3", "1,2", "job", []]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("raise SystemExit(7)", "AlgorithmError: , exit code: 7"),
        (
            "import os, pathlib\n"
            "pathlib.Path(os.environ['SAGEMAKER_BASE_DIR'], 'output/failure').write_text('no label')\n"
            "raise SystemExit(1)",
            "AlgorithmError: no label, exit code: 1",
        ),
    ],
)
def test_a_command_that_fails_is_told_of_as_the_platform_tells_it(tmp_path: Path, text: str, reason: str) -> None:
    result = trained(tmp_path, text)

    assert (result.status, result.failure_reason) == (TrainingStatus.FAILED, reason)


@pytest.mark.parametrize("entry_point", [(), ("python",)])
def test_a_command_and_a_program_exclude_each_other(tmp_path: Path, entry_point: tuple[str, ...]) -> None:
    job = TrainingSpec(name="job", channels={}, source=tmp_path, program="train.py")
    command = None if entry_point else LocalCommand(words=("python",), folder=tmp_path)

    with pytest.raises(ValueError, match="command and entry_point must be left out beside a program"):
        replace(job, command=command, entry_point=entry_point)
