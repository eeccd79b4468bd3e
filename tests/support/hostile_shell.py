"""A shell that already knows AWS and a proxy. All that it knows leads to a recorder: nothing of it must ever be used.

    python tests/support/hostile_shell.py COMMAND...

runs a command in such a shell. It ends as the command does, or with 1 if the recorder heard anything.
"""

import json
import os
import socketserver
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

USED = "credentials were asked for"
SERVICES = (
    "API_GATEWAY",
    "APPLICATION_AUTO_SCALING",
    "CLOUDFORMATION",
    "CLOUDWATCH",
    "CLOUDWATCH_LOGS",
    "COGNITO_IDENTITY_PROVIDER",
    "EC2",
    "ECR",
    "IAM",
    "KMS",
    "PRICING",
    "S3",
    "S3_CONTROL",
    "SAGEMAKER",
    "SAGEMAKER_RUNTIME",
    "SCHEDULER",
    "SERVICE_QUOTAS",
    "SFN",
    "SNS",
    "SSM",
    "STS",
    "WAFV2",
)


class Recorder:
    """A server that takes any connection for a proxy's or an endpoint's, keeps its first line, and hangs up."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        recorder = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                recorder.heard.append(self.rfile.readline(4096).decode(errors="replace").strip())

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


class HostileShell:
    """An environment and a home folder of a user with a profile, and what was used of them."""

    def __init__(self, folder: Path) -> None:
        self.recorder = Recorder()
        self.folder = folder
        self._canary = folder / "canary"
        self._write_home()

    @property
    def used(self) -> list[str]:
        """What reached the recorder, and whether a profile was asked for credentials."""
        return [*self.recorder.heard, *([USED] if self._canary.exists() else [])]

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """An environment with everything hostile at once."""
        return {**inherited, "HOME": str(self.folder), **self.settings(), **self.proxies(), **self.endpoints()}

    def settings(self) -> dict[str, str]:
        """Variables of the SDKs and of the CDK's command, each of which outranks or breaks a local AWS's own."""
        url = self.recorder.url
        return {
            "AWS_PROFILE": "canary",
            "AWS_DEFAULT_PROFILE": "canary",
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "of-the-user",
            "AWS_SESSION_TOKEN": "of-the-user",
            "AWS_SECURITY_TOKEN": "of-the-user",
            "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z",
            "AWS_ROLE_ARN": "arn:aws:iam::999999999999:role/production",
            "AWS_ROLE_SESSION_NAME": "canary",
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(self.folder / "token"),
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}/credentials",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "of-the-user",
            "AWS_CONFIG_FILE": str(self.folder / ".aws" / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / ".aws" / "credentials"),
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
            "AWS_CA_BUNDLE": str(self.folder / "nowhere.pem"),
            "AWS_USE_FIPS_ENDPOINT": "true",
            "AWS_USE_DUALSTACK_ENDPOINT": "true",
            "AWS_S3_USE_ARN_REGION": "true",
            "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": "bogus",
            "AWS_STS_REGIONAL_ENDPOINTS": "bogus",
            "AWS_EC2_METADATA_DISABLED": "false",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": url,
            "AWS_REGION": "mars-north-1",
            "AWS_DEFAULT_REGION": "mars-north-1",
            "AWS_RETRY_MODE": "bogus",
            "AWS_MAX_ATTEMPTS": "bogus",
            "AWS_DEFAULTS_MODE": "bogus",
            "AWS_DATA_PATH": str(self.folder),
            "AWS_REQUEST_CHECKSUM_CALCULATION": "bogus",
            "AWS_ACCOUNT_ID_ENDPOINT_MODE": "bogus",
            "BOTOCORE_EXPERIMENTAL__PLUGINS": "canary=nowhere.canary",
            "CDK_PROFILE": "canary",
            "CDK_PROXY": url,
            "CDK_REGION": "mars-north-1",
            "CDK_ROLE_ARN": "arn:aws:iam::999999999999:role/production",
        }

    def proxies(self) -> dict[str, str]:
        """The recorder as the proxy for everything but the user's own company."""
        names = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
        own = {"NO_PROXY": ".corp.example", "npm_config_no_proxy": "npm.example", "npm_config_proxy": self.recorder.url}
        return dict.fromkeys(names, self.recorder.url) | own

    def endpoints(self) -> dict[str, str]:
        """An endpoint for all services, and one for each by its SDK id, which outranks that."""
        return dict.fromkeys(("AWS_ENDPOINT_URL", *(f"AWS_ENDPOINT_URL_{one}" for one in SERVICES)), self.recorder.url)

    def _write_home(self) -> None:
        url, settings = self.recorder.url, self.folder / ".aws"
        settings.mkdir(parents=True)
        profile = (
            f"credential_process = touch {self._canary}\nendpoint_url = {url}\nservices = canary\n"
            f"region = mars-north-1\nproxy = {url}\ns3 =\n    use_accelerate_endpoint = true\n"
        )
        ours = ("s3", "sts", "sagemaker", "cloudformation")
        services = "[services canary]\n" + "".join(f"{one} =\n    endpoint_url = {url}\n" for one in ours)
        (settings / "config").write_text(f"[default]\n{profile}\n[profile canary]\n{profile}\n{services}")
        (settings / "credentials").write_text(f"[canary]\ncredential_process = touch {self._canary}\n")
        cdk = {"profile": "canary", "proxy": url, "region": "mars-north-1"}
        (self.folder / ".cdk.json").write_text(json.dumps(cdk))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.recorder.close()


def main(command: Sequence[str]) -> int:
    """Run a command in a hostile shell, and return its exit code, or 1 if anything of the shell's was used."""
    with tempfile.TemporaryDirectory() as folder, HostileShell(Path(folder)) as shell:
        code = subprocess.run(command, env=shell.environment(os.environ), check=False).returncode
        for line in shell.used:
            sys.stderr.write(f"left the loopback's own way: {line}\n")
        return 1 if shell.used else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
