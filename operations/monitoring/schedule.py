"""The schedule of the checks: stopped and idle, so that a deploy or a destroy does not fail on it; and on again."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from modelyard.operations.executions import RUNNING, pauses
from modelyard.operations.monitoring.checks import check_machine, managed_executions
from modelyard.operations.monitoring.monitor import Monitor

ON = frozenset({"Scheduled", "ENABLED"})
# A monitoring execution in one of these holds its schedule (API reference, MonitoringExecutionSummary).
UNFINISHED = frozenset({"Pending", "InProgress", "Stopping"})
# All that UpdateSchedule would otherwise reset (EventBridge Scheduler API reference, UpdateSchedule).
KEPT = (
    "Name",
    "GroupName",
    "Description",
    "StartDate",
    "EndDate",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "FlexibleTimeWindow",
    "KmsKeyArn",
    "Target",
    "ActionAfterCompletion",
)

Seen = Callable[[str], None]


def state(monitor: Monitor) -> str:
    """Return the schedule's state, in the word of the service that runs it."""
    if monitor.is_own:
        return str(monitor.deployment.aws.client("scheduler").get_schedule(Name=monitor.schedule)["State"])
    found = monitor.deployment.aws.client("sagemaker").describe_monitoring_schedule(
        MonitoringScheduleName=monitor.schedule
    )
    return str(found["MonitoringScheduleStatus"])


def pause(monitor: Monitor, *, seen: Seen) -> None:
    """Switch the schedule off, stop what it has running, and wait until nothing is."""
    if monitor.is_own:
        _switch(monitor, to="DISABLED")
        machine = check_machine(monitor)
        for arn in [one["executionArn"] for one in machine.executions(status=RUNNING)]:
            seen(f"stopping the check {arn.rpartition(':')[2]}")
            machine.stop(arn, cause="yard pause")
            machine.follow(arn)
        return

    sagemaker = monitor.deployment.aws.client("sagemaker")
    if state(monitor) in ON:
        sagemaker.stop_monitoring_schedule(MonitoringScheduleName=monitor.schedule)
    _wait_for(monitor, states={"Stopped", "Failed"}, seen=seen)
    for one in _unfinished(monitor):
        if one["MonitoringExecutionStatus"] == "InProgress" and "ProcessingJobArn" in one:
            job = one["ProcessingJobArn"].rpartition("/")[2]
            seen(f"stopping the check {job}")
            sagemaker.stop_processing_job(ProcessingJobName=job)
    for wait in pauses():
        left = _unfinished(monitor)
        if not left:
            return
        seen(f"{len(left)} checks still end")
        time.sleep(wait)


def resume(monitor: Monitor, *, seen: Seen) -> None:
    """Switch the schedule on."""
    if monitor.is_own:
        _switch(monitor, to="ENABLED")
        return
    if state(monitor) not in ON:
        monitor.deployment.aws.client("sagemaker").start_monitoring_schedule(MonitoringScheduleName=monitor.schedule)
    _wait_for(monitor, states=ON, seen=seen)


def _switch(monitor: Monitor, *, to: str) -> None:
    scheduler = monitor.deployment.aws.client("scheduler")
    found = scheduler.get_schedule(Name=monitor.schedule)
    if found["State"] != to:
        scheduler.update_schedule(**{key: found[key] for key in KEPT if key in found}, State=to)


def _unfinished(monitor: Monitor) -> list[dict[str, Any]]:
    return [one for one in managed_executions(monitor) if one["MonitoringExecutionStatus"] in UNFINISHED]


def _wait_for(monitor: Monitor, *, states: Iterable[str], seen: Seen) -> None:
    for wait in pauses():
        now = state(monitor)
        seen(f"schedule {now}")
        if now in states:
            return
        time.sleep(wait)
