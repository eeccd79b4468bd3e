"""A training job: its channels and script, the containers that train, and the model that they leave."""

import logging
import math

from modelyard.rehearsal.containers.networks import Network
from modelyard.rehearsal.containers.training import Checkpoints, TrainingRun, TrainingSpec
from modelyard.rehearsal.containers.training_results import Metric, TrainingResult, TrainingStatus, advised
from modelyard.rehearsal.sagemaker.containers import family_of, no_credentials
from modelyard.rehearsal.sagemaker.jobs.batch_senders import JobLog, JobMetrics
from modelyard.rehearsal.sagemaker.jobs.failures import JobFailed, cannot_start, misses_opt_ml
from modelyard.rehearsal.sagemaker.jobs.job_task import JobLimits, JobSettings, JobTask, Signals
from modelyard.rehearsal.sagemaker.jobs.progress import TRAINING
from modelyard.rehearsal.sagemaker.jobs.training_requests import (
    channel_folder,
    channel_sources,
    checkpoint_places,
    entry_point_of,
    metric_definitions,
    network_of,
    script_of,
    training_command,
    unisolated,
)
from modelyard.rehearsal.sagemaker.jobs.transfers import ContinuousUpload, Mirror
from modelyard.rehearsal.sagemaker.machines import EXEC_FORMAT_ERROR, runs
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.s3_uri import S3Uri

_logger = logging.getLogger(__name__)
NAMESPACE = "/aws/sagemaker/TrainingJobs"
# The last message of each secondary status that a job can end in.
MESSAGES = {
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job stopped because it exceeded the maximum allowed runtime",
}
# The containers' own limit is further than any job's: the job's is measured on the clock, which can be moved.
NO_LIMIT = 10 * 365 * 86_400.0


class TrainingTask(JobTask[TrainingResult]):
    """The life of one training job."""

    def __init__(self, *, platform: Platform, document: Document, settings: JobSettings) -> None:
        super().__init__(
            platform=platform,
            document=document,
            kind=TRAINING,
            role_arn=document["RoleArn"],
            settings=settings,
            limits=JobLimits(
                seconds=document.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 86_400),
                gigabytes=document["ResourceConfig"].get("VolumeSizeInGB", 30),
            ),
        )
        channels = channel_sources(self._request)
        self._channels = {name: channel_folder(name=name, channels=self._folder / "data") for name in channels}
        self._checkpoints = checkpoint_places(self._request)
        self._command = training_command(self._request, commands=platform.commands)
        self._entry_point = entry_point_of(self._request)
        # Where no toolkit runs, nobody reads which script it would be.
        toolkit = self._command is None and not self._entry_point
        self._script = script_of(self._request.get("HyperParameters", {})) if toolkit else None
        self._network = network_of(self._request)
        self._logs: dict[str, JobLog] = {}
        self._advice: str | None = None
        self._metrics = JobMetrics(client=self._client("cloudwatch"), namespace=NAMESPACE)
        self._at_end.callback(self._metrics.close)

    def _fetch(self) -> None:
        self._progress.enter(status="Downloading", message="Downloading input data")
        for name, uri in channel_sources(self._request).items():
            self._transfers.download(source=uri, folder=self._channels[name])
        if self._checkpoints is not None:
            self._transfers.restore(source=self._checkpoints.uri, folder=self._folder / "checkpoints")
        if self._script is None or self._script.uri is None:
            return
        if self._network is Network.NONE:
            raise _framework_error(no_credentials(self._script.uri))
        try:
            self._transfers.fetch(source=self._script.uri, path=self._folder / "sourcedir.tar.gz")
        except JobFailed as failure:
            # On AWS the container downloads its script, so that the algorithm is what fails.
            raise _framework_error(failure.reason) from failure

    def _run_containers(self) -> TrainingResult:
        spec = self._spec()
        if not runs(image=self._request["AlgorithmSpecification"]["TrainingImage"], instance_type=spec.instance_type):
            self._write_log("algo-1", EXEC_FORMAT_ERROR)
            raise cannot_start(command="docker run <image> train")
        self._progress.enter(status="Training", message="Training image download completed. Training in progress.")
        reason = unisolated(self._request)
        if self._command is not None and reason is not None:
            # It only stands for the image: what it reaches says nothing of that, so that it may run.
            self._write_log(
                "algo-1", f"The local command is not isolated here, as EnableNetworkIsolation asks: {reason}"
            )
        run = TrainingRun(
            job=spec,
            folder=self._folder / "run",
            on_line=self._write_log,
            on_metric=self._put_metric,
            clock=self._progress.now,
        )
        self._attach(Signals(stop=run.stop, abort=lambda error: run.abort(error=error)))
        with ContinuousUpload(self._mirrors):
            return run.wait()

    def _spec(self) -> TrainingSpec:
        request, resources, script = self._request, self._request["ResourceConfig"], self._script
        archive = None
        if script is not None:
            in_channels = script.uri is None
            archive = script.in_channels(self._folder / "data") if in_channels else self._folder / "sourcedir.tar.gz"
        role = self._platform.role_environment(role_arn=self._role_arn, network=self._network)
        try:
            return TrainingSpec(
                name=self._name,
                channels=self._channels,
                content_types={
                    channel["ChannelName"]: channel["ContentType"]
                    for channel in request.get("InputDataConfig", [])
                    if "ContentType" in channel
                },
                source=archive,
                program=None if script is None else script.program,
                command=self._command,
                entry_point=self._entry_point,
                family=family_of(request["AlgorithmSpecification"]["TrainingImage"]),
                network=self._network,
                hyperparameters=request.get("HyperParameters", {}),
                metrics=metric_definitions(
                    request, algorithm=script is None and self._command is None and not self._entry_point
                ),
                checkpoints=None
                if self._checkpoints is None
                else Checkpoints(path=self._checkpoints.path, saved=self._folder / "checkpoints"),
                host_count=resources.get("InstanceCount", 1),
                instance_type=resources.get("InstanceType", "ml.m5.large"),
                region=self._platform.region,
                environment={
                    **request.get("Environment", {}),
                    "TRAINING_JOB_ARN": request["TrainingJobArn"],
                    **role,
                },
                max_runtime_seconds=NO_LIMIT,
                stop_grace_seconds=self._settings.stop_grace_seconds,
                volume_bytes=self._volume.left().size,
            )
        except ValueError as error:
            raise JobFailed(f"ClientError: {error}") from error

    @property
    def _mirrors(self) -> list[Mirror]:
        """The folders of checkpoints, one a host, whose files go to S3 as they are saved."""
        places = self._checkpoints
        if places is None:
            return []
        hosts = [f"algo-{number + 1}" for number in range(self._request["ResourceConfig"].get("InstanceCount", 1))]
        folders = [self._folder / "run" / host / places.path for host in hosts]
        return [Mirror(folder=folder, target=places.uri, transfers=self._transfers) for folder in folders]

    def _write_log(self, host: str, line: str) -> None:
        if host not in self._logs:
            self._logs[host] = self._open_log(f"{host}-{int(self._progress.now().timestamp())}")
        self._advice = self._advice or misses_opt_ml(line)
        self._logs[host].write(line)

    def _put_metric(self, metric: Metric) -> None:
        item = _metric_data(metric)
        self._progress.append(member="MetricSeries", item=item)
        self._metrics.put({**item, "Dimensions": [{"Name": "TrainingJobName", "Value": self._name}]})

    def _upload(self, result: TrainingResult) -> tuple[str, Document]:
        self._progress.enter(status="Uploading", message="Uploading generated training model")
        final = {metric.name: metric for metric in result.metrics}
        changes: Document = {"FinalMetricDataList": [_metric_data(metric) for metric in final.values()]}
        config = self._request["OutputDataConfig"]
        target, folder = S3Uri.parse(config["S3OutputPath"]), f"{self._name}/output"
        try:
            for mirror in self._mirrors:
                mirror.upload(settled=False)
            for archive in (result.output_archive, result.model_archive):
                if archive is not None:
                    name = f"{folder}/{archive.name}"
                    self._transfers.upload(path=archive, target=target, name=name, key_id=config.get("KmsKeyId"))
            if result.model_archive is not None:
                changes["ModelArtifacts"] = {"S3ModelArtifacts": str(target.below(f"{folder}/model.tar.gz"))}
        except JobFailed as failure:
            if result.failure_reason is None:
                raise
            # The reason says what went wrong first: the script, and not that its leftovers could not be saved either.
            _logger.warning("%s failed, and its output was lost: %s", self._name, failure.reason)
        if result.failure_reason is not None:
            changes["FailureReason"] = advised(result.failure_reason, self._advice)
        return str(result.status), changes

    def _close(self, *, status: str, changes: Document) -> None:
        exceeded = self._overdue and status == TrainingStatus.STOPPED
        secondary = "MaxRuntimeExceeded" if exceeded else status
        self._progress.enter(status=secondary, message=MESSAGES[secondary])
        ended = self._progress.now()
        started = self._progress.document.get("TrainingStartTime", ended)
        seconds = max(math.ceil((ended - started).total_seconds()), 1)
        super()._close(
            status=status, changes={**changes, "TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}
        )


def _framework_error(reason: str) -> JobFailed:
    return JobFailed(f"AlgorithmError: framework error: {reason}, exit code: 1")


def _metric_data(metric: Metric) -> Document:
    return {"MetricName": metric.name, "Value": metric.value, "Timestamp": metric.timestamp}
