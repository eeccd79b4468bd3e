"""What follows a check, whichever engine made it: its violations counted, an alarm on their number."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from constructs import Construct

from modelyard.constructs.access import allow, read_with_key
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.state_machine import StateMachine
from modelyard.constructs.workflows.watch_run import METRIC, NAMESPACE, WatchRun
from modelyard.manifest.data_layout import VIOLATIONS_FILE, DataLayout

HOUR = 3600


class ViolationsWatch(Construct):
    """Waits for files of violations in the data bucket, and publishes how many each holds.

    AWS's analyzer publishes a metric for each feature and none for the whole; ours would have to call AWS. The file is
    what both write, and S3 tells of it. `alarm_description` is what the alarm says.
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
    ) -> None:
        super().__init__(scope, construct_id)
        results = f"{layout.monitoring}/{watch.endpoint}/{watch.schedule}/*/{VIOLATIONS_FILE}"
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
                read_with_key(key_arn=key_arn),
                allow(
                    "cloudwatch:PutMetricData",
                    on=["*"],
                    when={"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
                    safe_because="held to one namespace by the condition, which is all that CloudWatch knows",
                ),
            ],
            log_days=log_days,
        )
        self._start_on(bucket=watch.bucket, results=results)
        self.alarm = self._alarm(
            watch=watch, threshold=threshold, alarm_description=alarm_description, topic_arn=topic_arn
        )

    def _start_on(self, *, bucket: str, results: str) -> None:
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
