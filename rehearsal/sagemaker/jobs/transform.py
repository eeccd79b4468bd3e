"""Transform jobs: the operations of the API, each job one serving process an instance.

Source: "CreateTransformJob" and its like in the SageMaker API reference.
"""

import copy
from collections.abc import Callable

from rehearsal.sagemaker.errors import invalid
from rehearsal.sagemaker.jobs.crews import Crew
from rehearsal.sagemaker.jobs.models import ModelPlan
from rehearsal.sagemaker.jobs.progress import Progress
from rehearsal.sagemaker.jobs.transform_requests import check_transform
from rehearsal.sagemaker.jobs.transform_work import TransformSettings, TransformWork
from rehearsal.sagemaker.listing import page
from rehearsal.sagemaker.platform import Platform
from rehearsal.sagemaker.store import Document

KIND = "TransformJob"


class TransformJobs:
    """The part of the API for transform jobs; a job acts as its model's role, for it has none of its own.

    `on_trial_component` is called as `TrainingJobs` does, with `TransformJob`.
    """

    def __init__(
        self,
        *,
        platform: Platform,
        on_trial_component: Callable[[Document, str], None] = lambda _document, _kind: None,
    ) -> None:
        self._platform = platform
        self._table = platform.store.table(KIND)
        self._crew = Crew(clock=platform.clock, kind=KIND)
        self._on_trial_component = on_trial_component
        self._settings = TransformSettings(on_change=self._tell)

    def create_transform_job(self, request: Document) -> Document:
        """Start a job.

        Raises:
            ServiceError: ValidationException for what cannot be run here, a model that is not there or a role that
                SageMaker may not assume, ResourceInUse for a name that is taken.

        """
        check_transform(request)
        model = ModelPlan.of(self._model(request["ModelName"]))
        document = self._document(request)
        work = TransformWork(platform=self._platform, document=document, model=model, settings=self._settings)
        self._table.add(document["TransformJobName"], document)
        self._crew.start(name=document["TransformJobName"], job=work, on_fault=work.fault)
        return {"TransformJobArn": document["TransformJobArn"]}

    def describe_transform_job(self, request: Document) -> Document:
        """Describe a job; ServiceError (ValidationException) if there is none of that name."""
        with self._platform.store.lock:
            return copy.deepcopy(self._table.get(request["TransformJobName"]))

    def list_transform_jobs(self, request: Document) -> Document:
        """List the jobs."""
        return page(
            request,
            self._table.documents(),
            member="TransformJobSummaries",
            name="TransformJobName",
            status="TransformJobStatus",
        )

    def stop_transform_job(self, request: Document) -> Document:
        """Stop a job; nothing that it has made is kept.

        Raises:
            ServiceError: ValidationException, there is no such job or it has ended.

        """
        document = self._table.get(request["TransformJobName"])
        progress = Progress(platform=self._platform, document=document, status="TransformJobStatus")
        if not progress.stopping():
            status = document["TransformJobStatus"]
            raise invalid(f"The request was rejected because the transform job is in status {status}.")
        self._crew.stop(request["TransformJobName"])
        return {}

    def wait(self, name: str, *, timeout: float | None = None) -> bool:
        """Wait for a job's end, at most `timeout` seconds of the real time, and return whether it has come."""
        return self._crew.wait(name, timeout=timeout)

    def close(self) -> None:
        """Kill every job that runs, and wait until nothing is left of it."""
        self._crew.close()

    def _model(self, name: str) -> Document:
        found = self._platform.store.table("Model").find(name)
        if found is None:
            arn = self._platform.arn(kind="model", name=name)
            raise invalid(f'Could not find model "{arn}".')
        return found

    def _document(self, request: Document) -> Document:
        now = self._platform.clock.now()
        return {
            **copy.deepcopy(request),
            "TransformJobArn": self._platform.arn(kind="transform-job", name=request["TransformJobName"]),
            "TransformJobStatus": "InProgress",
            "CreationTime": now,
            "LastModifiedTime": now,
        }

    def _tell(self, document: Document) -> None:
        if "ExperimentConfig" in document:
            self._on_trial_component(document, KIND)
