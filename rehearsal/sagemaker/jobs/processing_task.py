"""One processing job at work: fetch its inputs, run its command, upload its outputs."""

import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from modelyard.drift.line_breaks import split_lines
from modelyard.rehearsal.containers.processing import (
    ProcessingResult,
    ProcessingRun,
    ProcessingSpec,
    ProcessingStatus,
    local_path,
)
from modelyard.rehearsal.containers.volumes import FULL, GIGABYTE, Volume, VolumeWatch
from modelyard.rehearsal.sagemaker.jobs.batch_senders import MOST_BYTES, JobLog, JobMetrics, LogStream
from modelyard.rehearsal.sagemaker.jobs.continuous import ContinuousUpload, Mirror
from modelyard.rehearsal.sagemaker.jobs.failures import INTERNAL, JobFailed, disk_failures, volume_full
from modelyard.rehearsal.sagemaker.jobs.job_keys import require_job_keys
from modelyard.rehearsal.sagemaker.jobs.processing_requests import Exchange, command_of, inputs_of, outputs_of
from modelyard.rehearsal.sagemaker.jobs.progress import Progress
from modelyard.rehearsal.sagemaker.jobs.transfers import Transfers
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

GROUP = "/aws/sagemaker/ProcessingJobs"
NAMESPACES = {
    "DATA_QUALITY": "aws/sagemaker/Endpoints/data-metrics",
    "MODEL_QUALITY": "aws/sagemaker/Endpoints/model-metrics",
}
FAILED = "AlgorithmError: See job logs for more information"
DATUM = ("MetricName", "Dimensions", "Value", "StatisticValues", "Unit")


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessingSettings:
    """What is the same for all jobs; `unpacked` is a folder that the analyzer's archive keeps from job to job."""

    unpacked: Path
    stop_grace_seconds: float = 120
    gigabyte: int = GIGABYTE
    on_change: Callable[[Document], None] = lambda _document: None


class ProcessingTask:
    """A job that runs in the thread that calls `run`, and is stopped from others."""

    def __init__(self, *, platform: Platform, document: Document, settings: ProcessingSettings) -> None:
        self._platform = platform
        self._progress = Progress(platform=platform, document=document, status="ProcessingJobStatus")
        self._request = self._progress.document
        self._settings = settings
        self._name: str = self._request["ProcessingJobName"]
        self._folder = platform.folder / "processing" / self._name
        self._root = self._folder / "ml"
        role = self._request["RoleArn"]
        client = platform.role_client(role_arn=role, service="s3")
        self._transfers = Transfers(client=client, role_arn=role, region=platform.region)
        self._lock = threading.Lock()
        self._running: ProcessingRun | None = None
        self._stopping = self._ending = self._full = False
        self._over = threading.Event()
        self._log = self._open_log()

    def run(self) -> None:
        """Run to the end; the document says how it went."""
        self._settings.on_change(self._progress.document)
        try:
            with disk_failures("The files of the job could not be written"):
                self._finish(self._work())
        except JobFailed as failure:
            self._close(status="Failed", changes={"FailureReason": failure.reason})
        finally:
            self._log.close()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._over.set()
        self._settings.on_change(self._progress.document)

    def stop(self) -> None:
        """Send SIGTERM, or end before the command has started."""
        with self._lock:
            self._stopping = True
            running = self._running
        if running is not None:
            running.stop()

    def end(self) -> None:
        """Kill the command; nothing is uploaded."""
        with self._lock:
            self._stopping = self._ending = True
            running = self._running
        if running is not None:
            running.kill()

    def fault(self) -> None:
        """Say that the job failed by no fault of its own."""
        self._close(status="Failed", changes={"FailureReason": INTERNAL})

    def _open_log(self) -> JobLog:
        client = self._platform.role_client(role_arn=self._request["RoleArn"], service="logs")
        name = f"{self._name}/algo-1-{int(self._progress.now().timestamp())}"
        return JobLog(stream=LogStream(client=client, group=GROUP, stream=name), now=self._progress.now)

    def _work(self) -> ProcessingResult | None:
        """Return how the command ended, or None if the job was stopped before it could start."""
        require_job_keys(platform=self._platform, role_arn=self._request["RoleArn"], request=self._request)
        self._root.mkdir(parents=True)
        self._progress.set({"ProcessingStartTime": self._progress.now()})
        for given in inputs_of(self._request):
            self._transfers.download(source=given.place, folder=self._path(given))
        if self._volume.left().exceeded:
            raise volume_full()
        for wanted in outputs_of(self._request):
            self._path(wanted).mkdir(parents=True, exist_ok=True)
        return None if self._stopping else self._process()

    def _path(self, exchange: Exchange) -> Path:
        return local_path(path=exchange.path, root=self._root)

    def _process(self) -> ProcessingResult:
        run = ProcessingRun(job=self._job(), root=self._root, on_line=self._log.write)
        self._take(run)
        limit = self._request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 86_400)
        due = self._platform.clock.at(moment=self._progress.now() + timedelta(seconds=limit), run=self._exceed)
        try:
            with VolumeWatch(volume=self._volume, on_full=self._fill), ContinuousUpload(self._mirrors(continuous=True)):
                return run.wait()
        finally:
            due.cancel()

    def _exceed(self) -> None:
        self.stop()
        # Who moves the clock may wait for this job no more; for its end it shall.
        self._platform.clock.work(self._await_end, name=f"end of {self._name}")

    def _await_end(self) -> None:
        self._over.wait()

    def _job(self) -> ProcessingSpec:
        root = self._root.resolve()
        command = command_of(self._request, root=root, unpacked=self._settings.unpacked)
        role = self._platform.role_environment(role_arn=self._request["RoleArn"])
        return ProcessingSpec(
            name=self._name,
            command=command.words,
            environment=self._request.get("Environment", {}) | command.environment | dict(role),
            config=json.loads(json.dumps(self._request, default=str)),
            instance_type=self._request["ProcessingResources"]["ClusterConfig"]["InstanceType"],
            region=self._platform.region,
            stop_grace_seconds=self._settings.stop_grace_seconds,
        )

    def _take(self, run: ProcessingRun) -> None:
        """Have the run stopped from now on by who asks for it, or at once if somebody has asked already."""
        with self._lock:
            self._running = run
        if self._ending:
            run.kill()
        elif self._stopping:
            run.stop()

    @property
    def _volume(self) -> Volume:
        gigabytes = self._request["ProcessingResources"]["ClusterConfig"]["VolumeSizeInGB"]
        return Volume(folder=self._folder, most_bytes=gigabytes * self._settings.gigabyte)

    def _fill(self) -> None:
        self._log.write(FULL)
        self._full = True
        if self._running is not None:
            self._running.kill()

    def _mirrors(self, *, continuous: bool) -> list[Mirror]:
        key_id = self._request.get("ProcessingOutputConfig", {}).get("KmsKeyId")
        return [
            Mirror(folder=self._path(wanted), target=wanted.place, transfers=self._transfers, key_id=key_id)
            for wanted in outputs_of(self._request)
            if wanted.continuous or not continuous
        ]

    def _finish(self, result: ProcessingResult | None) -> None:
        """Upload what the command left; of one that failed or was stopped only what goes up continuously."""
        if self._ending:
            raise JobFailed(INTERNAL)
        if result is None:
            self._close(status="Stopped", changes={})
            return
        completed = result.status is ProcessingStatus.COMPLETED
        if not self._full:
            for mirror in self._mirrors(continuous=not completed):
                mirror.upload(settled=False)
        self._publish_metrics()
        message = {} if result.exit_message is None else {"ExitMessage": result.exit_message}
        reason = {"FailureReason": FAILED} if result.status is ProcessingStatus.FAILED else {}
        self._close(status=str(result.status), changes=message | reason)

    def _publish_metrics(self) -> None:
        """Put what the analyzer has left for CloudWatch there; the namespaces are those of AWS's own examples."""
        data = [
            datum
            for path in sorted((self._root / "output" / "metrics" / "cloudwatch").glob("*.jsonl"))
            for datum in _data(path)
        ]
        if not data:
            return
        client = self._platform.role_client(role_arn=self._request["RoleArn"], service="cloudwatch")
        kind = self._request.get("Environment", {}).get("analysis_type", "DATA_QUALITY")
        metrics = JobMetrics(client=client, namespace=NAMESPACES.get(kind, NAMESPACES["DATA_QUALITY"]))
        for datum in data:
            metrics.put(datum)
        metrics.close()

    def _close(self, *, status: str, changes: Document) -> None:
        self._progress.set(changes | {"ProcessingEndTime": self._progress.now(), "ProcessingJobStatus": status})


def _data(path: Path) -> list[Document]:
    """Return the metrics of a file that the job has left; JobFailed if it left anything else."""
    # To read a pipe would take for ever.
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        raise JobFailed(f"AlgorithmError: {path.name} must be a file of metrics of at most {MOST_BYTES} bytes")
    try:
        return [_datum(json.loads(line)) for line in split_lines(path.read_text(encoding="utf-8"))]
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise JobFailed(f"AlgorithmError: {path.name} must have a metric of CloudWatch's a line: {error}") from error


def _datum(metric: Document) -> Document:
    moment = datetime.fromisoformat(metric["Timestamp"])
    return {member: metric[member] for member in DATUM if member in metric} | {"Timestamp": moment}
