"""The training workflow, run to its end by an interpreter."""

import json
from typing import Any

import pytest

from modelyard.manifest.training import Objective
from support.state_machines import TaskError
from support.training_runs import HEAD, PROCESS, PUBLISH, PUT, REGISTER, TRAIN, Run
from support.workflows import TOPIC, TRIALS, training


def test_a_run_whose_name_does_not_fit_a_job_is_named_by_a_hash_of_it(run: Run) -> None:
    execution = run(name="0b0b6c0a-ffff-4444-aaaa-1234567890ab")

    names = [one["TrainingJobName"] for one in execution.requests(TRAIN)]
    assert all(len(name) <= 63 for name in names)
    assert len(execution.output["run"]) == 20
    assert "0b0b6c0a" not in execution.output["run"]


@pytest.mark.parametrize("name", ["with_underscore", "-begins-with-a-hyphen", "ends-", "with.dot"])
def test_a_run_whose_name_no_job_may_have_is_named_by_a_hash_of_it(run: Run, name: str) -> None:
    execution = run(name=name)

    assert execution.output["run"] != name
    assert execution.output["run"].isalnum()


def test_the_trial_with_the_highest_value_is_best_when_it_is_maximized(run: Run) -> None:
    execution = run(values={"deep": 0.7, "shallow": 0.8})

    assert execution.output["best"]["name"] == "shallow"


def test_the_trial_with_the_lowest_value_is_best_when_it_is_minimized(run: Run) -> None:
    declared = training(objective=Objective(metric="validation:auc", goal="minimize"))

    execution = run(declared, values={"deep": 0.7, "shallow": 0.8})

    assert execution.output["best"]["name"] == "deep"


@pytest.mark.parametrize("goal", ["maximize", "minimize"])
def test_trials_of_equal_value_are_ranked_by_name(run: Run, goal: Any) -> None:
    declared = training(objective=Objective(metric="validation:auc", goal=goal), trials=tuple(reversed(TRIALS)))

    execution = run(declared, values={"deep": 0.5, "shallow": 0.5})

    assert [one["name"] for one in execution.output["trials"]] == ["deep", "shallow"]


def test_a_value_of_zero_counts_as_a_value(run: Run) -> None:
    execution = run(values={"deep": 0, "shallow": -1})

    assert execution.output["best"]["name"] == "deep"


def test_a_trial_without_the_objective_is_ranked_behind_all_others(run: Run) -> None:
    execution = run(values={"shallow": 0.1})

    assert [one["name"] for one in execution.output["trials"]] == ["shallow", "deep"]
    assert execution.output["best"]["name"] == "shallow"


def test_a_value_that_is_no_number_is_not_ranked(run: Run) -> None:
    execution = run(values={"deep": "NaN", "shallow": 0.1})

    assert execution.output["best"]["name"] == "shallow"


def test_a_run_of_which_no_trial_has_a_value_fails_and_says_so(run: Run) -> None:
    execution = run(values={})

    assert execution.status == "FAILED"
    assert execution.output["Error"] == "NoTrialCompleted"
    assert execution.output["Cause"] == (
        "No trial of churn ended with a value of validation:auc: deep Completed; shallow Completed; read their logs: "
        "yard logs churn"
    )
    (message,) = execution.requests(PUBLISH)
    assert message["Subject"] == "dev-churn: training failed"
    assert message["TopicArn"] == TOPIC
    assert execution.requests(REGISTER) == []


def test_the_alert_of_a_run_whose_trials_failed_gives_their_reasons_and_not_their_descriptions(run: Run) -> None:
    def fail(_: dict[str, Any]) -> Any:
        described = {"TrainingJobName": "x" * 5000, "FailureReason": "AlgorithmError: no column 'day'"}
        raise TaskError("States.TaskFailed", json.dumps(described))

    execution = run(answers={TRAIN: fail})

    (message,) = execution.requests(PUBLISH)
    assert message["Message"] == (
        "NoTrialCompleted: No trial of churn ended with a value of validation:auc: deep Failed: AlgorithmError: no "
        "column 'day'; shallow Failed: AlgorithmError: no column 'day'; read their logs: yard logs churn"
    )


def test_the_alert_of_a_baseline_that_failed_gives_the_job_s_exit_message(run: Run) -> None:
    def fail(_: dict[str, Any]) -> Any:
        described = {"FailureReason": "AlgorithmError: see the job's logs", "ExitMessage": 'no "rows"', "Other": "y"}
        raise TaskError("States.TaskFailed", json.dumps(described))

    execution = run(baseline=True, answers={PROCESS: fail})

    (message,) = execution.requests(PUBLISH)
    assert message["Message"] == 'States.TaskFailed: no "rows"'


def test_the_leaderboard_holds_every_trial_best_first(run: Run) -> None:
    execution = run(values={"deep": 0.7, "shallow": 0.8})

    (written,) = execution.requests(PUT)
    board = json.loads(written["Body"])
    assert (written["Bucket"], written["Key"]) == ("data", "churn/training/20261122-101500/leaderboard.json")
    assert written["ContentType"] == "application/json"
    assert board["objective"] == {"metric": "validation:auc", "goal": "maximize"}
    assert (board["model"], board["run"]) == ("churn", "20261122-101500")
    assert [(one["name"], one["metrics"]["validation:auc"]) for one in board["trials"]] == [
        ("shallow", 0.8),
        ("deep", 0.7),
    ]


def test_the_best_trial_is_registered_with_its_artifact_and_metrics(run: Run) -> None:
    execution = run()

    (request,) = execution.requests(REGISTER)
    (container,) = request["InferenceSpecification"]["Containers"]
    job = "dev-churn--deep-20261122-101500"
    assert request["ModelPackageGroupName"] == "dev-churn"
    assert request["ModelApprovalStatus"] == "PendingManualApproval"
    assert request["ModelPackageDescription"] == "Trial deep of run 20261122-101500"
    assert container == {
        "Image": "image-to-serve",
        "ModelDataUrl": f"s3://data/churn/training/20261122-101500/{job}/output/model.tar.gz",
        "Environment": {"SAGEMAKER_PROGRAM": "train.py"},
    }
    assert request["ModelMetrics"]["ModelQuality"]["Statistics"] == {
        "ContentType": "application/json",
        "S3Uri": "s3://data/churn/training/20261122-101500/leaderboard.json",
    }
    assert request["CustomerMetadataProperties"] == {
        "run": "20261122-101500",
        "trial": "deep",
        "job": job,
        "objective": "validation:auc",
        "value": "0.9",
    }


def test_a_run_ends_with_all_that_a_promotion_needs(run: Run) -> None:
    execution = run(baseline=True)

    job = "dev-churn--deep-20261122-101500"
    assert execution.output["artifact"] == f"s3://data/churn/training/20261122-101500/{job}/output/model.tar.gz"
    assert execution.output["baseline"] == "s3://data/churn/baseline/20261122-101500"
    assert execution.output["package"] == "arn:package/1"
    assert execution.output["leaderboard"] == "s3://data/churn/training/20261122-101500/leaderboard.json"
    assert execution.output["run"] == "20261122-101500"


def test_a_run_reports_the_best_and_the_next_command(run: Run) -> None:
    execution = run()

    (message,) = execution.requests(PUBLISH)
    assert message == {
        "TopicArn": TOPIC,
        "Subject": "dev-churn: training completed",
        "Message": "Run 20261122-101500 of churn: the best trial is deep with validation:auc 0.9 of 2 completed, "
        "0 not. Promote it with: yard promote churn --run 20261122-101500",
    }


def test_a_report_that_cannot_be_sent_loses_no_result(run: Run) -> None:
    def refuse(request: dict[str, Any]) -> Any:
        raise TaskError("SNS.AuthorizationErrorException", "no")

    execution = run(answers={PUBLISH: refuse})

    assert execution.status == "SUCCEEDED"
    assert execution.output["best"]["name"] == "deep"


def test_the_baseline_is_made_after_the_registration(run: Run) -> None:
    execution = run(baseline=True)

    (request,) = execution.requests(PROCESS)
    assert request["ProcessingJobName"] == "dev-churn--base-20261122-101500"
    calls = [call for call, _ in execution.calls]
    assert calls.index(REGISTER) < calls.index(PROCESS)


def test_a_model_that_is_not_monitored_gets_no_baseline(run: Run) -> None:
    execution = run()

    assert execution.requests(PROCESS) == []
    assert "baseline" not in execution.output


@pytest.mark.parametrize("call", [PUT, HEAD, REGISTER, PROCESS])
def test_a_failure_after_the_trials_is_reported_with_its_cause(run: Run, call: str) -> None:
    def fail(request: dict[str, Any]) -> Any:
        raise TaskError("States.TaskFailed", "it broke")

    execution = run(baseline=True, answers={call: fail})

    (message,) = execution.requests(PUBLISH)
    assert message["Message"] == "States.TaskFailed: it broke"
    assert execution.output == {"Error": "States.TaskFailed", "Cause": "it broke"}
    assert execution.status == "FAILED"


def test_an_artifact_of_nothing_is_not_registered(run: Run) -> None:
    execution = run(answers={HEAD: lambda request: {"ContentLength": 45}})

    assert execution.status == "FAILED"
    assert execution.requests(REGISTER) == []
    assert "Trial deep of churn saved nothing in SM_MODEL_DIR: its model.tar.gz is empty" in str(execution.output)


def test_the_artifact_that_is_looked_at_is_the_one_that_is_registered(run: Run) -> None:
    execution = run()

    (looked_at,), (registered,) = execution.requests(HEAD), execution.requests(REGISTER)
    (container,) = registered["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == f"s3://{looked_at['Bucket']}/{looked_at['Key']}"


def test_a_registered_model_has_what_its_container_must_be_told(run: Run) -> None:
    (registered,) = run().requests(REGISTER)

    (container,) = registered["InferenceSpecification"]["Containers"]
    assert container["Environment"] == {"SAGEMAKER_PROGRAM": "train.py"}
