"""What starts a run without a person: a schedule and rules on alarms, which call a workflow that starts one."""

import json
from collections.abc import Sequence

from aws_cdk import aws_events as events
from constructs import Construct

from modelyard.constructs.access import allow, list_data, look_at_alarms, publish, write_with_key
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.recurring_start import RecurringStart
from modelyard.constructs.state_machine import StateMachine
from modelyard.constructs.workflows.retrain_start import LOOK, RetrainStart

# How often alarms are looked at that stay in ALARM: CloudWatch tells of a change of their state, and of nothing else.
LOOK_EXPRESSION = "rate(1 day)"


class Retraining(Construct):
    """A workflow that starts runs of another, and who calls it.

    CloudWatch tells EventBridge of each change of an alarm's state, at least once (EventBridge reference, "Amazon
    CloudWatch events"); the alarms are found by their names, which are fixed, for their stack is deployed later.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        start: RetrainStart,
        bucket_arn: str,
        key_arn: str,
        log_days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        retrain, name = start.retrain, f"{start.prefix}-retraining"
        looks = [look_at_alarms(names=start.alarms)] if start.alarms else []
        self.machine = StateMachine(
            self,
            "Start",
            name=name,
            definition=start.definition,
            statements=[
                allow("states:ListExecutions", "states:StartExecution", on=[start.training_arn]),
                list_data(bucket_arn=bucket_arn, prefixes=[start.layout.open_proposals]),
                publish(topic_arn=start.topic_arn),
                write_with_key(key_arn=key_arn),
                *looks,
            ],
            topic_arn=start.topic_arn,
            key_arn=key_arn,
            log_days=log_days,
        )
        if retrain.schedule is not None:
            RecurringStart(
                self,
                "Schedule",
                name=name,
                machine=self.machine,
                expression=retrain.schedule,
                payload="{}",
                timezone=retrain.timezone,
            )
        if start.alarms:
            self._on_alarms(start.alarms)
            RecurringStart(
                self,
                "Look",
                name=f"{name}-look",
                machine=self.machine,
                expression=LOOK_EXPRESSION,
                payload=json.dumps({LOOK: True}),
            )

    def _on_alarms(self, alarms: Sequence[str]) -> None:
        role = ExecutionRole(
            self,
            "RuleRole",
            service="events.amazonaws.com",
            statements=[allow("states:StartExecution", on=[self.machine.arn])],
            description="Calls for a run when an alarm rings",
        )
        events.CfnRule(
            self,
            "Ringing",
            description="An alarm rings that a new model may answer",
            event_pattern={
                "source": ["aws.cloudwatch"],
                "detail-type": ["CloudWatch Alarm State Change"],
                "detail": {"alarmName": list(alarms), "state": {"value": ["ALARM"]}},
            },
            targets=[events.CfnRule.TargetProperty(id="Start", arn=self.machine.arn, role_arn=role.arn)],
        )
