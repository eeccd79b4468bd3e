"""Tuning jobs: the operations of the API, each job a search by real training jobs.

Source: "CreateHyperParameterTuningJob" and its like in the SageMaker API reference.
"""

import copy
from collections.abc import Callable

from modelyard.rehearsal.sagemaker.jobs.register import JobKind, JobRegister
from modelyard.rehearsal.sagemaker.jobs.training_requests import check_training
from modelyard.rehearsal.sagemaker.jobs.tuning_plans import TuningPlan
from modelyard.rehearsal.sagemaker.jobs.tuning_task import Training, TuningTask
from modelyard.rehearsal.sagemaker.listing import page
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

KIND = JobKind(name="HyperParameterTuningJob", arn="hyper-parameter-tuning-job", words="hyperparameter tuning job")


class TuningApi:
    """The part of the API for tuning jobs, whose training jobs are those of `training`.

    Grid and Random search; Bayesian searches as Random does, which the documentation of the rehearsal says.
    """

    def __init__(self, *, platform: Platform, training: Training) -> None:
        self._platform = platform
        self._training = training
        self._register = JobRegister(platform=platform, kind=KIND)
        self._works: dict[str, TuningTask] = {}

    @operation
    def create_hyper_parameter_tuning_job(self, request: Document) -> Document:
        """Start a search.

        Raises:
            ServiceError: ValidationException for what cannot be run here, ResourceInUse for a name that is taken.

        """
        plan = TuningPlan(request=copy.deepcopy(request))
        first = next(plan.candidates())
        check_training({"TrainingJobName": "first", **first.request})
        self._platform.role_client(role_arn=first.request["RoleArn"], service="s3")
        document = self._register.document(
            request, also={"TrainingJobStatusCounters": {}, "ObjectiveStatusCounters": {}}
        )
        name = document["HyperParameterTuningJobName"]
        work = TuningTask(platform=self._platform, document=document, plan=plan, training=self._training)
        arn = self._register.start(document=document, work=work)
        self._works[name] = work
        return {"HyperParameterTuningJobArn": arn}

    @operation
    def describe_hyper_parameter_tuning_job(self, request: Document) -> Document:
        """Describe a search; ServiceError (ValidationException) if there is none of that name."""
        return self._register.describe(request)

    @operation
    def list_hyper_parameter_tuning_jobs(self, request: Document) -> Document:
        """List the searches."""
        return self._register.listed(request, summary=_summary)

    @operation
    def list_training_jobs_for_hyper_parameter_tuning_job(self, request: Document) -> Document:
        """List a search's training jobs, by their objective if asked; ServiceError if there is no such search."""
        self._register.table.get(request["HyperParameterTuningJobName"])
        by_value = request.get("SortBy") == "FinalObjectiveMetricValue"
        items = self._works[request["HyperParameterTuningJobName"]].summaries()
        return page(
            request,
            _with_objective(items) if by_value else items,
            member="TrainingJobSummaries",
            name="TrainingJobName",
            status="TrainingJobStatus",
            order=_rank(items) if by_value else None,
        )

    @operation
    def stop_hyper_parameter_tuning_job(self, request: Document) -> Document:
        """Stop a search and its training jobs.

        Raises:
            ServiceError: ValidationException, there is no such search or it has ended.

        """
        return self._register.stop(request)

    @operation
    def delete_hyper_parameter_tuning_job(self, request: Document) -> Document:
        """Forget a search that has ended; its training jobs stay.

        Raises:
            ServiceError: ValidationException, there is no such search; ResourceInUse, it runs.

        """
        return self._register.delete(request)

    def wait(self, name: str, *, timeout: float | None = None) -> bool:
        """Wait for a search's end, at most `timeout` seconds of the real time, and return whether it has come."""
        return self._register.wait(name, timeout=timeout)

    def close(self) -> None:
        """Have every search start no more jobs, and wait for it; its training jobs are ended by theirs."""
        self._register.close()


def _summary(document: Document) -> Document:
    config = document["HyperParameterTuningJobConfig"]
    return {**document, "Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]}


def _with_objective(items: list[Document]) -> list[Document]:
    return [item for item in items if "FinalHyperParameterTuningJobObjectiveMetric" in item]


def _rank(items: list[Document]) -> Callable[[Document], object]:
    """Return each job's place by its objective, as texts of one length that sort as numbers do."""
    found = _with_objective(items)
    values = sorted({item["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for item in found})
    places = {value: f"{place:06}" for place, value in enumerate(values)}
    return lambda item: places[item["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]]
