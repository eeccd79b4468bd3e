"""Every request that a workflow makes is one that the service's own model takes."""

import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import botocore.validate
import pytest

from modelyard.constructs.workflows.requests import (
    JobContext,
    JobFolders,
    Script,
    algorithm,
    hyperparameters,
    training_job,
    training_resources,
)
from modelyard.manifest import catalogue
from modelyard.manifest.batch import Batch
from modelyard.manifest.channel import Channel
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.stage import Vpc
from modelyard.manifest.training import Objective, Spot, Training
from modelyard.manifest.tuning import Range, Tuning
from modelyard.shared.container_families import PYTORCH, SKLEARN, TENSORFLOW, XGBOOST, ContainerFamily
from modelyard.shared.instance_types import has_local_disk
from support.state_machines import Answer, Execution, Interpreter
from support.workflows import autopilot, batch_run, by_algorithm, check_run, training, training_run, tuned

ANSWERS: dict[str, Answer] = {
    "aws-sdk:sagemaker:createTrial": lambda request: {},
    "sagemaker:createTrainingJob.sync": lambda request: {
        "FinalMetricDataList": [{"MetricName": "validation:auc", "Value": 0.5}]
    },
    "aws-sdk:s3:putObject": lambda request: {},
    "aws-sdk:s3:headObject": lambda request: {"ContentLength": 5000},
    "aws-sdk:sagemaker:createModelPackage": lambda request: {"ModelPackageArn": "a"},
    "sagemaker:createProcessingJob.sync": lambda request: {},
    "sns:publish": lambda request: {},
    "sagemaker:createHyperParameterTuningJob.sync": lambda request: {},
    "aws-sdk:sagemaker:listTrainingJobsForHyperParameterTuningJob": lambda request: {
        "TrainingJobSummaries": [
            {
                "TrainingJobName": "j",
                "TrainingJobStatus": "Completed",
                "TunedHyperParameters": {},
                "FinalHyperParameterTuningJobObjectiveMetric": {"MetricName": "validation:auc", "Value": 0.5},
            }
        ]
    },
    "aws-sdk:sagemaker:createAutoMLJobV2": lambda request: {},
    "aws-sdk:sagemaker:describeAutoMLJobV2": lambda request: {"AutoMLJobStatus": "Completed"},
    "aws-sdk:sagemaker:listCandidatesForAutoMLJob": lambda request: {
        "Candidates": [
            {
                "CandidateName": "c",
                "CandidateStatus": "Completed",
                "FinalAutoMLJobObjectiveMetric": {"MetricName": "AUC", "Value": 0.5},
                "InferenceContainers": [{"Image": "i", "ModelDataUrl": "s3://data/model.tar.gz", "Environment": {}}],
            }
        ]
    },
    "sagemaker:createTransformJob.sync": lambda request: {},
    "aws-sdk:s3:listObjectsV2": lambda request: {"KeyCount": 1},
}


def complaints(execution: Execution) -> Iterator[str]:
    """What botocore says of each request: parameters that no API has, that are missing, or of another kind."""
    session = botocore.session.get_session()
    for call, arguments in execution.calls:
        service, operation = re.fullmatch(r"(?:aws-sdk:)?(\w+):(\w+)(?:\.sync)?", call).groups()  # type: ignore[union-attr]
        model = session.get_service_model(service)
        shape = model.operation_model(operation[0].upper() + operation[1:]).input_shape
        report = botocore.validate.ParamValidator().validate(arguments, shape)
        if report.has_errors():
            yield f"{call}: {report.generate_report()}"


@pytest.mark.parametrize(
    "declared",
    [
        training(),
        tuned(),
        tuned("Grid"),
        training(spot=Spot(max_wait_minutes=90)),
        training(instance_count=2),
        autopilot(),
        by_algorithm(),
        by_algorithm(trials=(), tuning=Tuning(ranges={"depth": Range(min=2, max=8)}, max_jobs=6)),
    ],
    ids=["trials", "search", "grid", "spot", "several hosts", "autopilot", "algorithm", "algorithm's search"],
)
def test_training_asks_what_the_services_take(interpreter: Interpreter, declared: Training) -> None:
    definition = training_run(declared=declared, baseline=True).definition

    execution = interpreter.run(definition, answers=ANSWERS)

    assert execution.status == "SUCCEEDED", execution.output
    assert list(complaints(execution)) == []


def test_batch_asks_what_the_services_take(interpreter: Interpreter) -> None:
    batch = Batch(instance="ml.m5.xlarge", input_filter="$[1:]", join="Input", capture=True)

    execution = interpreter.run(batch_run(batch).definition, answers=ANSWERS)

    assert list(complaints(execution)) == []


def test_a_check_asks_what_the_services_take(interpreter: Interpreter) -> None:
    execution = interpreter.run(
        check_run(variants=("a", "b")).definition, answers=ANSWERS, given={"scheduled": "2026-11-22T11:10:00Z"}
    )

    assert list(complaints(execution)) == []


@pytest.mark.parametrize(
    ("value", "told"),
    [(3, "3"), (0.1, "0.1"), (True, "true"), ("adam", '"adam"')],
)
def test_a_script_is_told_json(value: Any, told: str) -> None:
    script = Script(archive="s3://a/b", program="train.py")

    assert hyperparameters(shared={"x": value}, own={}, script=script)["x"] == told


@pytest.mark.parametrize(
    ("value", "told"),
    [(3, "3"), (0.1, "0.1"), (True, "true"), (False, "false"), ("reg:linear", "reg:linear")],
)
def test_an_algorithm_of_its_own_is_told_plain_texts(value: Any, told: str) -> None:
    assert hyperparameters(shared={"x": value}, own={}, script=None) == {"x": told}


def test_a_trial_has_the_last_word_on_a_hyperparameter() -> None:
    assert hyperparameters(shared={"x": 1}, own={"x": 0}, script=None) == {"x": "0"}


def job_context(vpc: Vpc | None = None) -> JobContext:
    """A place, in a network or not."""
    return JobContext(bucket="data", key_arn="k", role_arn="r", vpc=vpc)


def job(declared: Training, *, script: Script | None = None, vpc: Vpc | None = None) -> dict[str, Any]:
    """The request of a training job."""
    folders = JobFolders(layout=DataLayout(model="churn"), output="s3://out")
    return training_job(training=declared, job_context=job_context(vpc), image="i", folders=folders, script=script)


def test_a_job_reads_each_channel_below_its_models_prefix() -> None:
    (channel,) = job(training())["InputDataConfig"]

    assert channel == {
        "ChannelName": "train",
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": "s3://data/churn/datasets/train/",
                "S3DataDistributionType": "FullyReplicated",
            }
        },
        "ContentType": "text/csv",
        "InputMode": "File",
    }


def test_a_job_reads_a_place_of_another_bucket_as_it_is_named() -> None:
    channels = {
        "train": Channel(path="s3://mine/tables/train"),
        "validation": Channel(path="s3://mine/validation.csv"),
        "test": Channel(path="datasets/test"),
    }

    assert [
        one["DataSource"]["S3DataSource"]["S3Uri"] for one in job(training(channels=channels))["InputDataConfig"]
    ] == [
        "s3://mine/tables/train/",
        "s3://mine/validation.csv",
        "s3://data/churn/datasets/test/",
    ]


def test_an_image_that_builds_a_script_is_told_to_fetch_nothing() -> None:
    script = Script(archive="s3://a/b", program="train.py", family=XGBOOST)

    assert job(training(), script=script)["Environment"] == {"PIP_NO_BUILD_ISOLATION": "0"}


@pytest.mark.parametrize("family", [SKLEARN, PYTORCH, TENSORFLOW, None])
def test_no_other_image_is_told_how_to_build(family: ContainerFamily | None) -> None:
    script = Script(archive="s3://a/b", program="train.py", family=family)

    assert "Environment" not in job(training(), script=script)


def test_tensorflow_is_always_told_the_folder_that_is_uploaded() -> None:
    script = Script(archive="s3://a/b", program="train.py", family=TENSORFLOW)

    assert hyperparameters(shared={}, own={}, script=script)["model_dir"] == '"/opt/ml/model"'


ALGORITHM: dict[str, Any] = {
    "script": None,
    "metrics": {},
    "objective": Objective(metric="train:auc", goal="maximize"),
    "hyperparameters": {"num_round": 1},
    "trials": (),
}


def test_an_algorithm_of_its_own_is_isolated_from_the_network() -> None:
    assert job(training(**ALGORITHM))["EnableNetworkIsolation"] is True


def test_a_script_that_must_be_fetched_is_not_isolated() -> None:
    script = Script(archive="s3://a/b", program="train.py")

    assert job(training(), script=script)["EnableNetworkIsolation"] is False


@pytest.mark.parametrize(("hosts", "encrypted"), [(1, False), (2, True)])
def test_traffic_between_hosts_is_encrypted_when_there_are_several(hosts: int, encrypted: bool) -> None:  # noqa: FBT001
    assert job(training(instance_count=hosts))["EnableInterContainerTrafficEncryption"] is encrypted


def test_a_stages_network_reaches_the_job() -> None:
    vpc = Vpc(subnets={"subnet-0aaaaaaa": "a", "subnet-0bbbbbbb": "b"}, security_groups=("sg-0ccccccc",))

    assert job(training(), vpc=vpc)["VpcConfig"] == {
        "SecurityGroupIds": ["sg-0ccccccc"],
        "Subnets": ["subnet-0aaaaaaa", "subnet-0bbbbbbb"],
    }


@pytest.mark.parametrize("instance", sorted(catalogue.instance_types(kind="training")))
def test_a_job_is_given_a_volume_key_just_where_the_instance_has_no_disk_of_its_own(instance: str) -> None:
    resources = training_resources(training=training(instance=instance), job_context=job_context())

    assert ("VolumeKmsKeyId" in resources) is not has_local_disk(instance=instance)


def test_a_job_without_metrics_names_none() -> None:
    assert algorithm(training=training(**ALGORITHM), image="i") == {"TrainingImage": "i", "TrainingInputMode": "File"}
