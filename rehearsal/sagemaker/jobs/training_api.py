"""Training jobs: the operations of the API, each job a process that runs a script or XGBoost's own algorithm.

Source: "CreateTrainingJob" and its like in the SageMaker API reference.
"""

from collections.abc import Callable

from modelyard.rehearsal.containers.training import STOP_GRACE_SECONDS
from modelyard.rehearsal.containers.volumes import GIGABYTE
from modelyard.rehearsal.sagemaker.jobs.job_api import JobApi
from modelyard.rehearsal.sagemaker.jobs.job_task import JobSettings
from modelyard.rehearsal.sagemaker.jobs.progress import TRAINING
from modelyard.rehearsal.sagemaker.jobs.training_requests import check_training
from modelyard.rehearsal.sagemaker.jobs.training_task import TrainingTask
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document


class TrainingApi(JobApi):
    """The operations on training jobs; a document's private member `MetricSeries` has every value of every metric."""

    def __init__(
        self,
        *,
        platform: Platform,
        on_trial_component: Callable[[Document, str], None] = lambda _document, _kind: None,
        stop_grace_seconds: float = STOP_GRACE_SECONDS,
        gigabyte: int = GIGABYTE,
    ) -> None:
        super().__init__(platform=platform, kind=TRAINING, on_trial_component=on_trial_component)
        self._settings = JobSettings(stop_grace_seconds=stop_grace_seconds, gigabyte=gigabyte, on_change=self._record)

    @operation
    def create_training_job(self, request: Document) -> Document:
        """Start a job.

        Raises:
            ServiceError: ValidationException for what cannot be run here or a role that SageMaker may not assume,
                ResourceInUse for a name that is taken.

        """
        return {"TrainingJobArn": self.launch(request)}

    def launch(self, request: Document, *, owner: Document | None = None) -> str:
        """Start a job and return its ARN; raises as `create_training_job` does.

        `owner` is what its description says of the search that it is part of, such as `TuningJobArn`.
        """
        check_training(request, commands=self._platform.commands)
        now = self._platform.clock.now()
        starting = {"Status": "Starting", "StartTime": now, "StatusMessage": "Preparing the instances for training"}
        also: Document = {"SecondaryStatus": "Starting", "SecondaryStatusTransitions": [starting]}
        also |= {} if owner is None else owner
        document = self._document(request, also=also)
        task = TrainingTask(platform=self._platform, document=document, settings=self._settings)
        return self._start(document=document, task=task)

    @operation
    def describe_training_job(self, request: Document) -> Document:
        """Describe a job; ServiceError (ValidationException) if there is none of that name."""
        job = self._describe(request)
        # AWS has no key as an empty text, which the SDK's versions 1 and 2 read without asking whether it is there.
        return job | {"OutputDataConfig": {"KmsKeyId": ""} | job["OutputDataConfig"]}

    @operation
    def list_training_jobs(self, request: Document) -> Document:
        """List the jobs."""
        return self._list(request)

    @operation
    def stop_training_job(self, request: Document) -> Document:
        """Stop a job: SIGTERM, and two minutes to save what it has.

        Raises:
            ServiceError: ValidationException, there is no such job or it has ended.

        """
        return self._stop(request)

    @operation
    def delete_training_job(self, request: Document) -> Document:
        """Delete a job that has ended; what it saved stays.

        Raises:
            ServiceError: ValidationException, there is no such job; ResourceInUse, it runs.

        """
        return self._delete(request)
