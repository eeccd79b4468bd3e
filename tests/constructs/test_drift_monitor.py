"""The check of the drift engine, on its schedule."""

import pytest

from modelyard.constructs.drift_monitor import DriftMonitor, scheduler_cron
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.manifest.monitoring import Monitoring
from support.small_stack import BUCKET_ARN, KEY_ARN, SmallStack
from support.workflows import check_run


def add(small: SmallStack, *, schedule: str = "hourly") -> None:
    role = ExecutionRole(small.stack, "Role", service="sagemaker.amazonaws.com", statements=[], description="Checks")
    DriftMonitor(
        small.stack,
        "Monitor",
        check=check_run(schedule=schedule),
        role=role,
        bucket_arn=BUCKET_ARN,
        key_arn=KEY_ARN,
        log_days=30,
    )


def test_a_check_is_told_the_time_that_it_was_due(small: SmallStack) -> None:
    add(small)

    assert small.one("Scheduler::Schedule")["Target"]["Input"] == '{"scheduled": "<aws.scheduler.scheduled-time>"}'


def test_the_machine_passes_the_jobs_role_and_no_other(small: SmallStack) -> None:
    add(small)

    (passed,) = [
        one for one in small.synthesize().statements("Small", "MonitorCheckRole") if one["Action"] == ["iam:PassRole"]
    ]
    assert passed["Resource"] == ["<Role.Arn>"]


def test_the_machine_has_the_schedule_s_name(small: SmallStack) -> None:
    add(small)

    assert small.one("StepFunctions::StateMachine")["StateMachineName"] == "dev-churn-data-quality"


@pytest.mark.parametrize(("schedule", "hours"), [("hourly", 2), ("cron(0 0/6 ? * * *)", 7), ("daily", 25)])
def test_an_alarm_rings_when_a_check_is_an_hour_late(small: SmallStack, schedule: str, hours: int) -> None:
    add(small, schedule=schedule)

    alarms = small.synthesize().resources("Small", "CloudWatch::Alarm").values()
    (silent,) = [one["Properties"] for one in alarms if one["Properties"]["TreatMissingData"] == "breaching"]
    assert silent["MetricName"] == "ExecutionsStarted"
    assert (silent["Period"], silent["EvaluationPeriods"]) == (3600, hours)


def test_the_minute_is_the_schedule_s_own() -> None:
    crons = {scheduler_cron(monitoring=Monitoring(engine="drift"), schedule=f"dev-m{one}") for one in range(20)}

    assert len(crons) > 5


def test_a_chosen_minute_is_kept() -> None:
    monitoring = Monitoring(engine="drift", minute=17)

    assert scheduler_cron(monitoring=monitoring, schedule="dev-churn").startswith("cron(17 ")
