"""HTTP requests to the local AWS, byte by byte, signed or not."""

import http.client
import urllib.parse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from modelyard.rehearsal.session import Connection

Headers = Iterable[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(
    connection: Connection, method: str, target: str, *, headers: Headers = (), body: bytes | None = None
) -> Answer:
    """Send a request as it is; Host is the endpoint's own where `headers` have none, and Content-Length is right."""
    address = urllib.parse.urlsplit(connection.endpoint)
    http_connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=120)
    try:
        http_connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        given = list(headers)
        names = {name.lower() for name, _ in given}
        if "host" not in names:
            http_connection.putheader("Host", address.netloc)
        for name, value in given:
            http_connection.putheader(name, value.encode("latin-1"))
        if body is not None and not names & {"content-length", "transfer-encoding"}:
            http_connection.putheader("Content-Length", str(len(body)))
        http_connection.endheaders(body)
        answer = http_connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(status=answer.status, headers=found, body=answer.read())
    finally:
        http_connection.close()


def signed(
    connection: Connection,
    method: str,
    target: str,
    *,
    service: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    secret: str | None = None,
    **changed: Any,
) -> dict[str, str]:
    """Return the headers of a request that the account's own key signs, or with another `key`, `token` or `region`."""
    credentials = botocore.credentials.Credentials(
        changed.get("key", connection.account), connection.secret if secret is None else secret, changed.get("token")
    )
    request = botocore.awsrequest.AWSRequest(
        method=method, url=connection.endpoint + target, data=body, headers=dict(headers or {})
    )
    signer = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    signer(credentials, service, changed.get("region", connection.region)).add_auth(request)
    return dict(request.headers)
