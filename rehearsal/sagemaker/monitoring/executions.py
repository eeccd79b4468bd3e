"""The runs of schedules: each a processing job or two, or the reason why there was none."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.monitoring.analyses import Analysis, analysis_of
from modelyard.rehearsal.sagemaker.monitoring.captures import NothingToAnalyze, captures_of, folders_with_data
from modelyard.rehearsal.sagemaker.monitoring.expressions import Timetable
from modelyard.rehearsal.sagemaker.monitoring.merging import merged, truth_of
from modelyard.rehearsal.sagemaker.monitoring.requests import Run
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document, Table
from modelyard.shared.s3_uri import S3Uri

KIND = "MonitoringExecution"
RUNNING = ("Pending", "InProgress", "Stopping")
VIOLATIONS = "CompletedWithViolations"


class Processing(Protocol):
    """Who runs processing jobs."""

    def launch(self, request: Document, *, schedule_arn: str | None = None) -> str:
        """Start a job and return its ARN; ServiceError if it cannot be."""

    def wait(self, name: str, *, timeout: float | None = None) -> bool:
        """Wait for a job's end, and return whether it has come."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Executions:
    """Runs schedules, and keeps what came of it, also of schedules that are no more.

    `flush` is called before a run looks for captures: SageMaker starts up to 20 minutes late, when all are in S3.
    """

    platform: Platform
    processing: Processing
    flush: Callable[[], None]

    def add(self, *, schedule: Document, due: datetime) -> Document:
        """Keep a run that is to begin, and return its summary."""
        now = self.platform.clock.now()
        config = schedule["MonitoringScheduleConfig"]
        execution = {
            "MonitoringScheduleName": schedule["MonitoringScheduleName"],
            "ScheduledTime": due,
            "CreationTime": now,
            "LastModifiedTime": now,
            "MonitoringExecutionStatus": "Pending",
            "EndpointName": schedule["EndpointName"],
            "MonitoringType": schedule["MonitoringType"],
        }
        if "MonitoringJobDefinitionName" in config:
            execution["MonitoringJobDefinitionName"] = config["MonitoringJobDefinitionName"]
        self._table.add(f"{schedule['MonitoringScheduleName']}/{len(self._table.names())}", execution)
        return execution

    def run(self, *, schedule: Document, execution: Document) -> None:
        """Run to the end of the job; the execution's document says how it went."""
        try:
            self.flush()
            outcome = self._work(schedule=schedule, execution=execution)
        except (NothingToAnalyze, ServiceError) as error:
            outcome = {"MonitoringExecutionStatus": "Failed", "FailureReason": str(error)[:1024]}
        self._set(execution, outcome)

    def of(self, schedule: str) -> list[Document]:
        """Return a schedule's runs, the oldest first."""
        return [one for one in self.all() if one["MonitoringScheduleName"] == schedule]

    def all(self) -> list[Document]:
        """Return the runs of all schedules, as they are now, the oldest first."""
        return [self._now(execution) for execution in self._table.documents()]

    def running(self, schedule: str) -> list[Document]:
        """Return a schedule's runs that have not ended."""
        return [one for one in self.of(schedule) if one["MonitoringExecutionStatus"] in RUNNING]

    @property
    def _table(self) -> Table:
        return self.platform.store.table(KIND)

    def _now(self, execution: Document) -> Document:
        """Return a run that is stopped by its job's own operation as one that stops."""
        arn = execution.get("ProcessingJobArn")
        if arn is None or execution["MonitoringExecutionStatus"] != "InProgress":
            return dict(execution)
        job = self.platform.store.table("ProcessingJob").find(arn.rpartition("/")[2])
        stopping = job is not None and job["ProcessingJobStatus"] == "Stopping"
        return {**execution, "MonitoringExecutionStatus": "Stopping" if stopping else "InProgress"}

    def _set(self, execution: Document, changes: Document) -> None:
        with self.platform.store.lock:
            execution |= {**changes, "LastModifiedTime": self.platform.clock.now()}

    def _work(self, *, schedule: Document, execution: Document) -> Document:
        """Run the job, or for model quality the two of them, and return how the run ended."""
        run = self._run_of(schedule=schedule, due=execution["ScheduledTime"])
        if run.analysis.ground_truth is not None:
            truth = truth_of(platform=self.platform, run=run)
            ended = self._end_of(run.merge_request(truth=truth), schedule=schedule, execution=execution)
            if ended["MonitoringExecutionStatus"] != "Completed":
                return ended
            run = merged(platform=self.platform, run=run)
        return self._end_of(run.request(), schedule=schedule, execution=execution)

    def _end_of(self, request: Document, *, schedule: Document, execution: Document) -> Document:
        job = self.processing.launch(request, schedule_arn=schedule["MonitoringScheduleArn"])
        self._set(execution, {"MonitoringExecutionStatus": "InProgress", "ProcessingJobArn": job})
        self.processing.wait(job.rpartition("/")[2])
        return self._outcome(job)

    def _run_of(self, *, schedule: Document, due: datetime) -> Run:
        config = schedule["MonitoringScheduleConfig"]
        analysis = analysis_of(platform=self.platform, config=config)
        captures = captures_of(platform=self.platform, endpoint=analysis.endpoint_name)
        window = analysis.shifted(Timetable.read(config.get("ScheduleConfig", {})).window(due=due), due=due)
        folders = captures.folders(window)
        return Run(
            schedule=schedule["MonitoringScheduleName"],
            due=due,
            analysis=analysis,
            window=window,
            captures=captures,
            folders=folders_with_data(platform=self.platform, analysis=analysis, captures=captures, folders=folders),
            constraints=self._baseline(analysis, member="ConstraintsResource", file="constraints.json"),
            statistics=self._baseline(analysis, member="StatisticsResource", file="statistics.json"),
        )

    def _baseline(self, analysis: Analysis, *, member: str, file: str) -> str | None:
        """Return where a file of the baseline lies: where the definition says, or where its baselining job left it."""
        uri: str | None = analysis.baseline.get(member, {}).get("S3Uri")
        name = analysis.baseline.get("BaseliningJobName")
        if uri is not None or name is None:
            return uri
        job = self.platform.store.table("ProcessingJob").get(name)
        folder = job["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
        return str(S3Uri.parse(folder).below(file))

    def _outcome(self, arn: str) -> Document:
        job = self.platform.store.table("ProcessingJob").find(arn.rpartition("/")[2])
        if job is None:
            return {"MonitoringExecutionStatus": "Failed", "FailureReason": "The processing job was deleted"}
        violated = job.get("ExitMessage", "").startswith(VIOLATIONS)
        completed = job["ProcessingJobStatus"] == "Completed"
        outcome = VIOLATIONS if completed and violated else job["ProcessingJobStatus"]
        reason = {"FailureReason": job["FailureReason"]} if "FailureReason" in job else {}
        return {"MonitoringExecutionStatus": outcome, **reason}
