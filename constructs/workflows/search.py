"""The search of a training run: a hyperparameter tuning job in the place of listed trials."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelyard.constructs.workflows.preparation import Preparation
from modelyard.constructs.workflows.requests import (
    JobContext,
    JobFolders,
    Request,
    Script,
    algorithm,
    hyperparameters,
    job_definition,
    tuning_config,
)
from modelyard.constructs.workflows.states import RUN, States, expression, task, text
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.names import MARK
from modelyard.manifest.training import Training
from modelyard.manifest.tuning import Tuning

LONGEST_NAME = 32
HASH = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """The states that run a search, and hand on its jobs as trials."""

    training: Training
    tuning: Tuning
    layout: DataLayout
    prefix: str
    job_context: JobContext
    image: str
    script: Script | None
    partition: str
    data: Mapping[str, str] = field(default_factory=dict)
    preparation: Preparation | None = None

    @property
    def first(self) -> str:
        """The state to begin with."""
        return "Search"

    @property
    def variables(self) -> dict[str, Any]:
        """What must be assigned before: nothing."""
        return {}

    def states(self, *, then: str) -> States:
        """Return the states, the last of which goes on with a list of trials."""
        return {
            "Search": task(
                resource="sagemaker:createHyperParameterTuningJob.sync",
                arguments=self._tuning_request(),
                output=None,
                then="List the trials",
                caught_by="Report the failure",
                partition=self.partition,
            ),
            "List the trials": task(
                resource="aws-sdk:sagemaker:listTrainingJobsForHyperParameterTuningJob",
                arguments={
                    "HyperParameterTuningJobName": search_name(self.prefix),
                    "MaxResults": 100,
                    "SortBy": "FinalObjectiveMetricValue",
                    "SortOrder": "Descending" if self.training.objective.goal == "maximize" else "Ascending",
                },
                # The search's jobs in the form of trials, which are named as their jobs.
                output=expression("""[$states.result.TrainingJobSummaries.{
            'name': TrainingJobName,
            'job': TrainingJobName,
            'status': TrainingJobStatus,
            'hyperparameters': TunedHyperParameters,
            'metrics': $exists(FinalHyperParameterTuningJobObjectiveMetric)
                ? { FinalHyperParameterTuningJobObjectiveMetric.MetricName:
                    FinalHyperParameterTuningJobObjectiveMetric.Value }
                : {}
        }]"""),
                then=then,
                caught_by="Report the failure",
                partition=self.partition,
            ),
        }

    def _tuning_request(self) -> Request:
        static = hyperparameters(shared=self.training.hyperparameters, own={}, script=self.script)
        # Without checkpoints: a definition has one folder for all jobs, and whether SageMaker adds the job's name is
        # documented nowhere. A job that went on from another's checkpoint would spoil the search and say nothing.
        definition = job_definition(
            training=self.training,
            job_context=self.job_context,
            folders=JobFolders(
                layout=self.layout,
                data=self.data,
                output=text(self.job_context.uri(self.layout.training(run=RUN))),
                preprocessed=None if self.preparation is None else self.preparation.folder,
            ),
            script=self.script,
        )
        # A tuning job's definition takes no series of metrics (API reference, HyperParameterAlgorithmSpecification).
        request = algorithm(training=self.training, image=self.image)
        return {
            "HyperParameterTuningJobName": search_name(self.prefix),
            "HyperParameterTuningJobConfig": tuning_config(tuning=self.tuning, training=self.training),
            "TrainingJobDefinition": {
                "StaticHyperParameters": static,
                "AlgorithmSpecification": {
                    key: value for key, value in request.items() if key != "EnableSageMakerMetricsTimeSeries"
                },
                **definition,
            },
        }


def search_name(prefix: str) -> str:
    """Return the name of a search, in an expression: that of a tuning or an AutoML job is half as long as others.

    It begins the names of its jobs (API reference, CreateHyperParameterTuningJob and CreateAutoMLJobV2).
    """
    tag = f"$substring($hash($states.context.Execution.Id, 'SHA-256'), 0, {HASH})"
    return expression(f"'{search_prefix(prefix)}' & {tag}")


def search_prefix(prefix: str) -> str:
    """Return what the name of a search begins with: of 32 characters eight are the hash's, two the mark's."""
    return prefix[: LONGEST_NAME - HASH - len(MARK)].rstrip("-") + MARK
