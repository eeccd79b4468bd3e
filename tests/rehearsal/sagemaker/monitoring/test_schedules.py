import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.sagemaker.errors import ServiceError, invalid
from modelyard.rehearsal.sagemaker.monitoring.definitions import JobDefinitions
from modelyard.rehearsal.sagemaker.monitoring.schedules import MonitoringSchedules
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document
from support.monitored_endpoint import MonitoredEndpoint, ScriptedJobs, Storage

ARN = "arn:aws:sagemaker:eu-west-1:123456789012"
NAME = {"MonitoringScheduleName": "Hourly"}
HOURLY = {"ScheduleExpression": "cron(0 * ? * * *)"}
VIOLATIONS = "CompletedWithViolations: Job completed successfully with 60 violations."
RESOURCES = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}}
DEFINITION: Document = {
    "JobDefinitionName": "check",
    "DataQualityAppSpecification": {"ImageUri": "analyzer", "Environment": {"publish_cloudwatch_metrics": "Enabled"}},
    "DataQualityBaselineConfig": {
        "ConstraintsResource": {"S3Uri": "s3://bucket/base/constraints.json"},
        "StatisticsResource": {"S3Uri": "s3://bucket/base/statistics.json"},
    },
    "DataQualityJobInput": {
        "EndpointInput": {"EndpointName": "live", "LocalPath": "/opt/ml/processing/input/endpoint"}
    },
    "DataQualityJobOutputConfig": {
        "MonitoringOutputs": [
            {"S3Output": {"S3Uri": "s3://bucket/reports/", "LocalPath": "/opt/ml/processing/output"}}
        ],
        "KmsKeyId": "key",
    },
    "JobResources": RESOURCES,
    "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    "RoleArn": "arn:role",
}
INLINE: Document = {
    "BaselineConfig": DEFINITION["DataQualityBaselineConfig"],
    "MonitoringInputs": [DEFINITION["DataQualityJobInput"]],
    "MonitoringOutputConfig": DEFINITION["DataQualityJobOutputConfig"],
    "MonitoringResources": RESOURCES,
    "MonitoringAppSpecification": {"ImageUri": "analyzer", "RecordPreprocessorSourceUri": "s3://bucket/code/pre.py"},
    "Environment": {"detect_drift": "yes"},
    "NetworkConfig": {"EnableNetworkIsolation": False},
    "RoleArn": "arn:role",
}


def at(hour: int, *, day: int = 22) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


@pytest.fixture
def flushed() -> list[str]:
    return []


@pytest.fixture
def schedules(
    platform: Platform, watched: MonitoredEndpoint, jobs: ScriptedJobs, flushed: list[str]
) -> Iterator[MonitoringSchedules]:
    JobDefinitions(platform=platform).create_data_quality_job_definition(DEFINITION)
    schedules = MonitoringSchedules(platform=platform, processing=jobs, flush=lambda: flushed.append("captures"))
    yield schedules
    jobs.release()
    schedules.close()


def create(schedules: MonitoringSchedules, **config: Any) -> Document:
    given = {
        "ScheduleConfig": HOURLY,
        "MonitoringJobDefinitionName": "check",
        "MonitoringType": "DataQuality",
        **config,
    }
    known = {member: value for member, value in given.items() if value is not None}
    return schedules.create_monitoring_schedule({**NAME, "MonitoringScheduleConfig": known})


def create_inline(schedules: MonitoringSchedules, **members: Any) -> Document:
    return create(schedules, MonitoringJobDefinitionName=None, MonitoringJobDefinition={**INLINE, **members})


def runs(schedules: MonitoringSchedules, **request: Any) -> list[Document]:
    answer = schedules.list_monitoring_executions({"SortOrder": "Ascending", **request})
    found: list[Document] = answer["MonitoringExecutionSummaries"]
    return found


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def run_once(schedules: MonitoringSchedules, clock: Clock) -> Document:
    """Have a schedule run at the next full hour, and return its execution."""
    create(schedules)
    clock.advance(seconds=3600)
    (execution,) = runs(schedules)
    return execution


def environment(jobs: ScriptedJobs) -> dict[str, str]:
    return dict(jobs.requests[0]["Environment"])


def test_a_schedule_is_described(schedules: MonitoringSchedules) -> None:
    assert create(schedules) == {"MonitoringScheduleArn": f"{ARN}:monitoring-schedule/hourly"}
    described = schedules.describe_monitoring_schedule(NAME)
    assert described["MonitoringScheduleStatus"] == "Scheduled"
    assert described["EndpointName"] == "live"
    assert described["MonitoringScheduleConfig"]["ScheduleConfig"] == HOURLY
    assert "LastMonitoringExecutionSummary" not in described


def test_a_schedule_runs_at_each_full_hour(
    schedules: MonitoringSchedules, clock: Clock, watched: MonitoredEndpoint
) -> None:
    watched.captured(at(10), at(11), at(12))
    create(schedules)
    clock.advance(seconds=3 * 3600)
    assert [run["ScheduledTime"] for run in runs(schedules)] == [at(11), at(12), at(13)]


def test_a_run_is_a_job_of_its_schedule(
    schedules: MonitoringSchedules, clock: Clock, watched: MonitoredEndpoint, jobs: ScriptedJobs
) -> None:
    watched.captured(at(10))
    execution = run_once(schedules, clock)
    name = jobs.requests[0]["ProcessingJobName"]
    assert name.startswith("data-quality-monitoring-202611221100-")
    assert len(name.rpartition("-")[2]) == 24
    assert execution["ProcessingJobArn"] == f"{ARN}:processing-job/{name}"
    assert jobs.schedules == [f"{ARN}:monitoring-schedule/hourly"]


def test_captures_are_written_before_a_run_looks_for_them(
    schedules: MonitoringSchedules, clock: Clock, watched: MonitoredEndpoint, flushed: list[str]
) -> None:
    watched.captured(at(10))
    run_once(schedules, clock)
    assert flushed == ["captures"]


def test_a_job_is_given_the_hours_that_have_captures(
    schedules: MonitoringSchedules, clock: Clock, watched: MonitoredEndpoint, jobs: ScriptedJobs
) -> None:
    watched.captured(at(7), at(9))
    watched.captured(at(9), variant="shadow")
    create(schedules, ScheduleConfig={"ScheduleExpression": "cron(0 12/6 ? * * *)"})
    clock.advance(seconds=2 * 3600)
    inputs = {one["InputName"]: one["S3Input"] for one in jobs.requests[0]["ProcessingInputs"]}
    captured = [inputs["endpoint_input_1"], inputs["endpoint_input_2"]]
    assert "endpoint_input_3" not in inputs
    folder = "live/primary/2026/11/22"
    assert [one["LocalPath"] for one in captured] == [
        f"/opt/ml/processing/input/endpoint/{folder}/07",
        f"/opt/ml/processing/input/endpoint/{folder}/09",
    ]
    assert captured[0]["S3Uri"] == f"{watched.destination}/{folder}/07/"


def test_a_job_is_given_the_baseline(
    schedules: MonitoringSchedules, clock: Clock, watched: MonitoredEndpoint, jobs: ScriptedJobs
) -> None:
    watched.captured(at(10))
    run_once(schedules, clock)
    inputs = {one["InputName"]: one["S3Input"] for one in jobs.requests[0]["ProcessingInputs"]}
    assert inputs["constraints"]["S3Uri"] == "s3://bucket/base/constraints.json"
    assert inputs["baseline"]["LocalPath"] == "/opt/ml/processing/baseline/stats"
    told = environment(jobs)
    assert told["baseline_constraints"] == "/opt/ml/processing/baseline/constraints/constraints.json"
    assert told["baseline_statistics"] == "/opt/ml/processing/baseline/stats/statistics.json"


def test_a_job_is_told_what_it_looks_at(
    schedules: MonitoringSchedules, clock: Clock, watched: MonitoredEndpoint, jobs: ScriptedJobs
) -> None:
    watched.captured(at(10))
    run_once(schedules, clock)
    told = environment(jobs)
    assert told["dataset_source"] == "/opt/ml/processing/input/endpoint"
    assert (
        told["dataset_format"] == '{"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}'
    )
    assert (told["start_time"], told["end_time"]) == ("2026-11-22T10:00:00Z", "2026-11-22T11:00:00Z")
    assert told["sagemaker_endpoint_name"] == "live"
    assert told["sagemaker_monitoring_schedule_name"] == "Hourly"
    assert told["sagemaker_endpoint_datacapture_prefix"] == watched.destination
    assert told["publish_cloudwatch_metrics"] == "Enabled"


def test_a_job_reports_into_the_folder_of_its_hour(
    schedules: MonitoringSchedules, clock: Clock, watched: MonitoredEndpoint, jobs: ScriptedJobs
) -> None:
    watched.captured(at(10))
    run_once(schedules, clock)
    config = jobs.requests[0]["ProcessingOutputConfig"]
    (output,) = config["Outputs"]
    assert output["OutputName"] == "result"
    assert output["S3Output"]["S3Uri"] == "s3://bucket/reports/live/Hourly/2026/11/22/11"
    assert output["S3Output"]["S3UploadMode"] == "Continuous"
    assert config["KmsKeyId"] == "key"


def test_a_job_runs_on_what_the_definition_says(
    schedules: MonitoringSchedules, clock: Clock, watched: MonitoredEndpoint, jobs: ScriptedJobs
) -> None:
    watched.captured(at(10))
    run_once(schedules, clock)
    (request,) = jobs.requests
    assert request["AppSpecification"] == {"ImageUri": "analyzer"}
    assert request["ProcessingResources"] == RESOURCES
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 600}
    assert request["RoleArn"] == "arn:role"
    assert "NetworkConfig" not in request


def test_a_definition_may_be_written_into_the_schedule(
    schedules: MonitoringSchedules, clock: Clock, watched: MonitoredEndpoint, jobs: ScriptedJobs
) -> None:
    watched.captured(at(10))
    create_inline(schedules)
    clock.advance(seconds=3600)
    (request,) = jobs.requests
    assert request["ProcessingJobName"].startswith("model-monitoring-202611221100-")
    assert request["Environment"]["detect_drift"] == "yes"
    assert request["Environment"]["publish_cloudwatch_metrics"] == "Disabled"
    assert request["Environment"]["record_preprocessor_script"] == "/opt/ml/processing/code/preprocessing/pre.py"
    assert request["NetworkConfig"] == {"EnableNetworkIsolation": False}
    assert "MonitoringJobDefinitionName" not in runs(schedules)[0]


def test_a_baseline_may_be_named_by_its_job(
    schedules: MonitoringSchedules, clock: Clock, watched: MonitoredEndpoint, jobs: ScriptedJobs, platform: Platform
) -> None:
    outputs = [{"S3Output": {"S3Uri": "s3://bucket/suggested/"}}]
    job = {"ProcessingOutputConfig": {"Outputs": outputs}, "ProcessingJobStatus": "Completed"}
    platform.store.table("ProcessingJob").add("baseline", job)
    watched.captured(at(10))
    create_inline(schedules, BaselineConfig={"BaseliningJobName": "baseline"})
    clock.advance(seconds=3600)
    inputs = {one["InputName"]: one["S3Input"] for one in jobs.requests[0]["ProcessingInputs"]}
    assert inputs["constraints"]["S3Uri"] == "s3://bucket/suggested/constraints.json"


def test_without_captures_a_run_fails_as_on_aws(
    schedules: MonitoringSchedules, clock: Clock, jobs: ScriptedJobs
) -> None:
    execution = run_once(schedules, clock)
    assert execution["MonitoringExecutionStatus"] == "Failed"
    assert execution["FailureReason"] == "Job inputs had no data"
    assert "ProcessingJobArn" not in execution
    assert jobs.requests == []


def sides(*encodings: str) -> str:
    names = ("endpointInput", "endpointOutput")
    return json.dumps({"captureData": {name: {"encoding": one} for name, one in zip(names, encodings, strict=False)}})


def test_a_run_over_answers_that_are_encoded_otherwise_than_requests_fails_as_on_aws(
    schedules: MonitoringSchedules, clock: Clock, watched: MonitoredEndpoint, jobs: ScriptedJobs
) -> None:
    watched.captured(at(10), line=f"{sides('CSV', 'CSV')}\n{sides('CSV', 'JSON')}")

    execution = run_once(schedules, clock)

    assert execution["MonitoringExecutionStatus"] == "Failed"
    assert execution["FailureReason"] == (
        "Error: Encoding mismatch: Encoding is CSV for endpointInput, but Encoding is JSON for endpointOutput. We "
        "currently only support the same type of input and output encoding at the moment."
    )
    assert jobs.requests == []


@pytest.mark.parametrize("line", [sides("CSV", "CSV"), sides("CSV"), sides("JSON", "JSON")])
def test_a_run_over_one_encoding_is_made(
    schedules: MonitoringSchedules, clock: Clock, watched: MonitoredEndpoint, line: str
) -> None:
    watched.captured(at(10), line=line)

    assert run_once(schedules, clock)["MonitoringExecutionStatus"] == "Completed"


def test_a_role_that_may_not_list_fails_the_run(schedules: MonitoringSchedules, clock: Clock, storage: Storage) -> None:
    storage.refused = invalid("role is not to be assumed")
    reason = run_once(schedules, clock)["FailureReason"]
    assert reason.endswith("(role is not to be assumed)")


def test_a_bucket_that_is_gone_fails_the_run(schedules: MonitoringSchedules, clock: Clock, platform: Platform) -> None:
    config = platform.store.table("EndpointConfig").get("config")
    config["DataCaptureConfig"]["DestinationS3Uri"] = "s3://no-bucket-of-ours"
    reason = run_once(schedules, clock)["FailureReason"]
    assert reason.startswith("ClientError: Unable to list objects below s3://no-bucket-of-ours (An error occurred")


def test_an_endpoint_that_is_gone_fails_the_run(
    schedules: MonitoringSchedules, clock: Clock, platform: Platform
) -> None:
    create(schedules)
    platform.store.table("Endpoint").remove("live")
    clock.advance(seconds=3600)
    assert runs(schedules)[0]["FailureReason"].startswith("Endpoint live does not exist")


@pytest.mark.parametrize(
    ("outcome", "status", "reason"),
    [
        ({"ProcessingJobStatus": "Completed"}, "Completed", None),
        ({"ProcessingJobStatus": "Completed", "ExitMessage": "Completed: Job completed."}, "Completed", None),
        ({"ProcessingJobStatus": "Completed", "ExitMessage": VIOLATIONS}, "CompletedWithViolations", None),
        ({"ProcessingJobStatus": "Failed", "FailureReason": "AlgorithmError"}, "Failed", "AlgorithmError"),
        ({"ProcessingJobStatus": "Failed", "FailureReason": "Lost", "ExitMessage": VIOLATIONS}, "Failed", "Lost"),
        ({"ProcessingJobStatus": "Stopped"}, "Stopped", None),
    ],
)
def test_a_run_ends_as_its_job(
    schedules: MonitoringSchedules,
    clock: Clock,
    watched: MonitoredEndpoint,
    jobs: ScriptedJobs,
    outcome: Document,
    status: str,
    reason: str | None,
) -> None:
    watched.captured(at(10))
    jobs.outcome = outcome
    execution = run_once(schedules, clock)
    assert execution["MonitoringExecutionStatus"] == status
    assert execution.get("FailureReason") == reason
    assert schedules.describe_monitoring_schedule(NAME)["LastMonitoringExecutionSummary"] == execution


def start_run(schedules: MonitoringSchedules, clock: Clock, watched: MonitoredEndpoint, jobs: ScriptedJobs) -> None:
    """Have a schedule run, now, a job that does not end by itself."""
    watched.captured(at(10))
    jobs.outcome = None
    window = {"DataAnalysisStartTime": "-PT1H", "DataAnalysisEndTime": "-PT0H"}
    create(schedules, ScheduleConfig={"ScheduleExpression": "NOW", **window})
    wait_for(lambda: runs(schedules)[0]["MonitoringExecutionStatus"] == "InProgress")


def test_a_schedule_may_run_once_and_at_once(
    schedules: MonitoringSchedules, clock: Clock, watched: MonitoredEndpoint, jobs: ScriptedJobs
) -> None:
    start_run(schedules, clock, watched, jobs)
    jobs.end({"ProcessingJobStatus": "Completed"})
    wait_for(lambda: runs(schedules)[0]["MonitoringExecutionStatus"] == "Completed")
    clock.advance(seconds=7200)
    assert len(runs(schedules)) == 1
    assert environment(jobs)["end_time"].startswith("2026-11-22T10:15:")


def test_a_run_whose_job_is_stopped_stops(
    schedules: MonitoringSchedules, clock: Clock, watched: MonitoredEndpoint, jobs: ScriptedJobs
) -> None:
    start_run(schedules, clock, watched, jobs)
    jobs.change({"ProcessingJobStatus": "Stopping"})
    assert runs(schedules)[0]["MonitoringExecutionStatus"] == "Stopping"


def test_a_run_whose_job_was_deleted_failed(
    schedules: MonitoringSchedules, clock: Clock, watched: MonitoredEndpoint, jobs: ScriptedJobs
) -> None:
    start_run(schedules, clock, watched, jobs)
    jobs.lose()
    wait_for(lambda: runs(schedules)[0]["MonitoringExecutionStatus"] == "Failed")
    assert runs(schedules)[0]["FailureReason"] == "The processing job was deleted"


@pytest.mark.parametrize("operation", ["delete_monitoring_schedule", "update_monitoring_schedule"])
def test_a_schedule_whose_run_goes_on_is_neither_changed_nor_deleted(
    schedules: MonitoringSchedules, clock: Clock, watched: MonitoredEndpoint, jobs: ScriptedJobs, operation: str
) -> None:
    start_run(schedules, clock, watched, jobs)
    with pytest.raises(ServiceError, match="Hourly has an execution in status InProgress") as error:
        getattr(schedules, operation)({**NAME, "MonitoringScheduleConfig": {}})
    assert error.value.code == "ValidationException"


def test_a_deleted_schedule_runs_no_more_and_leaves_its_runs(
    schedules: MonitoringSchedules, clock: Clock, jobs: ScriptedJobs
) -> None:
    run_once(schedules, clock)
    schedules.delete_monitoring_schedule(NAME)
    clock.advance(seconds=3600)
    assert len(runs(schedules, EndpointName="live")) == 1
    with pytest.raises(ServiceError) as error:
        schedules.describe_monitoring_schedule(NAME)
    assert error.value.code == "ResourceNotFound"
    assert error.value.message == f"Monitoring Schedule {ARN}:monitoring-schedule/hourly does not exist"


def test_a_stopped_schedule_runs_no_more_until_it_is_started(schedules: MonitoringSchedules, clock: Clock) -> None:
    create(schedules)
    schedules.stop_monitoring_schedule(NAME)
    assert schedules.describe_monitoring_schedule(NAME)["MonitoringScheduleStatus"] == "Stopped"
    clock.advance(seconds=3600)
    assert runs(schedules) == []
    schedules.start_monitoring_schedule(NAME)
    clock.advance(seconds=3600)
    assert [run["ScheduledTime"] for run in runs(schedules)] == [at(12)]


def test_a_schedule_is_started_and_stopped_in_turn(schedules: MonitoringSchedules) -> None:
    create(schedules)
    with pytest.raises(ServiceError, match="must be Stopped to become Scheduled, it is Scheduled"):
        schedules.start_monitoring_schedule(NAME)
    schedules.stop_monitoring_schedule(NAME)
    with pytest.raises(ServiceError, match="must be Scheduled to become Stopped, it is Stopped"):
        schedules.stop_monitoring_schedule(NAME)


def test_an_updated_schedule_keeps_its_new_hours(schedules: MonitoringSchedules, clock: Clock) -> None:
    create(schedules)
    config = {"ScheduleConfig": {"ScheduleExpression": "cron(0 12 ? * * *)"}, "MonitoringJobDefinitionName": "check"}
    schedules.update_monitoring_schedule({**NAME, "MonitoringScheduleConfig": config})
    clock.advance(seconds=2 * 3600)
    assert [run["ScheduledTime"] for run in runs(schedules)] == [at(12)]


def test_a_stopped_schedule_stays_so_when_it_is_updated(schedules: MonitoringSchedules, clock: Clock) -> None:
    create(schedules)
    schedules.stop_monitoring_schedule(NAME)
    config = {"ScheduleConfig": HOURLY, "MonitoringJobDefinitionName": "check"}
    schedules.update_monitoring_schedule({**NAME, "MonitoringScheduleConfig": config})
    clock.advance(seconds=3600)
    assert runs(schedules) == []


def test_a_schedule_is_not_made_twice(schedules: MonitoringSchedules) -> None:
    create(schedules)
    with pytest.raises(ServiceError, match="already exists") as error:
        create(schedules)
    assert error.value.code == "ResourceInUse"


def test_a_schedule_has_one_definition(schedules: MonitoringSchedules) -> None:
    for config in ({"MonitoringJobDefinitionName": None}, {"MonitoringJobDefinition": INLINE}):
        with pytest.raises(
            ServiceError, match="must have one of MonitoringJobDefinition and MonitoringJobDefinitionName"
        ):
            create(schedules, **config)


def test_a_schedules_definition_must_be_there(schedules: MonitoringSchedules) -> None:
    with pytest.raises(ServiceError, match=r"Job Definition .*/other does not exist") as error:
        create(schedules, MonitoringJobDefinitionName="other")
    assert error.value.code == "ResourceNotFound"


def test_bias_is_not_run(schedules: MonitoringSchedules, platform: Platform) -> None:
    request = {"JobDefinitionName": "bias", "ModelBiasJobInput": DEFINITION["DataQualityJobInput"]}
    JobDefinitions(platform=platform).create_model_bias_job_definition(request)
    with pytest.raises(ServiceError, match="MonitoringType must be DataQuality or ModelQuality here, got ModelBias"):
        create(schedules, MonitoringJobDefinitionName="bias", MonitoringType="ModelBias")


def test_batches_are_not_run(schedules: MonitoringSchedules) -> None:
    with pytest.raises(ServiceError, match="must have an EndpointInput here, got BatchTransformInput"):
        create_inline(schedules, MonitoringInputs=[{"BatchTransformInput": {}}])


def test_an_endpoint_that_is_not_there_is_not_watched(schedules: MonitoringSchedules, platform: Platform) -> None:
    platform.store.table("Endpoint").remove("live")
    with pytest.raises(ServiceError) as error:
        create(schedules)
    assert error.value.message == f'Could not find endpoint "{ARN}:endpoint/live".'


def test_an_endpoint_that_captures_nothing_is_not_watched(schedules: MonitoringSchedules, platform: Platform) -> None:
    platform.store.table("EndpointConfig").get("config")["DataCaptureConfig"]["EnableCapture"] = False
    with pytest.raises(ServiceError, match="Endpoint live must have data capture enabled"):
        create(schedules)


def test_schedules_are_listed_by_endpoint_and_definition(schedules: MonitoringSchedules) -> None:
    create(schedules)
    for wanted in ({"EndpointName": "live"}, {"MonitoringJobDefinitionName": "check"}, {"StatusEquals": "Scheduled"}):
        (listed,) = schedules.list_monitoring_schedules(wanted)["MonitoringScheduleSummaries"]
        assert listed["MonitoringScheduleName"] == "Hourly"
    assert schedules.list_monitoring_schedules({"EndpointName": "other"})["MonitoringScheduleSummaries"] == []


def test_runs_are_listed_by_time_and_status(
    schedules: MonitoringSchedules, clock: Clock, watched: MonitoredEndpoint
) -> None:
    watched.captured(at(11))
    create(schedules)
    clock.advance(seconds=2 * 3600)
    assert [run["ScheduledTime"] for run in runs(schedules, StatusEquals="Failed")] == [at(11)]
    assert [run["ScheduledTime"] for run in runs(schedules, ScheduledTimeAfter=at(12))] == [at(12)]
    assert [run["ScheduledTime"] for run in runs(schedules, ScheduledTimeBefore=at(11))] == [at(11)]
    latest_first = runs(schedules, SortBy="ScheduledTime", SortOrder="Descending")
    assert [run["ScheduledTime"] for run in latest_first] == [at(12), at(11)]


def test_a_closed_schedule_does_not_run(schedules: MonitoringSchedules, clock: Clock) -> None:
    create(schedules)
    schedules.close()
    clock.advance(seconds=3600)
    assert runs(schedules) == []


def test_schedules_of_an_earlier_run_tick_again_and_runs_that_had_not_ended_have_failed(
    platform: Platform, watched: MonitoredEndpoint, jobs: ScriptedJobs, schedules: MonitoringSchedules
) -> None:
    create(schedules)
    schedules.close()
    left = {**NAME, "MonitoringExecutionStatus": "InProgress", "ScheduledTime": at(9), "CreationTime": at(9)}
    platform.store.table("MonitoringExecution").add("Hourly/0", left)
    resumed = MonitoringSchedules(platform=platform, processing=jobs)
    resumed.resume()
    (run,) = runs(resumed)
    assert (run["MonitoringExecutionStatus"], run["FailureReason"]) == (
        "Failed",
        "The local AWS was stopped while the execution ran",
    )
    platform.clock.advance(seconds=3600)
    wait_for(lambda: len(runs(resumed)) == 2)
    jobs.release()
    resumed.close()
