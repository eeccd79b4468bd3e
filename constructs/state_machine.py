"""A state machine with its role, its log and its trace."""

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from modelyard.constructs.access import ONLY_ANY, Statement, allow
from modelyard.constructs.execution_role import ExecutionRole

NAMESPACE = "AWS/States"
FIVE_MINUTES = 300
HOUR = 3600


class StateMachine(Construct):
    """A definition that runs under a role which may do what its states do, and no more.

    The definition is an object of the template, not a text in it: a reviewer sees which state of it changed. An
    execution that fails or reaches its limit of time rings an alarm, whether or not its own states could report it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        definition: dict[str, Any],
        statements: Sequence[Statement],
        topic_arn: str,
        key_arn: str,
        log_days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        log_group = logs.CfnLogGroup(
            self,
            "Log",
            log_group_name=f"/aws/vendedlogs/states/{name}",
            retention_in_days=log_days,
            kms_key_id=key_arn,
        )
        log_group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        role = ExecutionRole(
            self,
            "Role",
            service="states.amazonaws.com",
            statements=[
                *statements,
                *_deliver_logs(),
                # Step Functions guide, "AWS X-Ray and Step Functions": none of these actions knows a resource.
                allow(
                    "xray:GetSamplingRules",
                    "xray:GetSamplingTargets",
                    "xray:PutTelemetryRecords",
                    "xray:PutTraceSegments",
                    on=["*"],
                    safe_because=ONLY_ANY,
                ),
            ],
            description=f"What the state machine {name} may do",
        )
        group = sfn.CfnStateMachine.CloudWatchLogsLogGroupProperty(log_group_arn=log_group.attr_arn)
        destination = sfn.CfnStateMachine.LogDestinationProperty(cloud_watch_logs_log_group=group)
        self.resource = sfn.CfnStateMachine(
            self,
            "Resource",
            state_machine_name=name,
            role_arn=role.arn,
            definition=definition,
            logging_configuration=sfn.CfnStateMachine.LoggingConfigurationProperty(
                level="ALL", include_execution_data=True, destinations=[destination]
            ),
            tracing_configuration=sfn.CfnStateMachine.TracingConfigurationProperty(enabled=True),
        )
        self.arn = self.resource.ref
        self._name, self._topic_arn = name, topic_arn
        self._alarm("Failed", metric="ExecutionsFailed", description=f"An execution of {name} failed")
        self._alarm("TimedOut", metric="ExecutionsTimedOut", description=f"An execution of {name} did not end in time")

    def alarm_on_silence(self, *, hours: int) -> None:
        """Add an alarm that rings when no execution has been started for so many hours: no data mean that as well.

        With periods of an hour an alarm looks back seven days at most (CloudWatch API reference, PutMetricAlarm).
        """
        self._alarm(
            "Silent",
            metric="ExecutionsStarted",
            description=f"Nothing has started {self._name} for {hours} hours",
            comparison="LessThanThreshold",
            missing="breaching",
            period=HOUR,
            periods=hours,
        )

    def _alarm(
        self,
        construct_id: str,
        *,
        metric: str,
        description: str,
        comparison: str = "GreaterThanOrEqualToThreshold",
        missing: str = "notBreaching",
        period: int = FIVE_MINUTES,
        periods: int = 1,
    ) -> None:
        dimension = cloudwatch.CfnAlarm.DimensionProperty(name="StateMachineArn", value=self.arn)
        cloudwatch.CfnAlarm(
            self,
            construct_id,
            alarm_description=description,
            namespace=NAMESPACE,
            metric_name=metric,
            dimensions=[dimension],
            statistic="Sum",
            period=period,
            evaluation_periods=periods,
            threshold=1,
            comparison_operator=comparison,
            treat_missing_data=missing,
            alarm_actions=[self._topic_arn],
            ok_actions=[self._topic_arn],
        )


def _deliver_logs() -> list[Statement]:
    """Step Functions guide, "Logging using CloudWatch Logs": none of these actions knows a resource."""
    return [
        allow(
            "logs:CreateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:DescribeLogGroups",
            "logs:DescribeResourcePolicies",
            "logs:GetLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:UpdateLogDelivery",
            on=["*"],
            safe_because=ONLY_ANY,
        )
    ]
