"""A training run that nobody starts by hand: its data, and how its best model is compared."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from modelyard.constructs.workflows.comparison import Comparison
from modelyard.constructs.workflows.retraining_data import RetrainingData
from modelyard.constructs.workflows.training_run import TrainingRun, best_artifact
from modelyard.manifest.channel import Channel
from modelyard.manifest.data import Column, Data
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.retraining import Retrain
from modelyard.manifest.training import Training
from support.state_machines import Answer, Execution, Interpreter, TaskError
from support.training_runs import CREATE_TRIAL, HEAD, PROCESS, PUBLISH, PUT, REGISTER, TRAIN, trained
from support.workflows import ANALYZER, JOB_CONTEXT, training, training_run

LIST, MODEL, DELETE = "aws-sdk:s3:listObjectsV2", "aws-sdk:sagemaker:createModel", "aws-sdk:sagemaker:deleteModel"
SCORE = "sagemaker:createTransformJob.sync"
LAYOUT = DataLayout(model="churn")
RETRAIN = Retrain(held_out="datasets/test", on=("drift",), captures_to="train")
RUN = "retrain-20261122"
PROMOTED = "churn/training/r1/j1/output/model.tar.gz"
GIVEN = {"retrain": {"reason": "an-alarm", "promoted": PROMOTED}}


def workflow(*, declared: Training | None = None, data: Data | None = None) -> TrainingRun:
    """The workflow of a model that an alarm trains."""
    chosen = training(retrain=RETRAIN, baseline_dataset="datasets/baseline") if declared is None else declared
    assert chosen.retrain is not None
    prepared = RetrainingData(
        training=chosen,
        retrain=chosen.retrain,
        monitoring=Monitoring(engine="drift"),
        data=data,
        layout=LAYOUT,
        endpoint="dev-churn",
        prefix="dev-churn",
        job_context=JOB_CONTEXT,
        analyzer=ANALYZER,
        partition="aws",
    )
    compared = Comparison(
        retrain=chosen.retrain,
        layout=LAYOUT,
        prefix="dev-churn",
        job_context=JOB_CONTEXT,
        image="image-to-serve",
        environment={"SAGEMAKER_PROGRAM": "train.py"},
        isolated=False,
        artifact=f"s3://data/{best_artifact(LAYOUT)}",
        partition="aws",
    )
    # The whole manifest would need tables that the workflow does not read.
    plain = training_run(declared=replace(chosen, retrain=None))
    return replace(plain, training=chosen, retraining=prepared, comparison=compared)


def run(
    interpreter: Interpreter,
    made: TrainingRun | None = None,
    *,
    given: dict[str, Any] | None = None,
    captured: bool = True,
    answers: Mapping[str, Answer] | None = None,
) -> Execution:
    """Run it to its end; services answer as they should unless a test says otherwise."""
    named: dict[str, Answer] = {
        CREATE_TRIAL: lambda request: {"TrialArn": request["TrialName"]},
        TRAIN: trained({"deep": 0.9, "shallow": 0.8}),
        PUT: lambda _: {"ETag": "1"},
        HEAD: lambda _: {"ContentLength": 5000},
        REGISTER: lambda _: {"ModelPackageArn": "arn:package/1"},
        PROCESS: lambda _: {"ProcessingJobStatus": "Completed"},
        PUBLISH: lambda _: {"MessageId": "1"},
        LIST: lambda _: {"KeyCount": int(captured)},
        MODEL: lambda _: {"ModelArn": "arn:model"},
        SCORE: lambda _: {"TransformJobStatus": "Completed"},
        DELETE: lambda _: {},
        **({} if answers is None else answers),
    }
    definition = (workflow() if made is None else made).definition
    return interpreter.run(definition, answers=named, given=GIVEN if given is None else given, name=RUN)


def channel_of(execution: Execution) -> str:
    """Where the trials read their training data."""
    request = execution.requests(TRAIN)[0]
    return str(request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"])


def refuse(_: dict[str, Any]) -> Any:
    raise TaskError("States.TaskFailed", "out of luck")


def test_a_run_that_somebody_starts_is_as_before(interpreter: Interpreter) -> None:
    execution = run(interpreter, given={})

    assert execution.status == "SUCCEEDED"
    assert execution.requests(PROCESS) == execution.requests(MODEL) == []
    assert channel_of(execution) == "s3://data/churn/datasets/train/"


def test_captures_with_ground_truth_become_a_version_of_the_channel(interpreter: Interpreter) -> None:
    execution = run(interpreter)

    (job,) = execution.requests(PROCESS)
    assert job["ProcessingJobName"] == f"dev-churn--data-{RUN}"
    inputs = {one["InputName"]: one["S3Input"]["S3Uri"] for one in job["ProcessingInputs"]}
    assert inputs == {
        "held_out": "s3://data/churn/datasets/test/",
        "training": "s3://data/churn/datasets/train/",
        "baseline": "s3://data/churn/datasets/baseline/",
        "code": "s3://assets/drift.zip",
        "captures": "s3://data/churn/capture/dev-churn/",
        "ground_truth": "s3://data/churn/ground-truth/dev-churn/",
    }
    outputs = {one["OutputName"]: one["S3Output"]["S3Uri"] for one in job["ProcessingOutputConfig"]["Outputs"]}
    root = f"s3://data/churn/capture/retraining/{RUN}"
    assert outputs == {
        "records": f"{root}/records",
        "labels": f"{root}/labels",
        "channel": f"{root}/train",
        "baseline": f"{root}/baseline",
    }
    # With the slash that the role's leave to read ends with.
    assert channel_of(execution) == f"{root}/train/"


def test_folders_that_are_empty_are_left_out_for_they_would_fail_the_job(interpreter: Interpreter) -> None:
    (job,) = run(interpreter, captured=False).requests(PROCESS)

    assert [one["InputName"] for one in job["ProcessingInputs"]] == ["held_out", "training", "baseline", "code"]


def test_without_a_channel_for_captures_only_the_held_out_rows_are_prepared(interpreter: Interpreter) -> None:
    declared = training(retrain=Retrain(held_out="datasets/test", schedule="rate(7 days)"))
    execution = run(interpreter, workflow(declared=declared))

    (job,) = execution.requests(PROCESS)
    assert [one["InputName"] for one in job["ProcessingInputs"]] == ["held_out", "code"]
    assert execution.requests(LIST) == []
    assert channel_of(execution) == "s3://data/churn/datasets/train/"


def test_the_job_is_told_where_the_label_is_and_whether_there_is_a_header(interpreter: Interpreter) -> None:
    channel = Channel(path="datasets/train", content_type="text/csv", header=True)
    declared = training(retrain=RETRAIN, channels={"train": channel})
    columns = (Column(name="a", kind="number"), Column(name="left", kind="integer"))
    (job,) = run(interpreter, workflow(declared=declared, data=Data(columns=columns, label="left"))).requests(PROCESS)

    assert job["Environment"]["label_column"] == "1"
    assert job["Environment"]["header"] == "Enabled"
    assert job["Environment"]["analysis_type"] == "RETRAINING_DATA"


def test_both_models_score_the_same_records_and_are_deleted_again(interpreter: Interpreter) -> None:
    execution = run(interpreter)

    models = {one["ModelName"]: one["PrimaryContainer"]["ModelDataUrl"] for one in execution.requests(MODEL)}
    new, now = f"dev-churn--new-{RUN}", f"dev-churn--now-{RUN}"
    best = f"dev-churn--deep-{RUN}"
    assert models == {
        new: f"s3://data/churn/training/{RUN}/{best}/output/model.tar.gz",
        now: f"s3://data/{PROMOTED}",
    }
    scored = {one["ModelName"]: one for one in execution.requests(SCORE)}
    sources = {one["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"] for one in scored.values()}
    assert sources == {f"s3://data/churn/capture/retraining/{RUN}/records/"}
    outputs = {name: one["TransformOutput"]["S3OutputPath"] for name, one in scored.items()}
    assert outputs == {
        new: f"s3://data/churn/capture/retraining/{RUN}/scored/candidate",
        now: f"s3://data/churn/capture/retraining/{RUN}/scored/promoted",
    }
    assert {one["ModelName"] for one in execution.requests(DELETE)} == {new, now}


def test_a_note_says_why_the_run_was_started_and_what_it_was_compared_with(interpreter: Interpreter) -> None:
    note = run(interpreter).requests(PUT)[-1]

    assert note["Key"] == f"churn/training/{RUN}/retraining.json"
    assert note["Body"] == (f'{{"reason":"an-alarm","promoted":"{PROMOTED}","run":"{RUN}","trial":"deep"}}')


def test_the_first_model_of_all_is_scored_alone(interpreter: Interpreter) -> None:
    execution = run(interpreter, given={"retrain": {"reason": "schedule"}})

    assert [one["ModelName"] for one in execution.requests(MODEL)] == [f"dev-churn--new-{RUN}"]


def test_a_model_that_could_not_be_scored_is_deleted_and_fails_the_run(interpreter: Interpreter) -> None:
    execution = run(interpreter, answers={SCORE: refuse})

    assert execution.status == "FAILED"
    assert len(execution.requests(DELETE)) == 2
    (message,) = execution.requests(PUBLISH)
    assert message["Message"] == "NotScored: candidate: States.TaskFailed; promoted: States.TaskFailed"


def test_a_model_that_could_not_be_made_is_not_deleted(interpreter: Interpreter) -> None:
    execution = run(interpreter, answers={MODEL: refuse})

    assert execution.status == "FAILED"
    assert execution.requests(DELETE) == []


def test_data_that_cannot_be_prepared_fail_the_run_before_it_costs_trials(interpreter: Interpreter) -> None:
    execution = run(interpreter, answers={PROCESS: refuse})

    assert execution.status == "FAILED"
    assert execution.requests(TRAIN) == []
