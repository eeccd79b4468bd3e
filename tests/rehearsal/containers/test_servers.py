import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.rehearsal.containers.servers import ModelServer, ServedModel, ServerError
from support.model_servers import DOUBLE, send

REPOSITORY = Path(__file__).parents[3]

StartServer = Callable[..., ModelServer]


def test_a_server_that_was_stopped_does_not_answer(start_server: StartServer) -> None:
    server = start_server(DOUBLE)
    healthy = server.ping()

    server.stop()

    assert (healthy, server.ping(), server.running) == (True, False, False)


def test_a_server_listens_on_loopback_only(start_server: StartServer) -> None:
    server = start_server(DOUBLE)

    assert server.url == f"http://127.0.0.1:{server.port}"


def test_two_servers_choose_two_ports(start_server: StartServer, tmp_path: Path) -> None:
    first = start_server(DOUBLE)
    model = ServedModel(archive=tmp_path / "model", source=tmp_path / "source", program="serve.py")

    with ModelServer(model=model, folder=tmp_path / "second") as second:
        assert first.port != second.port


def test_a_server_sees_none_of_the_users_credentials(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-user")

    server = start_server("""
        import os

        def model_fn(model_dir):
            return dict(os.environ)

        def transform_fn(model, body, content_type, accept):
            return " ".join(model.values())
    """)

    assert "of-the-user" not in send(server)[2]


def test_a_server_has_the_variables_of_the_contract(start_server: StartServer) -> None:
    server = start_server("""
        import json, os

        def model_fn(model_dir):
            return None

        def transform_fn(model, body, content_type, accept):
            return json.dumps(dict(os.environ))
    """)

    variables = json.loads(send(server)[2])

    given = {name: variables[name] for name in variables if name.startswith(("SAGEMAKER_", "AWS_"))}
    assert given == {
        "SAGEMAKER_PROGRAM": "serve.py",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def test_code_that_was_packed_with_the_model_is_served(tmp_path: Path) -> None:
    (tmp_path / "model/code").mkdir(parents=True)
    (tmp_path / "model/code/serve.py").write_text(
        "def model_fn(model_dir): return 1\ndef transform_fn(model, body, kind, accept): return 'packed'\n"
    )
    model = ServedModel(archive=tmp_path / "model", program="serve.py")

    with ModelServer(model=model, folder=tmp_path / "tree") as server:
        assert send(server)[2] == "packed"


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("x = 1", "serve.py must define model_fn"),
        ("def model_fn(model_dir): raise OSError('no weights')", "OSError: no weights"),
        (
            "def model_fn(d): return 1\ndef transform_fn(m, b, c, a): return b\ndef input_fn(b, c): return b",
            "serve must define transform_fn or input_fn, got both",
        ),
    ],
)
def test_a_model_that_cannot_be_loaded_is_refused(start_server: StartServer, script: str, sentence: str) -> None:
    with pytest.raises(ServerError, match=sentence):
        start_server(script)


def test_a_model_that_takes_too_long_to_load_is_refused(start_server: StartServer) -> None:
    with pytest.raises(ServerError, match=r"the model must load within 0\.5 s"):
        start_server("import time; time.sleep(600)", start_seconds=0.5)


def test_a_program_that_is_not_in_the_source_is_refused(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "model").mkdir()
    model = ServedModel(archive=tmp_path / "model", source=tmp_path / "source", program="serve.py")

    with pytest.raises(ServerError, match=r"must hold the program serve\.py"):
        ModelServer(model=model, folder=tmp_path / "tree")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"program": None}, "program must be given with a source"),
        ({"start_seconds": 0}, "start_seconds must be above 0, got 0"),
        ({"payload_megabytes": 0}, "payload_megabytes must be between 1 and 100, got 0"),
        ({"payload_megabytes": 101}, "payload_megabytes must be between 1 and 100, got 101"),
    ],
)
def test_a_model_that_cannot_be_served_is_refused(tmp_path: Path, change: dict[str, object], sentence: str) -> None:
    given: dict[str, object] = {"archive": tmp_path, "source": tmp_path, "program": "serve.py"}

    with pytest.raises(ValueError, match=sentence):
        ServedModel(**(given | change))  # type: ignore[arg-type]


def test_a_server_dies_with_its_owner_even_when_that_is_killed(start_server: StartServer, tmp_path: Path) -> None:
    start_server(DOUBLE).stop()
    arguments = ["--source", tmp_path / "source", "--program", "serve.py", "--model", tmp_path / "model"]
    command = [
        sys.executable,
        "-m",
        "modelyard.rehearsal.containers",
        "serve",
        *arguments,
        "--folder",
        tmp_path / "other",
    ]
    with subprocess.Popen(list(map(str, command)), cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        port = int(owner.stdout.readline().rpartition(":")[2])
        owner.send_signal(signal.SIGKILL)

    deadline = time.monotonic() + 10
    while listens(port) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not listens(port)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
