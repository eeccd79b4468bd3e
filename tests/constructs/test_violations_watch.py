"""The count of a check's violations, and its alarm."""

from modelyard.constructs.violations_watch import ViolationsWatch, alarm_name
from modelyard.constructs.workflows.watch_run import METRIC, NAMESPACE, WatchRun
from modelyard.manifest.data_layout import DataLayout
from support.small_stack import BUCKET_ARN, KEY_ARN, TOPIC_ARN, SmallStack

SCHEDULE = "dev-churn-data-quality"


def add(small: SmallStack) -> None:
    ViolationsWatch(
        small.stack,
        "Watch",
        watch=WatchRun(bucket="data", endpoint="dev-churn", schedule=SCHEDULE, partition="aws"),
        layout=DataLayout(model="churn"),
        bucket_arn=BUCKET_ARN,
        key_arn=KEY_ARN,
        topic_arn=TOPIC_ARN,
        threshold=3,
        alarm_description="The traffic has drifted",
        log_days=30,
    )


def test_the_alarm_fires_at_the_threshold(small: SmallStack) -> None:
    add(small)

    alarm = small.one("CloudWatch::Alarm")
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
