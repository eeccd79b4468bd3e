"""Transform jobs: the operations of the API, each job one serving process an instance.

Source: "CreateTransformJob" and its like in the SageMaker API reference.
"""

from collections.abc import Callable

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.jobs.models import ModelPlan
from modelyard.rehearsal.sagemaker.jobs.register import JobKind, JobRegister
from modelyard.rehearsal.sagemaker.jobs.transform_requests import check_transform
from modelyard.rehearsal.sagemaker.jobs.transform_task import TransformSettings, TransformTask
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

KIND = JobKind(name="TransformJob", arn="transform-job", words="transform job")


class TransformApi:
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
        self._register = JobRegister(platform=platform, kind=KIND, on_trial_component=on_trial_component)
        self._settings = TransformSettings(on_change=self._register.tell)

    @operation
    def create_transform_job(self, request: Document) -> Document:
        """Start a job.

        Raises:
            ServiceError: ValidationException for what cannot be run here, a model that is not there or a role that
                SageMaker may not assume, ResourceInUse for a name that is taken.

        """
        check_transform(request)
        model = ModelPlan.of(self._model(request["ModelName"]))
        document = self._register.document(request)
        work = TransformTask(platform=self._platform, document=document, model=model, settings=self._settings)
        return {"TransformJobArn": self._register.start(document=document, work=work)}

    @operation
    def describe_transform_job(self, request: Document) -> Document:
        """Describe a job; ServiceError (ValidationException) if there is none of that name."""
        return self._register.describe(request)

    @operation
    def list_transform_jobs(self, request: Document) -> Document:
        """List the jobs."""
        return self._register.listed(request)

    @operation
    def stop_transform_job(self, request: Document) -> Document:
        """Stop a job; nothing that it has made is kept.

        Raises:
            ServiceError: ValidationException, there is no such job or it has ended.

        """
        return self._register.stop(request)

    def wait(self, name: str, *, timeout: float | None = None) -> bool:
        """Wait for a job's end, at most `timeout` seconds of the real time, and return whether it has come."""
        return self._register.wait(name, timeout=timeout)

    def close(self) -> None:
        """Kill every job that runs, and wait until nothing is left of it."""
        self._register.close()

    def _model(self, name: str) -> Document:
        found = self._platform.store.table("Model").find(name)
        if found is None:
            arn = self._platform.arn(kind="model", name=name)
            raise invalid(f'Could not find model "{arn}".')
        return found
