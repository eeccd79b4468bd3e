"""Processing jobs as a client meets them."""

import json
import tempfile
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest

from support.jobs import ANALYZER, JobRequests, source, target
from support.local_aws import allow
from support.networks import ISOLATES
from support.opt_ml import MOUNTS

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
DATA_METRICS = "aws/sagemaker/Endpoints/data-metrics"
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
def counted(local_aws: Any) -> tuple[JobRequests, dict[str, Any]]:
    job_requests = JobRequests(local_aws=local_aws, bucket=local_aws.bucket())
    job_requests.put("rows/a.csv", "1\n2\n")
    job_requests.put("rows/below/b.csv", "3\n")
    request = job_requests.processing(COUNTS, arguments=ARGUMENTS, outputs=[counted_output(job_requests)])
    request["ProcessingInputs"].append(source("rows", job_requests.uri("rows"), "/opt/ml/processing/input/rows"))
    return job_requests, job_requests.process(request)


def counted_output(job_requests: JobRequests) -> dict[str, Any]:
    return target("made", job_requests.uri("made"), "/opt/ml/processing/output")


def test_a_job_completes_with_the_message_that_its_container_left(counted: tuple[JobRequests, dict[str, Any]]) -> None:
    job = counted[1]
    assert (job["ProcessingJobStatus"], job["ExitMessage"]) == ("Completed", "TrackedDict: all of them")


def test_its_output_is_uploaded_with_its_folders(counted: tuple[JobRequests, dict[str, Any]]) -> None:
    assert counted[0].get("made/deep/count.json") == b"3"


def test_its_lines_are_in_the_log_group_of_processing_jobs(counted: tuple[JobRequests, dict[str, Any]]) -> None:
    job_requests, job = counted
    assert job_requests.log("ProcessingJobs", job["ProcessingJobName"]) == ["counted 3"]


def test_it_has_a_start_and_an_end(counted: tuple[JobRequests, dict[str, Any]]) -> None:
    job = counted[1]
    assert job["CreationTime"] <= job["ProcessingStartTime"] <= job["ProcessingEndTime"]


def test_it_is_listed(counted: tuple[JobRequests, dict[str, Any]]) -> None:
    job_requests, job = counted
    found = job_requests.sagemaker.list_processing_jobs(NameContains=job["ProcessingJobName"])["ProcessingJobSummaries"]
    assert job["ProcessingJobName"] in [item["ProcessingJobName"] for item in found]


def test_boto3s_waiter_sees_the_end(counted: tuple[JobRequests, dict[str, Any]]) -> None:
    job_requests, job = counted
    waiter = job_requests.sagemaker.get_waiter("processing_job_completed_or_stopped")
    waiter.wait(ProcessingJobName=job["ProcessingJobName"])


def test_paths_in_the_environment_are_taken_below_the_jobs_own_tree(job_requests: JobRequests) -> None:
    script = "import os, pathlib; pathlib.Path(os.environ['PLACE'], 'x').write_text('y')"
    output = target("made", job_requests.uri("made"), "/opt/ml/processing/made")
    job_requests.process(
        job_requests.processing(script, outputs=[output], changes={"Environment": {"PLACE": output_path(output)}})
    )
    assert job_requests.get("made/x") == b"y"


def output_path(output: dict[str, Any]) -> str:
    path: str = output["S3Output"]["LocalPath"]
    return path


def test_the_configuration_lies_where_a_container_looks(job_requests: JobRequests) -> None:
    script = "import json, sys; print(json.load(open(sys.argv[1]))['ProcessingJobName'])"
    job = job_requests.process(job_requests.processing(script, arguments=["/opt/ml/config/processingjobconfig.json"]))
    assert job_requests.log("ProcessingJobs", job["ProcessingJobName"]) == [job["ProcessingJobName"]]


def test_a_script_that_crashes_fails_and_its_words_are_in_the_log(job_requests: JobRequests) -> None:
    job = job_requests.process(job_requests.processing("raise ValueError('no rows')"))
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert job_requests.log("ProcessingJobs", job["ProcessingJobName"])[-1] == "ValueError: no rows"


def test_what_a_failed_job_made_is_uploaded_only_from_continuous_outputs(job_requests: JobRequests) -> None:
    script = """
        import pathlib, sys
        for folder in sys.argv[1:]:
            pathlib.Path(folder, "part").write_text("x")
        raise SystemExit(1)
    """
    paths = ["/opt/ml/processing/kept", "/opt/ml/processing/lost"]
    outputs = [
        target("kept", job_requests.uri("kept"), paths[0], mode="Continuous"),
        target("lost", job_requests.uri("lost"), paths[1]),
    ]
    job_requests.process(job_requests.processing(script, arguments=paths, outputs=outputs))
    assert job_requests.keys("kept") + job_requests.keys("lost") == ["kept/part"]


def test_a_continuous_output_is_there_while_the_job_runs(job_requests: JobRequests) -> None:
    script = """
        import pathlib, sys, time
        pathlib.Path(sys.argv[1], "early").write_text("x")
        time.sleep(600)
    """
    output = target("live", job_requests.uri("live"), "/opt/ml/processing/live", mode="Continuous")
    request = job_requests.processing(script, arguments=[output_path(output)], outputs=[output])
    job_requests.sagemaker.create_processing_job(**request)
    job_requests.await_(lambda: job_requests.keys("live") == ["live/early"])
    job_requests.sagemaker.stop_processing_job(ProcessingJobName=request["ProcessingJobName"])
    assert job_requests.processed(request["ProcessingJobName"])["ProcessingJobStatus"] == "Stopped"


def test_a_job_that_has_ended_cannot_be_stopped(counted: tuple[JobRequests, dict[str, Any]]) -> None:
    job_requests, job = counted
    with pytest.raises(botocore.exceptions.ClientError, match="the processing job is in status Completed"):
        job_requests.sagemaker.stop_processing_job(ProcessingJobName=job["ProcessingJobName"])


def test_a_job_that_runs_cannot_be_deleted_and_one_that_has_ended_can(job_requests: JobRequests) -> None:
    request = job_requests.processing(HANGS)
    name = request["ProcessingJobName"]
    job_requests.sagemaker.create_processing_job(**request)
    with pytest.raises(botocore.exceptions.ClientError, match="ResourceInUse"):
        job_requests.sagemaker.delete_processing_job(ProcessingJobName=name)
    job_requests.sagemaker.stop_processing_job(ProcessingJobName=name)
    job_requests.processed(name)
    job_requests.sagemaker.delete_processing_job(ProcessingJobName=name)
    with pytest.raises(botocore.exceptions.ClientError, match="Could not find"):
        job_requests.sagemaker.describe_processing_job(ProcessingJobName=name)


def test_a_role_that_may_not_read_an_input_fails_the_job(job_requests: JobRequests) -> None:
    job = job_requests.process(job_requests.processing("pass", role=job_requests.role(allow("s3:ListBucket"))))
    assert job["FailureReason"].startswith("ClientError: Data download failed:Unable to download object s3://")


def test_a_role_that_may_not_write_an_output_fails_the_job(job_requests: JobRequests) -> None:
    role = job_requests.role(allow("s3:ListBucket", "s3:GetObject"))
    output = target("made", job_requests.uri("made"), "/opt/ml/processing/output")
    script = "import pathlib, sys; pathlib.Path(sys.argv[1], 'x').write_text('y')"
    job = job_requests.process(
        job_requests.processing(script, arguments=[output_path(output)], role=role, outputs=[output])
    )
    assert job["FailureReason"].startswith("ClientError: Artifact upload failed:Unable to upload object s3://")


@pytest.fixture(scope="module")
def baseline(local_aws: Any) -> tuple[JobRequests, dict[str, Any]]:
    job_requests = JobRequests(local_aws=local_aws, bucket=local_aws.bucket())
    job_requests.put("training/rows.csv", "label,age\n" + "".join(f"{row % 2},{row % 50}\n" for row in range(300)))
    request = analysis(job_requests)
    path = BASELINE["dataset_source"]
    request["ProcessingInputs"] = [source("baseline_dataset_input", job_requests.uri("training"), path)]
    return job_requests, job_requests.process({**request, "Environment": BASELINE})


def analysis(job_requests: JobRequests) -> dict[str, Any]:
    output = target("monitoring_output", job_requests.uri("baseline"), "/opt/ml/processing/output")
    request = job_requests.processing("pass", outputs=[output])
    return {**request, "AppSpecification": {"ImageUri": ANALYZER}}


def test_awss_analyzer_is_this_repositorys_own(baseline: tuple[JobRequests, dict[str, Any]]) -> None:
    job_requests, job = baseline
    assert job["ProcessingJobStatus"] == "Completed"
    assert job_requests.keys("baseline") == ["baseline/constraints.json", "baseline/statistics.json"]


def check(job_requests: JobRequests, **variables: str) -> tuple[dict[str, Any], str]:
    """A check of rows that have moved, and the name of the endpoint that they are said to come from."""
    rows = "".join(f"{row % 2},{row % 50 + 500}\n" for row in range(300))
    job_requests.put("now/rows.csv", "label,age\n" + rows)
    request = analysis(job_requests)
    request["ProcessingInputs"] = [
        source("data", job_requests.uri("now"), "/opt/ml/processing/input/endpoint"),
        source("baseline", job_requests.uri("baseline"), "/opt/ml/processing/baseline"),
    ]
    output = target("monitoring_output", job_requests.uri("checked"), "/opt/ml/processing/output")
    request["ProcessingOutputConfig"] = {"Outputs": [output]}
    endpoint = job_requests.local_aws.name("endpoint")
    told = {
        **BASELINE,
        "dataset_source": "/opt/ml/processing/input/endpoint",
        "publish_cloudwatch_metrics": "Enabled",
        "baseline_constraints": "/opt/ml/processing/baseline/constraints.json",
        "baseline_statistics": "/opt/ml/processing/baseline/statistics.json",
        "sagemaker_endpoint_name": endpoint,
        "sagemaker_monitoring_schedule_name": "hourly",
        "metric_time": job_requests.local_aws.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        **variables,
    }
    return {**request, "Environment": told}, endpoint


def published(job_requests: JobRequests, *, namespace: str, endpoint: str) -> set[str]:
    """The names of an endpoint's metrics in a namespace."""
    cloudwatch = job_requests.local_aws.client("cloudwatch")
    found = cloudwatch.list_metrics(Namespace=namespace, Dimensions=[{"Name": "Endpoint", "Value": endpoint}])
    return {metric["MetricName"] for metric in found["Metrics"]}


def test_a_check_says_what_it_found_and_its_file_of_metrics_is_not_published(
    baseline: tuple[JobRequests, dict[str, Any]],
) -> None:
    job_requests, _ = baseline
    request, endpoint = check(job_requests)
    job = job_requests.process(request)
    assert job["ExitMessage"].startswith("CompletedWithViolations: ")
    files = ("constraint_violations.json", "constraints.json", "statistics.json")
    assert job_requests.keys("checked") == [f"checked/{file}" for file in files]
    assert published(job_requests, namespace=DATA_METRICS, endpoint=endpoint) == set()


def test_a_check_that_is_told_a_namespace_puts_its_metrics_there(
    baseline: tuple[JobRequests, dict[str, Any]],
) -> None:
    job_requests, _ = baseline
    request, endpoint = check(
        job_requests, metrics_namespace="Own", metrics_region=job_requests.local_aws.connection.region
    )
    assert job_requests.process(request)["ProcessingJobStatus"] == "Completed"
    assert "feature_baseline_drift_age" in published(job_requests, namespace="Own", endpoint=endpoint)


def test_a_check_whose_role_is_held_to_another_namespace_fails(
    baseline: tuple[JobRequests, dict[str, Any]],
) -> None:
    job_requests, _ = baseline
    request, _ = check(job_requests, metrics_namespace="Own", metrics_region=job_requests.local_aws.connection.region)
    only = {"Condition": {"StringEquals": {"cloudwatch:namespace": ["Other"]}}}
    role = job_requests.role(allow("s3:*"), allow("logs:*"), allow("cloudwatch:PutMetricData") | only)
    job = job_requests.process({**request, "RoleArn": role})
    assert "not authorized to perform: cloudwatch:PutMetricData" in job["ExitMessage"]
    assert job["ProcessingJobStatus"] == "Failed"


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
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
def test_what_is_not_rehearsed_is_refused(
    job_requests: JobRequests, path: tuple[Any, ...], value: Any, sentence: str
) -> None:
    request = job_requests.processing("pass", outputs=[counted_output(job_requests)])
    place: Any = request
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    if value is None:
        del place[path[-1]]
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        job_requests.sagemaker.create_processing_job(**request)
    assert sentence in str(refused.value)


HOSTS = """
    import json, pathlib, sys
    config = json.loads(pathlib.Path(sys.argv[1]).read_text())
    parts = [sorted(path.name for path in pathlib.Path(folder).iterdir()) for folder in sys.argv[2:4]]
    pathlib.Path(sys.argv[4], config["current_host"]).write_text(json.dumps([config["hosts"], *parts]))
    print("I am", config["current_host"])
"""
ON_HOSTS = [
    "/opt/ml/config/resourceconfig.json",
    "/opt/ml/processing/shard",
    "/opt/ml/processing/all",
    "/opt/ml/processing/output",
]


def on_hosts(job_requests: JobRequests, script: str, *, hosts: int) -> dict[str, Any]:
    request = job_requests.processing(script, arguments=ON_HOSTS, outputs=[counted_output(job_requests)])
    request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] = hosts
    for number in range(3):
        job_requests.put(f"parts/{number}.csv", "1")
    shard, whole = (source(path[-3:], job_requests.uri("parts"), path) for path in ON_HOSTS[1:3])
    shard["S3Input"]["S3DataDistributionType"] = "ShardedByS3Key"
    request["ProcessingInputs"] += [shard, whole]
    return request


@pytest.mark.parametrize("hosts", [2, 4])
def test_each_host_has_its_shard_of_the_data_and_all_of_what_is_replicated(
    job_requests: JobRequests, hosts: int
) -> None:
    job = job_requests.process(on_hosts(job_requests, HOSTS, hosts=hosts))
    assert job["ProcessingJobStatus"] == "Completed"
    names = [f"algo-{number + 1}" for number in range(hosts)]
    found = {name: json.loads(job_requests.get(f"made/{name}")) for name in names}
    files = ["0.csv", "1.csv", "2.csv"]
    assert {name: (known, whole) for name, (known, _, whole) in found.items()} == dict.fromkeys(names, (names, files))
    assert sorted(name for _, shard, _ in found.values() for name in shard) == files
    assert max(len(shard) for _, shard, _ in found.values()) == (2 if hosts == 2 else 1)
    assert sorted(job_requests.log("ProcessingJobs", job["ProcessingJobName"])) == [f"I am {name}" for name in names]


def test_a_host_that_fails_ends_the_others_and_fails_the_job(job_requests: JobRequests) -> None:
    script = """
        import json, pathlib, sys, time
        if json.loads(pathlib.Path(sys.argv[1]).read_text())["current_host"] == "algo-1":
            time.sleep(3600)
        raise SystemExit("no rows")
    """
    job = job_requests.process(on_hosts(job_requests, script, hosts=2))
    assert (job["ProcessingJobStatus"], job["FailureReason"]) == (
        "Failed",
        "AlgorithmError: See job logs for more information",
    )
    assert job_requests.keys("made") == []


def test_all_hosts_of_a_job_are_stopped(job_requests: JobRequests) -> None:
    request = on_hosts(job_requests, HANGS, hosts=2)
    job_requests.sagemaker.create_processing_job(**request)
    job_requests.await_(lambda: len(job_requests.log("ProcessingJobs", request["ProcessingJobName"])) == 2)
    job_requests.sagemaker.stop_processing_job(ProcessingJobName=request["ProcessingJobName"])
    assert job_requests.processed(request["ProcessingJobName"])["ProcessingJobStatus"] == "Stopped"


def test_aws_s_analyzer_is_rehearsed_on_one_host(job_requests: JobRequests) -> None:
    request = on_hosts(job_requests, "pass", hosts=2)
    request["AppSpecification"] = {"ImageUri": ANALYZER}
    with pytest.raises(botocore.exceptions.ClientError, match="must be 1 here for Model Monitor's analyzer, got 2"):
        job_requests.sagemaker.create_processing_job(**request)


def test_an_instance_of_another_processor_than_the_image_s_fails_the_job(job_requests: JobRequests) -> None:
    request = job_requests.processing("pass", outputs=[])
    request["AppSpecification"]["ImageUri"] = request["AppSpecification"]["ImageUri"].replace(
        "sagemaker-scikit-learn", "pytorch-inference-arm64"
    )
    job = job_requests.process(request)
    assert job["FailureReason"] == (
        "ClientError: CannotStartContainerError. Please make sure the container can be run with 'docker run <image>'."
    )


def test_nothing_of_a_job_stays_on_the_disk(
    counted: tuple[JobRequests, dict[str, Any]], job_requests: JobRequests
) -> None:
    request = job_requests.processing("import time; time.sleep(600)")
    name = request["ProcessingJobName"]
    job_requests.sagemaker.create_processing_job(**request)

    def places() -> list[Path]:
        return list(Path(tempfile.gettempdir()).glob(f"modelyard-rehearsal-*/aws/**/{name}/algo-1"))

    while not places():
        described = job_requests.sagemaker.describe_processing_job(ProcessingJobName=name)
        assert described["ProcessingJobStatus"] == "InProgress"
    job_requests.sagemaker.stop_processing_job(ProcessingJobName=name)
    assert job_requests.processed(name)["ProcessingJobStatus"] == "Stopped"
    assert places() == []


@MOUNTS
def test_a_script_finds_its_inputs_and_outputs_by_paths_in_its_own_text(job_requests: JobRequests) -> None:
    script = """
        import os
        with open("/opt/ml/processing/output/code.txt", "w") as file:
            file.write(" ".join(os.listdir("/opt/ml/processing/input/code")))
    """
    request = job_requests.processing(
        script, outputs=[target("made", job_requests.uri("made"), "/opt/ml/processing/output")]
    )
    assert job_requests.process(request)["ProcessingJobStatus"] == "Completed"
    assert job_requests.get("made/code.txt") == b"work.py"


@MOUNTS
def test_a_script_that_misses_a_file_is_not_told_that_it_could_not_have_it(job_requests: JobRequests) -> None:
    job = job_requests.process(job_requests.processing("open('/opt/ml/processing/in/rows.csv')"))
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"


def test_a_library_that_is_not_there_is_named_in_the_reason(job_requests: JobRequests) -> None:
    job = job_requests.process(job_requests.processing("import no_such_library"))
    advice = "no_such_library is not listed for AWS's scikit-learn container"
    assert job["FailureReason"].startswith(f"AlgorithmError: See job logs for more information. {advice}")
    assert job_requests.log("ProcessingJobs", job["ProcessingJobName"])[-1].startswith(advice)


@ISOLATES
@pytest.mark.parametrize(("isolated", "said"), [(True, "False []"), (False, "True ['AWS_ACCESS_KEY_ID']")])
def test_an_isolated_program_has_no_network_and_no_credentials_and_its_outputs_are_uploaded(
    *, isolated: bool, said: str, job_requests: JobRequests
) -> None:
    script = """
        import os, pathlib, socket, sys
        from urllib.parse import urlsplit
        local_aws = urlsplit(sys.argv[1])
        connected = socket.socket().connect_ex((local_aws.hostname, local_aws.port)) == 0
        told = f"{connected} {[name for name in os.environ if name == 'AWS_ACCESS_KEY_ID']}"
        pathlib.Path(sys.argv[2], "told.txt").write_text(told)
    """
    request = job_requests.processing(
        script,
        arguments=[job_requests.sagemaker.meta.endpoint_url, "/opt/ml/processing/output"],
        outputs=[target("made", job_requests.uri(f"isolated-{isolated}"), "/opt/ml/processing/output")],
        changes={"NetworkConfig": {"EnableNetworkIsolation": isolated}},
    )

    assert job_requests.process(request)["ProcessingJobStatus"] == "Completed"
    assert job_requests.get(f"isolated-{isolated}/told.txt").decode() == said
