"""The stack that scores files."""

from pathlib import Path

from modelyard.constructs.workflows.batch_run import BatchRun
from modelyard.constructs.workflows.requests import JobContext
from modelyard.manifest import read_models, read_stage
from modelyard.manifest.folder_digest import digest
from support import permissions as may
from support.manifests import WHOLE, synthesize_text
from support.synth import ROOT, Synthesized

STACK = "dev-churn-batch"
ASSETS = "<cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}>"
CODE = f"{ASSETS}/{digest(folder=ROOT / 'training_scripts' / 'churn_xgboost')}.gz"


def test_batch_has_a_model_of_its_own_with_the_endpoint_s_artifact(app: Synthesized) -> None:
    model = app.one(STACK, "SageMaker::Model")

    assert model["ExecutionRoleArn"] == "<ModelRole.Arn>"
    assert model["EnableNetworkIsolation"] is False
    assert model["PrimaryContainer"] == {
        "Image": "<ImageAccounts of <Region>>.dkr.ecr.<Region>.<URLSuffix>/sagemaker-xgboost:3.2-0",
        "ModelDataUrl": "s3://<bucket>/churn/training/<NotPromotedYet>/model.tar.gz",
        "Environment": {
            "SAGEMAKER_PROGRAM": "train.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": f"s3://{CODE}",
            "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
            "SAGEMAKER_REGION": "<Region>",
            "PIP_NO_BUILD_ISOLATION": "0",
        },
    }


def test_the_model_may_read_what_is_scored_and_write_the_scores(app: Synthesized) -> None:
    artifact = "arn:<Partition>:s3:::<bucket>/churn/training/<NotPromotedYet>/model.tar.gz"

    assert app.statements(STACK, "ModelRole") == [
        *may.pull(accounts="ImageAccounts", repository="sagemaker-xgboost"),
        may.objects(artifact, f"arn:<Partition>:s3:::{CODE}"),
        *may.KEY,
        may.logs("TransformJobs"),
        may.METRICS,
        *may.read("churn/datasets/batch/", "churn/transform/*/input/"),
        may.write("churn/transform"),
    ]
    assert app.one(STACK, "IAM::Role", "ModelRole")["AssumeRolePolicyDocument"] == may.trust("sagemaker.amazonaws.com")


def test_the_state_machine_may_run_transforms_and_report(app: Synthesized) -> None:
    assert app.statements(STACK, "RunRole") == [
        *may.jobs("TransformJob", word="transform-job", prefix="dev-churn--", rule="Transform"),
        may.PUBLISH,
        may.WRITE_WITH_KEY,
        *may.MACHINE,
    ]
    assert app.one(STACK, "IAM::Role", "RunRole")["AssumeRolePolicyDocument"] == may.trust("states.amazonaws.com")


def test_the_state_machine_runs_the_workflow_of_its_manifest(app: Synthesized) -> None:
    stage = read_stage(ROOT / "stages.toml", name="dev")
    (model,) = read_models(ROOT / "models", stage=stage, scripts=ROOT / "training_scripts", only="churn")
    assert model.batch is not None
    workflow = BatchRun(
        model=model,
        batch=model.batch,
        stage="dev",
        job_context=JobContext(bucket="<bucket>", key_arn="<key-arn>"),
        model_name="<Model.ModelName>",
        topic_arn="<topic-arn>",
        partition="<Partition>",
    )

    assert app.definition(STACK, "Run") == workflow.definition


def test_the_state_machine_is_named_logged_and_traced(app: Synthesized) -> None:
    machine = app.one(STACK, "StepFunctions::StateMachine")
    log = app.one(STACK, "Logs::LogGroup")

    assert machine["StateMachineName"] == "dev-churn-batch"
    assert machine["RoleArn"] == "<RunRole.Arn>"
    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert machine["LoggingConfiguration"] == {
        "Level": "ALL",
        "IncludeExecutionData": True,
        "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": "<RunLog.Arn>"}}],
    }
    assert log["LogGroupName"] == "/aws/vendedlogs/states/dev-churn-batch"


def test_a_schedule_starts_the_state_machine(app: Synthesized) -> None:
    assert app.one(STACK, "Scheduler::Schedule") == {
        "Name": "dev-churn-batch",
        "ScheduleExpression": "cron(0 3 * * ? *)",
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": "<Run>",
            "RoleArn": "<ScheduleRole.Arn>",
            "Input": "{}",
            "RetryPolicy": {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10},
        },
    }


def test_the_scheduler_may_start_this_state_machine_alone(app: Synthesized) -> None:
    assert app.statements(STACK, "ScheduleRole") == [may.start("Run")]
    trusted = app.one(STACK, "IAM::Role", "ScheduleRole")["AssumeRolePolicyDocument"]
    assert trusted == may.trust("scheduler.amazonaws.com")


def test_without_a_schedule_nothing_starts_by_itself(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, WHOLE)

    assert app.resources("dev-whole-batch", "Scheduler::Schedule") == {}


def test_a_schedule_may_follow_another_clock(tmp_path: Path) -> None:
    changed = WHOLE.replace("[batch]\n", '[batch]\nschedule = "rate(2 hours)"\ntimezone = "Europe/Berlin"\n')

    schedule = synthesize_text(tmp_path, changed).one("dev-whole-batch", "Scheduler::Schedule")

    assert schedule["ScheduleExpression"] == "rate(2 hours)"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"


def test_batch_may_score_with_an_artifact_of_its_own(tmp_path: Path) -> None:
    changed = WHOLE.replace("[batch]\n", '[batch]\nmodel = "whole/training/old/job/output/model.tar.gz"\n')

    app = synthesize_text(tmp_path, changed)

    artifact = app.one("dev-whole-batch", "SageMaker::Model")["PrimaryContainer"]["ModelDataUrl"]
    assert artifact == "s3://<bucket>/whole/training/old/job/output/model.tar.gz"


def test_a_captured_transform_may_write_its_capture(tmp_path: Path) -> None:
    changed = WHOLE.replace("[batch]\n", "[batch]\ncapture = true\n")

    app = synthesize_text(tmp_path, changed)

    assert may.write("whole/transform", "whole/capture/transform") in app.statements("dev-whole-batch", "ModelRole")


def test_outputs_name_what_the_operator_needs(app: Synthesized) -> None:
    assert app.outputs(STACK) == {
        "BatchStateMachineArn": "<Run>",
        "BatchModelName": "<Model.ModelName>",
        "TransformPrefix": "churn/transform",
    }
