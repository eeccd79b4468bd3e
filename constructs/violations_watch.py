"""What follows a check, whichever engine made it: its violations counted, an alarm on their number."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from constructs import Construct

from modelyard.constructs.access import allow, publish, write_with_key
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.state_machine import StateMachine
from modelyard.constructs.workflows.watch_run import METRIC, NAMESPACE, WatchRun
from modelyard.manifest.data_layout import DataLayout

HOUR = 3600


class ViolationsWatch(Construct):
    """Waits for files of violations in the data bucket, and publishes how many each holds.

    AWS's analyzer publishes a metric for each feature and none for the whole; ours calls AWS only where metrics of
    features are wanted. The file is what both write, or the verdict of ours, and S3 tells of it.
    `alarm_description` is what the alarm says.

    A check of ours reports its own failure. One of Model Monitor's leaves no file and tells nobody: where
    `managed_role_arn` is given, jobs of that role that do not complete are reported by the same state machine. A rule
    that published by itself would need EventBridge in the policies of the topic and of its key, without the condition
    that keeps out other accounts' events, which the guides say such a delivery does not carry.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        watch: WatchRun,
        layout: DataLayout,
        bucket_arn: str,
        key_arn: str,
        topic_arn: str,
        threshold: int,
        alarm_description: str,
        log_days: int,
        managed_role_arn: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        results = f"{layout.monitoring}/{watch.endpoint}/{watch.schedule}/*/{watch.file}"
        self.machine = StateMachine(
            self,
            "Count",
            name=f"{watch.schedule}-count",
            definition=watch.definition,
            statements=[
                allow(
                    "s3:GetObject",
                    on=[f"{bucket_arn}/{results}"],
                    safe_because="only files of violations of this schedule, in whichever hour's folder",
                ),
                # Reads the file, and reports to a topic under the same key.
                write_with_key(key_arn=key_arn),
                publish(topic_arn=topic_arn),
                allow(
                    "cloudwatch:PutMetricData",
                    on=["*"],
                    when={"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
                    safe_because="held to one namespace by the condition, which is all that CloudWatch knows",
                ),
            ],
            topic_arn=topic_arn,
            key_arn=key_arn,
            log_days=log_days,
        )
        self._start_on(bucket=watch.bucket, results=results, managed_role_arn=managed_role_arn)
        self.alarm = self._alarm(
            watch=watch, threshold=threshold, alarm_description=alarm_description, topic_arn=topic_arn
        )

    def _start_on(self, *, bucket: str, results: str, managed_role_arn: str | None) -> None:
        role = ExecutionRole(
            self,
            "StartRole",
            service="events.amazonaws.com",
            statements=[allow("states:StartExecution", on=[self.machine.arn])],
            description="Starts the counting of violations",
        )
        target = events.CfnRule.TargetProperty(id="Count", arn=self.machine.arn, role_arn=role.arn)
        events.CfnRule(
            self,
            "Written",
            description="A check of the captured traffic has been written",
            event_pattern={
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"wildcard": results}]}},
            },
            targets=[target],
        )
        if managed_role_arn is not None:
            events.CfnRule(
                self,
                "Broken",
                description="A check of Model Monitor's did not complete",
                event_pattern={
                    "source": ["aws.sagemaker"],
                    "detail-type": ["SageMaker Processing Job State Change"],
                    "detail": {"ProcessingJobStatus": ["Failed", "Stopped"], "RoleArn": [managed_role_arn]},
                },
                targets=[target],
            )

    def _alarm(self, *, watch: WatchRun, threshold: int, alarm_description: str, topic_arn: str) -> cloudwatch.CfnAlarm:
        dimensions = {"Endpoint": watch.endpoint, "MonitoringSchedule": watch.schedule}
        return cloudwatch.CfnAlarm(
            self,
            "Alarm",
            alarm_name=alarm_name(schedule=watch.schedule),
            alarm_description=alarm_description,
            namespace=NAMESPACE,
            metric_name=METRIC,
            dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name=n, value=v) for n, v in dimensions.items()],
            statistic="Maximum",
            period=HOUR,
            evaluation_periods=1,
            threshold=threshold,
            comparison_operator="GreaterThanOrEqualToThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[topic_arn],
            ok_actions=[topic_arn],
        )


def alarm_name(*, schedule: str) -> str:
    """What the alarm is called: fixed, so that the page of all models finds it without a reference to its stack."""
    return f"{schedule}-violations"
