"""Transform jobs: the operations of the API, each job one serving process an instance.

Source: "CreateTransformJob" and its like in the SageMaker API reference.
"""

from collections.abc import Callable

from modelyard.rehearsal.sagemaker.jobs.job_api import JobApi
from modelyard.rehearsal.sagemaker.jobs.job_task import JobSettings
from modelyard.rehearsal.sagemaker.jobs.progress import TRANSFORM
from modelyard.rehearsal.sagemaker.jobs.transform_requests import ModelPlan, check_transform
from modelyard.rehearsal.sagemaker.jobs.transform_task import TransformTask
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.models import find_model
from modelyard.rehearsal.sagemaker.store import Document


class TransformApi(JobApi):
    """The operations on transform jobs; a job acts as its model's role, for it has none of its own."""

    def __init__(
        self,
        *,
        platform: Platform,
        on_trial_component: Callable[[Document, str], None] = lambda _document, _kind: None,
    ) -> None:
        super().__init__(platform=platform, kind=TRANSFORM, on_trial_component=on_trial_component)
        self._settings = JobSettings(on_change=self._record)

    @operation
    def create_transform_job(self, request: Document) -> Document:
        """Start a job.

        Raises:
            ServiceError: ValidationException for what cannot be run here, a model that is not there or a role that
                SageMaker may not assume, ResourceInUse for a name that is taken.

        """
        check_transform(request)
        declared = find_model(platform=self._platform, name=request["ModelName"])
        model = ModelPlan.of(declared, commands=self._platform.commands)
        document = self._document(request)
        task = TransformTask(platform=self._platform, document=document, model=model, settings=self._settings)
        return {"TransformJobArn": self._start(document=document, task=task)}

    @operation
    def describe_transform_job(self, request: Document) -> Document:
        """Describe a job; ServiceError (ValidationException) if there is none of that name."""
        return self._describe(request)

    @operation
    def list_transform_jobs(self, request: Document) -> Document:
        """List the jobs."""
        return self._list(request)

    @operation
    def stop_transform_job(self, request: Document) -> Document:
        """Stop a job; nothing that it has made is kept.

        Raises:
            ServiceError: ValidationException, there is no such job or it has ended.

        """
        return self._stop(request)
