"""The engine `drift`: this repository's analyzer, in any account, on a schedule of our own."""

from __future__ import annotations

import json

from constructs import Construct

from manifest.monitoring import Monitoring
from modelyard.access import list_data, pass_role, publish, run_jobs, write_with_key
from modelyard.execution_role import ExecutionRole
from modelyard.recurring_start import RecurringStart
from modelyard.state_machine import StateMachine
from modelyard.workflows.check_run import CheckRun

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"


class DriftMonitor(Construct):
    """A schedule that starts a check of the hours before it, with AWS's contract and without AWS's analyzer."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        check: CheckRun,
        role: ExecutionRole,
        bucket_arn: str,
        key_arn: str,
        log_days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self.machine = StateMachine(
            self,
            "Check",
            name=check.schedule,
            definition=check.definition,
            statements=[
                *run_jobs(kind="ProcessingJob", name_prefix=check.job_prefix, rule="Processing"),
                pass_role(role_arn=role.arn),
                list_data(bucket_arn=bucket_arn, prefixes=check.reads),
                publish(topic_arn=check.topic_arn),
                write_with_key(key_arn=key_arn),
            ],
            log_days=log_days,
        )
        RecurringStart(
            self,
            "Hourly",
            name=check.schedule,
            machine=self.machine,
            expression=scheduler_cron(monitoring=check.monitoring),
            payload=json.dumps({"scheduled": SCHEDULED_TIME}),
        )


def scheduler_cron(*, monitoring: Monitoring) -> str:
    """The schedule as EventBridge Scheduler writes it: the same six fields, ten minutes after the hour.

    Captures arrive within minutes of their request (developer guide, "Capture data"), and SageMaker's own schedule
    starts 0 to 20 minutes late.
    """
    return monitoring.cron.replace("cron(0 ", "cron(10 ")
