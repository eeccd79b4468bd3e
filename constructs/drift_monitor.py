"""The engine `drift`: this repository's analyzer, in any account, on a schedule of our own."""

import json

from constructs import Construct

from modelyard.constructs.access import list_data, pass_role, publish, run_jobs, write_with_key
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.recurring_start import RecurringStart
from modelyard.constructs.state_machine import StateMachine
from modelyard.constructs.workflows.check_run import CheckRun
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.timing import minute_of

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
                *run_jobs(kind="ProcessingJob", name_prefixes=check.job_prefixes, rule="Processing"),
                pass_role(role_arn=role.arn),
                list_data(bucket_arn=bucket_arn, prefixes=check.reads),
                publish(topic_arn=check.topic_arn),
                write_with_key(key_arn=key_arn),
            ],
            topic_arn=check.topic_arn,
            key_arn=key_arn,
            log_days=log_days,
        )
        self.machine.alarm_on_silence(hours=check.monitoring.period_hours + 1)
        RecurringStart(
            self,
            "Hourly",
            name=check.schedule,
            machine=self.machine,
            expression=scheduler_cron(monitoring=check.monitoring, schedule=check.schedule),
            payload=json.dumps({"scheduled": SCHEDULED_TIME}),
        )


def scheduler_cron(*, monitoring: Monitoring, schedule: str) -> str:
    """Return the schedule as EventBridge Scheduler writes it: the same six fields, with a minute of the schedule's own.

    Whichever minute it is, the hours that are checked end with the last full one.
    """
    return monitoring.cron.replace("cron(0 ", f"cron({minute_of(name=schedule, chosen=monitoring.minute)} ")
