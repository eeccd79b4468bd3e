"""Requests with JSON both ways, which no client of botocore sends: with its signatures, proxies and certificates."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from modelyard.operations.aws import Aws
from modelyard.operations.failures import Failure


@dataclass(frozen=True, kw_only=True, slots=True)
class JsonRequest:
    """A request to somebody, `whose` API it is in a sentence; a `document` of None is no body."""

    method: str
    url: str
    whose: str
    seconds: int
    headers: Mapping[str, str]
    document: Any = None

    def send(self, *, signed: tuple[Aws, str] | None = None) -> "JsonReply":
        """Return what is answered; `signed` by the caller for a service, such as `execute-api`.

        Raises:
            Failure: nothing answers, or what does answers something else than JSON.
        """
        # Here and not above: `yard --help` needs none of it.
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError
        from botocore.httpsession import URLLib3Session

        headers = {"Content-Type": "application/json", **self.headers}
        content = b"" if self.document is None else json.dumps(self.document).encode()
        request = AWSRequest(method=self.method, url=self.url, headers=headers, data=content)
        if signed is not None:
            aws, service = signed
            SigV4Auth(aws.credentials, service, aws.region).add_auth(request)
        try:
            answer = URLLib3Session(timeout=self.seconds).send(request.prepare())
        except BotoCoreError as error:
            host = urlsplit(self.url).netloc
            raise Failure(f"{host} does not answer: {error}; check the network, and try again") from error
        try:
            return JsonReply(status=answer.status_code, body=json.loads(answer.content))
        except ValueError as error:
            raise Failure(
                f"{self.url} must answer with JSON, got {answer.status_code} and {answer.content[:60]!r}; is it the "
                f"address of {self.whose}?"
            ) from error


@dataclass(frozen=True, kw_only=True, slots=True)
class JsonReply:
    """What came back: the status, and the body as it was read from JSON."""

    status: int
    body: Any
