"""A search in the place of trials, run by an interpreter."""

from typing import Any

import pytest

from support.state_machines import TaskError
from support.training_runs import LIST, PUBLISH, REGISTER, SEARCH, TRAIN, Run
from support.workflows import tuned

SUMMARIES = [
    {"TrainingJobName": "s-002", "TrainingJobStatus": "Completed", "TunedHyperParameters": {"depth": "4"}},
    {"TrainingJobName": "s-001", "TrainingJobStatus": "Completed", "TunedHyperParameters": {"depth": "8"}},
    {"TrainingJobName": "s-003", "TrainingJobStatus": "Failed", "TunedHyperParameters": {"depth": "2"}},
]


def listed(request: dict[str, Any]) -> dict[str, Any]:
    """What a search found: two values and a failure."""
    values = {"s-002": 0.9, "s-001": 0.7}
    return {
        "TrainingJobSummaries": [
            {
                **one,
                **(
                    {
                        "FinalHyperParameterTuningJobObjectiveMetric": {
                            "MetricName": "validation:auc",
                            "Value": values[str(one["TrainingJobName"])],
                        }
                    }
                    if one["TrainingJobName"] in values
                    else {}
                ),
            }
            for one in SUMMARIES
        ]
    }


def test_a_search_takes_the_place_of_trials(run: Run) -> None:
    execution = run(tuned(), answers={SEARCH: lambda request: {}, LIST: listed})

    (request,) = execution.requests(SEARCH)
    config = request["HyperParameterTuningJobConfig"]
    assert execution.requests(TRAIN) == []
    assert len(request["HyperParameterTuningJobName"]) <= 32
    assert request["HyperParameterTuningJobName"].startswith("dev-churn--")
    assert config["Strategy"] == "Bayesian"
    assert config["HyperParameterTuningJobObjective"] == {"Type": "Maximize", "MetricName": "validation:auc"}
    assert config["ResourceLimits"] == {"MaxParallelTrainingJobs": 2, "MaxNumberOfTrainingJobs": 6}
    assert config["TrainingJobEarlyStoppingType"] == "Off"


def test_a_search_varies_each_range_by_its_kind(run: Run) -> None:
    execution = run(tuned(), answers={SEARCH: lambda request: {}, LIST: listed})

    (request,) = execution.requests(SEARCH)
    assert request["HyperParameterTuningJobConfig"]["ParameterRanges"] == {
        "IntegerParameterRanges": [{"Name": "depth", "MinValue": "2", "MaxValue": "8", "ScalingType": "Auto"}],
        "ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0.1", "MaxValue": "0.5", "ScalingType": "Auto"}],
        "CategoricalParameterRanges": [{"Name": "booster", "Values": ["a", "b"]}],
    }


def test_a_search_tells_its_jobs_what_all_have_in_common(run: Run) -> None:
    execution = run(tuned(), answers={SEARCH: lambda request: {}, LIST: listed})

    definition = execution.requests(SEARCH)[0]["TrainingJobDefinition"]
    assert definition["StaticHyperParameters"]["rounds"] == "10"
    assert definition["AlgorithmSpecification"]["TrainingImage"] == "image-to-train"
    assert "EnableSageMakerMetricsTimeSeries" not in definition["AlgorithmSpecification"]
    assert "CheckpointConfig" not in definition
    assert definition["OutputDataConfig"]["S3OutputPath"] == "s3://data/churn/training/20261122-101500"


def test_the_best_of_a_search_is_registered(run: Run) -> None:
    execution = run(tuned(), answers={SEARCH: lambda request: {}, LIST: listed})

    (request,) = execution.requests(REGISTER)
    (container,) = request["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == "s3://data/churn/training/20261122-101500/s-002/output/model.tar.gz"
    assert [one["name"] for one in execution.output["trials"]] == ["s-002", "s-001", "s-003"]
    assert execution.output["trials"][0]["hyperparameters"] == {"depth": "4"}


def test_the_trials_of_a_search_are_listed_best_first(run: Run) -> None:
    execution = run(tuned(), answers={SEARCH: lambda request: {}, LIST: listed})

    (request,) = execution.requests(LIST)
    searched = execution.requests(SEARCH)[0]["HyperParameterTuningJobName"]
    assert request == {
        "HyperParameterTuningJobName": searched,
        "MaxResults": 100,
        "SortBy": "FinalObjectiveMetricValue",
        "SortOrder": "Descending",
    }


def test_a_grid_is_as_large_as_its_combinations(run: Run) -> None:
    execution = run(tuned("Grid"), answers={SEARCH: lambda request: {}, LIST: listed})

    limits = execution.requests(SEARCH)[0]["HyperParameterTuningJobConfig"]["ResourceLimits"]
    assert limits == {"MaxParallelTrainingJobs": 2}


@pytest.mark.parametrize("call", [SEARCH, LIST])
def test_a_search_that_fails_is_reported(run: Run, call: str) -> None:
    def fail(request: dict[str, Any]) -> Any:
        raise TaskError("States.TaskFailed", "no capacity")

    execution = run(tuned(), answers={SEARCH: lambda request: {}, LIST: listed, call: fail})

    assert execution.output["Cause"] == "no capacity"
    assert execution.requests(PUBLISH)[0]["Subject"] == "dev-churn: training failed"
