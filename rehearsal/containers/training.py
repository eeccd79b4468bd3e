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
from pathlib import Path

from modelyard.rehearsal.containers import opt_ml
from modelyard.rehearsal.containers.archives import pack, unpack
from modelyard.rehearsal.containers.entry_points import EntryPoint
from modelyard.rehearsal.containers.environment import ContainerTree, TrainingHost, base_environment, read_message
from modelyard.rehearsal.containers.libraries import import_hint
from modelyard.rehearsal.containers.local_commands import LocalCommand
from modelyard.rehearsal.containers.networks import Network
from modelyard.rehearsal.containers.processes import ContainerProcess
from modelyard.rehearsal.containers.requirements import OWN_PYTHON, InstallError, own_python, script_python
from modelyard.rehearsal.containers.training_results import (
    Metric,
    MetricDefinition,
    TrainingResult,
    TrainingStatus,
    advised,
    captured_error,
    client_error,
    container_failure,
    scrape,
    script_message,
)
from modelyard.rehearsal.containers.volumes import DEFAULT_BYTES, Volume
from modelyard.rehearsal.import_path import import_path
from modelyard.rehearsal.regexes import Regexes, RegexesClosedError
from modelyard.shared.container_families import ContainerFamily
from modelyard.shared.object_path import path_below

# Shorter than AWS's 120, in which nothing can be told to a script anyway.
STOP_GRACE_SECONDS = 0.5
LINES_KEPT = 1000
# How a job's log shows a tab, and the definitions of AWS's own metrics expect it. Believed: of every image.
TAB = "#011"
SAVE_ON_TERMINATION = "save_model_on_termination"
SHELLS = ("bash", "sh")


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoints:
    """Where a script saves its progress, a path below /opt/ml, and the folder of what an earlier job had saved."""

    path: str
    saved: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingSpec:
    """What is to be trained, in the terms of CreateTrainingJob.

    `source` is the script's folder or its sourcedir.tar.gz and `program` the file to run; without a program
    the container's own algorithm is trained, which is XGBoost, or `command` run, which stands for an image of the
    user's own, or `entry_point`, a program with its arguments that the request has run in the image in place of all
    that. Hyperparameters are texts, as in the API.
    `environment` is added to the script's own clean one, which has no credentials.
    `family` is the image's, whose ways the job has; None is an image of the user's own. A `network`
    without a way to PyPI leaves the script's libraries to what is there; with none at all each host is by itself.
    `max_runtime_seconds` counts from the start of the script. A script that is stopped is not told: AWS's containers
    hand no signal on, and kill it after `stop_grace_seconds` (120 on AWS), so that what it has saved by then is kept.
    What is unpacked for it must fit into `volume_bytes`.

    Raises:
        ValueError: a value that CreateTrainingJob or its container would refuse.

    """

    name: str
    channels: Mapping[str, Path]
    content_types: Mapping[str, str] = field(default_factory=dict)
    source: Path | None = None
    program: str | None = None
    command: LocalCommand | None = None
    entry_point: Sequence[str] = ()
    family: ContainerFamily | None = None
    network: Network = Network.INTERNET
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    metrics: Sequence[MetricDefinition] = ()
    checkpoints: Checkpoints | None = None
    host_count: int = 1
    instance_type: str = "ml.m5.large"
    region: str = "us-east-1"
    environment: Mapping[str, str] = field(default_factory=dict)
    max_runtime_seconds: float = 86_400
    stop_grace_seconds: float = STOP_GRACE_SECONDS
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
        if self.program is not None and not self.has_toolkit:
            raise ValueError("command and entry_point must be left out beside a program, which a toolkit runs")
        if self.program is not None:
            path_below(folder=Path("/"), name=self.program, what=f"program {self.program!r}")
            family, is_module = self.family, self.program.endswith(".py") and "/" not in self.program
            if family is not None and family.builds_training_script and not is_module:
                raise ValueError(
                    f"program must be a .py file at the top of its folder for {family.title}'s container, which runs "
                    f"it as a module, got {self.program!r}"
                )
        for channel in self.channels:
            path_below(folder=Path("/"), name=channel, what=f"channel {channel!r}")

    @property
    def has_toolkit(self) -> bool:
        """Whether a toolkit stands between the platform and what runs."""
        return self.command is None and not self.entry_point

    @property
    def host_network(self) -> Network:
        """The network of each host: several hosts of a command have to reach each other, also where it is isolated."""
        return Network.INTERNET if self.command is not None and self.host_count > 1 else self.network

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names of the job's hosts, the first of which is the master."""
        return tuple(f"algo-{number}" for number in range(1, self.host_count + 1))


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
        # Reentrant: a handler of lines may ask for the metrics.
        self._lock = threading.RLock()
        self._changed = threading.Event()
        self._stopping = False
        # What is wrong with the request or its files, what kept the script from being installed, and the error by which
        # the machine ended the job.
        self._refusal: str | None = None
        self._uninstalled: str | None = None
        self._aborted: str | None = None
        self._hint: str | None = None
        # That of an environment of the script's own, where it needs more than is here.
        self._python = sys.executable
        self._trees = {name: ContainerTree(root=self._folder / name) for name in job.hosts}
        self._hosts = [self._host(name) for name in job.hosts]
        self._processes: dict[str, ContainerProcess] = {}
        self._printed: dict[str, deque[str]] = {name: deque(maxlen=LINES_KEPT) for name in job.hosts}
        try:
            for host in self._hosts:
                self._lay_out(host)
        except (ValueError, OSError) as error:
            self._refusal = str(error)
        self._started = time.monotonic()
        if self._refusal is None:
            self._uninstalled = self._install()
        if self._refusal is None and self._uninstalled is None:
            self._start()

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
        self._aborted = error
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

        # A job that failed may still have output, but no model; one that was aborted has neither.
        reason = self._failure_reason(ending)
        if reason is not None and ending.failed:
            reason = advised(reason, self._hint)
        model, output = None, None
        if self._aborted is None:
            try:
                if reason is None:
                    models = [tree.model for tree in self._trees.values()]
                    model = pack(folders=models, archive=self._folder / "model.tar.gz")
                outputs = [tree.output_data for tree in self._trees.values()]
                if any(path for folder in outputs for path in folder.rglob("*")):
                    output = pack(folders=outputs, archive=self._folder / "output.tar.gz")
            except (ValueError, OSError) as error:
                model, output = None, None
                if reason is None:
                    reason = client_error(f"artifact upload failed: {error}")
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

    def _host(self, name: str) -> TrainingHost:
        job = self._job
        hyperparameters = dict(job.hyperparameters)
        if job.program is not None:
            platform = {
                "sagemaker_program": job.program,
                "sagemaker_job_name": job.name,
                "sagemaker_region": job.region,
                "sagemaker_container_log_level": "20",
            }
            hyperparameters = platform | hyperparameters
        return TrainingHost(
            tree=ContainerTree(root=opt_ml.seen(self._trees[name].root)),
            job_name=job.name,
            job_arn=f"arn:aws:sagemaker:{job.region}:000000000000:training-job/{job.name}",
            program=job.program if job.program is not None else "",
            hyperparameters=hyperparameters,
            channels=tuple(job.channels),
            content_types=job.content_types,
            hosts=job.hosts,
            current_host=name,
            instance_type=job.instance_type,
            family=job.family,
        )

    def _lay_out(self, host: TrainingHost) -> None:
        tree, source, program = self._trees[host.current_host], self._job.source, self._job.program
        tree.create()
        host.write_config(tree=tree)
        tree.copy_channels(self._job.channels)
        checkpoints = self._job.checkpoints
        if checkpoints is not None:
            shutil.copytree(checkpoints.saved, tree.root / checkpoints.path, dirs_exist_ok=True)
            tree.write_config(name="checkpointconfig", content={"LocalPath": str(host.tree.root / checkpoints.path)})
        if source is None or program is None:
            return
        volume = Volume(folder=self._folder, most_bytes=self._job.volume_bytes)
        unpack(source=source, volume=volume, folder=tree.code)
        if not (tree.code / program).is_file():
            raise ValueError(f"{source} must hold the program {program}, found no such file")
        self._entry_point(host, program=program).make_executable()

    def _install(self) -> str | None:
        """Return why the script cannot be installed, as its container words it, or None."""
        job, host = self._job, self._hosts[0]
        if job.program is None:
            return None
        installed = self._entry_point(host, program=job.program).installation
        if not installed:
            return None
        try:
            self._python = script_python(
                folder=self._trees[host.current_host].code,
                builds="." in installed,
                network=job.network,
                environment=job.environment,
                on_line=lambda line: self._on_line(host.current_host, line),
            )
        except InstallError as error:
            problem = f"ERROR: {error}"
            for name in job.hosts:
                self._on_line(name, problem)
            return script_message(
                family=job.family,
                error="InstallModuleError" if "." in installed else "InstallRequirementsError",
                exit_code=1,
                captured=problem,
                command=[sys.executable, "-m", "pip", "install", *installed],
            )
        return None

    def _entry_point(self, host: TrainingHost, *, program: str) -> EntryPoint:
        return EntryPoint.of(folder=self._trees[host.current_host].code, program=program, family=self._job.family)

    def _start(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        shared = {"AWS_REGION": self._job.region, "AWS_DEFAULT_REGION": self._job.region}
        if self._job.has_toolkit and (self._job.family is None or self._job.family.names_master):
            # On AWS 7777, on a machine that is the job's own.
            shared |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        if self._job.program is None and self._job.has_toolkit:
            shared["PYTHONPATH"] = import_path()
        try:
            for host in self._hosts:
                tree, own = self._trees[host.current_host], self._job.command
                if own is not None:
                    folder, told = own.folder, host.job_variables() | own.variables(root=host.tree.root)
                else:
                    variables = host.variables() if self._job.has_toolkit else host.job_variables()
                    folder = tree.code if self._job.has_toolkit else tree.root
                    told = variables | own_python(
                        tree=tree, seen=host.tree, network=self._job.network, python=self._python
                    )
                self._processes[host.current_host] = ContainerProcess(
                    command=self._command(host),
                    environment=base_environment(tree=host.tree) | told | shared | dict(self._job.environment),
                    folder=folder,
                    on_line=self._line_handler(host.current_host),
                    on_end=self._changed.set,
                    root=tree.root,
                    network=self._job.host_network,
                )
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

    def _command(self, host: TrainingHost) -> list[str]:
        if self._job.entry_point:
            return list(self._job.entry_point)
        if self._job.command is not None:
            return list(self._job.command.words)
        if self._job.program is None:
            module = "modelyard.rehearsal.containers.xgboost_algorithm"
            return [sys.executable, "-m", module, str(host.tree.root)]
        entry_point = self._entry_point(host, program=self._job.program)
        return entry_point.command(arguments=host.arguments(), python=str(host.tree.home / OWN_PYTHON))

    def _described(self, host: TrainingHost) -> list[str]:
        """Return the command of a host as a failure's reason has it."""
        program = self._job.program
        if program is None:
            return self._command(host)
        return self._entry_point(host, program=program).described(arguments=host.arguments())

    def _line_handler(self, host: str) -> Callable[[str, str], None]:
        def handle(_stream: str, line: str) -> None:
            with self._lock:
                self._printed[host].append(line)
                line = line.replace("\t", TAB)
                self._on_line(host, line)
                hint = import_hint(line, family=self._job.family)
                if hint is not None:
                    self._hint = hint
                    self._on_line(host, hint)
                if self._refusal is not None:
                    return
                try:
                    metrics = scrape(
                        line=line, definitions=self._job.metrics, timestamp=self._clock(), regexes=self._regexes
                    )
                except RegexesClosedError:
                    # The job is being killed: what it had printed until then is in its log only.
                    return
                except ValueError as error:
                    self._refusal = str(error)
                    self._changed.set()
                    return
                for metric in metrics:
                    self._metrics.append(metric)
                    self._on_metric(metric)

        return handle

    def _watch(self) -> _Ending:
        """Wait until all hosts have ended, or one has failed, or they are made to end."""
        deadline = self._started + self._job.max_runtime_seconds
        while self.running and self._refusal is None and not self._exit_codes_of_failed():
            overdue = time.monotonic() >= deadline
            if self._stopping or overdue:
                if self._heeds_sigterm:
                    for process in self._processes.values():
                        process.terminate()
                grace_ends = time.monotonic() + self._job.stop_grace_seconds
                for process in self._processes.values():
                    process.wait(timeout=max(grace_ends - time.monotonic(), 0))
                return _Ending(stopped=True, overdue=not self._stopping)
            self._changed.wait(min(deadline - time.monotonic(), threading.TIMEOUT_MAX))
            self._changed.clear()
        return _Ending(failed=self._exit_codes_of_failed())

    def _exit_codes_of_failed(self) -> dict[str, int]:
        codes = {host: process.exit_code for host, process in self._processes.items()}
        return {host: code for host, code in codes.items() if code is not None and code != 0}

    @property
    def _heeds_sigterm(self) -> bool:
        """Whether a signal to the container does anything: of AWS's only to the algorithm that saves each round.

        The container's first process gets it, and a shell hands it on to no other.
        """
        if self._job.entry_point:
            return Path(self._job.entry_point[0]).name not in SHELLS
        saves = self._job.program is None and self._job.hyperparameters.get(SAVE_ON_TERMINATION) == "true"
        return self._job.command is not None or saves

    def _failure_reason(self, ending: _Ending) -> str | None:
        if self._refusal is not None:
            return client_error(self._refusal)
        if self._uninstalled is not None:
            return container_failure(self._uninstalled)
        family = self._job.family
        if self._aborted is not None:
            # What the machine did to the container is no line of the script's.
            command = self._described(self._hosts[0])
            return container_failure(script_message(family=None, exit_code=1, captured=self._aborted, command=command))
        for host in self._hosts:
            name = host.current_host
            if name not in ending.failed:
                continue
            keeps_file = self._job.program is None or family is None or family.keeps_failure_file
            message = read_message(self._trees[name].failure) if keeps_file else None
            if not self._job.has_toolkit:
                # The platform says what the program wrote, and how it ended.
                told = "" if message is None else message
                return container_failure(told, exit_code=ending.failed[name])
            if message is None:
                message = script_message(
                    family=family,
                    exit_code=ending.failed[name],
                    captured=captured_error(self._printed[name]),
                    command=self._described(host),
                )
            return container_failure(message)
        return None
