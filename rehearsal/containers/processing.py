"""A processing job: a command run as a SageMaker processing container runs it, its /opt/ml a folder.

Source: "How Amazon SageMaker AI Processing Runs Your Processing Container Image" and "... Configures Input and Output"
in AWS's developer guide.
"""

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath

from modelyard.rehearsal.containers import opt_ml
from modelyard.rehearsal.containers.environment import (
    ContainerTree,
    base_environment,
    loopback_interface,
    read_message,
)
from modelyard.rehearsal.containers.networks import Network
from modelyard.rehearsal.containers.processes import ContainerProcess
from modelyard.rehearsal.containers.requirements import own_python
from modelyard.shared.object_path import path_below

ROOT = "/opt/ml"
AS_PATH = re.compile(r"(?<![\w.\-/])(file://)?/opt/ml(?![\w.\-])")


class ProcessingStatus(StrEnum):
    """How a job ended: the values of ProcessingJobStatus."""

    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPED = "Stopped"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessingSpec:
    """What is to be run, in the terms of CreateProcessingJob.

    `command` is the entry point with its arguments. Where the system lets nobody mount the job's tree at /opt/ml, paths
    below that in it and in `environment` are taken below the tree, and a script that has one in its own text finds
    nothing there.
    `config` is what /opt/ml/config/processingjobconfig.json holds, `hosts` are the names of the job's instances,
    each of which is by itself where there is no `network`.

    Raises:
        ValueError: there is no command, or the grace is below 0.

    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, object] = field(default_factory=dict)
    hosts: Sequence[str] = ("algo-1",)
    instance_type: str = "ml.m5.large"
    region: str = "us-east-1"
    network: Network = Network.INTERNET
    stop_grace_seconds: float = 120

    def __post_init__(self) -> None:
        if not self.command:
            raise ValueError("command must have a program, got none; give the container an entry point")
        if self.stop_grace_seconds < 0:
            raise ValueError(f"stop_grace_seconds must be 0 or more, got {self.stop_grace_seconds:g}")


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessingResult:
    """How a job ended: `exit_message` is what it left in /opt/ml/output/message, `last_words` what it printed last."""

    status: ProcessingStatus
    exit_code: int
    exit_message: str | None
    last_words: str


def relocated(*, text: str, root: Path) -> str:
    """Put the tree's own path where a text names /opt/ml."""
    return AS_PATH.sub(lambda match: f"{match[1] if match[1] is not None else ''}{root}", text)


def local_path(*, path: str, root: Path) -> Path:
    """Return where a path of the container lies in the tree.

    Raises:
        ValueError: the path is not below /opt/ml, or no file can have it.

    """
    inside = PurePosixPath(path)
    if not inside.is_relative_to(ROOT):
        raise ValueError(f"a local path must lie below {ROOT}, got {path!r}; use {ROOT}/processing/...")
    if inside == PurePosixPath(ROOT):
        return root
    return path_below(folder=root, name=str(inside.relative_to(ROOT)), what=f"local path {path!r}")


class ProcessingRun:
    """A job that runs on one of its hosts: it has started when this is made.

    `root` is the host's tree, in which its inputs lie already. `on_line` is called with each line, one at a time.
    """

    def __init__(
        self,
        *,
        job: ProcessingSpec,
        root: Path,
        host: str = "algo-1",
        on_line: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._job = job
        self._tree = tree = ContainerTree(root=root.resolve())
        seen = ContainerTree(root=opt_ml.seen(tree.root))
        self._stopping = threading.Event()

        for folder in (tree.home, tree.temporary, tree.output, tree.processing_config):
            folder.mkdir(parents=True, exist_ok=True)
        tree.write_processing_config(name="processingjobconfig", content=job.config)
        tree.write_processing_config(
            name="resourceconfig",
            content={
                "current_host": host,
                "hosts": list(job.hosts),
                "network_interface_name": loopback_interface(),
                "current_instance_type": job.instance_type,
            },
        )

        environment = base_environment(tree=seen) | own_python(tree=tree, seen=seen, network=job.network)
        environment |= {"AWS_REGION": job.region, "AWS_DEFAULT_REGION": job.region}
        environment |= {name: relocated(text=text, root=seen.root) for name, text in job.environment.items()}
        lock = threading.Lock()

        def handle_line(_stream: str, line: str) -> None:
            with lock:
                on_line(line)

        self._process = ContainerProcess(
            command=[relocated(text=text, root=seen.root) for text in job.command],
            environment=environment,
            folder=tree.root,
            on_line=handle_line,
            root=tree.root,
            network=job.network,
        )

    def stop(self) -> None:
        """Send SIGTERM, and return at once; `wait` sees to the end."""

        def kill_after_grace() -> None:
            if self._process.wait(timeout=self._job.stop_grace_seconds) is None:
                self._process.kill()

        self._stopping.set()
        self._process.terminate()
        threading.Thread(target=kill_after_grace, name="grace", daemon=True).start()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def wait(self) -> ProcessingResult:
        """Wait for the end, and return how the job ended."""
        try:
            code = self._process.wait()
        finally:
            self._process.kill()
        status = ProcessingStatus.COMPLETED if code == 0 else ProcessingStatus.FAILED
        return ProcessingResult(
            status=ProcessingStatus.STOPPED if self._stopping.is_set() else status,
            exit_code=-1 if code is None else code,
            exit_message=read_message(self._tree.message),
            last_words=self._process.last_words,
        )
