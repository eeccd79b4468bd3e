"""A training job: the script of a model run as a SageMaker training container runs it."""

import shutil
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from modelyard.rehearsal.containers import failures
from modelyard.rehearsal.containers.archives import pack, unpack
from modelyard.rehearsal.containers.environment import TrainingHost, base_environment
from modelyard.rehearsal.containers.layout import ContainerTree
from modelyard.rehearsal.containers.metrics import Metric, MetricDefinition, final_values, scrape
from modelyard.rehearsal.containers.processes import ContainerProcess
from modelyard.rehearsal.containers.volumes import DEFAULT_BYTES, Volume
from modelyard.rehearsal.import_path import import_path
from modelyard.rehearsal.regexes import Regexes, RegexesClosedError
from modelyard.shared.object_path import path_below

ERROR_LINES_KEPT = 200


class TrainingStatus(StrEnum):
    """How a job ended: the values of TrainingJobStatus."""

    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPED = "Stopped"


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingSpec:
    """What is to be trained, in the terms of CreateTrainingJob.

    `source` is the script's folder or its sourcedir.tar.gz and `program` the file to run; without a program
    the container's own algorithm is trained, which is XGBoost. Hyperparameters are texts, as in the API.
    `environment` is added to the script's own clean one: the only place for credentials.
    `max_runtime_seconds` counts from the start of the script; a script that is stopped gets SIGTERM and
    `stop_grace_seconds` to save what it has (120 on AWS). What is unpacked for it must fit into `volume_bytes`.

    Raises:
        ValueError: a value that CreateTrainingJob or its container would refuse.

    """

    name: str
    channels: Mapping[str, Path]
    source: Path | None = None
    program: str | None = None
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    metrics: Sequence[MetricDefinition] = ()
    host_count: int = 1
    instance_type: str = "ml.m5.large"
    region: str = "us-east-1"
    environment: Mapping[str, str] = field(default_factory=dict)
    max_runtime_seconds: float = 86_400
    stop_grace_seconds: float = 120
    volume_bytes: int = DEFAULT_BYTES

    def __post_init__(self) -> None:
        if self.host_count < 1:
            raise ValueError(f"host_count must be 1 or more, got {self.host_count}; it is the instance count")
        if self.max_runtime_seconds <= 0:
            raise ValueError(f"max_runtime_seconds must be above 0, got {self.max_runtime_seconds:g}")
        if self.stop_grace_seconds < 0:
            raise ValueError(f"stop_grace_seconds must be 0 or more, got {self.stop_grace_seconds:g}")
        if (self.program is None) != (self.source is None):
            raise ValueError("source and program must both be given, or neither for the built-in algorithm")
        if self.program is not None and not self.program.endswith((".py", ".sh")):
            raise ValueError(f"program must end in .py or .sh, got {self.program!r}; name the script to run")
        if self.program is not None:
            path_below(folder=Path("/"), name=self.program, what=f"program {self.program!r}")
        for channel in self.channels:
            path_below(folder=Path("/"), name=channel, what=f"channel {channel!r}")

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names of the job's hosts, the first of which is the master."""
        return tuple(f"algo-{number}" for number in range(1, self.host_count + 1))


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingResult:
    """How a job ended and what it left.

    `secondary_status` is `MaxRuntimeExceeded` for a job that ran out of time, and else the status again. The
    model's archive is there unless the job failed, `output_archive` if the script left anything in
    SM_OUTPUT_DATA_DIR.
    """

    status: TrainingStatus
    secondary_status: str
    failure_reason: str | None
    metrics: tuple[Metric, ...]
    model_archive: Path | None
    output_archive: Path | None
    training_seconds: float

    @property
    def final_metrics(self) -> dict[str, float]:
        """The last value of each metric."""
        return final_values(self.metrics)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ending:
    """Why a job is over: stopped on request, out of time, or by itself, with the hosts that failed."""

    stopped: bool = False
    overdue: bool = False
    failed: Mapping[str, int] = field(default_factory=dict)


def run_training(
    *, job: TrainingSpec, folder: Path, on_line: Callable[[str, str], None] = lambda _host, _line: None
) -> TrainingResult:
    """Run a job to its end in `folder`, and return how it ended; `on_line` gets each host's name and line."""
    return TrainingRun(job=job, folder=folder, on_line=on_line).wait()


class TrainingRun:
    """A job that runs: it has started when this is made.

    `folder` must be empty or new, and gets a tree for each host and the archives. `on_line` and `on_metric`
    are called as lines are printed, one at a time, from threads of this object. `clock` gives the metrics'
    timestamps.
    """

    def __init__(
        self,
        *,
        job: TrainingSpec,
        folder: Path,
        on_line: Callable[[str, str], None] = lambda _host, _line: None,
        on_metric: Callable[[Metric], None] = lambda _metric: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._job = job
        self._folder = folder.resolve()
        self._on_line = on_line
        self._on_metric = on_metric
        self._clock = clock
        self._metrics: list[Metric] = []
        self._regexes = Regexes()
        self._errors: dict[str, deque[str]] = {host: deque(maxlen=ERROR_LINES_KEPT) for host in job.hosts}
        # Reentrant: who is told of a line may ask for the metrics.
        self._lock = threading.RLock()
        self._changed = threading.Event()
        self._stopping = False
        self._broken: str | None = None
        self._processes: dict[str, ContainerProcess] = {}
        self._refusal = self._prepare()
        self._started = time.monotonic()
        if self._refusal is None:
            self._start_all()

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics found so far."""
        with self._lock:
            return tuple(self._metrics)

    @property
    def running(self) -> bool:
        """Whether a host's script still runs."""
        return any(process.exit_code is None for process in self._processes.values())

    def stop(self) -> None:
        """Ask the job to end, as StopTrainingJob does, and return at once; `wait` sees to the end."""
        self._stopping = True
        self._changed.set()

    def abort(self, *, error: str) -> None:
        """Kill the job at once; it fails as if its script had died of `error`, and leaves no archive.

        For what a machine does to its container, as when the volume is full.
        """
        self._broken = error
        self._kill_all()

    def wait(self) -> TrainingResult:
        """Wait for the end, and return how the job ended; the trees stay for the caller to remove."""
        try:
            ending = self._watch()
        finally:
            self._kill_all()
        seconds = time.monotonic() - self._started
        for process in self._processes.values():
            process.wait()
        return self._result(ending=ending, seconds=seconds)

    def _prepare(self) -> str | None:
        """Lay out each host's tree, and return what is wrong with the job's files, if anything."""
        for host in self._job.hosts:
            tree = self._tree(host)
            try:
                tree.create()
                self._host(host).write_config()
                tree.copy_channels(self._job.channels)
                self._unpack(tree=tree)
            except (ValueError, OSError) as error:
                return str(error)
        return None

    def _unpack(self, *, tree: ContainerTree) -> None:
        if self._job.source is None or self._job.program is None:
            return
        volume = Volume(folder=self._folder, most_bytes=self._job.volume_bytes)
        unpack(source=self._job.source, volume=volume, folder=tree.code)
        if (tree.code / "requirements.txt").is_file():
            self._on_line(tree.root.name, "requirements.txt is not installed here; its packages must be there")
        if not (tree.code / self._job.program).is_file():
            raise ValueError(f"{self._job.source} must hold the program {self._job.program}, found no such file")

    def _start_all(self) -> None:
        shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
        try:
            for name in self._job.hosts:
                self._processes[name] = self._start(host=self._host(name), shared=shared)
        except (ValueError, OSError) as error:
            # As of a variable with a NUL, or of more variables than the system takes.
            self._kill_all()
            self._refusal = f"the script cannot be started: {error}"
        except BaseException:
            self._kill_all()
            raise

    def _kill_all(self) -> None:
        # First, as a line that takes long to be matched would have its process's end wait.
        self._regexes.close()
        for process in self._processes.values():
            process.kill()

    def _start(self, *, host: TrainingHost, shared: Mapping[str, str]) -> ContainerProcess:
        return ContainerProcess(
            command=self._command(host),
            environment=self._environment(host) | dict(shared) | dict(self._job.environment),
            folder=host.tree.code,
            on_line=self._line_handler(host.current_host),
            on_end=self._changed.set,
        )

    def _command(self, host: TrainingHost) -> list[str]:
        if self._job.program is None:
            module = "modelyard.rehearsal.containers.xgboost_algorithm"
            return [sys.executable, "-m", module, str(host.tree.root)]
        if self._job.program.endswith(".py"):
            return [sys.executable, self._job.program, *host.arguments()]
        # The shell is told a file and its arguments, and never a command line to take apart.
        return ["/bin/sh", f"./{self._job.program}", *host.arguments()]

    def _environment(self, host: TrainingHost) -> dict[str, str]:
        region = {"AWS_REGION": self._job.region, "AWS_DEFAULT_REGION": self._job.region}
        path = {"PYTHONPATH": import_path()} if self._job.program is None else {}
        return base_environment(tree=host.tree) | host.variables() | region | path

    def _host(self, name: str) -> TrainingHost:
        return TrainingHost(
            tree=self._tree(name),
            job_name=self._job.name,
            job_arn=f"arn:aws:sagemaker:{self._job.region}:000000000000:training-job/{self._job.name}",
            program=self._job.program if self._job.program is not None else "",
            hyperparameters=self._hyperparameters(),
            channels=tuple(self._job.channels),
            hosts=self._job.hosts,
            current_host=name,
            instance_type=self._job.instance_type,
        )

    def _hyperparameters(self) -> dict[str, str]:
        if self._job.program is None:
            return dict(self._job.hyperparameters)
        platform = {
            "sagemaker_program": self._job.program,
            "sagemaker_job_name": self._job.name,
            "sagemaker_region": self._job.region,
            "sagemaker_container_log_level": "20",
        }
        return platform | dict(self._job.hyperparameters)

    def _tree(self, host: str) -> ContainerTree:
        return ContainerTree(root=self._folder / host)

    def _line_handler(self, host: str) -> Callable[[str, str], None]:
        def handle(stream: str, line: str) -> None:
            with self._lock:
                if stream == "stderr":
                    self._errors[host].append(line)
                self._on_line(host, line)
                self._scrape(line)

        return handle

    def _scrape(self, line: str) -> None:
        if self._refusal is not None:
            return
        try:
            found = scrape(line=line, definitions=self._job.metrics, timestamp=self._clock(), regexes=self._regexes)
        except RegexesClosedError:
            # The job is being killed: what it had printed until then is in its log only.
            return
        except ValueError as error:
            self._refusal = str(error)
            self._changed.set()
            return
        for metric in found:
            self._metrics.append(metric)
            self._on_metric(metric)

    def _watch(self) -> _Ending:
        """Wait until all hosts have ended, or one has failed, or they are made to end."""
        deadline = self._started + self._job.max_runtime_seconds
        while self.running and self._refusal is None and not self._failed_hosts():
            overdue = time.monotonic() >= deadline
            if self._stopping or overdue:
                self._end_all()
                return _Ending(stopped=True, overdue=not self._stopping)
            self._changed.wait(min(deadline - time.monotonic(), threading.TIMEOUT_MAX))
            self._changed.clear()
        return _Ending(failed=self._failed_hosts())

    def _end_all(self) -> None:
        for process in self._processes.values():
            process.terminate()
        deadline = time.monotonic() + self._job.stop_grace_seconds
        for process in self._processes.values():
            process.wait(timeout=max(deadline - time.monotonic(), 0))

    def _failed_hosts(self) -> dict[str, int]:
        """Return the exit codes of those hosts that have failed."""
        codes = {host: process.exit_code for host, process in self._processes.items()}
        return {host: code for host, code in codes.items() if code is not None and code != 0}

    def _result(self, *, ending: _Ending, seconds: float) -> TrainingResult:
        reason = self._failure_reason(ending)
        model, output, fault = self._pack(with_model=reason is None) if self._broken is None else (None, None, None)
        reason = reason if reason is not None else fault
        ended = TrainingStatus.STOPPED if ending.stopped else TrainingStatus.COMPLETED
        status = ended if reason is None else TrainingStatus.FAILED
        return TrainingResult(
            status=status,
            secondary_status="MaxRuntimeExceeded" if ending.overdue and reason is None else status,
            failure_reason=reason,
            metrics=self.metrics,
            model_archive=model,
            output_archive=output,
            training_seconds=seconds,
        )

    def _pack(self, *, with_model: bool) -> tuple[Path | None, Path | None, str | None]:
        """Return the archives of the model and of the output, or what about their files is at fault."""
        try:
            return self._pack_model() if with_model else None, self._pack_output(), None
        except (ValueError, OSError) as error:
            return None, None, failures.client_error(message=f"artifact upload failed: {error}")

    def _failure_reason(self, ending: _Ending) -> str | None:
        if self._refusal is not None:
            return failures.client_error(message=self._refusal)
        if self._broken is not None:
            return self._broken_reason(error=self._broken)
        reasons = [self._host_failure(host=host, exit_code=code) for host, code in ending.failed.items()]
        return reasons[0] if reasons else None

    def _broken_reason(self, *, error: str) -> str:
        command = self._command(self._host(self._job.hosts[0]))
        message = failures.script_message(exit_code=1, error_lines=(error,), command=command)
        return failures.container_failure(kind="AlgorithmError", message=message, exit_code=1)

    def _host_failure(self, *, host: str, exit_code: int) -> str:
        said = failures.left_message(self._tree(host).failure)
        if said is None:
            command = self._command(self._host(host))
            lines = tuple(self._errors[host])
            said = failures.script_message(exit_code=exit_code, error_lines=lines, command=command)
        kind = "ClientError" if self._job.program is None else "AlgorithmError"
        return failures.container_failure(kind=kind, message=said, exit_code=exit_code)

    def _pack_model(self) -> Path:
        folders = [self._tree(host).model for host in self._job.hosts]
        return pack(folders=folders, archive=self._folder / "model.tar.gz")

    def _pack_output(self) -> Path | None:
        folders = [self._tree(host).output_data for host in self._job.hosts]
        if not any(path for folder in folders for path in folder.rglob("*")):
            return None
        return pack(folders=folders, archive=self._folder / "output.tar.gz")


def remove_trees(*, job: TrainingSpec, folder: Path) -> None:
    """Remove the hosts' trees and keep the archives, when a job's artifacts are all that is wanted of it."""
    for host in job.hosts:
        shutil.rmtree(folder / host, ignore_errors=False)


def free_port() -> int:
    """Return a loopback port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
