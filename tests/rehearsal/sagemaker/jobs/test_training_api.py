"""Training jobs as a client meets them: real scripts, real S3, real roles."""

import math
import sys
import time
from typing import Any

import botocore.exceptions
import pytest

from support.jobs import ACCOUNT, SCIKIT, XGBOOST, JobRequests, packed, unpacked
from support.local_aws import allow
from support.networks import ISOLATES
from support.opt_ml import MOUNTS

TRAINS = """
    import os, pathlib, sys
    print("auc:0.5")
    print("auc:0.75")
    print(" ".join(sys.argv[1:]))
    rows = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "rows.csv").read_text()
    pathlib.Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text(rows)
    pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "notes.txt").write_text(os.environ["TRAINING_JOB_ARN"])
"""
AUC = [("auc", r"auc:(\S+)")]
HANGS = """
    import time
    print("hanging", flush=True)
    time.sleep(3600)
"""

PYTORCH = f"{ACCOUNT}/pytorch-training:2.6"


@pytest.fixture(scope="module")
def trained(local_aws: Any) -> tuple[JobRequests, dict[str, Any]]:
    job_requests = JobRequests(local_aws=local_aws, bucket=local_aws.bucket())
    return job_requests, job_requests.train(job_requests.training(TRAINS, metrics=AUC, hyperparameters={"depth": "3"}))


def test_a_job_completes(trained: tuple[JobRequests, dict[str, Any]]) -> None:
    assert trained[1]["TrainingJobStatus"] == "Completed"


def test_its_model_lies_below_its_name(trained: tuple[JobRequests, dict[str, Any]]) -> None:
    job_requests, job = trained
    uri = job_requests.uri(f"out/{job['TrainingJobName']}/output/model.tar.gz")
    assert job["ModelArtifacts"] == {"S3ModelArtifacts": uri}


def test_its_model_is_what_the_script_saved_of_its_channel(trained: tuple[JobRequests, dict[str, Any]]) -> None:
    job_requests, job = trained
    model = job_requests.get(f"out/{job['TrainingJobName']}/output/model.tar.gz")
    assert unpacked(model) == {"model.txt": b"1,2\n"}


def test_its_other_output_is_kept_beside_the_model(trained: tuple[JobRequests, dict[str, Any]]) -> None:
    job_requests, job = trained
    output = job_requests.get(f"out/{job['TrainingJobName']}/output/output.tar.gz")
    assert unpacked(output) == {"notes.txt": job["TrainingJobArn"].encode()}


def test_its_final_metric_is_the_last_value(trained: tuple[JobRequests, dict[str, Any]]) -> None:
    assert [(item["MetricName"], item["Value"]) for item in trained[1]["FinalMetricDataList"]] == [("auc", 0.75)]


def test_it_goes_through_awss_secondary_statuses(trained: tuple[JobRequests, dict[str, Any]]) -> None:
    statuses = [item["Status"] for item in trained[1]["SecondaryStatusTransitions"]]
    assert statuses == ["Starting", "Downloading", "Training", "Uploading", "Completed"]


def test_each_secondary_status_but_the_last_has_an_end(trained: tuple[JobRequests, dict[str, Any]]) -> None:
    assert [("EndTime" in item) for item in trained[1]["SecondaryStatusTransitions"]] == [True] * 4 + [False]


def test_its_time_is_that_between_start_and_end_rounded_up(trained: tuple[JobRequests, dict[str, Any]]) -> None:
    job = trained[1]
    seconds = (job["TrainingEndTime"] - job["TrainingStartTime"]).total_seconds()
    assert job["TrainingTimeInSeconds"] == job["BillableTimeInSeconds"]
    assert job["TrainingTimeInSeconds"] in (math.floor(seconds) or 1, math.ceil(seconds))


def test_its_lines_are_in_the_log_group_of_training_jobs(trained: tuple[JobRequests, dict[str, Any]]) -> None:
    job_requests, job = trained
    assert job_requests.log("TrainingJobs", job["TrainingJobName"]) == ["auc:0.5", "auc:0.75", "--depth 3"]


def test_its_metrics_are_in_cloudwatch(trained: tuple[JobRequests, dict[str, Any]]) -> None:
    job_requests, job = trained
    found = job_requests.local_aws.client("cloudwatch").list_metrics(
        Namespace="/aws/sagemaker/TrainingJobs",
        Dimensions=[{"Name": "TrainingJobName", "Value": job["TrainingJobName"]}],
    )["Metrics"]
    assert [metric["MetricName"] for metric in found] == ["auc"]


def test_it_is_listed_by_name_and_status(trained: tuple[JobRequests, dict[str, Any]]) -> None:
    job_requests, job = trained
    found = job_requests.sagemaker.list_training_jobs(NameContains=job["TrainingJobName"], StatusEquals="Completed")
    assert job["TrainingJobName"] in [item["TrainingJobName"] for item in found["TrainingJobSummaries"]]


def test_boto3s_waiter_sees_the_end(trained: tuple[JobRequests, dict[str, Any]]) -> None:
    job_requests, job = trained
    job_requests.sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=job["TrainingJobName"])


def test_a_name_that_is_taken_is_refused(trained: tuple[JobRequests, dict[str, Any]]) -> None:
    job_requests, job = trained
    request = {**job_requests.training(TRAINS), "TrainingJobName": job["TrainingJobName"]}
    assert refusal(job_requests, request)[0] == "ResourceInUse"


def test_the_script_has_its_roles_credentials_and_no_others(job_requests: JobRequests) -> None:
    said = job_requests.train(
        job_requests.training("""
            import boto3, os
            print("arn:" + boto3.client("sts").get_caller_identity()["Arn"])
            print("names:" + ",".join(sorted(name for name in os.environ if name.startswith("AWS_"))))
        """)
    )
    lines = job_requests.log("TrainingJobs", said["TrainingJobName"])
    role = said["RoleArn"].rpartition("/")[2]
    assert f"assumed-role/{role}/SageMaker" in lines[0]


def test_xgboosts_own_algorithm_declares_its_metrics(job_requests: JobRequests) -> None:
    rows = "".join(f"{row % 2},{row % 2 + row / 100}\n" for row in range(60))
    channels = {name: job_requests.put(f"data/{name}/rows.csv", rows) for name in ("train", "validation")}
    request = job_requests.fit(name=job_requests.local_aws.name("builtin"), image=XGBOOST, role=None, channels=channels)
    request["HyperParameters"] = {"num_round": "3", "objective": "binary:logistic", "eval_metric": "auc"}
    job = job_requests.train(request)
    assert [item["MetricName"] for item in job["FinalMetricDataList"]] == ["train:auc", "validation:auc"]
    assert list(unpacked(job_requests.get(f"out/{job['TrainingJobName']}/output/model.tar.gz"))) == ["xgboost-model"]


def test_a_script_that_crashes_fails_as_its_image_words_it(job_requests: JobRequests) -> None:
    request = job_requests.training("raise ValueError('no such column: age')")
    request["AlgorithmSpecification"]["TrainingImage"] = PYTORCH
    job = job_requests.train(request)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: ExecuteUserScriptError:\nExitCode 1\n")
    assert "ValueError: no such column: age" in job["FailureReason"]


def test_a_job_that_failed_has_no_model(job_requests: JobRequests) -> None:
    job = job_requests.train(job_requests.training("raise SystemExit(3)"))
    assert "ModelArtifacts" not in job
    assert job_requests.keys(f"out/{job['TrainingJobName']}") == []


def test_a_script_that_prints_garbage_completes(job_requests: JobRequests) -> None:
    job = job_requests.train(job_requests.training("import os; os.write(1, bytes(range(256)) * 100)"))
    assert job["TrainingJobStatus"] == "Completed"


def test_a_job_is_stopped_with_what_it_has_saved(job_requests: JobRequests) -> None:
    request = job_requests.training("""
        import os, pathlib, signal, sys, time
        def save(*_):
            pathlib.Path(os.environ["SM_MODEL_DIR"], "rescued").write_text("x")
            sys.exit(0)
        signal.signal(signal.SIGTERM, save)
        pathlib.Path(os.environ["SM_MODEL_DIR"], "half").write_text("x")
        print("ready", flush=True)
        time.sleep(600)
    """)
    name = request["TrainingJobName"]
    start_until_training(job_requests, request)
    job_requests.sagemaker.stop_training_job(TrainingJobName=name)
    job = job_requests.trained(name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert unpacked(job_requests.get(f"out/{name}/output/model.tar.gz")) == {"half": b"x"}


def test_a_job_that_has_ended_cannot_be_stopped(trained: tuple[JobRequests, dict[str, Any]]) -> None:
    job_requests, job = trained
    with pytest.raises(botocore.exceptions.ClientError, match="the training job is in status Completed"):
        job_requests.sagemaker.stop_training_job(TrainingJobName=job["TrainingJobName"])


def test_a_job_that_runs_cannot_be_deleted(job_requests: JobRequests) -> None:
    request = job_requests.training(HANGS)
    start_until_training(job_requests, request)
    with pytest.raises(botocore.exceptions.ClientError, match="ResourceInUse"):
        job_requests.sagemaker.delete_training_job(TrainingJobName=request["TrainingJobName"])
    job_requests.sagemaker.stop_training_job(TrainingJobName=request["TrainingJobName"])
    job_requests.trained(request["TrainingJobName"])


def test_the_name_of_a_deleted_job_can_be_used_again(job_requests: JobRequests) -> None:
    request = job_requests.training("pass")
    job_requests.train(request)
    job_requests.sagemaker.delete_training_job(TrainingJobName=request["TrainingJobName"])
    assert job_requests.train(request)["TrainingJobStatus"] == "Completed"


def test_a_role_that_may_not_read_the_data_fails_the_job_with_access_denied(job_requests: JobRequests) -> None:
    role = job_requests.role(allow("s3:ListBucket", "s3:PutObject"))
    job = job_requests.train(job_requests.training(TRAINS, role=role))
    assert job["FailureReason"].startswith("ClientError: Data download failed:Unable to download object s3://")
    assert "(AccessDenied: " in job["FailureReason"]


def test_a_role_that_may_not_list_the_data_fails_the_job(job_requests: JobRequests) -> None:
    job = job_requests.train(
        job_requests.training(TRAINS, role=job_requests.role(allow("s3:GetObject", "s3:PutObject")))
    )
    assert job["FailureReason"].startswith("ClientError: Data download failed:Unable to list objects below s3://")


def test_a_role_that_may_not_read_the_script_fails_inside_the_container(job_requests: JobRequests) -> None:
    data = f"arn:aws:s3:::{job_requests.bucket}/*/data/*"
    role = job_requests.role(allow("s3:ListBucket", "s3:PutObject"), allow("s3:GetObject", on=data))
    job = job_requests.train(job_requests.training(TRAINS, role=role))
    assert job["FailureReason"].startswith("AlgorithmError: framework error: ")
    assert "sourcedir.tar.gz (AccessDenied: " in job["FailureReason"]


def test_a_role_that_may_not_write_the_model_fails_the_job(job_requests: JobRequests) -> None:
    job = job_requests.train(
        job_requests.training(TRAINS, role=job_requests.role(allow("s3:ListBucket", "s3:GetObject")))
    )
    assert job["FailureReason"].startswith("ClientError: Artifact upload failed:Unable to upload object s3://")
    assert job["SecondaryStatus"] == "Failed"


def test_a_role_that_may_not_write_logs_or_metrics_loses_them_and_nothing_else(job_requests: JobRequests) -> None:
    role = job_requests.role(allow("s3:*"))
    job = job_requests.train(job_requests.training(TRAINS, role=role, metrics=AUC))
    assert job["TrainingJobStatus"] == "Completed"
    assert job_requests.log("TrainingJobs", job["TrainingJobName"]) == []


def test_a_channel_without_objects_fails_the_job_in_awss_words(job_requests: JobRequests) -> None:
    request = job_requests.training(TRAINS)
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = job_requests.uri("nothing/here")
    assert 'No S3 objects found under S3 URL "s3://' in job_requests.train(request)["FailureReason"]


def test_a_role_that_does_not_trust_sagemaker_is_refused_at_once(job_requests: JobRequests) -> None:
    role = job_requests.local_aws.role(service="lambda.amazonaws.com")
    code, message = refusal(job_requests, job_requests.training(TRAINS, role=role))
    assert (code, message.startswith("Could not assume role")) == ("ValidationException", True)


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("AlgorithmSpecification", "TrainingInputMode"), "Pipe", "TrainingInputMode must be one of File, FastFile"),
        (("AlgorithmSpecification", "TrainingImage"), None, "must have a TrainingImage here"),
        (("HyperParameters", "sagemaker_program"), None, "must both be given"),
        (
            ("ResourceConfig",),
            {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10, "VolumeKmsKeyId": "key"},
            "You can't request a VolumeKmsKeyId when using an instance type with local storage: ml.g5.xlarge",
        ),
        (("InputDataConfig", 0, "InputMode"), "Pipe", "InputMode must be File or FastFile here, got Pipe"),
        (("InputDataConfig", 0, "CompressionType"), "Gzip", "CompressionType must be None here, got Gzip"),
        (("InputDataConfig", 0, "RecordWrapperType"), "RecordIO", "RecordWrapperType must be None here"),
        (("InputDataConfig", 0, "DataSource", "S3DataSource", "S3DataType"), "ManifestFile", "must be S3Prefix here"),
        (("InputDataConfig", 0, "DataSource", "S3DataSource", "S3Uri"), "https://bucket/x", "must begin with s3://"),
    ],
)
def test_what_is_not_rehearsed_is_refused(
    job_requests: JobRequests, path: tuple[Any, ...], value: Any, sentence: str
) -> None:
    request = job_requests.training(TRAINS)
    place: Any = request
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    if value is None:
        del place[path[-1]]
    code, message = refusal(job_requests, request)
    assert code == "ValidationException"
    assert sentence in message


@pytest.mark.parametrize(
    ("mode", "names", "sentence"),
    [
        ("File", ["source-ref", "class"], "must have the InputMode Pipe, got File"),
        ("Pipe", [], "must have AttributeNames, got none"),
        ("Pipe", ["source-ref", "class"], "is a pipe, and no pipe is rehearsed; convert the manifest to files"),
    ],
)
def test_an_augmented_manifest_is_a_pipe_with_attributes_and_is_not_rehearsed(
    job_requests: JobRequests, mode: str, names: list[str], sentence: str
) -> None:
    request = job_requests.training(TRAINS)
    channel = request["InputDataConfig"][0]
    channel["InputMode"] = mode
    channel["DataSource"]["S3DataSource"] |= {"S3DataType": "AugmentedManifestFile", "AttributeNames": names}
    name = channel["ChannelName"]
    expected = f"channel {name}: AugmentedManifestFile {sentence}"
    assert refusal(job_requests, request)[1].startswith(expected)


def test_attributes_of_another_kind_of_channel_are_refused(job_requests: JobRequests) -> None:
    request = job_requests.training(TRAINS)
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["AttributeNames"] = ["class"]
    assert "AttributeNames must be left out without AugmentedManifestFile" in refusal(job_requests, request)[1]


def test_an_instance_of_another_processor_than_the_image_s_fails_the_job(job_requests: JobRequests) -> None:
    resources = {"InstanceType": "ml.p6e-gb200.36xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10}
    job = job_requests.train(job_requests.training(TRAINS, changes={"ResourceConfig": resources}))
    assert job["FailureReason"] == (
        "ClientError: CannotStartContainerError. "
        "Please make sure the container can be run with 'docker run <image> train'."
    )
    assert job_requests.log("TrainingJobs", job["TrainingJobName"]) == ["exec format error"]


def test_an_unknown_image_without_a_script_is_refused(job_requests: JobRequests) -> None:
    request = job_requests.fit(
        name=job_requests.local_aws.name("own"), image=SCIKIT, role=None, channels={"a": "s3://bucket/c"}
    )
    assert "one of AWS's images without a script must be XGBoost's here" in refusal(job_requests, request)[1]


def test_sharded_data_on_several_hosts_is_refused(job_requests: JobRequests) -> None:
    request = job_requests.training(TRAINS)
    request["ResourceConfig"]["InstanceCount"] = 2
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "ShardedByS3Key"
    assert "ShardedByS3Key is not rehearsed on several hosts" in refusal(job_requests, request)[1]


def entered(job_requests: JobRequests, script: str, *, program: str = "/bin/bash") -> dict[str, Any]:
    """Return a request whose entry point runs a script of a channel, as SDK 3 sends it."""
    request = job_requests.training(TRAINS)
    script_uri = job_requests.put(f"{request['TrainingJobName']}/drivers/run", script)
    source = {"S3DataType": "S3Prefix", "S3Uri": script_uri.removesuffix("/run")}
    request["InputDataConfig"].append({"ChannelName": "drivers", "DataSource": {"S3DataSource": source}})
    request["AlgorithmSpecification"]["ContainerEntrypoint"] = [program, "/opt/ml/input/data/drivers/run"]
    return request


ENTERED = """
    set -e
    cat /opt/ml/input/data/train/rows.csv /opt/ml/input/config/resourceconfig.json "$@" > /opt/ml/model/mine.txt
    python3 -c 'import sklearn, sys; print(sys.prefix)'
    pip --version
"""


@MOUNTS
def test_a_program_in_place_of_the_image_s_own_runs(job_requests: JobRequests) -> None:
    request = entered(job_requests, ENTERED)
    request["AlgorithmSpecification"]["ContainerArguments"] = ["/opt/ml/input/config/inputdataconfig.json"]

    job = job_requests.train(request)

    assert job["TrainingJobStatus"] == "Completed"
    archive = job_requests.get(job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{job_requests.bucket}/"))
    made = unpacked(archive)
    assert list(made) == ["mine.txt"]
    assert all(text in made["mine.txt"] for text in (b"1,2\n", b"current_host", b"RecordWrapperType"))


@MOUNTS
def test_what_such_a_program_installs_is_its_own(job_requests: JobRequests) -> None:
    request = entered(job_requests, ENTERED)
    job_requests.train(request)

    prefix, pip = job_requests.log("TrainingJobs", request["TrainingJobName"])
    assert prefix == "/opt/ml/home/python"
    assert str(sys.prefix) in pip


@MOUNTS
def test_such_a_program_fails_by_its_own_words_and_code(job_requests: JobRequests) -> None:
    job = job_requests.train(entered(job_requests, "echo no labels > /opt/ml/output/failure; exit 7"))

    assert job["FailureReason"] == "AlgorithmError: no labels\n, exit code: 7"


@MOUNTS
def test_a_program_that_the_image_does_not_have_here_fails_the_job(job_requests: JobRequests) -> None:
    job = job_requests.train(entered(job_requests, "", program="/usr/local/bin/of-the-image"))

    assert job["TrainingJobStatus"] == "Failed"


def test_arguments_for_a_program_that_is_not_known_here_are_refused(job_requests: JobRequests) -> None:
    request = job_requests.training(TRAINS)
    request["AlgorithmSpecification"]["ContainerArguments"] = ["--fast"]
    assert "ContainerArguments must have a ContainerEntrypoint" in refusal(job_requests, request)[1]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ({}, "channel train must have an S3DataSource here"),
        (
            {
                "FileSystemDataSource": {
                    "FileSystemId": "fs-0123456789a",
                    "FileSystemAccessMode": "ro",
                    "FileSystemType": "EFS",
                    "DirectoryPath": "/",
                }
            },
            "inputDataConfig.1.member.dataSource.fileSystemDataSource is not rehearsed; leave it out",
        ),
    ],
)
def test_a_channel_whose_data_lie_elsewhere_than_in_s3_is_refused(
    job_requests: JobRequests, source: dict[str, Any], sentence: str
) -> None:
    request = job_requests.training(TRAINS)
    request["InputDataConfig"][0]["DataSource"] = source
    assert sentence in refusal(job_requests, request)[1]


def test_a_job_that_is_not_there_is_not_described(job_requests: JobRequests) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="ValidationException"):
        job_requests.sagemaker.describe_training_job(TrainingJobName="nobody")


@pytest.mark.parametrize("given", [None, "alias/aws/s3"])
def test_the_key_of_the_output_is_described_as_it_was_given_or_as_an_empty_text(
    job_requests: JobRequests, given: str | None
) -> None:
    request = job_requests.training(TRAINS)
    request["OutputDataConfig"] |= {} if given is None else {"KmsKeyId": given}
    job_requests.sagemaker.create_training_job(**request)
    described = job_requests.sagemaker.describe_training_job(TrainingJobName=request["TrainingJobName"])
    assert described["OutputDataConfig"]["KmsKeyId"] == ("" if given is None else given)


def start_until_training(job_requests: JobRequests, request: dict[str, Any]) -> None:
    """Start a job and wait until its script has spoken."""
    name = request["TrainingJobName"]
    job_requests.sagemaker.create_training_job(**request)
    job_requests.await_(
        lambda: job_requests.sagemaker.describe_training_job(TrainingJobName=name)["SecondaryStatus"] == "Training"
    )
    job_requests.await_(lambda: job_requests.log("TrainingJobs", name) != [])


def refusal(job_requests: JobRequests, request: dict[str, Any]) -> tuple[str, str]:
    """Return the code and message with which a request is refused."""
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        job_requests.sagemaker.create_training_job(**request)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_script_of_xgboost_in_a_vpc_needs_a_way_to_pypi(job_requests: JobRequests) -> None:
    network = {"VpcConfig": {"SecurityGroupIds": ["sg-0a1b2c3d"], "Subnets": ["subnet-0a1b2c3d"]}}

    failed = job_requests.train(job_requests.training("print(1)", changes=network))
    built = job_requests.train(
        job_requests.training("print(1)", changes=network | {"Environment": {"PIP_NO_BUILD_ISOLATION": "0"}})
    )

    assert failed["FailureReason"].startswith("AlgorithmError: InstallModuleError:")
    assert built["TrainingJobStatus"] == "Completed"


COUNTS = """
    import json, os, pathlib, time
    config = json.loads(pathlib.Path(os.environ["SM_CHECKPOINT_CONFIG_FILE"]).read_text())
    saved = pathlib.Path(config["LocalPath"], "steps/count")
    count = int(saved.read_text()) if saved.exists() else 0
    saved.parent.mkdir(parents=True, exist_ok=True)
    saved.write_text(str(count + 1))
    print(f"step:{count + 1}", flush=True)
"""


@pytest.mark.parametrize("path", [{}, {"LocalPath": "/opt/ml/progress/"}])
def test_a_job_goes_on_from_the_checkpoints_of_the_one_before(job_requests: JobRequests, path: dict[str, str]) -> None:
    config = {"CheckpointConfig": {"S3Uri": job_requests.uri("kept/one"), **path}}
    job_requests.put("kept/one-more/count", "of another job")

    jobs = [job_requests.train(job_requests.training(COUNTS, changes=config)) for _ in range(2)]

    said = [job_requests.log("TrainingJobs", job["TrainingJobName"]) for job in jobs]
    assert (said, job_requests.keys("kept/one/")) == ([["step:1"], ["step:2"]], ["kept/one/steps/count"])


def test_a_checkpoint_is_in_s3_while_its_job_runs(job_requests: JobRequests) -> None:
    config = {"CheckpointConfig": {"S3Uri": job_requests.uri("kept")}}
    request = job_requests.training(f"{COUNTS}    time.sleep(60)\n", changes=config)
    job_requests.sagemaker.create_training_job(**request)

    deadline = time.monotonic() + 60
    while not job_requests.keys("kept/") and time.monotonic() < deadline:
        time.sleep(0.2)
    found = job_requests.keys("kept/")

    job_requests.sagemaker.stop_training_job(TrainingJobName=request["TrainingJobName"])
    assert (found, job_requests.trained(request["TrainingJobName"])["TrainingJobStatus"]) == (
        ["kept/steps/count"],
        "Stopped",
    )


@pytest.mark.parametrize("path", ["/opt/here", "/opt/ml/../etc", "/opt/ml"])
def test_a_folder_of_checkpoints_that_is_not_below_opt_ml_is_refused(job_requests: JobRequests, path: str) -> None:
    config = {"CheckpointConfig": {"S3Uri": job_requests.uri("kept"), "LocalPath": path}}

    assert "CheckpointConfig.LocalPath" in refusal(job_requests, job_requests.training(COUNTS, changes=config))[1]


@pytest.mark.parametrize("name", ["mpi", "torch_distributed", "multi_worker_mirrored_strategy"])
def test_a_script_that_its_container_would_distribute_is_refused(job_requests: JobRequests, name: str) -> None:
    request = job_requests.training(COUNTS, hyperparameters={f"sagemaker_{name}_enabled": "true"})

    assert f"sagemaker_{name}_enabled must be left out here" in refusal(job_requests, request)[1]


@MOUNTS
def test_a_script_finds_its_data_and_model_by_paths_in_its_own_text(job_requests: JobRequests) -> None:
    script = """
        with open("/opt/ml/input/data/train/rows.csv") as rows, open("/opt/ml/model/model.txt", "w") as model:
            model.write(rows.read())
    """
    job = job_requests.train(job_requests.training(script))
    archive = job_requests.get(job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{job_requests.bucket}/"))
    assert unpacked(archive) == {"model.txt": b"1,2\n"}


LOOKS_AROUND = """
    import os, pathlib, socket
    from urllib.parse import urlsplit
    local_aws = urlsplit(pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "endpoint").read_text())
    print("connected", socket.socket().connect_ex((local_aws.hostname, local_aws.port)) == 0)
    print(sorted(name for name in os.environ if name.startswith("AWS_") and "REGION" not in name))
    pathlib.Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text("trained")
"""


def with_code(job_requests: JobRequests, files: dict[str, str], **changes: Any) -> dict[str, Any]:
    """Return a request whose script lies in a channel, which needs no network of the container's."""
    request = job_requests.training(TRAINS) | changes
    request["Environment"] = {"PIP_NO_BUILD_ISOLATION": "0"}
    name = request["TrainingJobName"]
    job_requests.put(f"{name}/data/endpoint", job_requests.sagemaker.meta.endpoint_url)
    code = job_requests.put(f"{name}/code/sourcedir.tar.gz", packed(files)).removesuffix("/sourcedir.tar.gz")
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": code}}
    request["InputDataConfig"].append({"ChannelName": "code", "DataSource": source})
    request["HyperParameters"]["sagemaker_submit_directory"] = "/opt/ml/input/data/code/sourcedir.tar.gz"
    return request


@ISOLATES
@pytest.mark.parametrize(
    ("isolated", "said"),
    [
        (True, ["connected False", "['AWS_EC2_METADATA_DISABLED']"]),
        (False, ["connected True"]),
    ],
)
def test_an_isolated_script_has_no_network_and_no_credentials(
    *, isolated: bool, said: list[str], job_requests: JobRequests
) -> None:
    request = with_code(job_requests, {"train.py": LOOKS_AROUND}, EnableNetworkIsolation=isolated)

    job = job_requests.train(request)

    assert job["TrainingJobStatus"] == "Completed"
    assert job_requests.log("TrainingJobs", job["TrainingJobName"])[: len(said)] == said


@ISOLATES
def test_what_an_isolated_script_saves_is_uploaded_all_the_same(job_requests: JobRequests) -> None:
    job = job_requests.train(with_code(job_requests, {"train.py": LOOKS_AROUND}, EnableNetworkIsolation=True))

    model = job_requests.get(f"out/{job['TrainingJobName']}/output/model.tar.gz")
    assert unpacked(model) == {"model.txt": b"trained"}


@ISOLATES
def test_an_isolated_script_s_libraries_cannot_be_installed(job_requests: JobRequests) -> None:
    files = {"train.py": LOOKS_AROUND, "requirements.txt": "left-pad\n"}

    job = job_requests.train(with_code(job_requests, files, EnableNetworkIsolation=True))

    assert job["FailureReason"].startswith("AlgorithmError: InstallModuleError")
    log = "\n".join(job_requests.log("TrainingJobs", job["TrainingJobName"]))
    assert "No matching distribution found for left-pad: the container is isolated from the network" in log


@ISOLATES
def test_an_isolated_container_cannot_download_its_script(job_requests: JobRequests) -> None:
    job = job_requests.train(job_requests.training(TRAINS, changes={"EnableNetworkIsolation": True}))

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(
        "AlgorithmError: framework error: Unable to locate credentials: with EnableNetworkIsolation the container "
        f"cannot download s3://{job_requests.bucket}/"
    )
