"""How jobs end that nobody waits for: closed services, full volumes; and who is told of them."""

import io
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from modelyard.rehearsal.containers import networks
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.jobs.processing_api import ProcessingApi
from modelyard.rehearsal.sagemaker.jobs.training_api import TrainingApi
from modelyard.rehearsal.sagemaker.jobs.transform_api import TransformApi
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document
from support.jobs import SCIKIT, JobRequests, packed, source, target
from support.own_platform import own_platform

FILLS = """
    import os, pathlib
    with open(os.path.join({folder}, "large"), "wb") as file:
        for _ in range(2000):
            file.write(bytes(100_000))
            file.flush()
    import time
    time.sleep(600)
"""
HANGS = """
    import pathlib, sys, time
    print("hanging", flush=True)
    time.sleep(3600)
"""

SAYS = """
    import os, pathlib
    root = pathlib.Path(os.environ["DRIFT_ROOT"])
    (root / "processing" / "output" / "variables").write_text(f"{root}|{__file__}")
"""

MEASURES = """
    import datetime, json, os, pathlib
    folder = pathlib.Path(os.environ["FOLDER"])
    folder.mkdir(parents=True)
    now = datetime.datetime.now(tz=datetime.timezone.utc).isoformat()
    metric = {"MetricName": os.environ["METRIC"], "Value": 1, "Unit": "Count", "Timestamp": now}
    (folder / "metrics.jsonl").write_text(json.dumps(metric))
"""


@pytest.fixture
def platform(job_requests: JobRequests, tmp_path: Path) -> Iterator[Platform]:
    with own_platform(job_requests, folder=tmp_path) as made:
        yield made


def test_a_script_that_fills_its_volume_fails_as_on_a_full_disk(job_requests: JobRequests, platform: Platform) -> None:
    jobs = TrainingApi(platform=platform, gigabyte=1_000_000)
    request = job_requests.training(FILLS.format(folder='os.environ["SM_MODEL_DIR"]'))
    jobs.create_training_job(request)
    assert jobs.wait(request["TrainingJobName"], timeout=60)
    job = jobs.describe_training_job(request)
    assert job["TrainingJobStatus"] == "Failed"
    assert 'ErrorMessage "OSError: [Errno 28] No space left on device"' in job["FailureReason"]
    assert list(platform.folder.rglob("*")) == [platform.folder / "training"]


def test_the_log_of_a_local_command_says_that_nothing_isolates_it(
    job_requests: JobRequests, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "obstacle", lambda: "only Linux has what it takes")
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/moods:1"
    platform.commands.file.write_text(f'["{image}"]\ntrain = ["{sys.executable}", "-c", "pass"]', encoding="utf-8")
    jobs = TrainingApi(platform=platform)
    data = job_requests.put("isolated/rows.csv", "1,2\n")
    request = job_requests.fit(
        name=job_requests.local_aws.name("own"), image=image, role=None, channels={"train": data}
    )
    jobs.create_training_job({**request, "EnableNetworkIsolation": True})

    assert jobs.wait(request["TrainingJobName"], timeout=60)
    assert jobs.describe_training_job(request)["TrainingJobStatus"] == "Completed"
    assert job_requests.log("TrainingJobs", request["TrainingJobName"]) == [
        "The local command is not isolated here, as EnableNetworkIsolation asks: no network namespace can be taken "
        "(only Linux has what it takes); rehearse where they are allowed"
    ]


def test_a_processing_job_that_fills_its_volume_fails_and_says_so_in_its_log(
    job_requests: JobRequests, platform: Platform
) -> None:
    jobs = ProcessingApi(platform=platform, gigabyte=1_000_000)
    request = job_requests.processing(FILLS.format(folder="os.getcwd()"))
    jobs.create_processing_job(request)
    assert jobs.wait(request["ProcessingJobName"], timeout=60)
    job = jobs.describe_processing_job(request)
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"
    lines = job_requests.log("ProcessingJobs", request["ProcessingJobName"])
    assert "OSError: [Errno 28] No space left on device" in lines


@pytest.mark.parametrize("schedule_arn", [None, "arn:aws:sagemaker:us-east-1:111122223333:monitoring-schedule/hourly"])
def test_a_file_of_metrics_is_published_for_a_schedule_s_job_alone(
    job_requests: JobRequests, platform: Platform, schedule_arn: str | None
) -> None:
    jobs = ProcessingApi(platform=platform)
    request = job_requests.processing(MEASURES)
    name = request["ProcessingJobName"]
    environment = {"METRIC": name, "FOLDER": "/opt/ml/output/metrics/cloudwatch"}
    jobs.launch({**request, "Environment": environment}, schedule_arn=schedule_arn)
    assert jobs.wait(name, timeout=60)
    assert jobs.describe_processing_job(request)["ProcessingJobStatus"] == "Completed"
    cloudwatch = job_requests.local_aws.client("cloudwatch")
    found = cloudwatch.list_metrics(Namespace="aws/sagemaker/Endpoints/data-metrics", MetricName=name)
    assert len(found["Metrics"]) == (0 if schedule_arn is None else 1)


def test_a_training_job_that_hangs_meets_its_time_limit_when_the_clock_is_moved(
    job_requests: JobRequests, platform: Platform
) -> None:
    jobs = TrainingApi(platform=platform)
    request = job_requests.training(HANGS, changes={"StoppingCondition": {"MaxRuntimeInSeconds": 600}})
    jobs.create_training_job(request)
    await_(lambda: jobs.describe_training_job(request)["SecondaryStatus"] == "Training")
    platform.clock.advance(seconds=700, timeout=1)
    assert jobs.wait(request["TrainingJobName"], timeout=60)
    job = jobs.describe_training_job(request)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    # Beside the limit it takes what this machine takes, and less than the clock was moved.
    assert 600 <= job["TrainingTimeInSeconds"] < 700


def test_a_processing_job_that_hangs_meets_its_time_limit_when_the_clock_is_moved(
    job_requests: JobRequests, platform: Platform
) -> None:
    jobs = ProcessingApi(platform=platform)
    request = job_requests.processing(HANGS, changes={"StoppingCondition": {"MaxRuntimeInSeconds": 600}})
    jobs.create_processing_job(request)
    await_(lambda: processes_below(platform.folder) != [])
    platform.clock.advance(seconds=700, timeout=1)
    assert jobs.wait(request["ProcessingJobName"], timeout=60)
    assert jobs.describe_processing_job(request)["ProcessingJobStatus"] == "Stopped"


def test_a_script_that_does_not_end_when_it_is_asked_to_is_killed(
    job_requests: JobRequests, platform: Platform
) -> None:
    jobs = ProcessingApi(platform=platform, stop_grace_seconds=0.5)
    request = job_requests.processing("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + dedent(HANGS))
    jobs.create_processing_job(request)
    await_(lambda: processes_below(platform.folder) != [])
    jobs.stop_processing_job(request)
    assert jobs.wait(request["ProcessingJobName"], timeout=30)
    assert jobs.describe_processing_job(request)["ProcessingJobStatus"] == "Stopped"


def test_closing_ends_a_training_job_and_removes_its_tree(job_requests: JobRequests, platform: Platform) -> None:
    jobs = TrainingApi(platform=platform)
    request = job_requests.training(HANGS)
    jobs.create_training_job(request)
    await_(lambda: jobs.describe_training_job(request)["SecondaryStatus"] == "Training")
    await_(lambda: processes_below(platform.folder) != [])
    jobs.close()
    assert processes_below(platform.folder) == []
    assert list(platform.folder.rglob("*")) == [platform.folder / "training"]
    assert jobs.describe_training_job(request)["FailureReason"].startswith("InternalServerError: ")


def test_closing_ends_a_processing_job_and_removes_its_tree(job_requests: JobRequests, platform: Platform) -> None:
    jobs = ProcessingApi(platform=platform)
    request = job_requests.processing(HANGS)
    jobs.create_processing_job(request)
    await_(lambda: processes_below(platform.folder) != [])
    jobs.close()
    assert processes_below(platform.folder) == []
    assert list(platform.folder.rglob("*")) == [platform.folder / "processing"]


def test_closing_ends_a_transform_job_whose_model_does_not_come_up(
    job_requests: JobRequests, platform: Platform
) -> None:
    jobs = TransformApi(platform=platform)
    jobs.create_transform_job(slow_transform(job_requests, platform))
    await_(lambda: processes_below(platform.folder) != [])
    started = time.monotonic()
    jobs.close()
    assert time.monotonic() - started < 20
    assert processes_below(platform.folder) == []
    assert list(platform.folder.rglob("*")) == [platform.folder / "transform"]


def slow_transform(job_requests: JobRequests, platform: Platform) -> Document:
    script = "import time\ndef model_fn(model_dir):\n    time.sleep(3600)\n"
    archive = job_requests.put("model.tar.gz", packed({"code/serve.py": script}))
    job_requests.put("in/rows.csv", "1\n")
    environment = {"SAGEMAKER_PROGRAM": "serve.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    container = {"Image": SCIKIT, "ModelDataUrl": archive, "Environment": environment}
    document = {
        "ModelName": "slow",
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/r",
        "PrimaryContainer": container,
    }
    platform.store.table("Model").add("slow", document)
    return {
        "TransformJobName": "slow",
        "ModelName": "slow",
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": job_requests.uri("in")}}},
        "TransformOutput": {"S3OutputPath": job_requests.uri("out")},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }


def test_a_closed_service_starts_nothing(job_requests: JobRequests, platform: Platform) -> None:
    jobs = TrainingApi(platform=platform)
    jobs.close()
    request = job_requests.training(HANGS)
    jobs.create_training_job(request)
    assert jobs.wait(request["TrainingJobName"], timeout=5)
    assert processes_below(platform.folder) == []


def test_a_job_of_an_experiment_is_told_of_at_its_start_and_at_its_end(
    job_requests: JobRequests, platform: Platform
) -> None:
    told: list[tuple[str, str]] = []

    def on_trial_component(document: Document, kind: str) -> None:
        told.append((kind, document["TrainingJobStatus"]))

    jobs = TrainingApi(platform=platform, on_trial_component=on_trial_component)
    for config in ({"ExperimentConfig": {"TrialName": "one"}}, {}):
        request = job_requests.training("pass", changes=config)
        jobs.create_training_job(request)
        assert jobs.wait(request["TrainingJobName"], timeout=60)
    assert told == [("TrainingJob", "InProgress"), ("TrainingJob", "Completed")]


def test_every_value_of_a_metric_is_kept(job_requests: JobRequests, platform: Platform) -> None:
    jobs = TrainingApi(platform=platform)
    request = job_requests.training("print('auc:0.5')\nprint('auc:0.75')", metrics=[("auc", r"auc:(\S+)")])
    jobs.create_training_job(request)
    assert jobs.wait(request["TrainingJobName"], timeout=60)
    assert [one["Value"] for one in jobs.describe_training_job(request)["MetricSeries"]] == [0.5, 0.75]


def test_the_archive_of_the_analyzer_is_run_with_its_tree_and_keeps_what_it_unpacks(
    job_requests: JobRequests, platform: Platform
) -> None:
    kept = platform.folder / "kept"
    job = analysed(job_requests, platform, kept=kept, content=zipped({"modelyard/drift/container/__main__.py": SAYS}))
    assert job["ProcessingJobStatus"] == "Completed", job["FailureReason"]
    root, place = job_requests.get("made/variables").decode().split("|")
    assert root.endswith(f"/processing/{job['ProcessingJobName']}/algo-1")
    assert place == str(kept / "analyzer" / "modelyard" / "drift" / "container" / "__main__.py")


def test_another_archive_is_run_as_any_program_is(job_requests: JobRequests, platform: Platform) -> None:
    job = analysed(
        job_requests, platform, kept=platform.folder / "kept", content=zipped({"__main__.py": "print('own')"})
    )
    assert job["ProcessingJobStatus"] == "Completed"
    assert job_requests.log("ProcessingJobs", job["ProcessingJobName"]) == ["own"]


def analysed(job_requests: JobRequests, platform: Platform, *, kept: Path, content: bytes) -> Document:
    """Run an archive as the templates' drift engine does, and return the job's description."""
    jobs = ProcessingApi(platform=platform, unpacked=kept)
    request = job_requests.processing(
        "pass", outputs=[target("made", job_requests.uri("made"), "/opt/ml/processing/output")]
    )
    archive = job_requests.put("code/analyzer.zip", content)
    request["AppSpecification"]["ContainerEntrypoint"] = ["python3", "/opt/ml/processing/input/code/analyzer.zip"]
    request["ProcessingInputs"] = [source("code", archive, "/opt/ml/processing/input/code")]
    jobs.create_processing_job(request)
    assert jobs.wait(request["ProcessingJobName"], timeout=60)
    return jobs.describe_processing_job(request)


def zipped(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, dedent(text))
    return buffer.getvalue()


def test_a_role_that_nobody_may_assume_leaves_no_job(job_requests: JobRequests) -> None:
    request = job_requests.training("pass") | {"RoleArn": "arn:aws:iam::111122223333:role/nobody"}
    with pytest.raises(Exception, match="Could not assume role"):
        job_requests.sagemaker.create_training_job(**request)
    found = job_requests.sagemaker.list_training_jobs(NameContains=request["TrainingJobName"])["TrainingJobSummaries"]
    assert request["TrainingJobName"] not in [job["TrainingJobName"] for job in found]


def test_a_job_that_never_was_has_ended(platform: Platform) -> None:
    assert TrainingApi(platform=platform).wait("nobody")


def test_a_model_is_asked_for_before_anything_else(job_requests: JobRequests, platform: Platform) -> None:
    request = slow_transform(job_requests, platform) | {"ModelName": "other"}
    with pytest.raises(ServiceError, match="Could not find model"):
        TransformApi(platform=platform).create_transform_job(request)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"PrimaryContainer": None}, "must have an Image or a ModelPackageName here"),
        ({"PrimaryContainer": {"Image": "sagemaker-xgboost:3"}}, "must have a ModelDataUrl here"),
        (
            {"PrimaryContainer": {"Image": "sagemaker-xgboost:3", "ModelDataSource": {}}},
            "must have a ModelDataUrl to transform a batch, got ModelDataSource",
        ),
        (
            {"PrimaryContainer": {"Image": "own:1", "ModelDataUrl": "s3://bucket/k"}},
            "the image own:1 has no local command",
        ),
        (
            {
                "PrimaryContainer": {
                    "Image": "own:1",
                    "ModelDataUrl": "s3://bucket/k",
                    "Environment": {"SAGEMAKER_PROGRAM": "serve.py", "SAGEMAKER_SUBMIT_DIRECTORY": "s3://B/code"},
                }
            },
            "SAGEMAKER_SUBMIT_DIRECTORY: an S3 URI must name a bucket",
        ),
    ],
)
def test_a_model_that_cannot_be_served_here_is_refused(
    job_requests: JobRequests, platform: Platform, change: Document, sentence: str
) -> None:
    request = slow_transform(job_requests, platform)
    model = platform.store.table("Model").get("slow")
    model.update(change)
    if change["PrimaryContainer"] is None:
        del model["PrimaryContainer"]
    with pytest.raises(ServiceError, match=sentence):
        TransformApi(platform=platform).create_transform_job(request)


def processes_below(folder: Path) -> list[str]:
    """Return the commands of the processes that name or work in a folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            command, work = (place / "cmdline").read_text().replace("\0", " "), str((place / "cwd").readlink())
        except (OSError, PermissionError):
            continue
        if str(folder) in command or work.startswith(str(folder)):
            found.append(command)
    return found


def await_(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
