"""Processing jobs: the operations of the API, each job a process with a folder in the place of /opt/ml.

Source: "CreateProcessingJob" and its like in the SageMaker API reference.
"""

from collections.abc import Callable
from pathlib import Path

from modelyard.rehearsal.containers.volumes import GIGABYTE
from modelyard.rehearsal.sagemaker.jobs.processing_requests import check_processing
from modelyard.rehearsal.sagemaker.jobs.processing_task import ProcessingSettings, ProcessingTask
from modelyard.rehearsal.sagemaker.jobs.register import JobKind, JobRegister
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

KIND = JobKind(name="ProcessingJob", arn="processing-job", words="processing job")


class ProcessingApi:
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
        self._register = JobRegister(platform=platform, kind=KIND, on_trial_component=on_trial_component)
        self._settings = ProcessingSettings(
            unpacked=platform.folder / "unpacked" if unpacked is None else unpacked,
            stop_grace_seconds=stop_grace_seconds,
            gigabyte=gigabyte,
            on_change=self._register.tell,
        )

    @operation
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
        scheduled = None if schedule_arn is None else {"MonitoringScheduleArn": schedule_arn}
        document = self._register.document(request, also=scheduled)
        work = ProcessingTask(platform=self._platform, document=document, settings=self._settings)
        return self._register.start(document=document, work=work)

    @operation
    def describe_processing_job(self, request: Document) -> Document:
        """Describe a job; ServiceError (ValidationException) if there is none of that name."""
        return self._register.describe(request)

    @operation
    def list_processing_jobs(self, request: Document) -> Document:
        """List the jobs."""
        return self._register.listed(request)

    @operation
    def stop_processing_job(self, request: Document) -> Document:
        """Stop a job.

        Raises:
            ServiceError: ValidationException, there is no such job or it has ended.

        """
        return self._register.stop(request)

    @operation
    def delete_processing_job(self, request: Document) -> Document:
        """Forget a job that has ended; what it uploaded stays.

        Raises:
            ServiceError: ValidationException, there is no such job; ResourceInUse, it runs.

        """
        return self._register.delete(request)

    def wait(self, name: str, *, timeout: float | None = None) -> bool:
        """Wait for a job's end, at most `timeout` seconds of the real time, and return whether it has come."""
        return self._register.wait(name, timeout=timeout)

    def close(self) -> None:
        """Kill every job that runs, and wait until nothing is left of it."""
        self._register.close()
