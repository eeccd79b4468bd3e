"""Whoever names an address of AWS's reaches the local AWS by what `serve` prints, and others what they name."""

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import botocore.exceptions
import pytest
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.httpsession import URLLib3Session

from modelyard.rehearsal.session import Connection, Rehearsal


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    with Rehearsal(by_name=True) as rehearsal:
        yield rehearsal.connection


@pytest.fixture
def shell(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has what `serve` prints."""
    for name, value in connection.environment({}).items():
        monkeypatch.setenv(name, value)


def client(service: str, host: str) -> Any:
    config = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"})
    return boto3.Session().client(service, endpoint_url=f"https://{host}", config=config)


@pytest.mark.usefixtures("shell")
@pytest.mark.parametrize("host", ["sts.us-east-1.amazonaws.com", "sts.amazonaws.com"])
def test_sts_is_reached_by_its_own_name(host: str) -> None:
    assert client("sts", host).get_caller_identity()["Account"] == "111122223333"


@pytest.mark.usefixtures("shell")
def test_sagemaker_and_s3_are_reached_by_their_names() -> None:
    assert client("sagemaker", "api.sagemaker.us-east-1.amazonaws.com").list_models()["Models"] == []
    assert client("s3", "s3.us-east-1.amazonaws.com").list_buckets()["Buckets"] == []


@pytest.mark.usefixtures("shell")
def test_a_wrong_secret_is_refused_there_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(botocore.exceptions.ClientError, match="SignatureDoesNotMatch"):
        client("sts", "sts.amazonaws.com").get_caller_identity()


@pytest.mark.usefixtures("shell")
def test_an_address_of_another_is_not_taken_for_one_of_aws_s(connection: Connection) -> None:
    with pytest.raises(botocore.exceptions.SSLError):
        client("s3", "bucket.s3.eu-west-1.amazonaws.com").list_buckets()


def answered(connection: Connection, request: bytes) -> bytes:
    """What the proxy answers first."""
    port = int(str(connection.proxy).rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as asked:
        asked.sendall(request)
        asked.shutdown(socket.SHUT_WR)
        return asked.recv(4096)


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.sendall(b"heard " + self.request.recv(100))


def test_another_address_is_reached_as_without_the_proxy(connection: Connection) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.handle_request).start()
        port = int(str(connection.proxy).rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as asked:
            asked.sendall(f"CONNECT 127.0.0.1:{server.server_address[1]} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert asked.recv(100).startswith(b"HTTP/1.1 200 ")
            asked.sendall(b"hello")
            assert asked.recv(100) == b"heard hello"


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (b"GET http://127.0.0.1/ HTTP/1.1\r\n\r\n", b"HTTP/1.1 405 "),
        (b"CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n", b"HTTP/1.1 502 "),
        (b"CONNECT 127.0.0.1:99999 HTTP/1.1\r\n\r\n", b"HTTP/1.1 502 "),
        (b"CONNECT no-such-name.invalid:443 HTTP/1.1\r\n\r\n", b"HTTP/1.1 502 "),
        (b"CONNECT a b:443 HTTP/1.1\r\n\r\n", b"HTTP/1.1 405 "),
        (b"nothing that ends", b""),
        (b"x" * 100_000, b""),
    ],
)
def test_what_is_no_tunnel_that_can_be_is_refused(connection: Connection, request_: bytes, answer: bytes) -> None:
    with contextlib.suppress(ConnectionResetError):  # how a connection that has more to read is closed
        assert answered(connection, request_).startswith(answer)
    assert answered(connection, b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 405 ")


@pytest.mark.usefixtures("shell")
@pytest.mark.parametrize("host", ["evil.org", "bucket.s3.us-east-1.amazonaws.com", "127.0.0.1:1", ""])
def test_by_https_only_names_of_aws_s_apis_are_answered(connection: Connection, host: str) -> None:
    session = URLLib3Session(proxies={"https": connection.proxy}, verify=str(connection.certificate))
    asked = AWSRequest(method="GET", url="https://sts.amazonaws.com/", headers={"Host": host}).prepare()
    answer = session.send(asked)
    assert (answer.status_code, "InvalidHost" in answer.text) == (421, True)
