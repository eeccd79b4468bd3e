import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent

import pytest

from modelyard.rehearsal.containers.servers import ModelServer, ServedModel
from support.model_servers import DOUBLE, send

REPOSITORY = Path(__file__).parents[3]
StartServer = Callable[..., ModelServer]


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
