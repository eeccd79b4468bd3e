"""Tuning jobs: the operations of the API, each job a search by real training jobs.

Source: "CreateHyperParameterTuningJob" and its like in the SageMaker API reference.
"""

import copy
from collections.abc import Callable, Mapping

from modelyard.rehearsal.sagemaker.jobs.job_api import JobApi
from modelyard.rehearsal.sagemaker.jobs.progress import TUNING
from modelyard.rehearsal.sagemaker.jobs.search_jobs import Training
from modelyard.rehearsal.sagemaker.jobs.training_requests import check_training
from modelyard.rehearsal.sagemaker.jobs.tuning_requests import TuningPlan
from modelyard.rehearsal.sagemaker.jobs.tuning_task import OBJECTIVE, TuningTask
from modelyard.rehearsal.sagemaker.listing import page
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document


class TuningApi(JobApi):
    """The operations on tuning jobs, whose training jobs are those of `training`.

    Grid and Random search; Bayesian searches as Random does, which the documentation of the rehearsal says.
    """

    def __init__(self, *, platform: Platform, training: Training) -> None:
        super().__init__(platform=platform, kind=TUNING)
        self._training = training
        # Their trials are listed also when they have ended.
        self._tasks: dict[str, TuningTask] = {}
        # Of the searches of an earlier run of the local AWS, what is told of their training jobs.
        self._summaries: dict[str, list[Document]] = {}

    def saved(self) -> dict[str, list[Document]]:
        """Return what is told of each search's training jobs."""
        return {name: self._summaries_of(name) for name in self._table.names()}

    def restore(self, saved: Mapping[str, list[Document]]) -> None:
        """Tell what was saved of searches whose documents are in the store already."""
        self._summaries.update(saved)

    def _summaries_of(self, name: str) -> list[Document]:
        if name in self._tasks:
            return self._tasks[name].summaries()
        known = self._platform.store.table("TrainingJob")
        return [one for one in self._summaries[name] if known.find(one["TrainingJobName"]) is not None]

    @operation
    def create_hyper_parameter_tuning_job(self, request: Document) -> Document:
        """Start a search.

        Raises:
            ServiceError: ValidationException for what cannot be run here, ResourceInUse for a name that is taken.

        """
        plan = TuningPlan(request=copy.deepcopy(request))
        first = next(plan.candidates())
        check_training({"TrainingJobName": "first", **first.request}, commands=self._platform.commands)
        self._platform.role_client(role_arn=first.request["RoleArn"], service="s3")
        document = self._document(request, also={"TrainingJobStatusCounters": {}, "ObjectiveStatusCounters": {}})
        task = TuningTask(platform=self._platform, document=document, plan=plan, training=self._training)
        arn = self._start(document=document, task=task)
        self._tasks[document["HyperParameterTuningJobName"]] = task
        return {"HyperParameterTuningJobArn": arn}

    @operation
    def describe_hyper_parameter_tuning_job(self, request: Document) -> Document:
        """Describe a search; ServiceError (ValidationException) if there is none of that name."""
        return self._describe(request)

    @operation
    def list_hyper_parameter_tuning_jobs(self, request: Document) -> Document:
        """List the searches."""
        return self._list(request, summary=_summary)

    @operation
    def list_training_jobs_for_hyper_parameter_tuning_job(self, request: Document) -> Document:
        """List a search's training jobs, by their objective if asked; ServiceError if there is no such search."""
        self._table.get(request["HyperParameterTuningJobName"])
        jobs = self._summaries_of(request["HyperParameterTuningJobName"])
        order: Callable[[Document], object] | None = None
        if request.get("SortBy") == "FinalObjectiveMetricValue":
            jobs = [job for job in jobs if OBJECTIVE in job]
            # `page` sorts by texts: each value's rank, in a length that sorts as numbers do.
            values = sorted({job[OBJECTIVE]["Value"] for job in jobs})
            ranks = {value: f"{rank:06}" for rank, value in enumerate(values)}

            def order(job: Document) -> object:
                return ranks[job[OBJECTIVE]["Value"]]

        return page(
            request,
            jobs,
            member="TrainingJobSummaries",
            name="TrainingJobName",
            status="TrainingJobStatus",
            order=order,
        )

    @operation
    def stop_hyper_parameter_tuning_job(self, request: Document) -> Document:
        """Stop a search and its training jobs.

        Raises:
            ServiceError: ValidationException, there is no such search or it has ended.

        """
        return self._stop(request)

    @operation
    def delete_hyper_parameter_tuning_job(self, request: Document) -> Document:
        """Delete a search that has ended; its training jobs stay.

        Raises:
            ServiceError: ValidationException, there is no such search; ResourceInUse, it runs.

        """
        return self._delete(request)


def _summary(document: Document) -> Document:
    config = document["HyperParameterTuningJobConfig"]
    return {**document, "Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]}
