"""A serving process, started and ended: what one instance of an endpoint, or of a transform job, is here."""

import http.client
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from modelyard.rehearsal.containers import opt_ml
from modelyard.rehearsal.containers.archives import unpack
from modelyard.rehearsal.containers.environment import ADDRESS, ANNOUNCEMENT, ContainerTree, base_environment
from modelyard.rehearsal.containers.libraries import import_hint
from modelyard.rehearsal.containers.local_commands import PORT, LocalCommand
from modelyard.rehearsal.containers.processes import ContainerProcess
from modelyard.rehearsal.containers.requirements import OWN_PYTHON, InstallError, own_python, script_python
from modelyard.rehearsal.containers.training_results import advised
from modelyard.rehearsal.containers.volumes import DEFAULT_BYTES, Volume
from modelyard.rehearsal.import_path import import_path
from modelyard.shared.container_families import CODE_FOLDER, ContainerFamily
from modelyard.shared.object_path import path_below

# How long to wait between two questions for the health of a server that does not say when it listens.
PING_SECONDS = 0.05


class ServerError(Exception):
    """A serving process that did not come up: its last words say why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServedModel:
    """What is to be served, in the terms of CreateModel.

    `archive` is a model.tar.gz or the folder that it unpacks to. `command` is what stands for an image of the user's
    own, or for one that nothing here answers as; it gets the unpacked archive and a port, and nothing else of what
    follows. `source` is the script's folder or sourcedir.tar.gz, `program` the file with the serving functions; without
    a program the archive is a TensorFlow SavedModel under a version folder, or that of XGBoost's built-in algorithm.
    `without_program` is what to say where the program is not there and nothing here does without it. With `packed_code`
    an archive that holds the program under code/ needs no source. `family` is the image's, whose ways the server has;
    None is an image of the user's own, which takes bodies of `payload_megabytes`. `environment` is the container's own,
    and all that it has of credentials. AWS waits four minutes for the first good answer to /ping (`start_seconds`).
    What is unpacked for it must fit into `volume_bytes`. Without `reaches_pypi` a container that builds the script's
    folder has to do with what is there.

    Raises:
        ValueError: a source without a program, a program that no file can be, or a limit that is not above 0.

    """

    archive: Path
    command: LocalCommand | None = None
    source: Path | None = None
    program: str | None = None
    without_program: str | None = None
    packed_code: bool = True
    family: ContainerFamily | None = None
    reaches_pypi: bool = True
    region: str = "us-east-1"
    environment: Mapping[str, str] = field(default_factory=dict)
    payload_megabytes: int = 6
    start_seconds: float = 240
    volume_bytes: int = DEFAULT_BYTES

    def __post_init__(self) -> None:
        if self.source is not None and self.program is None:
            raise ValueError("program must be given with a source, got none; name its file")
        if self.program is not None:
            path_below(folder=Path("/"), name=self.program, what=f"program {self.program!r}")
        if self.start_seconds <= 0:
            raise ValueError(f"start_seconds must be above 0, got {self.start_seconds:g}")
        if not 1 <= self.payload_megabytes <= 100:
            raise ValueError(f"payload_megabytes must be between 1 and 100, got {self.payload_megabytes}")


class ModelServer:
    """A serving process that answers: making it waits until the model is loaded.

    `folder` gets the tree. `on_line` is called with each line that the process prints, from threads of this
    object. `on_process` is called with the process before that, so that another thread can end the wait.

    Raises:
        ServerError: the process ended, or did not answer in time.
        ValueError: the archive or the source cannot be unpacked, or the process not started.

    """

    def __init__(
        self,
        *,
        model: ServedModel,
        folder: Path,
        on_line: Callable[[str], None] = lambda _line: None,
        on_process: Callable[[ContainerProcess], None] = lambda _process: None,
    ) -> None:
        self._tree = ContainerTree(root=folder.resolve())
        self._seen = ContainerTree(root=opt_ml.seen(self._tree.root))
        self._announced = threading.Event()
        self._port = 0
        self._on_line = on_line
        self._family = model.family
        self._hint: str | None = None
        try:
            self._tree.create()
            volume = Volume(folder=self._tree.root, most_bytes=model.volume_bytes)
            unpack(source=model.archive, volume=volume, folder=self._tree.model)
            packed_code = self._tree.model / CODE_FOLDER
            if model.source is not None:
                unpack(source=model.source, volume=volume, folder=self._tree.code)
            elif model.packed_code and packed_code.is_dir():
                unpack(source=packed_code, volume=volume, folder=self._tree.code)
            if model.without_program is not None and not (self._tree.code / str(model.program)).is_file():
                raise ServerError(
                    f"the model could not be served: its archive holds no {CODE_FOLDER}/{model.program}, and "
                    f"{model.without_program}"
                )
            python = self._install(model)
            if model.command is None:
                self._process = self._start(model, python=python)
            else:
                self._process = self._start_own(model, model.command)
        except OSError as error:
            raise ValueError(f"the model cannot be served: {error}") from error
        on_process(self._process)

        started = time.monotonic()
        if model.command is None:
            self._announced.wait(model.start_seconds)
            answers = self._port > 0
        else:
            answers = self._await_ping(seconds=model.start_seconds)
        if answers:
            return
        self._process.kill()
        if time.monotonic() - started >= model.start_seconds:
            where = "model_fn" if model.command is None else f"what answers /ping at the port that {PORT} names"
            raise ServerError(f"the model must load within {model.start_seconds:g} s, and did not; look at {where}")
        said = self._process.last_words
        ended = f"its command ended with exit code {self._process.exit_code}"
        raise ServerError(advised(f"the model could not be served: {said if said else ended}", self._hint))

    @property
    def port(self) -> int:
        """The port on 127.0.0.1 that the system chose."""
        return self._port

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{ADDRESS}:{self._port}"

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process.exit_code is None

    def ping(self, *, seconds: float = 2) -> bool:
        """Ask for health, as SageMaker does: 200 within two seconds is healthy, all else is not."""
        connection = http.client.HTTPConnection(ADDRESS, self._port, timeout=seconds)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop(self, *, grace: float = 30) -> int:
        """End it, after `grace` seconds at most for the requests in progress, and return its exit code."""
        self._process.stop(grace=grace)
        code = self._process.wait()
        return -1 if code is None else code

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _install(self, model: ServedModel) -> str:
        """Install what the model's functions need, as containers do at each start, and return the interpreter."""
        family = model.family
        fixed = None if family is None else family.serving_program
        if model.program is None and (fixed is None or not (self._tree.code / fixed).is_file()):
            return sys.executable
        try:
            return script_python(
                folder=self._tree.code,
                builds=family is not None and family.builds_serving_script,
                reaches_pypi=model.reaches_pypi,
                environment=model.environment,
                on_line=self._on_line,
            )
        except InstallError as error:
            raise ServerError(f"the model could not be served: {error}") from error

    def _start(self, model: ServedModel, *, python: str) -> ContainerProcess:
        own = self._seen.home / OWN_PYTHON
        command = [str(own), "-m", "modelyard.rehearsal.containers.serving", str(self._seen.root)]
        command += ["--payload-megabytes", str(model.payload_megabytes)]
        environment = base_environment(tree=self._seen) | own_python(tree=self._tree, seen=self._seen, python=python)
        environment |= {"PYTHONPATH": import_path(), "AWS_REGION": model.region}
        if model.family is not None:
            command += ["--family", model.family.name]
        if model.program is not None:
            command += ["--program", model.program]
            environment["SAGEMAKER_PROGRAM"] = model.program
        return ContainerProcess(
            command=command,
            environment=environment | dict(model.environment),
            folder=self._tree.code,
            on_line=self._handle_line,
            on_end=self._announced.set,
            root=self._tree.root,
        )

    def _start_own(self, model: ServedModel, command: LocalCommand) -> ContainerProcess:
        with socket.socket() as probe:
            probe.bind((ADDRESS, 0))
            self._port = probe.getsockname()[1]
        given = {"AWS_REGION": model.region, **model.environment, PORT: str(self._port)}
        return ContainerProcess(
            command=command.words,
            environment=base_environment(tree=self._seen) | command.variables(root=self._seen.root) | given,
            folder=command.folder,
            on_line=lambda _stream, line: self._on_line(line),
            on_end=self._announced.set,
            root=self._tree.root,
        )

    def _await_ping(self, *, seconds: float) -> bool:
        """Ask for health until it is there, as SageMaker does of any image, or the process has ended."""
        deadline = time.monotonic() + seconds
        while not self._announced.wait(PING_SECONDS) and time.monotonic() < deadline:
            if self.ping():
                return True
        return False

    def _handle_line(self, stream: str, line: str) -> None:
        if stream == "stdout" and line.startswith(ANNOUNCEMENT) and not self._port:
            self._port = int(line.rpartition(":")[2])
            self._announced.set()
        self._on_line(line)
        hint = import_hint(line, family=self._family)
        if hint is not None:
            self._hint = hint
            self._on_line(hint)
