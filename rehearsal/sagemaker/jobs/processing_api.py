"""Processing jobs: the operations of the API, each job a process with a folder in the place of /opt/ml.

Source: "CreateProcessingJob" and its like in the SageMaker API reference.
"""

from collections.abc import Callable
from pathlib import Path

from modelyard.rehearsal.containers.volumes import GIGABYTE
from modelyard.rehearsal.sagemaker.jobs.job_api import JobApi
from modelyard.rehearsal.sagemaker.jobs.job_task import JobSettings
from modelyard.rehearsal.sagemaker.jobs.processing_requests import check_processing
from modelyard.rehearsal.sagemaker.jobs.processing_task import ProcessingTask
from modelyard.rehearsal.sagemaker.jobs.progress import PROCESSING
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document


class ProcessingApi(JobApi):
    """The operations on processing jobs.

    Model Monitor's analyzer is this repository's own, as a module for AWS's image, or as the archive that a template
    gives to another image; `unpacked` is a folder that keeps what that archive unpacks and compiles, by default below
    the platform's. Any other job runs its entry point.
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
        super().__init__(platform=platform, kind=PROCESSING, on_trial_component=on_trial_component)
        self._unpacked = platform.folder / "unpacked" if unpacked is None else unpacked
        self._settings = JobSettings(stop_grace_seconds=stop_grace_seconds, gigabyte=gigabyte, on_change=self._record)

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
        document = self._document(request, also=scheduled)
        task = ProcessingTask(
            platform=self._platform, document=document, settings=self._settings, unpacked=self._unpacked
        )
        return self._start(document=document, task=task)

    @operation
    def describe_processing_job(self, request: Document) -> Document:
        """Describe a job; ServiceError (ValidationException) if there is none of that name."""
        return self._describe(request)

    @operation
    def list_processing_jobs(self, request: Document) -> Document:
        """List the jobs."""
        return self._list(request)

    @operation
    def stop_processing_job(self, request: Document) -> Document:
        """Stop a job.

        Raises:
            ServiceError: ValidationException, there is no such job or it has ended.

        """
        return self._stop(request)

    @operation
    def delete_processing_job(self, request: Document) -> Document:
        """Delete a job that has ended; what it uploaded stays.

        Raises:
            ServiceError: ValidationException, there is no such job; ResourceInUse, it runs.

        """
        return self._delete(request)
