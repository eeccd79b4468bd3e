"""Tuning jobs as a client meets them."""

import re
from typing import Any

import botocore.exceptions
import pytest

from support.jobs import JobRequests

SCORES = """
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument("--depth", type=int, default=0)
    parser.add_argument("--name", default="")
    given = parser.parse_args()
    print(f"score:{given.depth * 10 + len(given.name)}")
"""
SCORE = [("score", r"score:(\S+)")]
GRID = {
    "CategoricalParameterRanges": [{"Name": "depth", "Values": ["1", "3"]}, {"Name": "name", "Values": ["a", "bb"]}]
}


TAGS = [{"Key": "stage", "Value": "tuned"}]
LIMITS = {"MaxParallelTrainingJobs": 1, "MaxNumberOfTrainingJobs": 10}


def words(name: str, *values: str) -> dict[str, Any]:
    return {"ParameterRanges": {"CategoricalParameterRanges": [{"Name": name, "Values": list(values)}]}}


def whole(name: str, low: int, high: int) -> dict[str, Any]:
    return {
        "ParameterRanges": {"IntegerParameterRanges": [{"Name": name, "MinValue": str(low), "MaxValue": str(high)}]}
    }


def search(job_requests: JobRequests, script: str = SCORES, *, definition: Any = None, **config: Any) -> dict[str, Any]:
    training = job_requests.training(script, metrics=SCORE)
    static = training.pop("HyperParameters")
    del training["TrainingJobName"]
    wanted = {
        "Strategy": "Grid",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "score"},
        "ResourceLimits": {"MaxParallelTrainingJobs": 2},
        "ParameterRanges": GRID,
    }
    return {
        "HyperParameterTuningJobName": job_requests.local_aws.name("tune"),
        "HyperParameterTuningJobConfig": wanted | config,
        "TrainingJobDefinition": training | {"StaticHyperParameters": static} | (definition or {}),
    }


def tune(job_requests: JobRequests, request: dict[str, Any]) -> dict[str, Any]:
    job_requests.sagemaker.create_hyper_parameter_tuning_job(**request)
    return ended(job_requests, request["HyperParameterTuningJobName"])


def ended(job_requests: JobRequests, name: str) -> dict[str, Any]:
    sagemaker = job_requests.sagemaker
    return job_requests.ended(
        lambda: sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name),
        "HyperParameterTuningJobStatus",
    )


def trials(job_requests: JobRequests, name: str, **order: str) -> list[dict[str, Any]]:
    listed = job_requests.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job
    found: list[dict[str, Any]] = listed(HyperParameterTuningJobName=name, **order)["TrainingJobSummaries"]
    return found


@pytest.fixture(scope="module")
def tuned(local_aws: Any) -> tuple[JobRequests, dict[str, Any]]:
    job_requests = JobRequests(local_aws=local_aws, bucket=local_aws.bucket())
    return job_requests, tune(job_requests, search(job_requests) | {"Tags": TAGS})


def test_a_grid_tries_every_combination(tuned: tuple[JobRequests, dict[str, Any]]) -> None:
    job_requests, job = tuned
    found = [trial["TunedHyperParameters"] for trial in trials(job_requests, job["HyperParameterTuningJobName"])]
    combinations = {(one["depth"], one["name"]) for one in found}
    assert combinations == {("1", "a"), ("1", "bb"), ("3", "a"), ("3", "bb")}


def test_the_best_job_is_the_one_with_the_best_objective(tuned: tuple[JobRequests, dict[str, Any]]) -> None:
    best = tuned[1]["BestTrainingJob"]
    assert best["TunedHyperParameters"] == {"depth": "3", "name": "bb"}
    assert best["FinalHyperParameterTuningJobObjectiveMetric"] == {
        "Type": "Maximize",
        "MetricName": "score",
        "Value": 32.0,
    }


def test_the_counters_count_jobs_and_objectives(tuned: tuple[JobRequests, dict[str, Any]]) -> None:
    job = tuned[1]
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["Completed"] == 4
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 4, "Pending": 0, "Failed": 0}


def test_jobs_are_named_as_aws_names_them(tuned: tuple[JobRequests, dict[str, Any]]) -> None:
    name = tuned[1]["HyperParameterTuningJobName"]
    names = sorted(trial["TrainingJobName"] for trial in trials(tuned[0], name))
    assert all(re.fullmatch(rf"{name}-00{at}-[0-9a-f]{{8}}", found) for at, found in enumerate(names, start=1))


def test_the_jobs_know_their_search(tuned: tuple[JobRequests, dict[str, Any]]) -> None:
    job_requests, job = tuned
    best = job_requests.sagemaker.describe_training_job(TrainingJobName=job["BestTrainingJob"]["TrainingJobName"])
    assert best["TuningJobArn"] == job["HyperParameterTuningJobArn"]
    assert best["HyperParameters"]["_tuning_objective_metric"] == "score"


def test_the_jobs_have_the_tags_of_their_search(tuned: tuple[JobRequests, dict[str, Any]]) -> None:
    job_requests, job = tuned
    found = trials(job_requests, job["HyperParameterTuningJobName"])
    tags = [job_requests.sagemaker.list_tags(ResourceArn=one["TrainingJobArn"])["Tags"] for one in found]
    assert tags == [TAGS] * 4


def test_jobs_are_listed_by_their_objective(tuned: tuple[JobRequests, dict[str, Any]]) -> None:
    job_requests, job = tuned
    order = {"SortBy": "FinalObjectiveMetricValue", "SortOrder": "Descending"}
    found = trials(job_requests, job["HyperParameterTuningJobName"], **order)
    assert [one["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for one in found] == [32, 31, 12, 11]


def test_searches_are_listed(tuned: tuple[JobRequests, dict[str, Any]]) -> None:
    job_requests, job = tuned
    name = job["HyperParameterTuningJobName"]
    found = job_requests.sagemaker.list_hyper_parameter_tuning_jobs(NameContains=name)[
        "HyperParameterTuningJobSummaries"
    ]
    assert [
        (one["Strategy"], one["ResourceLimits"]) for one in found if one["HyperParameterTuningJobName"] == name
    ] == [("Grid", {"MaxParallelTrainingJobs": 2})]


def test_a_random_search_ends_at_its_most_jobs(job_requests: JobRequests) -> None:
    ranges = {"IntegerParameterRanges": [{"Name": "depth", "MinValue": "1", "MaxValue": "9"}]}
    limits = {"MaxParallelTrainingJobs": 3, "MaxNumberOfTrainingJobs": 3}
    request = search(job_requests, Strategy="Random", ParameterRanges=ranges, ResourceLimits=limits, RandomSeed=1)
    assert tune(job_requests, request)["TrainingJobStatusCounters"]["Completed"] == 3


def test_each_job_keeps_its_checkpoints_below_its_own_name(job_requests: JobRequests) -> None:
    kept = {"CheckpointConfig": {"S3Uri": job_requests.uri("kept")}}
    request = search(job_requests, definition=kept, **words("depth", "1", "2"))

    tune(job_requests, request)

    names = [trial["TrainingJobName"] for trial in trials(job_requests, request["HyperParameterTuningJobName"])]
    described = [job_requests.sagemaker.describe_training_job(TrainingJobName=name) for name in names]
    assert [job["CheckpointConfig"]["S3Uri"] for job in described] == [job_requests.uri(f"kept/{one}") for one in names]


def test_a_target_that_is_reached_ends_the_search(job_requests: JobRequests) -> None:
    criteria = {"TargetObjectiveMetricValue": 5.0}
    limits = {"MaxParallelTrainingJobs": 1}
    job = tune(job_requests, search(job_requests, TuningJobCompletionCriteria=criteria, ResourceLimits=limits))
    assert len(trials(job_requests, job["HyperParameterTuningJobName"])) == 1
    assert job["HyperParameterTuningJobStatus"] == "Completed"


def test_a_search_without_a_job_that_completes_fails_in_awss_words(job_requests: JobRequests) -> None:
    job = tune(job_requests, search(job_requests, "raise SystemExit(1)"))
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("All training jobs failed.")
    assert job["TrainingJobStatusCounters"]["NonRetryableError"] == 4


def test_a_search_whose_jobs_never_say_the_objective_fails_in_awss_words(job_requests: JobRequests) -> None:
    job = tune(job_requests, search(job_requests, "print('nothing')"))
    assert job["FailureReason"].startswith("No objective metrics found after running 4 training jobs.")


def test_a_stopped_search_stops_its_jobs_and_starts_no_more(job_requests: JobRequests) -> None:
    request = search(job_requests, "import time; time.sleep(600)")
    name = request["HyperParameterTuningJobName"]
    job_requests.sagemaker.create_hyper_parameter_tuning_job(**request)
    job_requests.await_(lambda: len(trials(job_requests, name)) == 2)
    with pytest.raises(botocore.exceptions.ClientError, match="ResourceInUse"):
        job_requests.sagemaker.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    job_requests.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    assert ended(job_requests, name)["HyperParameterTuningJobStatus"] == "Stopped"
    assert [trial["TrainingJobStatus"] for trial in trials(job_requests, name)] == ["Stopped", "Stopped"]


def test_a_search_that_has_ended_cannot_be_stopped_but_deleted(job_requests: JobRequests) -> None:
    name = tune(job_requests, search(job_requests))["HyperParameterTuningJobName"]
    with pytest.raises(botocore.exceptions.ClientError, match="is in status Completed"):
        job_requests.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    job_requests.sagemaker.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    with pytest.raises(botocore.exceptions.ClientError, match="Could not find"):
        job_requests.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"Strategy": "Hyperband"}, "Strategy must be one of Bayesian, Random, Grid here, got Hyperband"),
        ({"Strategy": "Random"}, "MaxNumberOfTrainingJobs must be given for a search that is no grid"),
        (
            {"ParameterRanges": {"IntegerParameterRanges": [{"Name": "d", "MinValue": "1", "MaxValue": "2"}]}},
            "a grid must be of categorical ranges only, got d",
        ),
        (words("d", "a"), "the categorical range d must have two values or more, each once, got ['a']"),
        (
            words("d", "a", "b", "a"),
            "the categorical range d must have two values or more, each once, got ['a', 'b', 'a']",
        ),
        (words("d", *map(str, range(31))), "Member must have length less than or equal to 30"),
        (
            {"Strategy": "Random", "ResourceLimits": LIMITS, **whole("d", 2, 4)},
            "combinations for the provided ranges [3.0] must be equal or greater than the value of MaxNumberOfJobs",
        ),
        (
            {"Strategy": "Random", "ResourceLimits": LIMITS, **whole("d", 2, 2)},
            "a range must have MinValue < MaxValue, got 2 and 2",
        ),
        (
            {"Strategy": "Random", "ResourceLimits": LIMITS, **whole("sagemaker_program", 1, 20)},
            "StaticHyperParameters and ParameterRanges must differ in their names, got ['sagemaker_program'] in both",
        ),
    ],
)
def test_what_cannot_be_searched_is_refused(job_requests: JobRequests, config: dict[str, Any], sentence: str) -> None:
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        job_requests.sagemaker.create_hyper_parameter_tuning_job(**search(job_requests, **config))
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"TrainingJobDefinition": None}, "TrainingJobDefinition must be given, got none"),
    ],
)
def test_a_search_that_is_not_rehearsed_is_refused(
    job_requests: JobRequests, change: dict[str, Any], sentence: str
) -> None:
    request = {name: value for name, value in (search(job_requests) | change).items() if value is not None}
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        job_requests.sagemaker.create_hyper_parameter_tuning_job(**request)
    assert sentence in str(refused.value)
