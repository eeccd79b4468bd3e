"""The training workflow, run to its end by an interpreter."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from modelyard.manifest.training import Objective, Spot, Training
from support.state_machines import Answer, Execution, Interpreter, TaskError
from support.workflows import TOPIC, TRIALS, training, training_run, tuned

CREATE_TRIAL = "aws-sdk:sagemaker:createTrial"
TRAIN = "sagemaker:createTrainingJob.sync"
REGISTER = "aws-sdk:sagemaker:createModelPackage"
PUT = "aws-sdk:s3:putObject"
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


@pytest.fixture
def run(interpreter: Interpreter) -> Run:
    """Run a training whose trials end with the values given."""

    def run(
        declared: Training | None = None, *, values: dict[str, Any] | None = None, baseline: bool = False, **more: Any
    ) -> Execution:
        scored = {"deep": 0.9, "shallow": 0.8} if values is None else values
        answers: dict[str, Answer] = {
            CREATE_TRIAL: lambda request: {"TrialArn": request["TrialName"]},
            TRAIN: trained(scored),
            PUT: lambda request: {"ETag": "1"},
            REGISTER: lambda request: {"ModelPackageArn": "arn:package/1"},
            PROCESS: lambda request: {"ProcessingJobStatus": "Completed"},
            PUBLISH: lambda request: {"MessageId": "1"},
            **more.pop("answers", {}),
        }
        workflow = training_run(declared=training() if declared is None else declared, baseline=baseline)
        return interpreter.run(workflow.definition, answers=answers, **more)

    return run


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


def test_two_runs_never_share_a_job_name(run: Run) -> None:
    first = run(name="20261122-101500")
    second = run(name="20261122-101501")

    names = [{one["TrainingJobName"] for one in execution.requests(TRAIN)} for execution in (first, second)]
    assert names[0].isdisjoint(names[1])


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


def test_a_trial_that_cannot_be_created_counts_as_failed(run: Run) -> None:
    def refuse(request: dict[str, Any]) -> Any:
        raise TaskError("SageMaker.ResourceNotFoundException", "no such experiment")

    execution = run(answers={CREATE_TRIAL: refuse})

    assert execution.status == "FAILED"
    assert execution.requests(TRAIN) == []
    assert "no such experiment" in execution.output["Cause"]


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
    assert execution.output["Cause"].startswith("No trial of churn ended with a value of validation:auc")
    (message,) = execution.requests(PUBLISH)
    assert message["Subject"] == "dev-churn: training failed"
    assert message["TopicArn"] == TOPIC
    assert execution.requests(REGISTER) == []


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


@pytest.mark.parametrize("call", [PUT, REGISTER, PROCESS])
def test_a_failure_after_the_trials_is_reported_with_its_cause(run: Run, call: str) -> None:
    def fail(request: dict[str, Any]) -> Any:
        raise TaskError("States.TaskFailed", "it broke")

    execution = run(baseline=True, answers={call: fail})

    (message,) = execution.requests(PUBLISH)
    assert message["Message"] == "States.TaskFailed: it broke"
    assert execution.output == {"Error": "States.TaskFailed", "Cause": "it broke"}
    assert execution.status == "FAILED"


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
    assert definition["CheckpointConfig"] == {"S3Uri": "s3://data/churn/checkpoints/20261122-101500"}
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
