"""Processing jobs: the operations of the API, each job a process with a folder in the place of /opt/ml.

Source: "CreateProcessingJob" and its like in the SageMaker API reference.
"""

import copy
from collections.abc import Callable
from pathlib import Path

from rehearsal.sagemaker.errors import in_use, invalid
from rehearsal.sagemaker.jobs.crews import Crew
from rehearsal.sagemaker.jobs.processing_requests import check_processing
from rehearsal.sagemaker.jobs.processing_work import ProcessingSettings, ProcessingWork
from rehearsal.sagemaker.jobs.progress import RUNNING, Progress
from rehearsal.sagemaker.jobs.volumes import GIGABYTE
from rehearsal.sagemaker.listing import page
from rehearsal.sagemaker.platform import Platform
from rehearsal.sagemaker.store import Document

KIND = "ProcessingJob"


class ProcessingJobs:
    """The part of the API for processing jobs.

    Model Monitor's analyzer is this repository's own, as a module for AWS's image, or as the archive that a template
    gives to another image; `unpacked` is a folder in which that archive keeps what it unpacks and compiles, below the
    platform's folder unless given. Any other job runs its entry point. `on_trial_component` is called as
    `TrainingJobs` does, with `ProcessingJob`.
    """

    def __init__(
        self,
        *,
        platform: Platform,
        on_trial_component: Callable[[Document, str], None] = lambda _document, _kind: None,
        unpacked: Path | None = None,
        stop_grace_seconds: float = 120,
        gigabyte: int = GIGABYTE,
    ) -> None:
        self._platform = platform
        self._table = platform.store.table(KIND)
        self._crew = Crew(clock=platform.clock, kind=KIND)
        self._on_trial_component = on_trial_component
        self._settings = ProcessingSettings(
            unpacked=platform.folder / "unpacked" if unpacked is None else unpacked,
            stop_grace_seconds=stop_grace_seconds,
            gigabyte=gigabyte,
            on_change=self._tell,
        )

    def create_processing_job(self, request: Document) -> Document:
        """Start a job.

        Raises:
            ServiceError: ValidationException for what cannot be run here or a role that SageMaker may not assume,
                ResourceInUse for a name that is taken.

        """
        return {"ProcessingJobArn": self.launch(request)}

    def launch(self, request: Document, *, schedule_arn: str | None = None) -> str:
        """Start a job, perhaps a monitoring schedule's, and return its ARN; raises as `create_processing_job` does."""
        check_processing(request)
        document = self._document(request, schedule_arn=schedule_arn)
        work = ProcessingWork(platform=self._platform, document=document, settings=self._settings)
        self._table.add(document["ProcessingJobName"], document)
        self._crew.start(name=document["ProcessingJobName"], job=work, on_fault=work.fault)
        arn: str = document["ProcessingJobArn"]
        return arn

    def describe_processing_job(self, request: Document) -> Document:
        """Describe a job; ServiceError (ValidationException) if there is none of that name."""
        with self._platform.store.lock:
            return copy.deepcopy(self._table.get(request["ProcessingJobName"]))

    def list_processing_jobs(self, request: Document) -> Document:
        """List the jobs."""
        return page(
            request,
            self._table.documents(),
            member="ProcessingJobSummaries",
            name="ProcessingJobName",
            status="ProcessingJobStatus",
        )

    def stop_processing_job(self, request: Document) -> Document:
        """Stop a job.

        Raises:
            ServiceError: ValidationException, there is no such job or it has ended.

        """
        document = self._table.get(request["ProcessingJobName"])
        progress = Progress(platform=self._platform, document=document, status="ProcessingJobStatus")
        if not progress.stopping():
            status = document["ProcessingJobStatus"]
            raise invalid(f"The request was rejected because the processing job is in status {status}.")
        self._crew.stop(request["ProcessingJobName"])
        return {}

    def delete_processing_job(self, request: Document) -> Document:
        """Forget a job that has ended; what it uploaded stays.

        Raises:
            ServiceError: ValidationException, there is no such job; ResourceInUse, it runs.

        """
        document = self._table.get(request["ProcessingJobName"])
        if document["ProcessingJobStatus"] in RUNNING:
            raise in_use(f"The processing job is in status {document['ProcessingJobStatus']}; stop it, then delete it")
        self._table.remove(request["ProcessingJobName"])
        return {}

    def wait(self, name: str, *, timeout: float | None = None) -> bool:
        """Wait for a job's end, at most `timeout` seconds of the real time, and return whether it has come."""
        return self._crew.wait(name, timeout=timeout)

    def close(self) -> None:
        """Kill every job that runs, and wait until nothing is left of it."""
        self._crew.close()

    def _document(self, request: Document, *, schedule_arn: str | None) -> Document:
        now = self._platform.clock.now()
        return {
            **copy.deepcopy(request),
            **({} if schedule_arn is None else {"MonitoringScheduleArn": schedule_arn}),
            "ProcessingJobArn": self._platform.arn(kind="processing-job", name=request["ProcessingJobName"]),
            "ProcessingJobStatus": "InProgress",
            "CreationTime": now,
            "LastModifiedTime": now,
        }

    def _tell(self, document: Document) -> None:
        if "ExperimentConfig" in document:
            self._on_trial_component(document, KIND)
