"""Training jobs: the operations of the API, each job a process that runs a script or XGBoost's own algorithm.

Source: "CreateTrainingJob" and its like in the SageMaker API reference.
"""

from collections.abc import Callable

from modelyard.rehearsal.containers.volumes import GIGABYTE
from modelyard.rehearsal.sagemaker.jobs.register import JobKind, JobRegister
from modelyard.rehearsal.sagemaker.jobs.training_requests import check_training
from modelyard.rehearsal.sagemaker.jobs.training_task import TrainingSettings, TrainingTask
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

KIND = JobKind(name="TrainingJob", arn="training-job", words="training job")


class TrainingApi:
    """The part of the API for training jobs.

    `on_trial_component` is called with the document and `TrainingJob` when a job with an ExperimentConfig starts and
    when it has ended. The document's private member `MetricSeries` has every value of every metric.
    """

    def __init__(
        self,
        *,
        platform: Platform,
        on_trial_component: Callable[[Document, str], None] = lambda _document, _kind: None,
        stop_grace_seconds: float = 120,
        gigabyte: int = GIGABYTE,
    ) -> None:
        self._platform = platform
        self._register = JobRegister(platform=platform, kind=KIND, on_trial_component=on_trial_component)
        self._settings = TrainingSettings(
            stop_grace_seconds=stop_grace_seconds, gigabyte=gigabyte, on_change=self._register.tell
        )

    @operation
    def create_training_job(self, request: Document) -> Document:
        """Start a job.

        Raises:
            ServiceError: ValidationException for what cannot be run here or a role that SageMaker may not assume,
                ResourceInUse for a name that is taken.

        """
        return {"TrainingJobArn": self.launch(request)}

    def launch(self, request: Document, *, tuning_job_arn: str | None = None) -> str:
        """Start a job, perhaps a tuning job's, and return its ARN; raises as `create_training_job` does."""
        check_training(request)
        document = self._document(request, tuning_job_arn=tuning_job_arn)
        work = TrainingTask(platform=self._platform, document=document, settings=self._settings)
        return self._register.start(document=document, work=work)

    @operation
    def describe_training_job(self, request: Document) -> Document:
        """Describe a job; ServiceError (ValidationException) if there is none of that name."""
        return self._register.describe(request)

    @operation
    def list_training_jobs(self, request: Document) -> Document:
        """List the jobs."""
        return self._register.listed(request)

    @operation
    def stop_training_job(self, request: Document) -> Document:
        """Stop a job: SIGTERM, and two minutes to save what it has.

        Raises:
            ServiceError: ValidationException, there is no such job or it has ended.

        """
        return self._register.stop(request)

    @operation
    def delete_training_job(self, request: Document) -> Document:
        """Forget a job that has ended; what it saved stays.

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

    def _document(self, request: Document, *, tuning_job_arn: str | None) -> Document:
        now = self._platform.clock.now()
        starting = {"Status": "Starting", "StartTime": now, "StatusMessage": "Preparing the instances for training"}
        status = {"SecondaryStatus": "Starting", "SecondaryStatusTransitions": [starting]}
        tuned = {} if tuning_job_arn is None else {"TuningJobArn": tuning_job_arn}
        return self._register.document(request, also={**tuned, **status})
