"""Runs of model quality: a job that merges, one that measures, and what comes of it when one of them cannot be."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.monitoring.definitions import JobDefinitions
from modelyard.rehearsal.sagemaker.monitoring.schedules import MonitoringSchedules
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document
from support.monitored_endpoint import MonitoredEndpoint, ScriptedJobs

REGISTRY = "1.dkr.ecr.eu-west-1.amazonaws.com"
RESOURCES = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}}
ENDED = ("Completed", "CompletedWithViolations", "Failed", "Stopped")


def at(hour: int, *, day: int = 22) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock(start=at(9))
    yield clock
    clock.close()


@pytest.fixture
def schedules(platform: Platform, jobs: ScriptedJobs) -> Iterator[MonitoringSchedules]:
    made = MonitoringSchedules(platform=platform, processing=jobs)
    yield made
    jobs.release()
    made.close()


def define(watched: MonitoredEndpoint, **endpoint: Any) -> Document:
    """Keep a definition whose truth and reports lie in the folder of the test."""
    given = {"EndpointName": "live", "LocalPath": "/opt/ml/processing/input_data", "ProbabilityAttribute": "0"}
    report = {"S3Uri": f"{watched.destination}/reports", "LocalPath": "/opt/ml/processing/output"}
    request: Document = {
        "JobDefinitionName": "measure",
        "ModelQualityAppSpecification": {
            "ImageUri": f"{REGISTRY}/sagemaker-model-monitor-analyzer",
            "ProblemType": "BinaryClassification",
            "Environment": {"publish_cloudwatch_metrics": "Enabled"},
        },
        "ModelQualityBaselineConfig": {"ConstraintsResource": {"S3Uri": "s3://bucket/base/constraints.json"}},
        "ModelQualityJobInput": {
            "EndpointInput": {**given, "ProbabilityThresholdAttribute": 0.5, **endpoint},
            "GroundTruthS3Input": {"S3Uri": f"{watched.destination}/truth"},
        },
        "ModelQualityJobOutputConfig": {"MonitoringOutputs": [{"S3Output": report}], "KmsKeyId": "key"},
        "JobResources": RESOURCES,
        "StoppingCondition": {"MaxRuntimeInSeconds": 1800},
        "RoleArn": "arn:role",
    }
    JobDefinitions(platform=watched.platform).create_model_quality_job_definition(request)
    return request


def put(watched: MonitoredEndpoint, *keys: str) -> None:
    for key in keys:
        watched.s3.put_object(Bucket=watched.bucket, Key=f"{watched.folder}/{key}/a.jsonl", Body=b"{}\n")


def ended(schedules: MonitoringSchedules, platform: Platform, *, hours: int = 1) -> Document:
    """Let hours pass, and return the first run when it has ended."""
    config = {
        "MonitoringJobDefinitionName": "measure",
        "MonitoringType": "ModelQuality",
        "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
    }
    schedules.create_monitoring_schedule({"MonitoringScheduleName": "Hourly", "MonitoringScheduleConfig": config})
    platform.clock.advance(seconds=3600 * hours)
    until(lambda: runs(schedules)[0]["MonitoringExecutionStatus"] in ENDED)
    return runs(schedules)[0]


def runs(schedules: MonitoringSchedules) -> list[Document]:
    listed = schedules.list_monitoring_executions({"SortBy": "ScheduledTime", "SortOrder": "Ascending"})
    return list(listed["MonitoringExecutionSummaries"])


def until(holds: Callable[[], bool]) -> None:
    while not holds():
        time.sleep(0.01)


def inputs(request: Document, *, below: str) -> dict[str, str]:
    """Where the inputs come from and go to, of those that go below a folder of the container."""
    sources = (one["S3Input"] for one in request["ProcessingInputs"])
    return {one["S3Uri"]: one["LocalPath"] for one in sources if one["LocalPath"].startswith(below)}


def test_a_run_over_answers_that_are_encoded_otherwise_than_requests_merges_nothing(
    schedules: MonitoringSchedules, jobs: ScriptedJobs, platform: Platform, watched: MonitoredEndpoint
) -> None:
    define(watched)
    sides = {"endpointInput": {"encoding": "CSV"}, "endpointOutput": {"encoding": "JSON"}}
    watched.captured(at(9), line=json.dumps({"captureData": sides}))
    put(watched, "truth/2026/11/22/09")

    run = ended(schedules, platform)

    assert run["MonitoringExecutionStatus"] == "Failed"
    assert "Encoding mismatch" in run["FailureReason"]
    assert jobs.requests == []


def test_a_run_merges_first_and_then_measures_what_was_merged(
    schedules: MonitoringSchedules, jobs: ScriptedJobs, platform: Platform, watched: MonitoredEndpoint
) -> None:
    define(watched)
    watched.captured(at(9))
    put(watched, "truth/2026/11/22/09", "reports/merge/live/primary/2026/11/22/09")

    run = ended(schedules, platform)

    merging, measuring = jobs.requests
    root = "/opt/ml/processing"
    assert run["MonitoringExecutionStatus"] == "Completed"
    assert run["MonitoringType"] == "ModelQuality"
    assert run["ProcessingJobArn"].endswith(measuring["ProcessingJobName"])
    assert inputs(merging, below=root) == {
        f"{watched.destination}/truth/2026/11/22/09": f"{root}/groundtruth/2026/11/22/09",
        f"{watched.destination}/live/primary/2026/11/22/09/": f"{root}/input_data/live/primary/2026/11/22/09",
    }
    merged = f"{watched.destination}/reports/merge"
    assert merging["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] == merged
    assert inputs(measuring, below=f"{root}/input_data") == {
        f"{merged}/live/primary/2026/11/22/09/": f"{root}/input_data/live/primary/2026/11/22/09"
    }


def test_both_jobs_of_a_run_have_the_names_that_aws_gives_them(
    schedules: MonitoringSchedules, jobs: ScriptedJobs, platform: Platform, watched: MonitoredEndpoint
) -> None:
    define(watched)
    watched.captured(at(9))
    put(watched, "truth/2026/11/22/09", "reports/merge/live/primary/2026/11/22/09")

    ended(schedules, platform)

    names = [one["ProcessingJobName"] for one in jobs.requests]
    suffix = names[0].rpartition("-")[2]
    assert names == [f"groundtruth-merge-202611221000-{suffix}", f"model-quality-monitoring-202611221000-{suffix}"]
    assert len(suffix) == 24
    images = [one["AppSpecification"]["ImageUri"] for one in jobs.requests]
    assert images == [
        f"{REGISTRY}/sagemaker-model-monitor-groundtruth-merger",
        f"{REGISTRY}/sagemaker-model-monitor-analyzer",
    ]


def test_each_job_is_told_what_aws_tells_it(
    schedules: MonitoringSchedules, jobs: ScriptedJobs, platform: Platform, watched: MonitoredEndpoint
) -> None:
    define(watched)
    watched.captured(at(9))
    put(watched, "truth/2026/11/22/09", "reports/merge/live/primary/2026/11/22/09")

    ended(schedules, platform)

    merging, measuring = (one["Environment"] for one in jobs.requests)
    assert merging == {
        "dataset_source": "/opt/ml/processing/input_data",
        "ground_truth_source": "/opt/ml/processing/groundtruth",
        "output_path": "/opt/ml/processing/output",
    }
    told = {
        "analysis_type": "MODEL_QUALITY",
        "problem_type": "BinaryClassification",
        "probability_attribute": "0",
        "probability_threshold_attribute": "0.5",
        "dataset_format": '{"sagemakerMergeJson": {"captureIndexNames": ["endpointOutput"]}}',
        "baseline_constraints": "/opt/ml/processing/baseline/constraints/constraints.json",
    }
    assert {name: measuring[name] for name in told} == told
    assert "baseline_statistics" not in measuring


@pytest.mark.parametrize(
    ("offsets", "captured"),
    [
        ({}, ["2026/11/22/09"]),
        ({"StartTimeOffset": "-PT3H", "EndTimeOffset": "-PT1H"}, ["2026/11/22/07", "2026/11/22/08"]),
        ({"StartTimeOffset": "-P1D", "EndTimeOffset": "-PT23H"}, ["2026/11/21/10"]),
        ({"StartTimeOffset": "-PT2H"}, ["2026/11/22/08", "2026/11/22/09"]),
    ],
)
def test_offsets_count_from_when_the_run_is_due(
    schedules: MonitoringSchedules,
    jobs: ScriptedJobs,
    platform: Platform,
    watched: MonitoredEndpoint,
    offsets: dict[str, str],
    captured: list[str],
) -> None:
    define(watched, **offsets)
    watched.captured(at(10, day=21), at(7), at(8), at(9))
    put(watched, *(f"truth/{hour}" for hour in captured))

    ended(schedules, platform)

    found = inputs(jobs.requests[0], below="/opt/ml/processing/input_data")
    assert [uri.rstrip("/")[-13:] for uri in found] == captured


def test_an_offset_that_is_no_duration_is_refused_when_the_schedule_is_made(
    schedules: MonitoringSchedules, platform: Platform, watched: MonitoredEndpoint
) -> None:
    define(watched, StartTimeOffset="yesterday")

    with pytest.raises(ServiceError, match="StartTimeOffset must be a duration such as -PT1H, got yesterday"):
        ended(schedules, platform)


@pytest.mark.parametrize("there", ["captures", "truth"])
def test_without_captures_or_without_truth_a_run_fails_before_its_jobs(
    schedules: MonitoringSchedules, jobs: ScriptedJobs, platform: Platform, watched: MonitoredEndpoint, there: str
) -> None:
    define(watched)
    if there == "captures":
        watched.captured(at(9))
    else:
        put(watched, "truth/2026/11/22/09")

    run = ended(schedules, platform)

    assert (run["MonitoringExecutionStatus"], run["FailureReason"]) == ("Failed", "Job inputs had no data")
    assert jobs.requests == []


def test_where_nothing_could_be_merged_nothing_is_measured(
    schedules: MonitoringSchedules, jobs: ScriptedJobs, platform: Platform, watched: MonitoredEndpoint
) -> None:
    define(watched)
    watched.captured(at(9))
    put(watched, "truth/2026/11/22/09")

    run = ended(schedules, platform)

    assert (run["MonitoringExecutionStatus"], run["FailureReason"]) == ("Failed", "Job inputs had no data")
    assert [one["ProcessingJobName"].partition("-2026")[0] for one in jobs.requests] == ["groundtruth-merge"]


def test_a_merge_that_fails_ends_the_run(
    schedules: MonitoringSchedules, jobs: ScriptedJobs, platform: Platform, watched: MonitoredEndpoint
) -> None:
    jobs.outcome = {"ProcessingJobStatus": "Failed", "FailureReason": "AlgorithmError: See job logs"}
    define(watched)
    watched.captured(at(9))
    put(watched, "truth/2026/11/22/09")

    run = ended(schedules, platform)

    assert (run["MonitoringExecutionStatus"], run["FailureReason"]) == ("Failed", "AlgorithmError: See job logs")
    assert len(jobs.requests) == 1
