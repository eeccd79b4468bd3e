"""The count of a check's violations, and its alarm."""

import pytest

from modelyard.constructs.violations_watch import ViolationsWatch, alarm_name
from modelyard.constructs.workflows.watch_run import METRIC, NAMESPACE, WatchRun
from modelyard.manifest.data_layout import DataLayout
from support.small_stack import BUCKET_ARN, KEY_ARN, TOPIC_ARN, SmallStack

ROLE_ARN = "arn:aws:iam::111111111111:role/checks"
SCHEDULE = "dev-churn-data-quality"


def add(small: SmallStack, *, managed_role_arn: str | None = None) -> None:
    ViolationsWatch(
        small.stack,
        "Watch",
        watch=WatchRun(bucket="data", endpoint="dev-churn", schedule=SCHEDULE, topic_arn=TOPIC_ARN, partition="aws"),
        layout=DataLayout(model="churn"),
        bucket_arn=BUCKET_ARN,
        key_arn=KEY_ARN,
        topic_arn=TOPIC_ARN,
        threshold=3,
        alarm_description="The traffic has drifted",
        log_days=30,
        managed_role_arn=managed_role_arn,
    )


def test_the_alarm_fires_at_the_threshold(small: SmallStack) -> None:
    add(small)

    alarm = small.one("CloudWatch::Alarm", "WatchAlarm")
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Threshold"]) == (NAMESPACE, METRIC, 3)
    assert (alarm["AlarmName"], alarm["AlarmDescription"]) == (alarm_name(schedule=SCHEDULE), "The traffic has drifted")


def test_files_of_violations_of_the_schedule_start_the_count(small: SmallStack) -> None:
    add(small)

    pattern = small.one("Events::Rule")["EventPattern"]["detail"]
    assert pattern["bucket"] == {"name": ["data"]}
    assert pattern["object"]["key"] == [
        {"wildcard": f"churn/monitoring/dev-churn/{SCHEDULE}/*/constraint_violations.json"}
    ]


def test_the_count_reads_the_violations_of_its_schedule_alone(small: SmallStack) -> None:
    add(small)

    reads = [one for one in small.synthesize().statements("Small", "WatchCountRole") if "s3:GetObject" in one["Action"]]
    (read,) = reads
    assert read["Resource"] == [f"{BUCKET_ARN}/churn/monitoring/dev-churn/{SCHEDULE}/*/constraint_violations.json"]


def test_the_count_publishes_in_one_namespace(small: SmallStack) -> None:
    add(small)

    (publish,) = [
        one
        for one in small.synthesize().statements("Small", "WatchCountRole")
        if one["Action"] == ["cloudwatch:PutMetricData"]
    ]
    assert publish["Condition"] == {"StringEquals": {"cloudwatch:namespace": NAMESPACE}}


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_a_managed_check_that_does_not_complete_starts_the_report(small: SmallStack, status: str) -> None:
    add(small, managed_role_arn=ROLE_ARN)

    rule = small.one("Events::Rule", "WatchBroken")
    detail = rule["EventPattern"]["detail"]
    assert status in detail["ProcessingJobStatus"]
    assert detail["RoleArn"] == [ROLE_ARN]
    assert [target["Arn"] for target in rule["Targets"]] == ["<WatchCount>"]


def test_a_check_of_ours_reports_its_failure_itself(small: SmallStack) -> None:
    add(small)

    assert set(small.resources("Events::Rule")) == {"WatchWritten"}


def test_the_count_may_report_that_there_is_none(small: SmallStack) -> None:
    add(small)

    statements = small.synthesize().statements("Small", "WatchCountRole")
    assert [one["Resource"] for one in statements if one["Action"] == ["sns:Publish"]] == [[TOPIC_ARN]]
