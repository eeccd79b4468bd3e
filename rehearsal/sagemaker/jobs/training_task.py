"""One training job at work: fetch, train, save, and say in the document how far it is."""

import logging
import math
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from modelyard.rehearsal.containers.training import TrainingRun, TrainingSpec
from modelyard.rehearsal.containers.training_results import Metric, MetricDefinition, TrainingResult, TrainingStatus
from modelyard.rehearsal.containers.volumes import FULL, GIGABYTE, Volume, VolumeWatch
from modelyard.rehearsal.sagemaker.jobs.algorithm_metrics import job_metrics
from modelyard.rehearsal.sagemaker.jobs.batch_senders import JobLog, JobMetrics, LogStream
from modelyard.rehearsal.sagemaker.jobs.failures import INTERNAL, JobFailed, disk_failures, volume_full
from modelyard.rehearsal.sagemaker.jobs.job_keys import require_job_keys
from modelyard.rehearsal.sagemaker.jobs.progress import Progress
from modelyard.rehearsal.sagemaker.jobs.training_requests import channel_folder, channel_places, source_of
from modelyard.rehearsal.sagemaker.jobs.transfers import Transfers
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.s3_uri import S3Uri

_logger = logging.getLogger(__name__)
GROUP = "/aws/sagemaker/TrainingJobs"
ENDINGS = {
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job stopped because it exceeded the maximum allowed runtime",
}
# The process's own limit is further than any job's: time is measured on the clock, which can be moved.
NO_LIMIT = 10 * 365 * 86_400.0


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingSettings:
    """What is the same for all jobs: SIGTERM's grace, the bytes of a gigabyte, and who is told of start and end."""

    stop_grace_seconds: float = 120
    gigabyte: int = GIGABYTE
    on_change: Callable[[Document], None] = lambda _document: None


class TrainingTask:
    """A job that runs in the thread that calls `run`, and is stopped from others."""

    def __init__(self, *, platform: Platform, document: Document, settings: TrainingSettings) -> None:
        self._platform = platform
        self._progress = Progress(platform=platform, document=document, status="TrainingJobStatus")
        self._request = self._progress.document
        self._settings = settings
        self._name: str = self._request["TrainingJobName"]
        self._folder = platform.folder / "training" / self._name
        self._transfers = self._connect()
        self._lock = threading.Lock()
        self._running: TrainingRun | None = None
        self._stopping = self._overdue = self._ending = False
        self._over = threading.Event()
        self._metrics = JobMetrics(client=self._client("cloudwatch"), namespace=GROUP)
        self._logs: dict[str, JobLog] = {}

    def run(self) -> None:
        """Run to the end; the document says how it went."""
        self._settings.on_change(self._progress.document)
        try:
            with disk_failures("The files of the job could not be written"):
                self._finish(self._work())
        except JobFailed as failure:
            self._close(status="Failed", secondary="Failed", changes={"FailureReason": failure.reason})
        finally:
            self._metrics.close()
            for log in self._logs.values():
                log.close()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._over.set()
        self._settings.on_change(self._progress.document)

    def stop(self) -> None:
        """Send SIGTERM, or end before the script has started."""
        with self._lock:
            self._stopping = True
            running = self._running
        if running is not None:
            running.stop()

    def end(self) -> None:
        """Kill the script; nothing is saved."""
        with self._lock:
            self._stopping = self._ending = True
            running = self._running
        if running is not None:
            running.abort(error="the platform was closed")

    def fault(self) -> None:
        """Say that the job failed by no fault of its own."""
        self._close(status="Failed", secondary="Failed", changes={"FailureReason": INTERNAL})

    def _client(self, service: str) -> object:
        return self._platform.role_client(role_arn=self._request["RoleArn"], service=service)

    def _connect(self) -> Transfers:
        role = self._request["RoleArn"]
        return Transfers(client=self._client("s3"), role_arn=role, region=self._platform.region)

    def _work(self) -> TrainingResult | None:
        """Return how the script ended, or None if the job was stopped before it could start."""
        require_job_keys(platform=self._platform, role_arn=self._request["RoleArn"], request=self._request)
        self._folder.mkdir(parents=True)
        self._progress.set({"TrainingStartTime": self._progress.now()})
        self._progress.enter(status="Downloading", message="Downloading input data")
        job = self._job()
        if self._stopping:
            return None
        self._progress.enter(status="Training", message="Training image download completed. Training in progress.")
        return self._train(job)

    def _job(self) -> TrainingSpec:
        request, data = self._request, self._folder / "data"
        channels = {name: channel_folder(name=name, channels=data) for name in channel_places(request)}
        for name, place in channel_places(request).items():
            self._transfers.download(source=place, folder=channels[name])
        archive, program = self._script(data)
        if self._volume.left().exceeded:
            raise volume_full()
        hyperparameters = request.get("HyperParameters", {})
        try:
            return TrainingSpec(
                name=self._name,
                channels=channels,
                source=archive,
                program=program,
                hyperparameters=hyperparameters,
                metrics=self._definitions(algorithm=program is None),
                host_count=request["ResourceConfig"].get("InstanceCount", 1),
                instance_type=request["ResourceConfig"].get("InstanceType", "ml.m5.large"),
                region=self._platform.region,
                environment=self._environment(),
                max_runtime_seconds=NO_LIMIT,
                stop_grace_seconds=self._settings.stop_grace_seconds,
                volume_bytes=self._volume.left().size,
            )
        except ValueError as error:
            raise JobFailed(f"ClientError: {error}") from error

    def _definitions(self, *, algorithm: bool) -> list[MetricDefinition]:
        declared = self._request["AlgorithmSpecification"].get("MetricDefinitions", [])
        return job_metrics(declared=declared, algorithm=algorithm)

    def _script(self, data: Path) -> tuple[Path | None, str | None]:
        """Fetch the script's archive; on AWS its container does, so that what fails is the algorithm."""
        source = source_of(self._request.get("HyperParameters", {}))
        if source is None:
            return None, None
        if source.place is None:
            return source.in_channels(data), source.program
        archive = self._folder / "sourcedir.tar.gz"
        try:
            self._transfers.fetch(source=source.place, path=archive)
        except JobFailed as failure:
            raise JobFailed(f"AlgorithmError: framework error: {failure.reason}, exit code: 1") from failure
        return archive, source.program

    def _environment(self) -> dict[str, str]:
        given: dict[str, str] = self._request.get("Environment", {})
        role = self._platform.role_environment(role_arn=self._request["RoleArn"])
        return given | {"TRAINING_JOB_ARN": self._request["TrainingJobArn"]} | dict(role)

    def _train(self, job: TrainingSpec) -> TrainingResult:
        run = TrainingRun(
            job=job,
            folder=self._folder / "run",
            on_line=self._log,
            on_metric=self._measure,
            clock=self._progress.now,
        )
        self._take(run)
        limit = self._request["StoppingCondition"].get("MaxRuntimeInSeconds", 86_400)
        due = self._platform.clock.at(moment=self._progress.now() + timedelta(seconds=limit), run=self._exceed)
        try:
            with VolumeWatch(volume=self._volume, on_full=lambda: run.abort(error=FULL)):
                return run.wait()
        finally:
            due.cancel()

    def _take(self, run: TrainingRun) -> None:
        """Have the run stopped from now on by who asks for it, or at once if somebody has asked already."""
        with self._lock:
            self._running = run
        if self._ending:
            self.end()
        elif self._stopping:
            run.stop()

    @property
    def _volume(self) -> Volume:
        gigabytes = self._request["ResourceConfig"].get("VolumeSizeInGB", 30)
        return Volume(folder=self._folder, most_bytes=gigabytes * self._settings.gigabyte)

    def _exceed(self) -> None:
        self._overdue = True
        self.stop()
        # Who moves the clock may wait for this job no more; for its end it shall.
        self._platform.clock.work(self._await_end, name=f"end of {self._name}")

    def _await_end(self) -> None:
        self._over.wait()

    def _log(self, host: str, line: str) -> None:
        if host not in self._logs:
            name = f"{self._name}/{host}-{int(self._progress.now().timestamp())}"
            stream = LogStream(client=self._client("logs"), group=GROUP, stream=name)
            self._logs[host] = JobLog(stream=stream, now=self._progress.now)
        self._logs[host].write(line)

    def _measure(self, metric: Metric) -> None:
        measured = {"MetricName": metric.name, "Value": metric.value, "Timestamp": metric.timestamp}
        self._progress.append(member="MetricSeries", item=measured)
        self._metrics.put({**measured, "Dimensions": [{"Name": "TrainingJobName", "Value": self._name}]})

    def _finish(self, result: TrainingResult | None) -> None:
        if self._ending:
            raise JobFailed(INTERNAL)
        if result is None:
            self._close(status="Stopped", secondary="Stopped", changes={})
            return
        self._progress.enter(status="Uploading", message="Uploading generated training model")
        changes = self._final_metrics(result)
        try:
            changes |= self._upload(result)
        except JobFailed as failure:
            if result.failure_reason is None:
                raise
            # The reason says what went wrong first: the script, and not that its leftovers could not be saved either.
            _logger.warning("%s failed, and its output was lost: %s", self._name, failure.reason)
        self._end_as(result=result, changes=changes)

    def _end_as(self, *, result: TrainingResult, changes: Document) -> None:
        if result.failure_reason is not None:
            changes |= {"FailureReason": result.failure_reason}
        exceeded = self._overdue and result.status is TrainingStatus.STOPPED
        secondary = "MaxRuntimeExceeded" if exceeded else str(result.status)
        self._close(status=str(result.status), secondary=secondary, changes=changes)

    def _final_metrics(self, result: TrainingResult) -> Document:
        final = {metric.name: metric for metric in result.metrics}
        return {
            "FinalMetricDataList": [
                {"MetricName": metric.name, "Value": metric.value, "Timestamp": metric.timestamp}
                for metric in final.values()
            ]
        }

    def _upload(self, result: TrainingResult) -> Document:
        config = self._request["OutputDataConfig"]
        target, folder = S3Uri.parse(config["S3OutputPath"]), f"{self._name}/output"
        for archive in (result.output_archive, result.model_archive):
            if archive is not None:
                name = f"{folder}/{archive.name}"
                self._transfers.upload(path=archive, target=target, name=name, key_id=config.get("KmsKeyId"))
        if result.model_archive is None:
            return {}
        return {"ModelArtifacts": {"S3ModelArtifacts": str(target.below(f"{folder}/model.tar.gz"))}}

    def _close(self, *, status: str, secondary: str, changes: Document) -> None:
        ended = self._progress.now()
        started = self._progress.document.get("TrainingStartTime", ended)
        seconds = max(math.ceil((ended - started).total_seconds()), 1)
        times = {"TrainingEndTime": ended, "TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}
        self._progress.enter(status=secondary, message=ENDINGS[secondary])
        self._progress.set(changes | times | {"TrainingJobStatus": status})
