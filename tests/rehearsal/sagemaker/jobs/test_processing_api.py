"""Processing jobs as a client meets them."""

import json
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest
from job_floor import ANALYZER, JobFloor, source, target

from rehearsed import allow

COUNTS = """
    import json, pathlib, sys
    given, made = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    rows = [line for path in sorted(given.rglob("*.csv")) for line in path.read_text().splitlines()]
    (made / "deep").mkdir()
    (made / "deep" / "count.json").write_text(json.dumps(len(rows)))
    pathlib.Path(sys.argv[3]).write_text("TrackedDict: all of them")
    print("counted", len(rows))
"""
ARGUMENTS = ("/opt/ml/processing/input/rows", "/opt/ml/processing/output", "/opt/ml/output/message")
HANGS = """
    import time
    print("hanging", flush=True)
    time.sleep(3600)
"""
BASELINE = {
    "dataset_format": json.dumps({"csv": {"header": True, "output_columns_position": "START"}}),
    "dataset_source": "/opt/ml/processing/input/baseline_dataset_input",
    "output_path": "/opt/ml/processing/output",
    "publish_cloudwatch_metrics": "Disabled",
}


@pytest.fixture(scope="module")
def counted(local_aws: Any) -> tuple[JobFloor, dict[str, Any]]:
    floor = JobFloor(local_aws=local_aws, bucket=local_aws.bucket())
    floor.put("rows/a.csv", "1\n2\n")
    floor.put("rows/below/b.csv", "3\n")
    request = floor.processing(COUNTS, arguments=ARGUMENTS, outputs=[counted_output(floor)])
    request["ProcessingInputs"].append(source("rows", floor.uri("rows"), "/opt/ml/processing/input/rows"))
    return floor, floor.process(request)


def counted_output(floor: JobFloor) -> dict[str, Any]:
    return target("made", floor.uri("made"), "/opt/ml/processing/output")


def test_a_job_completes_with_the_message_that_its_container_left(counted: tuple[JobFloor, dict[str, Any]]) -> None:
    job = counted[1]
    assert (job["ProcessingJobStatus"], job["ExitMessage"]) == ("Completed", "TrackedDict: all of them")


def test_its_output_is_uploaded_with_its_folders(counted: tuple[JobFloor, dict[str, Any]]) -> None:
    assert counted[0].get("made/deep/count.json") == b"3"


def test_its_lines_are_in_the_log_group_of_processing_jobs(counted: tuple[JobFloor, dict[str, Any]]) -> None:
    floor, job = counted
    assert floor.log("ProcessingJobs", job["ProcessingJobName"]) == ["counted 3"]


def test_it_has_a_start_and_an_end(counted: tuple[JobFloor, dict[str, Any]]) -> None:
    job = counted[1]
    assert job["CreationTime"] <= job["ProcessingStartTime"] <= job["ProcessingEndTime"]


def test_it_is_listed(counted: tuple[JobFloor, dict[str, Any]]) -> None:
    floor, job = counted
    found = floor.sagemaker.list_processing_jobs(NameContains=job["ProcessingJobName"])["ProcessingJobSummaries"]
    assert job["ProcessingJobName"] in [item["ProcessingJobName"] for item in found]


def test_boto3s_waiter_sees_the_end(counted: tuple[JobFloor, dict[str, Any]]) -> None:
    floor, job = counted
    waiter = floor.sagemaker.get_waiter("processing_job_completed_or_stopped")
    waiter.wait(ProcessingJobName=job["ProcessingJobName"])


def test_paths_in_the_environment_are_taken_below_the_jobs_own_tree(floor: JobFloor) -> None:
    script = "import os, pathlib; pathlib.Path(os.environ['PLACE'], 'x').write_text('y')"
    output = target("made", floor.uri("made"), "/opt/ml/processing/made")
    floor.process(floor.processing(script, outputs=[output], changes={"Environment": {"PLACE": output_path(output)}}))
    assert floor.get("made/x") == b"y"


def output_path(output: dict[str, Any]) -> str:
    path: str = output["S3Output"]["LocalPath"]
    return path


def test_the_configuration_lies_where_a_container_looks(floor: JobFloor) -> None:
    script = "import json, sys; print(json.load(open(sys.argv[1]))['ProcessingJobName'])"
    job = floor.process(floor.processing(script, arguments=["/opt/ml/config/processingjobconfig.json"]))
    assert floor.log("ProcessingJobs", job["ProcessingJobName"]) == [job["ProcessingJobName"]]


def test_a_script_that_crashes_fails_and_its_words_are_in_the_log(floor: JobFloor) -> None:
    job = floor.process(floor.processing("raise ValueError('no rows')"))
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert floor.log("ProcessingJobs", job["ProcessingJobName"])[-1] == "ValueError: no rows"


def test_what_a_failed_job_made_is_uploaded_only_from_continuous_outputs(floor: JobFloor) -> None:
    script = """
        import pathlib, sys
        for folder in sys.argv[1:]:
            pathlib.Path(folder, "part").write_text("x")
        raise SystemExit(1)
    """
    paths = ["/opt/ml/processing/kept", "/opt/ml/processing/lost"]
    outputs = [
        target("kept", floor.uri("kept"), paths[0], mode="Continuous"),
        target("lost", floor.uri("lost"), paths[1]),
    ]
    floor.process(floor.processing(script, arguments=paths, outputs=outputs))
    assert floor.keys("kept") + floor.keys("lost") == ["kept/part"]


def test_a_continuous_output_is_there_while_the_job_runs(floor: JobFloor) -> None:
    script = """
        import pathlib, sys, time
        pathlib.Path(sys.argv[1], "early").write_text("x")
        time.sleep(600)
    """
    output = target("live", floor.uri("live"), "/opt/ml/processing/live", mode="Continuous")
    request = floor.processing(script, arguments=[output_path(output)], outputs=[output])
    floor.sagemaker.create_processing_job(**request)
    floor.await_(lambda: floor.keys("live") == ["live/early"])
    floor.sagemaker.stop_processing_job(ProcessingJobName=request["ProcessingJobName"])
    assert floor.processed(request["ProcessingJobName"])["ProcessingJobStatus"] == "Stopped"


def test_a_job_that_has_ended_cannot_be_stopped(counted: tuple[JobFloor, dict[str, Any]]) -> None:
    floor, job = counted
    with pytest.raises(botocore.exceptions.ClientError, match="the processing job is in status Completed"):
        floor.sagemaker.stop_processing_job(ProcessingJobName=job["ProcessingJobName"])


def test_a_job_that_runs_cannot_be_deleted_and_one_that_has_ended_can(floor: JobFloor) -> None:
    request = floor.processing(HANGS)
    name = request["ProcessingJobName"]
    floor.sagemaker.create_processing_job(**request)
    with pytest.raises(botocore.exceptions.ClientError, match="ResourceInUse"):
        floor.sagemaker.delete_processing_job(ProcessingJobName=name)
    floor.sagemaker.stop_processing_job(ProcessingJobName=name)
    floor.processed(name)
    floor.sagemaker.delete_processing_job(ProcessingJobName=name)
    with pytest.raises(botocore.exceptions.ClientError, match="Could not find"):
        floor.sagemaker.describe_processing_job(ProcessingJobName=name)


def test_a_role_that_may_not_read_an_input_fails_the_job(floor: JobFloor) -> None:
    job = floor.process(floor.processing("pass", role=floor.role(allow("s3:ListBucket"))))
    assert job["FailureReason"].startswith("ClientError: Data download failed:Unable to download object s3://")


def test_a_role_that_may_not_write_an_output_fails_the_job(floor: JobFloor) -> None:
    role = floor.role(allow("s3:ListBucket", "s3:GetObject"))
    output = target("made", floor.uri("made"), "/opt/ml/processing/output")
    script = "import pathlib, sys; pathlib.Path(sys.argv[1], 'x').write_text('y')"
    job = floor.process(floor.processing(script, arguments=[output_path(output)], role=role, outputs=[output]))
    assert job["FailureReason"].startswith("ClientError: Artifact upload failed:Unable to upload object s3://")


@pytest.fixture(scope="module")
def baseline(local_aws: Any) -> tuple[JobFloor, dict[str, Any]]:
    floor = JobFloor(local_aws=local_aws, bucket=local_aws.bucket())
    floor.put("training/rows.csv", "label,age\n" + "".join(f"{row % 2},{row % 50}\n" for row in range(300)))
    request = analysis(floor)
    path = BASELINE["dataset_source"]
    request["ProcessingInputs"] = [source("baseline_dataset_input", floor.uri("training"), path)]
    return floor, floor.process({**request, "Environment": BASELINE})


def analysis(floor: JobFloor) -> dict[str, Any]:
    output = target("monitoring_output", floor.uri("baseline"), "/opt/ml/processing/output")
    request = floor.processing("pass", outputs=[output])
    return {**request, "AppSpecification": {"ImageUri": ANALYZER}}


def test_awss_analyzer_is_this_repositorys_own(baseline: tuple[JobFloor, dict[str, Any]]) -> None:
    floor, job = baseline
    assert job["ProcessingJobStatus"] == "Completed"
    assert floor.keys("baseline") == ["baseline/constraints.json", "baseline/statistics.json"]


def test_a_check_publishes_its_metrics_and_says_what_it_found(baseline: tuple[JobFloor, dict[str, Any]]) -> None:
    floor, _ = baseline
    rows = "".join(f"{row % 2},{row % 50 + 500}\n" for row in range(300))
    floor.put("now/rows.csv", "label,age\n" + rows)
    request = analysis(floor)
    request["ProcessingInputs"] = [
        source("data", floor.uri("now"), "/opt/ml/processing/input/endpoint"),
        source("baseline", floor.uri("baseline"), "/opt/ml/processing/baseline"),
    ]
    endpoint = floor.local_aws.name("endpoint")
    told = {
        **BASELINE,
        "dataset_source": "/opt/ml/processing/input/endpoint",
        "publish_cloudwatch_metrics": "Enabled",
        "baseline_constraints": "/opt/ml/processing/baseline/constraints.json",
        "baseline_statistics": "/opt/ml/processing/baseline/statistics.json",
        "sagemaker_endpoint_name": endpoint,
        "sagemaker_monitoring_schedule_name": "hourly",
        "metric_time": floor.local_aws.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    job = floor.process({**request, "Environment": told})
    assert job["ExitMessage"].startswith("CompletedWithViolations: ")
    found = floor.local_aws.client("cloudwatch").list_metrics(
        Namespace="aws/sagemaker/Endpoints/data-metrics", Dimensions=[{"Name": "Endpoint", "Value": endpoint}]
    )
    assert "feature_baseline_drift_age" in {metric["MetricName"] for metric in found["Metrics"]}


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("ProcessingResources", "ClusterConfig", "InstanceCount"), 2, "InstanceCount must be 1 here, got 2"),
        (
            ("ProcessingResources", "ClusterConfig"),
            {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10, "VolumeKmsKeyId": "key"},
            "You can't request a VolumeKmsKeyId when using an instance type with local storage: ml.g5.xlarge",
        ),
        (
            ("ProcessingResources", "ClusterConfig"),
            {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 300},
            "You can't request a VolumeSizeInGB greater than the total size of the local instance storage",
        ),
        (("AppSpecification", "ContainerEntrypoint"), None, "ContainerEntrypoint must be given here for the image"),
        (("ProcessingInputs", 0, "S3Input"), None, "input code must be an S3Input"),
        (("ProcessingInputs", 0, "AppManaged"), True, "input code must be an S3Input that is not AppManaged"),
        (("ProcessingInputs", 0, "S3Input", "S3DataType"), "ManifestFile", "S3DataType must be S3Prefix here"),
        (("ProcessingInputs", 0, "S3Input", "S3InputMode"), "Pipe", "S3InputMode must be File here"),
        (("ProcessingInputs", 0, "S3Input", "S3CompressionType"), "Gzip", "S3CompressionType must be None here"),
        (("ProcessingInputs", 0, "S3Input", "LocalPath"), None, "input code must have a LocalPath"),
        (("ProcessingInputs", 0, "S3Input", "LocalPath"), "/tmp/x", "a local path must lie below /opt/ml"),  # noqa: S108
        (("ProcessingInputs", 0, "S3Input", "S3Uri"), "https://b/x", "of S3: an S3 URI must begin with s3://"),
        (("ProcessingOutputConfig", "Outputs", 0, "S3Output"), None, "output made must be an S3Output"),
        (("ProcessingOutputConfig", "Outputs", 0, "S3Output", "LocalPath"), None, "output made must have a LocalPath"),
    ],
)
def test_what_is_not_rehearsed_is_refused(floor: JobFloor, path: tuple[Any, ...], value: Any, sentence: str) -> None:
    request = floor.processing("pass", outputs=[counted_output(floor)])
    place: Any = request
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    if value is None:
        del place[path[-1]]
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        floor.sagemaker.create_processing_job(**request)
    assert sentence in str(refused.value)


def test_an_instance_of_another_processor_than_the_image_s_fails_the_job(floor: JobFloor) -> None:
    request = floor.processing("pass", outputs=[])
    request["AppSpecification"]["ImageUri"] = request["AppSpecification"]["ImageUri"].replace(
        "sagemaker-scikit-learn", "pytorch-inference-arm64"
    )
    job = floor.process(request)
    assert job["FailureReason"] == (
        "ClientError: CannotStartContainerError. Please make sure the container can be run with 'docker run <image>'."
    )


def test_nothing_of_a_job_stays_on_the_disk(counted: tuple[JobFloor, dict[str, Any]], floor: JobFloor) -> None:
    script = "import pathlib; print(pathlib.Path.cwd())"
    job = floor.process(floor.processing(script))
    place = Path(floor.log("ProcessingJobs", job["ProcessingJobName"])[0])
    assert not place.parent.exists()
