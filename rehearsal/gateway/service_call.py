"""The request that an integration makes of a service: as its own role, signed, over HTTP to whatever answers there."""

import http.client
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass

import botocore.auth
import botocore.awsrequest
import botocore.credentials

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

    def answer(self, *, endpoint: str, region: str, credentials: botocore.credentials.Credentials) -> tuple[int, str]:
        """Send it, and return the status and the body of what comes back."""
        address = urllib.parse.urlsplit(endpoint)
        signed = self._signed(endpoint=endpoint, region=region, credentials=credentials)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=SECONDS)
        try:
            connection.request(self.method, self.path, body=self.body, headers=signed)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", errors="replace")
        finally:
            connection.close()

    def _signed(self, *, endpoint: str, region: str, credentials: botocore.credentials.Credentials) -> dict[str, str]:
        request = botocore.awsrequest.AWSRequest(
            method=self.method, url=f"{endpoint}{self.path}", headers=dict(self.headers), data=self.body
        )
        signer = botocore.auth.S3SigV4Auth if self.subdomain == "s3" else botocore.auth.SigV4Auth
        signer(credentials, SIGNED_AS[self.subdomain], region).add_auth(request)
        return {name: str(value) for name, value in request.headers.items()}
