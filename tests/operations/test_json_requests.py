"""Requests with JSON both ways, over real HTTP."""

import re

import pytest

from modelyard.operations.failures import Failure
from modelyard.operations.json_requests import JsonReply, JsonRequest
from support.recorded_http import RecordedServer


def request(url: str) -> JsonRequest:
    return JsonRequest(method="POST", url=url, whose="the API", seconds=5, headers={"X-Is": "it"}, document={"a": [1]})


def test_a_document_is_sent_as_json_with_the_headers_and_the_answer_is_read(server: RecordedServer) -> None:
    server.answer(202, {"taken": True})
    reply = request(f"{server.address}/place").send()

    assert reply == JsonReply(status=202, body={"taken": True})
    ((method, path, headers, content),) = server.asked
    assert (method, path, content) == ("POST", "/place", {"a": [1]})
    assert (headers["Content-Type"], headers["X-Is"]) == ("application/json", "it")


def test_who_does_not_answer_is_named_with_what_to_do() -> None:
    with pytest.raises(Failure, match=r"127\.0\.0\.1:9 does not answer: .*; check the network, and try again"):
        request("http://127.0.0.1:9/place").send()


@pytest.mark.parametrize("content", [b"<html>", b"", b"\xff"])
def test_what_answers_without_json_is_not_what_was_asked(server: RecordedServer, content: bytes) -> None:
    server.answers.append((200, content))
    said = re.escape(f"/place must answer with JSON, got 200 and {content!r}; is it the address of the API?")

    with pytest.raises(Failure, match=said):
        request(f"{server.address}/place").send()
