"""Training jobs: the operations of the API, each job a process that runs a script or XGBoost's own algorithm.

Source: "CreateTrainingJob" and its like in the SageMaker API reference.
"""

import copy
from collections.abc import Callable

from rehearsal.sagemaker.errors import in_use, invalid
from rehearsal.sagemaker.jobs.crews import Crew
from rehearsal.sagemaker.jobs.progress import RUNNING, Progress
from rehearsal.sagemaker.jobs.training_requests import check_training
from rehearsal.sagemaker.jobs.training_work import TrainingSettings, TrainingWork
from rehearsal.sagemaker.jobs.volumes import GIGABYTE
from rehearsal.sagemaker.listing import page
from rehearsal.sagemaker.platform import Platform
from rehearsal.sagemaker.store import Document

KIND = "TrainingJob"


class TrainingJobs:
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
        self._table = platform.store.table(KIND)
        self._crew = Crew(clock=platform.clock, kind=KIND)
        self._on_trial_component = on_trial_component
        self._settings = TrainingSettings(
            stop_grace_seconds=stop_grace_seconds, gigabyte=gigabyte, on_change=self._tell
        )

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
        work = TrainingWork(platform=self._platform, document=document, settings=self._settings)
        self._table.add(document["TrainingJobName"], document)
        self._crew.start(name=document["TrainingJobName"], job=work, on_fault=work.fault)
        arn: str = document["TrainingJobArn"]
        return arn

    def describe_training_job(self, request: Document) -> Document:
        """Describe a job; ServiceError (ValidationException) if there is none of that name."""
        with self._platform.store.lock:
            return copy.deepcopy(self._table.get(request["TrainingJobName"]))

    def list_training_jobs(self, request: Document) -> Document:
        """List the jobs."""
        return page(
            request,
            self._table.documents(),
            member="TrainingJobSummaries",
            name="TrainingJobName",
            status="TrainingJobStatus",
        )

    def stop_training_job(self, request: Document) -> Document:
        """Stop a job: SIGTERM, and two minutes to save what it has.

        Raises:
            ServiceError: ValidationException, there is no such job or it has ended.

        """
        document = self._table.get(request["TrainingJobName"])
        progress = Progress(platform=self._platform, document=document, status="TrainingJobStatus")
        if not progress.stopping():
            status = document["TrainingJobStatus"]
            raise invalid(f"The request was rejected because the training job is in status {status}.")
        self._crew.stop(request["TrainingJobName"])
        return {}

    def delete_training_job(self, request: Document) -> Document:
        """Forget a job that has ended; what it saved stays.

        Raises:
            ServiceError: ValidationException, there is no such job; ResourceInUse, it runs.

        """
        document = self._table.get(request["TrainingJobName"])
        if document["TrainingJobStatus"] in RUNNING:
            raise in_use(f"The training job is in status {document['TrainingJobStatus']}; stop it, then delete it")
        self._table.remove(request["TrainingJobName"])
        return {}

    def wait(self, name: str, *, timeout: float | None = None) -> bool:
        """Wait for a job's end, at most `timeout` seconds of the real time, and return whether it has come."""
        return self._crew.wait(name, timeout=timeout)

    def close(self) -> None:
        """Kill every job that runs, and wait until nothing is left of it."""
        self._crew.close()

    def _document(self, request: Document, *, tuning_job_arn: str | None) -> Document:
        now = self._platform.clock.now()
        tuned = {} if tuning_job_arn is None else {"TuningJobArn": tuning_job_arn}
        starting = {"Status": "Starting", "StartTime": now, "StatusMessage": "Preparing the instances for training"}
        return {
            **copy.deepcopy(request),
            **tuned,
            "TrainingJobArn": self._platform.arn(kind="training-job", name=request["TrainingJobName"]),
            "TrainingJobStatus": "InProgress",
            "SecondaryStatus": "Starting",
            "SecondaryStatusTransitions": [starting],
            "CreationTime": now,
            "LastModifiedTime": now,
        }

    def _tell(self, document: Document) -> None:
        if "ExperimentConfig" in document:
            self._on_trial_component(document, KIND)
