"""The runs of schedules: each a processing job or two, or the reason why there was none."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.monitoring.analyses import Analysis, Run, analysis_of
from modelyard.rehearsal.sagemaker.monitoring.captures import (
    HOUR_FOLDER,
    Captures,
    NothingToAnalyze,
    captures_of,
    folders_with_data,
    refuse_mixed_encodings,
)
from modelyard.rehearsal.sagemaker.monitoring.timetable import Timetable
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
            self._set(execution, self._run(schedule=schedule, execution=execution))
        except (NothingToAnalyze, ServiceError) as error:
            self.fail(execution, reason=str(error)[:1024])

    def of(self, schedule: str) -> list[Document]:
        """Return a schedule's runs, the oldest first."""
        return [execution for execution in self.all() if execution["MonitoringScheduleName"] == schedule]

    def all(self) -> list[Document]:
        """Return the runs of all schedules, as they are now, the oldest first."""
        return [self._as_of_now(execution) for execution in self._table.documents()]

    def running(self, schedule: str) -> list[Document]:
        """Return a schedule's runs that have not ended."""
        return [execution for execution in self.of(schedule) if execution["MonitoringExecutionStatus"] in RUNNING]

    @property
    def _table(self) -> Table:
        return self.platform.store.table(KIND)

    def _as_of_now(self, execution: Document) -> Document:
        """Return a run that is stopped by its job's own operation as one that stops."""
        arn = execution.get("ProcessingJobArn")
        if arn is None or execution["MonitoringExecutionStatus"] != "InProgress":
            return dict(execution)
        job = self.platform.store.table("ProcessingJob").find(arn.rpartition("/")[2])
        stopping = job is not None and job["ProcessingJobStatus"] == "Stopping"
        return {**execution, "MonitoringExecutionStatus": "Stopping" if stopping else "InProgress"}

    def unfinished(self) -> list[Document]:
        """Return the runs of all schedules that have not ended."""
        return [one for one in self._table.documents() if one["MonitoringExecutionStatus"] in RUNNING]

    def fail(self, execution: Document, *, reason: str) -> None:
        """Close a run as failed."""
        self._set(execution, {"MonitoringExecutionStatus": "Failed", "FailureReason": reason})

    def _set(self, execution: Document, changes: Document) -> None:
        with self.platform.store.lock:
            execution |= {**changes, "LastModifiedTime": self.platform.clock.now()}

    def _run(self, *, schedule: Document, execution: Document) -> Document:
        """Run the job, or for model quality the two of them, and return how the run ended."""
        config, due = schedule["MonitoringScheduleConfig"], execution["ScheduledTime"]
        analysis = analysis_of(platform=self.platform, config=config)
        captures = captures_of(platform=self.platform, endpoint=analysis.endpoint_name)
        window = analysis.shifted(Timetable.read(config.get("ScheduleConfig", {})).window(due=due), due=due)
        run = Run(
            schedule=schedule["MonitoringScheduleName"],
            due=due,
            analysis=analysis,
            window=window,
            captures=captures,
            folders=self._filled(captures, role_arn=analysis.role_arn, folders=captures.folders(window)),
            constraints=self._baseline(analysis, member="ConstraintsResource", file="constraints.json"),
            statistics=self._baseline(analysis, member="StatisticsResource", file="statistics.json"),
        )
        refuse_mixed_encodings(
            platform=self.platform, role_arn=analysis.role_arn, captures=captures, folders=run.folders
        )
        if analysis.ground_truth is None:
            return self._process(run.request(), schedule=schedule, execution=execution)

        # Labels lie in folders by hour, those of the window's captures. A run without any ends here as one without
        # captures does; how AWS ends it is not known.
        labels = Captures(root=S3Uri.parse(analysis.ground_truth), endpoint="", variants=())
        hours = [f"{hour:{HOUR_FOLDER}}" for hour in window.hours()]
        labelled = self._filled(labels, role_arn=analysis.role_arn, folders=hours)
        merge_request = run.merge_request(ground_truth=labelled)
        outcome = self._process(merge_request, schedule=schedule, execution=execution)
        if outcome["MonitoringExecutionStatus"] != "Completed":
            return outcome

        # What was merged lies as its captures do, and is analyzed in their place.
        merged = replace(captures, root=S3Uri.parse(run.merged_uri))
        folders = self._filled(merged, role_arn=analysis.role_arn, folders=run.folders)
        run = replace(run, captures=merged, folders=folders)
        return self._process(run.request(), schedule=schedule, execution=execution)

    def _filled(self, captures: Captures, *, role_arn: str, folders: list[str]) -> list[str]:
        return folders_with_data(platform=self.platform, role_arn=role_arn, captures=captures, folders=folders)

    def _process(self, request: Document, *, schedule: Document, execution: Document) -> Document:
        """Run a processing job, and return what it makes of the execution."""
        arn = self.processing.launch(request, schedule_arn=schedule["MonitoringScheduleArn"])
        self._set(execution, {"MonitoringExecutionStatus": "InProgress", "ProcessingJobArn": arn})
        name = arn.rpartition("/")[2]
        self.processing.wait(name)
        job = self.platform.store.table("ProcessingJob").find(name)
        if job is None:
            return {"MonitoringExecutionStatus": "Failed", "FailureReason": "The processing job was deleted"}
        violated = job.get("ExitMessage", "").startswith(VIOLATIONS)
        completed = job["ProcessingJobStatus"] == "Completed"
        outcome = {"MonitoringExecutionStatus": VIOLATIONS if completed and violated else job["ProcessingJobStatus"]}
        return outcome | ({"FailureReason": job["FailureReason"]} if "FailureReason" in job else {})

    def _baseline(self, analysis: Analysis, *, member: str, file: str) -> str | None:
        """Return where a file of the baseline lies: where the definition says, or where its baselining job left it."""
        uri: str | None = analysis.baseline.get(member, {}).get("S3Uri")
        name = analysis.baseline.get("BaseliningJobName")
        if uri is not None or name is None:
            return uri
        job = self.platform.store.table("ProcessingJob").get(name)
        folder = job["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
        return str(S3Uri.parse(folder).below(file))
