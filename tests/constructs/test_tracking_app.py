"""The MLflow App of a stage in the templates: the app, its role, and what training jobs may do with it."""

from pathlib import Path
from typing import Any

import pytest

from support.manifests import WHOLE, synthesize_text
from support.synth import Synthesized

FOUNDATION, TRAINING = "dev-foundation", "dev-whole-training"
TRACKED = '[dev]\ntracking = { maintenance = "Sun:03:30" }\n'
ARTIFACTS: list[dict[str, Any]] = [
    {
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": ["{bucket}"],
        "Condition": {"StringLike": {"s3:prefix": ["_mlflow/*"]}},
    },
    {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["{bucket}/_mlflow/*"]},
    {"Effect": "Allow", "Action": ["s3:PutObject", "s3:AbortMultipartUpload"], "Resource": ["{bucket}/_mlflow/*"]},
]


def artifacts(bucket: str) -> list[dict[str, Any]]:
    """The statements on the folder of artifacts of a bucket."""
    resources = [[resource.format(bucket=bucket) for resource in one["Resource"]] for one in ARTIFACTS]
    return [{**one, "Resource": found} for one, found in zip(ARTIFACTS, resources, strict=True)]


@pytest.fixture(scope="module")
def tracked(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return synthesize_text(tmp_path_factory.mktemp("tracked"), WHOLE, stages=TRACKED)


def test_the_app_keeps_artifacts_in_the_data_bucket_and_registers_nothing(tracked: Synthesized) -> None:
    assert tracked.one(FOUNDATION, "SageMaker::MlflowApp") == {
        "Name": "dev-tracking",
        "RoleArn": "<TrackingRole.Arn>",
        "ArtifactStoreUri": "s3://<DataBucket>/_mlflow",
        "ModelRegistrationMode": "AutoModelRegistrationDisabled",
        "WeeklyMaintenanceWindowStart": "Sun:03:30",
        "Tags": [{"Key": "stage", "Value": "dev"}],
    }


def test_aws_chooses_a_maintenance_window_that_is_left_out(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, WHOLE, stages="[dev]\ntracking = {}\n")

    assert "WeeklyMaintenanceWindowStart" not in app.one(FOUNDATION, "SageMaker::MlflowApp")


def test_the_app_s_role_reads_and_writes_artifacts_alone(tracked: Synthesized) -> None:
    assert tracked.statements(FOUNDATION, "TrackingRole") == [
        *artifacts("<DataBucket.Arn>"),
        {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": ["<DataKey.Arn>"]},
    ]
    assert tracked.one(FOUNDATION, "IAM::Role", "TrackingRole")["AssumeRolePolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}
    ]


def test_yard_finds_the_app_by_an_output(tracked: Synthesized) -> None:
    assert tracked.outputs(FOUNDATION)["TrackingAppArn"] == "<TrackingApp.Arn>"


def test_a_script_may_log_to_the_app_of_its_stage_and_to_no_other(tracked: Synthesized) -> None:
    statements = tracked.statements(TRAINING, "TrainingRole")

    assert [one for one in statements if "sagemaker:CallMlflowAppApi" in one["Action"]] == [
        {"Effect": "Allow", "Action": ["sagemaker:CallMlflowAppApi"], "Resource": ["<tracking-arn>"]}
    ]
    assert all(one in statements for one in artifacts("<bucket-arn>"))


def test_each_trial_is_told_the_app_its_experiment_and_whose_run_it_is(tracked: Synthesized) -> None:
    trials = tracked.definition(TRAINING, "Run")["States"]["Run the trials"]["ItemProcessor"]["States"]

    tags = "{'mlflow.runName': $states.input.job, 'modelyard.job': $states.input.job}"
    assert trials["Train"]["Arguments"]["Environment"] == {
        "PIP_NO_BUILD_ISOLATION": "0",
        "MLFLOW_TRACKING_URI": "<tracking-arn>",
        "MLFLOW_EXPERIMENT_NAME": "dev-whole",
        "MLFLOW_RUN_CONTEXT": f"{{% $string({tags}) %}}",
    }


SEARCH = """tuning = { ranges = { max_depth = { min = 2, max = 6 } }, max_jobs = 4, max_parallel = 2 }
[training.metrics]"""


def test_the_jobs_of_a_search_share_an_environment_and_are_told_no_name(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, WHOLE.replace("[training.metrics]", SEARCH), stages=TRACKED)
    search = app.definition(TRAINING, "Run")["States"]["Search"]["Arguments"]

    assert search["TrainingJobDefinition"]["Environment"] == {
        "PIP_NO_BUILD_ISOLATION": "0",
        "MLFLOW_TRACKING_URI": "<tracking-arn>",
        "MLFLOW_EXPERIMENT_NAME": "dev-whole",
    }


ALGORITHM = WHOLE.replace('script = "churn_xgboost/train.py"\n', "").replace(
    'objective = { metric = "validation:auc"', 'hyperparameters = { num_round = 1 }\nobjective = { metric = "train:auc"'
)
ALGORITHM = ALGORITHM.replace("[training.metrics]\n\"validation:auc\" = 'auc:(\\S+)'\n", "").replace(
    '{ train = "datasets/train" }', '{ train = { path = "datasets/train", content_type = "text/csv" } }'
)


def test_an_algorithm_that_runs_without_a_network_is_told_nothing(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, ALGORITHM, stages=TRACKED)
    trials = app.definition(TRAINING, "Run")["States"]["Run the trials"]["ItemProcessor"]["States"]

    assert "Environment" not in trials["Train"]["Arguments"]
    assert not [one for one in app.statements(TRAINING, "TrainingRole") if "CallMlflowAppApi" in str(one)]


def test_a_stage_without_tracking_has_nothing_of_it(app: Synthesized) -> None:
    assert "mlflow" not in str(app.templates).lower()


NETWORK = """
[dev.vpc]
subnets = { subnet-0aaaaaaa = "eu-west-1a", subnet-0bbbbbbb = "eu-west-1b" }
security_groups = ["sg-0ccccccc"]
"""


def test_a_script_in_a_network_is_said_to_need_a_way_to_the_app(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, WHOLE, stages=TRACKED + NETWORK)

    (notice,) = [one for one in app.notices[TRAINING] if "MLflow" in one]
    assert notice.startswith("whole: MLflow is at mlflow.sagemaker.<region>.app.aws")
