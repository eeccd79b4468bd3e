"""A schedule that starts a state machine again and again."""

from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from modelyard.constructs.access import allow
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.state_machine import StateMachine

# A start that could not be made within the hour is not made up for: the next is due.
LONGEST_DELAY_SECONDS = 3600


class RecurringStart(Construct):
    """Starts the state machine when the expression says so, with the payload as its input."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        machine: StateMachine,
        expression: str,
        payload: str,
        timezone: str = "UTC",
    ) -> None:
        super().__init__(scope, construct_id)
        role = ExecutionRole(
            self,
            "Role",
            service="scheduler.amazonaws.com",
            statements=[allow("states:StartExecution", on=[machine.arn])],
            description=f"Starts the state machine {name}",
        )
        again = scheduler.CfnSchedule.RetryPolicyProperty(
            maximum_event_age_in_seconds=LONGEST_DELAY_SECONDS, maximum_retry_attempts=10
        )
        self.resource = scheduler.CfnSchedule(
            self,
            "Resource",
            name=name,
            schedule_expression=expression,
            schedule_expression_timezone=timezone,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=machine.arn, role_arn=role.arn, input=payload, retry_policy=again
            ),
        )
