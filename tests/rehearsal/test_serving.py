import http.client
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from modelyard.rehearsal.containers import encodings
from modelyard.rehearsal.containers.servers import ModelServer, ServedModel, ServerError
from modelyard.rehearsal.containers.serving import Limits

REPOSITORY = Path(__file__).parents[2]
StartServer = Callable[..., ModelServer]
# Multiplies numbers by the weight in the model folder; some bodies make it misbehave.
DOUBLE = """
    import json, pathlib, time

    class Teapot(Exception):
        status_code = 418

    def model_fn(model_dir):
        return float(pathlib.Path(model_dir, "weight").read_text())

    def input_fn(body, content_type):
        if body == "slow":
            time.sleep(0.5)
            return 1.0
        return float(body)

    def predict_fn(number, model):
        if number == 404:
            raise RuntimeError("the model is lost")
        if number == 418:
            raise Teapot("short and stout")
        return number * model

    def output_fn(prediction, accept):
        return str(prediction), accept
"""


def send(
    server: ModelServer,
    body: bytes | str = b"2",
    *,
    method: str = "POST",
    path: str = "/invocations",
    headers: dict[str, str] | None = None,
) -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request(method, path, body, headers if headers is not None else {"Content-Type": "text/csv"})
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Content-Type", ""), answer.read().decode()
    finally:
        connection.close()


def test_a_script_answers_through_its_three_functions(start_server: StartServer) -> None:
    assert send(start_server(DOUBLE))[::2] == (200, "6.0")


def test_a_script_with_transform_fn_answers_by_it_alone(start_server: StartServer) -> None:
    server = start_server("""
        def model_fn(model_dir):
            return "model"

        def transform_fn(model, body, content_type, accept):
            return f"{model} {body} {content_type}", "text/plain"
    """)

    assert send(server) == (200, "text/plain", "model 2 text/csv")


def test_a_script_without_the_three_functions_gets_the_containers_defaults(start_server: StartServer) -> None:
    server = start_server("""
        class Model:
            def predict(self, rows):
                return rows.sum(axis=1)

        def model_fn(model_dir):
            return Model()
    """)

    assert send(server, "1,2\n3,4\n") == (200, "application/json", "[3.0, 7.0]")


def test_a_function_that_takes_one_argument_more_gets_the_context(start_server: StartServer) -> None:
    server = start_server("""
        def model_fn(model_dir, context):
            return context.system_properties["model_dir"] == model_dir

        def transform_fn(model, body, content_type, accept, context):
            return str(model and context.model_dir != "")
    """)

    assert send(server)[2] == "True"


def test_ping_answers_200_with_nothing(start_server: StartServer) -> None:
    assert send(start_server(DOUBLE), b"", method="GET", path="/ping", headers={}) == (200, "", "")


def test_execution_parameters_are_those_of_the_contract(start_server: StartServer) -> None:
    _, _, body = send(start_server(DOUBLE), b"", method="GET", path="/execution-parameters", headers={})

    assert json.loads(body) == {
        "MaxConcurrentTransforms": os.cpu_count(),
        "BatchStrategy": "MULTI_RECORD",
        "MaxPayloadInMB": 6,
    }


@pytest.mark.parametrize("accept", ["", "*/*"])
def test_who_accepts_anything_gets_json(start_server: StartServer, accept: str) -> None:
    headers = {"Content-Type": "text/csv"} | ({"Accept": accept} if accept else {})

    assert send(start_server(DOUBLE), headers=headers)[1] == "application/json"


def test_the_container_can_be_told_what_to_answer_with(start_server: StartServer) -> None:
    server = start_server(DOUBLE, environment={"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv"})

    assert send(server)[1] == "text/csv"


def test_accept_is_passed_to_the_script(start_server: StartServer) -> None:
    server = start_server(DOUBLE)

    assert send(server, headers={"Content-Type": "text/csv", "Accept": "text/plain"})[1] == "text/plain"


def test_text_is_decoded_by_its_charset(start_server: StartServer) -> None:
    server = start_server(DOUBLE)

    headers = {"Content-Type": "text/csv; charset=utf-16"}
    assert send(server, "5".encode("utf-16"), headers=headers)[::2] == (200, "15.0")


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (b"two", 400, "could not convert string to float: 'two'"),
        (b"404", 500, "RuntimeError: the model is lost"),
        (b"418", 418, "short and stout"),
        (b"\xff", 400, "the body must be utf-8 as its Content-Type says, got bytes that are not"),
    ],
)
def test_a_fault_is_answered_with_its_status_and_why(
    start_server: StartServer, body: bytes, status: int, sentence: str
) -> None:
    answer = send(start_server(DOUBLE), body)

    assert (answer[0], answer[2][: len(sentence)]) == (status, sentence)


def test_a_charset_that_does_not_exist_is_answered_with_415(start_server: StartServer) -> None:
    assert send(start_server(DOUBLE), headers={"Content-Type": "text/csv; charset=klingon"})[0] == 415


def test_an_output_function_that_returns_no_text_is_answered_with_500(start_server: StartServer) -> None:
    server = start_server("""
        def model_fn(model_dir):
            return None

        def transform_fn(model, body, content_type, accept):
            return 7
    """)

    answer = send(server)
    assert (answer[0], "output_fn must return text or bytes" in answer[2]) == (500, True)


def test_a_server_goes_on_after_a_model_error(start_server: StartServer) -> None:
    server = start_server(DOUBLE)
    send(server, b"404")

    assert send(server)[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("POST", "/", 404),
        ("GET", "/invocations", 405),
        ("POST", "/ping", 405),
        ("DELETE", "/ping", 501),
    ],
)
def test_what_is_not_served_is_refused(start_server: StartServer, method: str, path: str, status: int) -> None:
    assert send(start_server(DOUBLE), b"", method=method, path=path)[0] == status


def test_a_body_over_6_megabytes_is_answered_with_413(start_server: StartServer) -> None:
    answer = send(start_server(DOUBLE), b"1" * (6 * 1024**2 + 1))

    assert (answer[0], answer[2]) == (
        413,
        "the body must be at most 6 MB, got 6291457 bytes; send fewer rows",
    )


def test_a_body_of_6_megabytes_reaches_the_script(start_server: StartServer) -> None:
    assert send(start_server(DOUBLE), b" " * (6 * 1024**2 - 1) + b"2")[::2] == (200, "6.0")


def raw(server: ModelServer, text: str) -> str:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(text.encode())
        return connection.recv(65_536).decode()


def test_a_body_without_a_length_is_answered_with_411(start_server: StartServer) -> None:
    answer = raw(start_server(DOUBLE), "POST /invocations HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")

    assert answer.startswith("HTTP/1.1 411 ")


def test_a_length_that_is_none_is_answered_with_400(start_server: StartServer) -> None:
    answer = raw(start_server(DOUBLE), "POST /invocations HTTP/1.1\r\nContent-Length: many\r\n\r\n")

    assert answer.startswith("HTTP/1.1 400 ")


def test_a_body_that_ends_early_is_answered_with_400(start_server: StartServer) -> None:
    server = start_server(DOUBLE)

    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"POST /invocations HTTP/1.1\r\nContent-Type: text/csv\r\nContent-Length: 9\r\n\r\n12")
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65_536).decode()

    assert (answer[:13], answer.splitlines()[-1]) == (
        "HTTP/1.1 400 ",
        "the body must have the 9 bytes that Content-Length says",
    )


def test_a_caller_that_hangs_up_leaves_nothing_in_the_log(tmp_path: Path) -> None:
    lines: list[str] = []
    (tmp_path / "source").mkdir()
    (tmp_path / "source/serve.py").write_text(dedent(DOUBLE))
    (tmp_path / "model").mkdir()
    (tmp_path / "model/weight").write_text("3")
    model = ServedModel(archive=tmp_path / "model", source=tmp_path / "source", program="serve.py")

    with ModelServer(model=model, folder=tmp_path / "tree", on_line=lines.append) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(b"POST /invocations HTTP/1.1\r\nContent-Type: text/csv\r\nContent-Length: 4\r\n\r\nslow")
            # Closed at once and not in good order, as a caller that was killed leaves it.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        time.sleep(0.8)
        status = send(server)[0]

    assert (status, [line for line in lines if not line.startswith("serving on")]) == (200, [])


def test_requests_are_answered_at_the_same_time(start_server: StartServer) -> None:
    server = start_server(DOUBLE)
    started = time.monotonic()

    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = list(pool.map(lambda _: send(server, b"slow")[0], range(8)))

    assert (answers, time.monotonic() - started < 3) == ([200] * 8, True)


def test_a_server_finishes_the_request_in_progress_before_it_ends(start_server: StartServer) -> None:
    server = start_server(DOUBLE)
    answers: list[int] = []
    caller = threading.Thread(target=lambda: answers.append(send(server, b"slow")[0]))
    caller.start()
    time.sleep(0.2)

    code = server.stop(grace=10)

    caller.join()
    assert (answers, code) == ([200], 0)


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


def test_a_server_has_the_variables_of_the_contract(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server("""
        import json, os

        def model_fn(model_dir):
            return None

        def transform_fn(model, body, content_type, accept):
            return json.dumps(dict(os.environ))
    """)

    variables = json.loads(send(server)[2])

    assert {name: variables[name] for name in variables if name.startswith("SAGEMAKER_")} == {
        "SAGEMAKER_PROGRAM": "serve.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": str(tmp_path / "tree/code"),
        "SAGEMAKER_REGION": "us-east-1",
        "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
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
        ({"payload_megabytes": 0}, "payload_megabytes must be above 0, got 0"),
    ],
)
def test_a_model_that_cannot_be_served_is_refused(tmp_path: Path, change: dict[str, object], sentence: str) -> None:
    given: dict[str, object] = {"archive": tmp_path, "source": tmp_path, "program": "serve.py"}

    with pytest.raises(ValueError, match=sentence):
        ServedModel(**(given | change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"payload_megabytes": 101}, "payload_megabytes must be between 1 and 100, got 101"),
        ({"concurrent_transforms": 0}, "concurrent_transforms must be 1 or more, got 0"),
    ],
)
def test_limits_that_aws_would_not_allow_are_refused(limits: dict[str, int], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Limits(**limits)


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


def test_the_defaults_read_npy() -> None:
    array = np.arange(6.0).reshape(2, 3)
    body, kind = encodings.output_fn(array, "application/x-npy")

    assert encodings.input_fn(body, kind).tolist() == array.tolist()


def test_the_defaults_read_json() -> None:
    assert encodings.input_fn("[[1, 2]]", "application/json").tolist() == [[1, 2]]


def test_the_defaults_write_a_row_a_line_as_csv() -> None:
    assert encodings.output_fn(np.array([[1, 2], [3, 4]]), "text/csv") == (b"1,2\n3,4", "text/csv")


def test_the_defaults_refuse_what_they_cannot_read_with_415() -> None:
    with pytest.raises(encodings.UnsupportedFormatError) as refused:
        encodings.input_fn(b"", "image/png")

    assert refused.value.status_code == 415


def test_the_defaults_refuse_what_they_cannot_write_with_406() -> None:
    with pytest.raises(encodings.UnsupportedAcceptError) as refused:
        encodings.output_fn(np.array([1]), "image/png")

    assert refused.value.status_code == 406
