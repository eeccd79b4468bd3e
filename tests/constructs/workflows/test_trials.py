"""The trials of a training run, run by an interpreter."""

import json
from typing import Any

import pytest

from modelyard.manifest.training import Spot
from support.state_machines import TaskError
from support.training_runs import CREATE_TRIAL, TRAIN, Run, trained
from support.workflows import training


def test_every_trial_is_created_in_the_experiment_under_the_name_of_its_job(run: Run) -> None:
    execution = run()

    assert sorted(one["TrialName"] for one in execution.requests(CREATE_TRIAL)) == [
        "dev-churn--deep-20261122-101500",
        "dev-churn--shallow-20261122-101500",
    ]
    assert {one["ExperimentName"] for one in execution.requests(CREATE_TRIAL)} == {"dev-churn"}


def test_every_job_reports_to_its_own_trial(run: Run) -> None:
    execution = run()

    for request in execution.requests(TRAIN):
        name = request["ExperimentConfig"]["TrialComponentDisplayName"]
        assert request["ExperimentConfig"] == {
            "ExperimentName": "dev-churn",
            "TrialName": f"dev-churn--{name}-20261122-101500",
            "TrialComponentDisplayName": name,
        }
        assert request["TrainingJobName"] == f"dev-churn--{name}-20261122-101500"


def test_a_script_is_told_the_shared_hyperparameters_and_its_own_as_json(run: Run) -> None:
    execution = run()

    told = {
        one["ExperimentConfig"]["TrialComponentDisplayName"]: one["HyperParameters"]
        for one in execution.requests(TRAIN)
    }
    assert told["deep"] == {
        "rounds": "10",
        "objective": '"binary"',
        "depth": "6",
        "sagemaker_program": '"train.py"',
        "sagemaker_submit_directory": '"s3://assets/code.gz"',
    }
    assert told["shallow"]["depth"] == "3"


def test_artifacts_of_a_run_lie_below_its_name(run: Run) -> None:
    execution = run()

    assert {one["OutputDataConfig"]["S3OutputPath"] for one in execution.requests(TRAIN)} == {
        "s3://data/churn/training/20261122-101500"
    }


def test_two_runs_never_share_a_job_name(run: Run) -> None:
    first = run(name="20261122-101500")
    second = run(name="20261122-101501")

    names = [{one["TrainingJobName"] for one in execution.requests(TRAIN)} for execution in (first, second)]
    assert names[0].isdisjoint(names[1])


def test_a_trial_that_fails_leaves_the_others_to_go_on(run: Run) -> None:
    def fail_deep(request: dict[str, Any]) -> Any:
        if "deep" in request["TrainingJobName"]:
            raise TaskError("States.TaskFailed", "AlgorithmError: it broke")
        return trained({"shallow": 0.6})(request)

    execution = run(answers={TRAIN: fail_deep})

    assert execution.status == "SUCCEEDED"
    assert execution.output["best"]["name"] == "shallow"
    failed = execution.output["trials"][1]
    assert (failed["name"], failed["status"], failed["reason"]) == ("deep", "Failed", "AlgorithmError: it broke")
    assert failed["job"] == "dev-churn--deep-20261122-101500"


def test_of_a_failed_jobs_description_the_reason_is_kept(run: Run) -> None:
    described = {"TrainingJobName": "x" * 5000, "FailureReason": 'Error: "no" column \\ here', "Other": "y" * 5000}

    def fail_deep(request: dict[str, Any]) -> Any:
        if "deep" in request["TrainingJobName"]:
            raise TaskError("States.TaskFailed", json.dumps(described))
        return trained({"shallow": 0.6})(request)

    failed = run(answers={TRAIN: fail_deep}).output["trials"][1]

    assert failed["reason"] == described["FailureReason"]


@pytest.mark.parametrize("cause", ["z" * 9000, json.dumps({"FailureReason": "z" * 9000})])
def test_a_reason_is_kept_as_far_as_a_hundred_trials_can_be_held(run: Run, cause: str) -> None:
    def fail_deep(request: dict[str, Any]) -> Any:
        if "deep" in request["TrainingJobName"]:
            raise TaskError("States.TaskFailed", cause)
        return trained({"shallow": 0.6})(request)

    assert run(answers={TRAIN: fail_deep}).output["trials"][1]["reason"] == "z" * 512


def test_a_trial_that_cannot_be_created_counts_as_failed(run: Run) -> None:
    def refuse(request: dict[str, Any]) -> Any:
        raise TaskError("SageMaker.ResourceNotFoundException", "no such experiment")

    execution = run(answers={CREATE_TRIAL: refuse})

    assert execution.status == "FAILED"
    assert execution.requests(TRAIN) == []
    assert "no such experiment" in execution.output["Cause"]


def test_the_trials_of_a_run_can_be_chosen(run: Run) -> None:
    execution = run(given={"trials": ["shallow"]})

    assert [one["name"] for one in execution.output["trials"]] == ["shallow"]
    assert [one["TrialName"] for one in execution.requests(CREATE_TRIAL)] == ["dev-churn--shallow-20261122-101500"]


def test_an_unknown_trial_is_refused_with_those_that_there_are(run: Run) -> None:
    execution = run(given={"trials": ["shalow"]})

    assert execution.output["Error"] == "UnknownTrial"
    assert execution.output["Cause"] == (
        'trials must be some of deep, shallow, got ["shalow"]; leave trials out to run all of them'
    )
    assert execution.requests(TRAIN) == []


def test_a_throttled_start_is_tried_again(run: Run) -> None:
    attempts: list[str] = []

    def throttle(request: dict[str, Any]) -> Any:
        attempts.append(request["TrainingJobName"])
        if len(attempts) == 1:
            raise TaskError("SageMaker.AmazonSageMakerException", "Rate exceeded")
        return trained({"deep": 0.9, "shallow": 0.8})(request)

    execution = run(given={"trials": ["deep"]}, answers={TRAIN: throttle})

    assert execution.status == "SUCCEEDED"
    assert attempts == ["dev-churn--deep-20261122-101500"] * 2


def test_a_job_that_failed_is_not_tried_again(run: Run) -> None:
    def fail(request: dict[str, Any]) -> Any:
        raise TaskError("States.TaskFailed", "AlgorithmError")

    execution = run(given={"trials": ["deep"]}, answers={TRAIN: fail})

    assert len(execution.requests(TRAIN)) == 1


def test_spot_training_waits_and_checkpoints_below_its_own_job(run: Run) -> None:
    execution = run(training(spot=Spot(max_wait_minutes=90)), given={"trials": ["deep"]})

    (request,) = execution.requests(TRAIN)
    job = "dev-churn--deep-20261122-101500"
    assert request["EnableManagedSpotTraining"] is True
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 5400}
    assert request["CheckpointConfig"] == {"S3Uri": f"s3://data/churn/checkpoints/20261122-101500/{job}"}


def test_spot_training_may_do_without_checkpoints(run: Run) -> None:
    execution = run(training(spot=Spot(max_wait_minutes=90, checkpoints=False)))

    assert all("CheckpointConfig" not in request for request in execution.requests(TRAIN))
