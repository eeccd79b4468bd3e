"""A search of Autopilot in the place of trials, run by an interpreter."""

from collections.abc import Callable
from typing import Any

from support.state_machines import Answer
from support.training_runs import PUBLISH, PUT, REGISTER, Run
from support.workflows import autopilot, training_run

CREATE = "aws-sdk:sagemaker:createAutoMLJobV2"
DESCRIBE = "aws-sdk:sagemaker:describeAutoMLJobV2"
LIST = "aws-sdk:sagemaker:listCandidatesForAutoMLJob"
SEARCHED = autopilot()
FIRST = {"Image": "transform:1", "ModelDataUrl": "s3://data/a.tar.gz", "Environment": {"A": "1"}}
SECOND = {"Image": "predict:1", "ModelDataUrl": "s3://data/b.tar.gz"}


def candidate(name: str, *, value: float | None, containers: list[dict[str, Any]]) -> dict[str, Any]:
    measured = {} if value is None else {"FinalAutoMLJobObjectiveMetric": {"MetricName": "AUC", "Value": value}}
    status = "Failed" if value is None else "Completed"
    return {"CandidateName": name, "CandidateStatus": status, "InferenceContainers": containers, **measured}


def listed(request: dict[str, Any]) -> dict[str, Any]:
    return {
        "Candidates": [
            candidate("worse", value=0.7, containers=[SECOND]),
            candidate("best", value=0.9, containers=[FIRST, SECOND]),
            candidate("broken", value=None, containers=[]),
        ]
    }


def ending(*statuses: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The job has these states, one look after the other."""
    left = list(statuses)
    return lambda request: {"AutoMLJobStatus": left.pop(0)}


def answers(**changes: Answer) -> dict[str, Answer]:
    given: dict[str, Answer] = {
        CREATE: lambda request: {},
        DESCRIBE: ending("InProgress", "Completed"),
        LIST: listed,
        REGISTER: lambda request: {"ModelPackageArn": "package"},
    }
    return {**given, **changes}


def test_a_search_takes_the_place_of_trials_and_is_bounded(run: Run) -> None:
    execution = run(SEARCHED, answers=answers())

    (request,) = execution.requests(CREATE)
    assert len(request["AutoMLJobName"]) <= 32
    assert request["AutoMLJobName"].startswith("dev-churn--")
    assert request["AutoMLJobObjective"] == {"MetricName": "AUC"}
    assert request["AutoMLProblemTypeConfig"]["TabularJobConfig"] == {
        "TargetAttributeName": "leaves",
        "ProblemType": "BinaryClassification",
        "Mode": "AUTO",
        "CompletionCriteria": {
            "MaxCandidates": 5,
            "MaxRuntimePerTrainingJobInSeconds": 600,
            "MaxAutoMLJobRuntimeInSeconds": 3600,
        },
    }


def test_a_search_reads_its_channels_by_autopilots_names(run: Run) -> None:
    execution = run(SEARCHED, answers=answers())

    channels = execution.requests(CREATE)[0]["AutoMLJobInputDataConfig"]
    places = {one["ChannelType"]: one["DataSource"]["S3DataSource"]["S3Uri"] for one in channels}
    assert places == {"training": "s3://data/churn/datasets/train/", "validation": "s3://theirs/held/"}


def test_a_search_is_looked_at_until_it_has_ended(run: Run) -> None:
    execution = run(SEARCHED, answers=answers(**{DESCRIBE: ending("InProgress", "InProgress", "Completed")}))

    assert len(execution.requests(DESCRIBE)) == 3
    assert execution.status == "SUCCEEDED", execution.output


def test_the_winner_is_registered_with_its_containers_in_their_order(run: Run) -> None:
    execution = run(SEARCHED, answers=answers())

    (request,) = execution.requests(REGISTER)
    assert request["InferenceSpecification"]["Containers"] == [FIRST, SECOND]
    assert request["CustomerMetadataProperties"]["trial"] == "best"


def test_a_winner_of_one_container_is_registered_with_a_list(run: Run) -> None:
    only = [candidate("best", value=0.9, containers=[FIRST])]
    execution = run(SEARCHED, answers=answers(**{LIST: lambda request: {"Candidates": only}}))

    assert execution.requests(REGISTER)[0]["InferenceSpecification"]["Containers"] == [FIRST]


def test_the_candidates_are_the_leaderboard(run: Run) -> None:
    execution = run(SEARCHED, answers=answers())

    assert [one["name"] for one in execution.output["trials"]] == ["best", "worse", "broken"]
    assert '"objective":{"metric":"AUC","goal":"maximize"}' in execution.requests(PUT)[0]["Body"]


def test_a_search_that_fails_is_reported_with_its_reason(run: Run) -> None:
    def failed(request: dict[str, Any]) -> dict[str, Any]:
        return {"AutoMLJobStatus": "Failed", "FailureReason": "no rows"}

    execution = run(SEARCHED, answers=answers(**{DESCRIBE: failed}))

    assert execution.output["Cause"] == "The AutoML job ended as Failed: no rows"
    assert execution.requests(PUBLISH)[0]["Subject"] == "dev-churn: training failed"


def test_a_run_lasts_no_longer_than_its_search_and_an_allowance() -> None:
    assert training_run(declared=SEARCHED).definition["TimeoutSeconds"] == 3600 + 4 * 3600
