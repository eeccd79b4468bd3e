"""A real MLflow server, of which nobody but the local AWS can ask anything: it listens on a socket in a folder."""

import http.client
import shutil
import socket
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from modelyard.rehearsal.containers.processes import ContainerProcess

# What is rehearsed; requirements-tracking.txt has these too, by a test. The plugin brings the SDK by which MLflow's
# server lists what lies in S3.
MLFLOW, PLUGIN = "mlflow==3.17.2", "sagemaker-mlflow==0.5.0"
ENVIRONMENT = Path(".tracking")
DATABASE, SOCKET, HEALTH = "mlflow.db", "s", "/health"
POLL_SECONDS = 0.1
# The first start compiles MLflow and what it imports.
START_SECONDS = 300.0
ANSWER_SECONDS = 60.0
END_SECONDS = 5.0
LINES_KEPT = 20
# Said of a connection and not of what it carries (RFC 9110, section 7.6.1), and cookies, of which MLflow has none.
OF_A_CONNECTION = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "upgrade", "server", "date", "set-cookie"}
)
SETTINGS = {
    # Nothing of a rehearsal is told to anybody.
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # Of its jobs none is asked for here, and each queue of them would be a process more.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "PYTHONUNBUFFERED": "1",
}


class MlflowMissingError(Exception):
    """There is no MLflow server on this machine."""


class MlflowServerError(Exception):
    """The server did not start, or has ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """What the server has answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def find_python(project: Path) -> Path:
    """Return the interpreter that has an MLflow server: of the environment beside a project, else this one.

    Raises:
        MlflowMissingError: neither has it.

    """
    own = project / ENVIRONMENT / "bin" / "python"
    if own.exists():
        return own
    if find_spec("mlflow") is not None and find_spec("mlflow.server") is not None:
        return Path(sys.executable)
    raise MlflowMissingError(
        f"an MLflow App needs an MLflow server, found none in {project / ENVIRONMENT}; install it: make tracking, or "
        f"python -m venv {ENVIRONMENT} && {ENVIRONMENT}/bin/python -m pip install {MLFLOW} {PLUGIN}"
    )


class MlflowServer:
    """The server of one app; it starts when this is made, and ends with `close` or with its owner.

    What it is told is kept in a database in `folder`. It answers below `prefix`, and gives runs folders for artifacts
    below the URI `artifacts`; it writes none itself, as SageMaker's does not: clients do.
    """

    def __init__(
        self, *, python: Path, folder: Path, prefix: str, artifacts: str, environment: Mapping[str, str]
    ) -> None:
        self._prefix = prefix
        self._lines: deque[str] = deque(maxlen=LINES_KEPT)
        self._ended = threading.Event()
        folder.mkdir(parents=True, exist_ok=True)
        # Short, for the path of a socket has 104 characters at most (unix(4) of macOS); and in the local AWS's folder
        # of temporary files, which goes with that in whatever way it ends.
        self._place = Path(tempfile.mkdtemp(prefix="m-"))
        command = [str(python), "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{folder / DATABASE}"]
        command += ["--no-serve-artifacts", "--default-artifact-root", artifacts, "--static-prefix", prefix]
        command += ["--workers", "1", "--uvicorn-opts", f"--uds {self._place / SOCKET}"]
        self._process = ContainerProcess(
            command=command,
            environment={**environment, **SETTINGS},
            folder=folder,
            on_line=lambda _stream, line: self._lines.append(line),
            on_end=self._ended.set,
            leftovers=self._place,
        )

    def await_ready(self) -> None:
        """Wait until it answers.

        Raises:
            MlflowServerError: it has ended, or does not answer in time.

        """
        waited = 0.0
        while waited < START_SECONDS and not self._ended.is_set():
            try:
                self.ask(method="GET", target=f"{self._prefix}{HEALTH}", headers={}, body=b"")
            except OSError:
                self._ended.wait(POLL_SECONDS)
                waited += POLL_SECONDS
            else:
                return
        said = "\n".join(self._lines)
        self.close()
        raise MlflowServerError(f"the MLflow server did not start; it said:\n{said}")

    def ask(self, *, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """Return its answer to a request, whose target is a path below the prefix, with its query.

        Raises:
            OSError: it is not there.

        """
        connection = _SocketConnection(self._place / SOCKET)
        try:
            connection.request(method, target, body=body or None, headers={"Host": "localhost", **headers})
            response = connection.getresponse()
            content = response.read()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()
        kept = {name: value for name, value in response.getheaders() if name.lower() not in OF_A_CONNECTION}
        return Answered(status=response.status, headers=kept, body=content)

    def close(self) -> None:
        """End it; its database stays."""
        self._process.stop(grace=END_SECONDS)
        shutil.rmtree(self._place, ignore_errors=True)


class _SocketConnection(http.client.HTTPConnection):
    """HTTP over a socket that is a file."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Connect to the file."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


if __name__ == "__main__":
    # What is to be installed, for a Makefile.
    sys.stdout.write(f"{MLFLOW} {PLUGIN}\n")
