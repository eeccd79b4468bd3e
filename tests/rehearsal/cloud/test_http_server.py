"""What the server before the local AWS takes of a connection, and what it does not believe."""

import http.client
import json
import socket
from contextlib import closing
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from modelyard.rehearsal.cloud.http_server import LARGEST_HEAD
from support.local_aws import SharedLocalAws
from support.raw_requests import ask, signed

IDENTITY = "/?Action=GetCallerIdentity&Version=2011-06-15"


def port(aws: SharedLocalAws) -> int:
    return int(aws.connection.endpoint.rpartition(":")[2])


@pytest.mark.parametrize("piece", ["X-Long: " + "a" * 1000 + "\r\n", "a" * 1000], ids=["headers", "one header"])
def test_a_head_without_an_end_ends_the_connection(local_aws: SharedLocalAws, piece: str) -> None:
    begun = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port(local_aws)}\r\nX-First: ".encode()
    head = begun + piece.encode() * (LARGEST_HEAD // len(piece) + 1)
    with socket.create_connection(("127.0.0.1", port(local_aws)), timeout=30) as connection:
        connection.sendall(head[:LARGEST_HEAD])
        connection.settimeout(0.5)
        with pytest.raises(TimeoutError):
            connection.recv(65_536)
        connection.settimeout(30)
        connection.sendall(b"a")
        with connection.makefile("rb") as answered:
            answer = answered.read()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert str(LARGEST_HEAD).encode() in answer


def test_a_head_of_many_pieces_is_read_to_its_end(local_aws: SharedLocalAws) -> None:
    headers = signed(local_aws.connection, "GET", IDENTITY, service="sts")
    padding = {f"X-Padding-{number}": "a" * 1000 for number in range(40)}
    assert ask(local_aws.connection, "GET", IDENTITY, headers=(headers | padding).items()).status == 200


@pytest.mark.parametrize("name", ["X-Forwarded-Proto", "Forwarded", "X-Forwarded-Ssl"])
def test_nobody_comes_by_https_who_only_says_so(local_aws: SharedLocalAws, name: str) -> None:
    host = "sts.us-east-1.amazonaws.com"
    value = {"Forwarded": "proto=https", "X-Forwarded-Ssl": "on"}.get(name, "https")
    headers = signed(local_aws.connection, "GET", IDENTITY, service="sts", headers={"Host": host})
    answer = ask(local_aws.connection, "GET", IDENTITY, headers=(headers | {name: value}).items())
    assert answer.status == 421


def test_an_answer_has_one_date_and_does_not_tell_its_server(local_aws: SharedLocalAws) -> None:
    requests = {
        "MiniStack": (IDENTITY, "sts"),
        "an endpoint": ("/endpoints/any/invocations", "sagemaker"),
        "a refusal": ("/_rehearsal/now", "rehearsal"),
    }
    for who, (target, service) in requests.items():
        headers = signed(local_aws.connection, "GET", target, service=service)
        with closing(http.client.HTTPConnection("127.0.0.1", port(local_aws), timeout=30)) as connection:
            connection.request("GET", target, headers=headers)
            answer = connection.getresponse()
            dates = answer.headers.get_all("date", [])
            assert len(dates) == 1, who
            assert abs(parsedate_to_datetime(dates[0]) - local_aws.now()) < timedelta(seconds=10), who
            assert answer.getheader("server") is None


def test_each_caller_on_one_connection_is_taken_for_himself(local_aws: SharedLocalAws) -> None:
    variables = local_aws.credentials()
    session: dict[str, Any] = {
        "key": variables["AWS_ACCESS_KEY_ID"],
        "secret": variables["AWS_SECRET_ACCESS_KEY"],
        "token": variables["AWS_SESSION_TOKEN"],
    }
    callers = [signed(local_aws.connection, "GET", IDENTITY, service="sts", **who) for who in ({}, session, {})]
    arns = []
    with closing(http.client.HTTPConnection("127.0.0.1", port(local_aws), timeout=30)) as connection:
        for headers in callers:
            connection.request("GET", IDENTITY, headers=headers | {"Accept": "application/json"})
            answer = connection.getresponse()
            arns.append("assumed-role" in answer.read().decode())
            assert answer.status == 200
        connection.request("GET", IDENTITY)
        refused = connection.getresponse()
        assert refused.status == 403
        assert "MissingAuthenticationToken" in json.dumps(refused.read().decode())
    assert arns == [False, True, False]
