"""A processing job: its inputs, the command that it runs, and the outputs and metrics that this leaves."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime
from pathlib import Path

from modelyard.drift.line_breaks import split_lines
from modelyard.rehearsal.containers.libraries import import_hint
from modelyard.rehearsal.containers.processing import (
    ProcessingResult,
    ProcessingRun,
    ProcessingSpec,
    ProcessingStatus,
    local_path,
)
from modelyard.rehearsal.containers.training_results import advised
from modelyard.rehearsal.sagemaker.containers import family_of
from modelyard.rehearsal.sagemaker.jobs.batch_senders import MOST_BYTES, JobLog, JobMetrics
from modelyard.rehearsal.sagemaker.jobs.failures import JobFailed, cannot_start, misses_opt_ml
from modelyard.rehearsal.sagemaker.jobs.job_task import JobLimits, JobSettings, JobTask, Signals
from modelyard.rehearsal.sagemaker.jobs.processing_requests import command_of, inputs_of, network_of, outputs_of
from modelyard.rehearsal.sagemaker.jobs.progress import PROCESSING
from modelyard.rehearsal.sagemaker.jobs.transfers import WHOLE, ContinuousUpload, Mirror, Shard
from modelyard.rehearsal.sagemaker.machines import EXEC_FORMAT_ERROR, runs
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

# The namespaces are those of AWS's own examples, by what an analysis is of.
NAMESPACES = {
    "DATA_QUALITY": "aws/sagemaker/Endpoints/data-metrics",
    "MODEL_QUALITY": "aws/sagemaker/Endpoints/model-metrics",
}
FAILED = "AlgorithmError: See job logs for more information"
DATUM = ("MetricName", "Dimensions", "Value", "StatisticValues", "Unit")


class ProcessingTask(JobTask[ProcessingResult]):
    """The life of one processing job; `unpacked` is a folder that the analyzer's archive keeps from job to job."""

    def __init__(self, *, platform: Platform, document: Document, settings: JobSettings, unpacked: Path) -> None:
        cluster = document["ProcessingResources"]["ClusterConfig"]
        super().__init__(
            platform=platform,
            document=document,
            kind=PROCESSING,
            role_arn=document["RoleArn"],
            settings=settings,
            limits=JobLimits(
                seconds=document.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 86_400),
                gigabytes=cluster["VolumeSizeInGB"] * cluster["InstanceCount"],
            ),
        )
        self._unpacked = unpacked
        self._advice: str | None = None
        hosts = [f"algo-{number + 1}" for number in range(cluster["InstanceCount"])]
        self._roots = {host: self._folder / host for host in hosts}
        started = int(self._progress.now().timestamp())
        self._logs = {host: self._open_log(f"{host}-{started}") for host in hosts}

    def _fetch(self) -> None:
        for place, root in enumerate(self._roots.values()):
            root.mkdir()
            for item in inputs_of(self._request):
                folder = local_path(path=item.path, root=root)
                shard = Shard(place=place, of=len(self._roots)) if item.sharded else WHOLE
                self._transfers.download(source=item.uri, folder=folder, shard=shard)
                # there may be fewer objects than hosts
                folder.mkdir(parents=True, exist_ok=True)

    def _run_containers(self) -> ProcessingResult:
        instance = self._request["ProcessingResources"]["ClusterConfig"]["InstanceType"]
        if not runs(image=self._request["AppSpecification"]["ImageUri"], instance_type=instance):
            for log in self._logs.values():
                log.write(EXEC_FORMAT_ERROR)
            raise cannot_start(command="docker run <image>")
        started = [self._start(host) for host in self._roots]
        with ContinuousUpload(self._mirrors(continuous=True)):
            return _first_failure_or_first(started)

    def _start(self, host: str) -> ProcessingRun:
        root, log = self._roots[host], self._logs[host]
        for item in outputs_of(self._request):
            local_path(path=item.path, root=root).mkdir(parents=True, exist_ok=True)
        command = command_of(self._request, root=root.resolve(), unpacked=self._unpacked)
        network = network_of(self._request)
        role = self._platform.role_environment(role_arn=self._role_arn, network=network)
        spec = ProcessingSpec(
            name=self._name,
            command=command.words,
            environment={**self._request.get("Environment", {}), **command.environment, **role},
            config=json.loads(json.dumps(self._request, default=str)),
            hosts=list(self._roots),
            instance_type=self._request["ProcessingResources"]["ClusterConfig"]["InstanceType"],
            region=self._platform.region,
            network=network,
            stop_grace_seconds=self._settings.stop_grace_seconds,
        )
        run = ProcessingRun(job=spec, root=root, host=host, on_line=lambda line: self._hear(line, log=log))

        def abort(error: str) -> None:
            log.write(error)
            run.kill()

        self._attach(Signals(stop=run.stop, abort=abort))
        return run

    def _hear(self, line: str, *, log: JobLog) -> None:
        log.write(line)
        hint = import_hint(line, family=family_of(self._request["AppSpecification"]["ImageUri"]))
        if hint is not None:
            log.write(hint)
        self._advice = hint or misses_opt_ml(line) or self._advice

    def _mirrors(self, *, continuous: bool) -> list[Mirror]:
        """Return each host's outputs and where they go: all of them, or only those that are uploaded continuously."""
        key_id = self._request.get("ProcessingOutputConfig", {}).get("KmsKeyId")
        return [
            Mirror(
                folder=local_path(path=item.path, root=root),
                target=item.uri,
                transfers=self._transfers,
                key_id=key_id,
            )
            for root in self._roots.values()
            for item in outputs_of(self._request)
            if item.continuous or not continuous
        ]

    def _upload(self, result: ProcessingResult) -> tuple[str, Document]:
        """Upload what the command left; of one that failed or was stopped only what goes up continuously."""
        if self._aborted is None:
            for mirror in self._mirrors(continuous=result.status is not ProcessingStatus.COMPLETED):
                mirror.upload(settled=False)
        # Of a schedule's job alone (developer guide, "Container contract outputs" of Model Monitor).
        if "MonitoringScheduleArn" in self._request:
            self._publish_metrics()
        changes = {} if result.exit_message is None else {"ExitMessage": result.exit_message}
        if result.status is ProcessingStatus.FAILED:
            changes["FailureReason"] = advised(FAILED, self._advice)
        return str(result.status), changes

    def _publish_metrics(self) -> None:
        """Put what the analyzer has left for CloudWatch there."""
        folders = [root / "output" / "metrics" / "cloudwatch" for root in self._roots.values()]
        files = [path for folder in folders for path in sorted(folder.glob("*.jsonl"))]
        data = [datum for path in files for datum in _metrics_of(path)]
        if not data:
            return
        kind = self._request.get("Environment", {}).get("analysis_type", "DATA_QUALITY")
        namespace = NAMESPACES.get(kind, NAMESPACES["DATA_QUALITY"])
        metrics = JobMetrics(client=self._client("cloudwatch"), namespace=namespace)
        for datum in data:
            metrics.put(datum)
        metrics.close()


def _first_failure_or_first(hosts: Sequence[ProcessingRun]) -> ProcessingResult:
    """Wait for all hosts, and end the others once one has failed; return its result, or that of the first host."""
    with ThreadPoolExecutor(max_workers=len(hosts)) as pool:
        ended = [pool.submit(host.wait) for host in hosts]
        for future in as_completed(ended):
            if future.result().status is ProcessingStatus.FAILED:
                for host in hosts:
                    host.kill()
                return future.result()
        return ended[0].result()


def _metrics_of(path: Path) -> list[Document]:
    """Return the metrics of a file that the job has left; JobFailed if it left anything else."""
    # To read a pipe would take for ever.
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        raise JobFailed(f"AlgorithmError: {path.name} must be a file of metrics of at most {MOST_BYTES} bytes")
    try:
        metrics = [json.loads(line) for line in split_lines(path.read_text(encoding="utf-8"))]
        return [
            {member: metric[member] for member in DATUM if member in metric}
            | {"Timestamp": datetime.fromisoformat(metric["Timestamp"])}
            for metric in metrics
        ]
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise JobFailed(f"AlgorithmError: {path.name} must have a metric of CloudWatch's a line: {error}") from error
