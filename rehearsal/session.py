"""A local AWS that runs: started, reached and ended from another process.

Whoever holds a `Rehearsal` holds the lifeline of its process: when the holder ends in whatever way, the local
AWS and all that it started end too.
"""

import contextlib
import json
import os
import secrets
import shutil
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from modelyard.rehearsal.cloud.engine import MLFLOW_ENDPOINT, SECRET, account_variables, page_key
from modelyard.rehearsal.containers.processes import ContainerProcess
from modelyard.rehearsal.deployed_properties import DeployedProperties
from modelyard.rehearsal.faults import Fault
from modelyard.rehearsal.import_path import import_path
from modelyard.shared.loopback import NO_SETTINGS_OF_THE_USER, is_loopback, isolated

# AWS's own example of an account number.
ACCOUNT = "111122223333"
START_SECONDS = 60.0
END_SECONDS = 15.0
# Objects of gigabytes are compressed.
SAVE_SECONDS = 300.0
CLIENT: Mapping[str, Any] = {
    "retries": {"mode": "standard", "max_attempts": 3},
    "read_timeout": 180,
    "proxies": {},
    "s3": {"addressing_style": "path", "us_east_1_regional_endpoint": "regional"},
}


class RehearsalError(Exception):
    """The local AWS did not start, or something else than the loopback was to be reached."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """How the local AWS is reached: by its endpoint, and by a proxy those who name an address of AWS's themselves.

    They are to trust the certificate and no other.

    Raises:
        RehearsalError: the endpoint is not on the loopback.

    """

    endpoint: str
    secret: str
    region: str
    account: str = ACCOUNT
    proxy: str | None = None
    certificate: Path | None = None

    def __post_init__(self) -> None:
        if not is_loopback(self.endpoint):
            raise RehearsalError(
                "a rehearsal must stay on the loopback, at http://127.0.0.1:PORT, got the endpoint "
                f"{self.endpoint}; copy what `rehearsal serve` prints"
            )

    @property
    def page(self) -> str:
        """The address of the page, with its key, which a browser keeps to itself: it sends no fragment."""
        return f"{self.endpoint}/#{page_key(secret=self.secret)}"

    def variables(self) -> dict[str, str]:
        """Return the variables by which any AWS client reaches this rehearsal, unless others outrank them."""
        own = account_variables(key=self.account, secret=self.secret, region=self.region)
        reach = {"CDK_REGION": self.region, "AWS_ENDPOINT_URL": self.endpoint, MLFLOW_ENDPOINT: self.endpoint}
        if self.proxy is not None:
            reach |= {"https_proxy": self.proxy, "HTTPS_PROXY": self.proxy, "AWS_CA_BUNDLE": str(self.certificate)}
        return {**NO_SETTINGS_OF_THE_USER, **own, **reach}

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """Return an environment by which any AWS client reaches this rehearsal and nothing else."""
        return isolated(inherited) | self.variables()

    def client(self, service: str) -> Any:
        """Return a boto3 client with the account's own credentials, whatever this process's environment says."""
        # Here and not above: `serve` starts the local AWS without the SDK.
        from botocore.config import Config

        from modelyard.rehearsal.clients import make_client

        return make_client(
            service,
            endpoint=self.endpoint,
            region=self.region,
            key=self.account,
            secret=self.secret,
            config=Config(**CLIENT),
        )

    def now(self) -> datetime:
        """Return the time on the rehearsal's clock."""
        return datetime.fromisoformat(self._control("now")["now"])

    def advance(self, *, seconds: float) -> datetime:
        """Move the clock forward, with everything that is due on the way, and return the new time."""
        return datetime.fromisoformat(self._control("advance", {"seconds": seconds})["now"])

    def flush(self) -> None:
        """Have captured records and metrics written now that would be within a minute."""
        self._control("flush")

    def ignored(self) -> dict[str, list[str]]:
        """Return the properties of the deployed templates that nothing has read, by type."""
        ignored: dict[str, list[str]] = self._control("ignored")["ignored"]
        return ignored

    def properties(self) -> DeployedProperties:
        """Return which effect the properties of the stacks have that stand here now."""
        answer = self._control("effects")
        return DeployedProperties(counts=answer["counts"], limited=answer["limited"])

    def reset(self) -> None:
        """Have nothing in the account any more: all that runs ends; the clock stays where it is."""
        self._control("reset")

    def overview(self) -> dict[str, Any]:
        """Return what the page shows."""
        return self._control("overview")

    def grant(self, *, service: str, name: str, value: float) -> None:
        """Set one of the account's quotas, by its name in Service Quotas."""
        self._control("grant", {"service": service, "name": name, "value": value})

    def close_model_monitor(self) -> None:
        """Have the account be one to which Model Monitor is closed, as it is to every new one."""
        self._control("close-model-monitor")

    def inject(self, fault: Fault) -> None:
        """Have calls go wrong from now on."""
        self._control("fault", fault.document)

    def faults(self) -> list[dict[str, Any]]:
        """Return every rule since the last `clear_faults`, with its `hits` and whether it is `over`."""
        faults: list[dict[str, Any]] = self._control("faults")["faults"]
        return faults

    def clear_faults(self) -> None:
        """Have everything go right again."""
        self._control("clear-faults")

    def decisions(self) -> list[tuple[str, str, str, bool]]:
        """Return what IAM decided about roles since the last call: role, action, resource, and whether it may.

        The first call returns nothing: it begins.
        """
        return [
            (role, action, resource, may) for role, action, resource, may in self._control("decisions")["decisions"]
        ]

    def _control(self, action: str, document: dict[str, Any] | None = None) -> dict[str, Any]:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        url, body = f"{self.endpoint}/_rehearsal/{action}", json.dumps(document or {}).encode()
        signed = AWSRequest(method="POST", url=url, data=body)
        SigV4Auth(Credentials(self.account, self.secret), "rehearsal", self.region).add_auth(signed)
        request = urllib.request.Request(url, data=body, headers=dict(signed.headers), method="POST")  # noqa: S310 - the loopback, as checked above
        # By itself: the usual opener asks a proxy, and follows a redirection to another address.
        opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.HTTPHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
        ):
            opener.add_handler(handler)
        try:
            with opener.open(request, timeout=600) as answer:
                result: dict[str, Any] = json.loads(answer.read())
                return result
        except urllib.error.HTTPError as error:
            content = error.read()
            # The beginning of what another server than the rehearsal's says.
            message = content[:200].decode(errors="replace")
            with contextlib.suppress(ValueError, KeyError, TypeError):
                message = str(json.loads(content)["message"])
            raise RehearsalError(f"the rehearsal refuses {action}: {message}") from error


def connect_from_env() -> Connection:
    """Return the connection to the rehearsal that the environment names.

    Raises:
        RehearsalError: it names none, or one that is not on the loopback or does not answer.

    """
    if "AWS_ENDPOINT_URL" not in os.environ:
        raise RehearsalError(
            "AWS_ENDPOINT_URL must name a rehearsal, it is not set; copy what `modelyard-rehearsal serve` prints"
        )
    connection = Connection(
        endpoint=os.environ["AWS_ENDPOINT_URL"],
        secret=os.environ.get("AWS_SECRET_ACCESS_KEY", ""),
        region=os.environ.get("AWS_REGION", "us-east-1"),
    )
    try:
        connection.now()
    except (urllib.error.URLError, ValueError) as error:
        raise RehearsalError(
            f"no rehearsal answers at {connection.endpoint}: {error}; start one with `modelyard-rehearsal serve`"
        ) from error
    return connection


class Rehearsal:
    """The process of a local AWS, from its start to its end, with a folder of its own.

    `project` is the folder whose `local_commands.toml` says what stands for images, by default where this runs. It
    answers at `port`, or where that is 0 at one that the system chooses, and with `by_name` those too who name an
    address of AWS's. What is there when it ends is kept in the folder `state` for the next one that names it. `on_line`
    is told what the process logs.

    Raises:
        RehearsalError: it did not start.

    """

    def __init__(
        self,
        *,
        region: str = "us-east-1",
        project: Path | None = None,
        port: int = 0,
        by_name: bool = False,
        state: Path | None = None,
        on_line: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._on_line = on_line
        self._announced = threading.Event()
        self._endpoint = ""
        self._proxy: str | None = None
        self._lines: list[str] = []
        secret = secrets.token_hex(20)
        self._folder = Path(tempfile.mkdtemp(prefix="modelyard-rehearsal-"))
        folder = self._folder / "aws"
        folder.mkdir()
        commands = (Path.cwd() if project is None else project).resolve()
        arguments = ["--folder", str(folder), "--project", str(commands), "--region", region, "--account", ACCOUNT]
        arguments += ["--port", str(port)]
        certificate = self._folder / "certificate.pem" if by_name else None
        arguments += [] if certificate is None else ["--certificate", str(certificate)]
        arguments += [] if state is None else ["--state", str(state.absolute())]
        self._state = state
        self._process = ContainerProcess(
            command=[sys.executable, "-m", "modelyard.rehearsal.cloud", *arguments],
            environment=isolated(os.environ)
            | {"PYTHONPATH": import_path(), SECRET: secret, "TMPDIR": str(self._folder)},
            folder=folder,
            on_line=self._handle_line,
            on_end=self._announced.set,
            leftovers=self._folder,
        )
        self._announced.wait(START_SECONDS)
        if not self._endpoint:
            self.close()
            raise RehearsalError(
                f"the local AWS did not start within {START_SECONDS:g} s, or ended; it said:\n{self._logged}"
            )
        self.connection = Connection(
            endpoint=self._endpoint, secret=secret, region=region, proxy=self._proxy, certificate=certificate
        )

    @property
    def folder(self) -> Path:
        """A folder that goes with the rehearsal."""
        return self._folder

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process.exit_code is None

    def close(self) -> None:
        """End the process, all that it started, and the folder.

        Raises:
            RehearsalError: what was there is not kept in the folder of the state.

        """
        try:
            self._process.stop(grace=END_SECONDS if self._state is None else SAVE_SECONDS)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
        if self._endpoint and self._state is not None and self._process.exit_code != 0:
            raise RehearsalError(f"what was there is not kept in {self._state}; the local AWS said:\n{self._logged}")

    @property
    def _logged(self) -> str:
        return "\n".join(self._lines)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _handle_line(self, stream: str, line: str) -> None:
        if stream == "stdout" and not self._endpoint:
            with contextlib.suppress(ValueError):
                announced = json.loads(line)
                self._endpoint, self._proxy = announced["endpoint"], announced["proxy"]
                self._announced.set()
                return
        self._lines = [*self._lines[-40:], line]
        self._on_line(line)
