"""Autopilot's search of a training run, in the place of listed trials.

Step Functions waits for no AutoML job by itself, and SageMaker sends no event of one: the workflow looks at it until it
has ended.
"""

from dataclasses import dataclass
from typing import Any

from modelyard.constructs.workflows.requests import JobContext, JobFolders, Request, dataset_uri, vpc_config
from modelyard.constructs.workflows.search import search_name
from modelyard.constructs.workflows.states import (
    RUN,
    States,
    choose,
    expression,
    refuse_run,
    task,
    text,
    without_none,
)
from modelyard.manifest.automl import CHANNELS, CONTENT_TYPE, AutoML
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.training import Training

SECONDS_BETWEEN_LOOKS = 60
# A state takes 256 kB, and a candidate is described by some kilobytes, its containers included: the best of them.
LISTED_CANDIDATES = 20
# The winner's containers, in the order in which a request passes them.
CONTAINERS = "$candidates[name = $ranked[0].name].containers"


@dataclass(frozen=True, kw_only=True, slots=True)
class AutopilotSearch:
    """The states that run an AutoML job, and hand on its candidates as trials."""

    training: Training
    automl: AutoML
    layout: DataLayout
    prefix: str
    job_context: JobContext
    partition: str

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
        described = """{
            'status': $states.result.AutoMLJobStatus,
            'reason': $exists($states.result.FailureReason) ? $states.result.FailureReason : 'no reason was given'
        }"""
        named = {"AutoMLJobName": search_name(self.prefix)}
        return {
            "Search": task(
                resource="aws-sdk:sagemaker:createAutoMLJobV2",
                arguments=self._request(),
                then="Wait for the search",
                caught_by="Report the failure",
                partition=self.partition,
            ),
            "Wait for the search": {
                "Type": "Wait",
                "Seconds": SECONDS_BETWEEN_LOOKS,
                "Next": "Look at the search",
            },
            "Look at the search": task(
                resource="aws-sdk:sagemaker:describeAutoMLJobV2",
                arguments=named,
                output=expression(described),
                then="Has the search completed?",
                caught_by="Report the failure",
                partition=self.partition,
            ),
            "Has the search completed?": choose(
                when="$states.input.status = 'Completed'", then="List the candidates", otherwise="Does the search run?"
            ),
            "Does the search run?": choose(
                when="$states.input.status in ['InProgress', 'Stopping']",
                then="Wait for the search",
                otherwise="The search failed",
            ),
            "The search failed": refuse_run(
                error="SearchFailed",
                cause=expression("'The AutoML job ended as ' & $states.input.status & ': ' & $states.input.reason"),
            ),
            "List the candidates": {
                **task(
                    resource="aws-sdk:sagemaker:listCandidatesForAutoMLJob",
                    arguments={
                        **named,
                        "MaxResults": LISTED_CANDIDATES,
                        "SortBy": "FinalObjectiveMetricValue",
                        "SortOrder": "Descending" if self.training.objective.goal == "maximize" else "Ascending",
                    },
                    # The candidates in the form of trials, which have no hyperparameters that anybody has chosen.
                    output=expression("""[$states.result.Candidates.{
                'name': CandidateName,
                'job': CandidateName,
                'status': CandidateStatus,
                'hyperparameters': {},
                'metrics': $exists(FinalAutoMLJobObjectiveMetric)
                    ? { FinalAutoMLJobObjectiveMetric.MetricName: FinalAutoMLJobObjectiveMetric.Value }
                    : {}
            }]"""),
                    then=then,
                    caught_by="Report the failure",
                    partition=self.partition,
                ),
                "Assign": {
                    "candidates": expression("""[$states.result.Candidates.{
                'name': CandidateName,
                'containers': [InferenceContainers]
            }]""")
                },
            },
        }

    def _request(self) -> Request:
        """The job with all that bounds its cost: candidates, their time, and that of the whole."""
        table = {
            "TargetAttributeName": self.automl.target,
            "ProblemType": self.automl.problem_type,
            "Mode": self.automl.mode,
            "CompletionCriteria": {
                "MaxCandidates": self.automl.max_candidates,
                "MaxRuntimePerTrainingJobInSeconds": self.training.max_runtime_minutes * 60,
                "MaxAutoMLJobRuntimeInSeconds": self.automl.max_total_minutes * 60,
            },
        }
        security = {
            "VolumeKmsKeyId": self.job_context.key_arn,
            "EnableInterContainerTrafficEncryption": True,
            "VpcConfig": vpc_config(vpc=self.job_context.vpc),
        }
        return {
            "AutoMLJobName": search_name(self.prefix),
            "AutoMLJobInputDataConfig": self._channels(),
            "OutputDataConfig": {
                "S3OutputPath": text(self.job_context.uri(self.layout.training(run=RUN))),
                "KmsKeyId": self.job_context.key_arn,
            },
            "AutoMLProblemTypeConfig": {"TabularJobConfig": table},
            "AutoMLJobObjective": {"MetricName": self.training.objective.metric},
            "SecurityConfig": without_none(security),
            "RoleArn": self.job_context.role_arn,
        }

    def _channels(self) -> list[Request]:
        folders = JobFolders(layout=self.layout, output="")
        places = {name: str(place) for name, place in self.training.places_elsewhere.items()}
        return [
            {
                "ChannelType": CHANNELS[name],
                "ContentType": CONTENT_TYPE,
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": places[name]
                        if name in places
                        else dataset_uri(channel.path, job_context=self.job_context, folders=folders),
                    }
                },
            }
            for name, channel in self.training.channels.items()
        ]
