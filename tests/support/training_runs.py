"""Trainings whose services answer as a test says."""

from collections.abc import Callable
from typing import Any

from support.state_machines import Answer, Execution

CREATE_TRIAL = "aws-sdk:sagemaker:createTrial"
TRAIN = "sagemaker:createTrainingJob.sync"
REGISTER = "aws-sdk:sagemaker:createModelPackage"
PUT = "aws-sdk:s3:putObject"
HEAD = "aws-sdk:s3:headObject"
PROCESS = "sagemaker:createProcessingJob.sync"
PUBLISH = "sns:publish"
SEARCH = "sagemaker:createHyperParameterTuningJob.sync"
LIST = "aws-sdk:sagemaker:listTrainingJobsForHyperParameterTuningJob"

Run = Callable[..., Execution]


def trained(values: dict[str, Any]) -> Answer:
    """Each trial ends with the metric given for its name; none for a trial without."""

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        name = request["ExperimentConfig"]["TrialComponentDisplayName"]
        value = values.get(name)
        metrics = {} if value is None else {"FinalMetricDataList": [{"MetricName": "validation:auc", "Value": value}]}
        return {"TrainingJobName": request["TrainingJobName"], "TrainingJobStatus": "Completed", **metrics}

    return answer
