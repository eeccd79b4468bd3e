"""The request that an integration makes of a service: as its own role, signed, over HTTP to whatever answers there."""

import http.client
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from modelyard.rehearsal.gateway.mapping import map_body

# The service that a subdomain in an integration's ARN stands for, by the name that requests to it are signed with.
SIGNED_AS: Mapping[str, str] = {"runtime.sagemaker": "sagemaker", "s3": "s3"}
SECONDS = 70


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceCall:
    """One request to one of AWS's services.

    Raises:
        ValueError: the service is none that is rehearsed behind an API.

    """

    subdomain: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def __post_init__(self) -> None:
        if self.subdomain not in SIGNED_AS:
            known = ", ".join(SIGNED_AS)
            raise ValueError(f"an integration with {self.subdomain} is not rehearsed, only with {known}")

    @classmethod
    def of(
        cls,
        integration: Mapping[str, Any],
        *,
        subdomain: str,
        path: str,
        template: str,
        body: str,
        context: Mapping[str, Any],
        path_parameters: Mapping[str, str] | None = None,
    ) -> "ServiceCall":
        """Return what an integration makes of a caller's body: `template` the body, its parameters path and headers.

        Raises:
            ValueError: the template or a parameter is not rehearsed.

        """
        mapped = map_body(template, body=body, context=context, path_parameters=path_parameters)
        # What the template overrides stands above what the integration sets.
        parts: dict[str, dict[str, str]] = {"path": {}, "header": {}}
        for name, source in integration["requestParameters"].items():
            kind, _, part = name.removeprefix("integration.request.").partition(".")
            parts.setdefault(kind, {})[part] = parameter_value(source, context=context)
        segments = {**parts["path"], **mapped.path}
        return cls(
            subdomain=subdomain,
            method=integration["httpMethod"],
            path="/" + re.sub(r"\{(\w+)\}", lambda match: segments[match[1]], path),
            headers={**parts["header"], **mapped.headers},
            body=mapped.body.encode(),
        )

    def answer(self, *, endpoint: str, region: str, credentials: botocore.credentials.Credentials) -> tuple[int, str]:
        """Send it, and return the status and the body of what comes back."""
        request = botocore.awsrequest.AWSRequest(
            method=self.method, url=f"{endpoint}{self.path}", headers=dict(self.headers), data=self.body
        )
        signer = botocore.auth.S3SigV4Auth if self.subdomain == "s3" else botocore.auth.SigV4Auth
        signer(credentials, SIGNED_AS[self.subdomain], region).add_auth(request)
        signed = {name: str(value) for name, value in request.headers.items()}
        address = urllib.parse.urlsplit(endpoint)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=SECONDS)
        try:
            connection.request(self.method, self.path, body=self.body, headers=signed)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", errors="replace")
        finally:
            connection.close()


def parameter_value(source: str, *, context: Mapping[str, Any]) -> str:
    """Return what a mapping of parameters gives: a text in quotes, or a variable of `$context`.

    Raises:
        ValueError: it is something else.

    """
    if source[:1] == source[-1:] == "'":
        return source[1:-1]
    name = source.removeprefix("context.")
    if name not in context:
        raise ValueError(f"the parameter {source} is not rehearsed, only texts and variables of the context")
    return str(context[name])
