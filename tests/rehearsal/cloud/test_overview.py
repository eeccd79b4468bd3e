"""What the page is told of what there is."""

import json
from typing import Any

import pytest

from modelyard.rehearsal.cloud.overview import MOST_SHOWN
from support.endpoints import Endpoints, variant
from support.jobs import XGBOOST, JobRequests
from support.local_aws import SharedLocalAws
from support.raw_requests import ask


def rows(aws: SharedLocalAws, table: str) -> list[dict[str, Any]]:
    key = aws.connection.page.rpartition("#")[2]
    answer = ask(aws.connection, "GET", "/_rehearsal/overview", headers=[("X-Rehearsal-Key", key)])
    found: list[dict[str, Any]] = json.loads(answer.body)[table]["rows"]
    return found


def row(aws: SharedLocalAws, table: str, **members: str) -> dict[str, Any]:
    (found,) = [one for one in rows(aws, table) if members.items() <= one.items()]
    return found


def test_a_job_that_failed_is_told_with_its_reason(local_aws: SharedLocalAws) -> None:
    jobs = JobRequests(local_aws=local_aws, bucket=local_aws.bucket())
    nowhere = {"train": jobs.uri("nowhere")}
    job = jobs.train(jobs.fit(name=local_aws.name("train"), image=XGBOOST, role=None, channels=nowhere))
    shown = row(local_aws, "jobs", name=job["TrainingJobName"])
    assert (shown["kind"], shown["state"]) == ("training job", "Failed")
    assert shown["reason"] == job["FailureReason"]
    assert shown["started"][:13] == job["CreationTime"].strftime("%Y-%m-%dT%H")


def test_an_endpoint_is_told_with_the_instances_of_its_variants(host: Endpoints) -> None:
    endpoint = host.endpoint(host.config(variant(host.model(), count=2)))
    shown = row(host.aws, "endpoints", name=endpoint)
    assert (shown["state"], [one["instances"] for one in shown["variants"]]) == ("InService", [2])


def test_a_bucket_is_told_with_its_objects_and_their_bytes(local_aws: SharedLocalAws) -> None:
    bucket, s3 = local_aws.bucket(), local_aws.client("s3")
    for key in ("a", "b"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"12345")
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    assert row(local_aws, "buckets", name=bucket) == {"name": bucket, "objects": 2, "bytes": 6}


def test_an_alarm_is_told_with_its_state(local_aws: SharedLocalAws) -> None:
    name = local_aws.name("alarm")
    local_aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="test",
        MetricName=name,
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        # An evaluation in between leaves it as it is set.
        TreatMissingData="ignore",
    )
    local_aws.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="too warm")
    assert row(local_aws, "alarms", name=name) == {"name": name, "state": "ALARM", "reason": "too warm"}


def test_a_schedule_is_told_with_its_expression_and_an_execution_with_its_end(local_aws: SharedLocalAws) -> None:
    name, states = local_aws.name("machine"), local_aws.client("stepfunctions")
    definition = {"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "Torn", "Cause": "it is torn"}}}
    role = local_aws.role(service="states.amazonaws.com")
    machine = states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)["stateMachineArn"]
    started = states.start_execution(stateMachineArn=machine)["executionArn"]
    while states.describe_execution(executionArn=started)["status"] == "RUNNING":
        continue
    local_aws.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        State="DISABLED",
        Target={"Arn": machine, "RoleArn": local_aws.role(service="scheduler.amazonaws.com")},
    )
    schedule = row(local_aws, "schedules", name=name)
    assert (schedule["kind"], schedule["expression"], schedule["state"]) == ("schedule", "rate(1 day)", "DISABLED")
    execution = row(local_aws, "executions", of=name)
    assert (execution["state"], execution["reason"]) == ("FAILED", "Torn: it is torn")


def test_of_many_the_newest_are_told_and_all_are_counted(local_aws: SharedLocalAws) -> None:
    names = [local_aws.bucket() for _ in range(MOST_SHOWN + 1)]
    table = local_aws.connection.overview()["buckets"]
    assert [one["name"] for one in table["rows"]] == names[:0:-1]
    assert table["count"] > MOST_SHOWN


def test_a_name_is_told_without_characters_that_cannot_be_seen(local_aws: SharedLocalAws) -> None:
    name = local_aws.name("alarm") + "\u202egnp"
    local_aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="test",
        MetricName="any",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    assert "\\u202egnp" in rows(local_aws, "alarms")[0]["name"]


@pytest.mark.parametrize(
    "table", ["jobs", "endpoints", "buckets", "alarms", "schedules", "executions", "refusals", "effects"]
)
def test_every_table_of_the_page_is_told(local_aws: SharedLocalAws, table: str) -> None:
    assert set(local_aws.connection.overview()[table]) == {"count", "rows"}
