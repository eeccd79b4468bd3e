"""Who may ask the server of the page for what, and what it takes."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelyard.operations.labelling.page_server import LabelServer
from support.labelling import label_server, session


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LabelServer]:
    with label_server(tmp_path, session()) as (server, _):
        yield server


def ask(
    server: LabelServer,
    path: str,
    *,
    body: Any = None,
    key: str | None = None,
    host: str | None = None,
    length: str | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """What is answered to the key and host of the server, or to others."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.putrequest("GET" if body is None else "POST", path, skip_host=True)
    connection.putheader("Host", server.origin if host is None else host)
    connection.putheader("X-Label-Key", server.key if key is None else key)
    if body is not None:
        connection.putheader("Content-Length", str(len(content)) if length is None else length)
    connection.endheaders(content if body is not None else None)
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


def message(answer: tuple[int, dict[str, str], bytes]) -> tuple[int, str]:
    return answer[0], json.loads(answer[2])["message"]


def test_only_this_machine_is_listened_to(server: LabelServer) -> None:
    assert server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize("path", ["/state", "/items/0", "/items/0/answer"])
@pytest.mark.parametrize(
    "given", [{"key": ""}, {"key": "another"}, {"key": "ä"}, {"host": "evil.example"}, {"host": "localhost"}]
)
def test_nothing_is_told_without_the_key_or_under_another_host(
    server: LabelServer, path: str, given: dict[str, str]
) -> None:
    status, _, content = ask(server, path, **given)
    assert status == 403
    assert b"sold" not in content


def test_the_page_itself_is_not_given_to_another_host(server: LabelServer) -> None:
    assert ask(server, "/", host="evil.example")[0] == 403
    status, headers, content = ask(server, "/", key="")
    assert status == 200
    assert b"sold" not in content
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"


def test_nothing_is_decided_without_the_key(server: LabelServer) -> None:
    body = {"act": "label", "item": 0, "label": "yes", "revision": 0}
    assert ask(server, "/actions", body=body, key="another")[0] == 403
    assert ask(server, "/finish", body={}, host="evil.example")[0] == 403
    assert server.state()["labels"] == [None] * 4
    assert not server.closed.is_set()


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"act": "delete", "item": 0}, 400, "an action must be label, skip or undo of one of 4 items"),
        ({"act": "label", "item": 4, "label": "yes"}, 400, "an action must be label, skip or undo of one of 4 items"),
        ({"act": "label", "item": True, "label": "yes"}, 400, "an action must be label, skip or undo"),
        ({"act": "label", "item": 0, "label": "maybe"}, 400, "a label must be one of no, yes, got maybe; choose one"),
        ({"act": "label", "item": 0, "label": 1}, 400, "a label must be a text"),
        ({"act": "undo", "item": 0, "revision": 0}, 409, "there is nothing to take back"),
        ({"act": "label", "item": 0, "label": "yes", "revision": 1}, 409, "somebody went on in another tab"),
        ({"act": "label", "item": 0, "label": "yes"}, 409, "somebody went on in another tab"),
        (b"{", 400, "an action must be JSON"),
        ([], 400, "an action must be an object of JSON"),
        (b"x" * 10_001, 413, "an action must have at most 10,000 bytes"),
    ],
)
def test_what_is_no_action_is_refused_and_changes_nothing(
    server: LabelServer, body: Any, status: int, sentence: str
) -> None:
    found, said = message(ask(server, "/actions", body=body))
    assert (found, said.startswith(sentence)) == (status, True)
    assert server.state()["revision"] == 0


def test_a_body_without_a_length_is_refused(server: LabelServer) -> None:
    assert message(ask(server, "/actions", body={}, length="some"))[0] == 413


@pytest.mark.parametrize("path", ["/items/4", "/items/x", "/../etc/passwd", "/other"])
def test_there_is_nothing_else(server: LabelServer, path: str) -> None:
    assert ask(server, path)[0] == 404


def test_a_finished_session_takes_no_more(server: LabelServer) -> None:
    assert ask(server, "/finish", body={})[0] == 200
    body = {"act": "skip", "item": 0, "revision": 0}
    assert message(ask(server, "/actions", body=body)) == (409, "the session is finished; close this page")


def test_what_the_model_answered_is_in_no_other_answer(server: LabelServer) -> None:
    for path in ("/state", "/items/1"):
        assert b"0.71" not in ask(server, path)[2]
    assert json.loads(ask(server, "/items/1/answer")[2]) == {"answer": "0.71", "certainty": 0.71}
