"""The schedule of the checks: stopped and idle, so that a deploy or a destroy does not fail on it; and on again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from operations.deployment import Deployment
from operations.executions import RUNNING, pauses
from operations.monitoring.checks import OWN_ENGINE, check_machine, managed_executions

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


def state(deployment: Deployment) -> str:
    """The schedule's state, in the word of the service that runs it."""
    name = deployment.output("monitoring", "MonitoringScheduleName")
    if _is_own(deployment):
        return str(deployment.aws.client("scheduler").get_schedule(Name=name)["State"])
    found = deployment.aws.client("sagemaker").describe_monitoring_schedule(MonitoringScheduleName=name)
    return str(found["MonitoringScheduleStatus"])


def pause(deployment: Deployment, *, seen: Seen) -> None:
    """Switch the schedule off, stop what it has running, and wait until nothing is."""
    if _is_own(deployment):
        _switch(deployment, to="DISABLED")
        _stop_own(deployment, seen=seen)
        return
    name = deployment.output("monitoring", "MonitoringScheduleName")
    if state(deployment) in ON:
        deployment.aws.client("sagemaker").stop_monitoring_schedule(MonitoringScheduleName=name)
    _wait_for(deployment, states={"Stopped", "Failed"}, seen=seen)
    _stop_managed(deployment, seen=seen)


def resume(deployment: Deployment, *, seen: Seen) -> None:
    """Switch the schedule on."""
    if _is_own(deployment):
        _switch(deployment, to="ENABLED")
        return
    name = deployment.output("monitoring", "MonitoringScheduleName")
    if state(deployment) not in ON:
        deployment.aws.client("sagemaker").start_monitoring_schedule(MonitoringScheduleName=name)
    _wait_for(deployment, states=ON, seen=seen)


def _is_own(deployment: Deployment) -> bool:
    return deployment.output("monitoring", "MonitoringEngine") == OWN_ENGINE


def _switch(deployment: Deployment, *, to: str) -> None:
    scheduler = deployment.aws.client("scheduler")
    found = scheduler.get_schedule(Name=deployment.output("monitoring", "MonitoringScheduleName"))
    if found["State"] != to:
        scheduler.update_schedule(**{key: found[key] for key in KEPT if key in found}, State=to)


def _stop_own(deployment: Deployment, *, seen: Seen) -> None:
    machine = check_machine(deployment)
    running = [one["executionArn"] for one in machine.executions(status=RUNNING)]
    for arn in running:
        seen(f"stopping the check {arn.rpartition(':')[2]}")
        machine.stop(arn, cause="yard pause")
        machine.follow(arn)


def _stop_managed(deployment: Deployment, *, seen: Seen) -> None:
    sagemaker = deployment.aws.client("sagemaker")
    for job in _jobs(_unfinished(deployment), status="InProgress"):
        seen(f"stopping the check {job}")
        sagemaker.stop_processing_job(ProcessingJobName=job)
    for wait in pauses():
        left = _unfinished(deployment)
        if not left:
            return
        seen(f"{len(left)} checks still end")
        time.sleep(wait)


def _unfinished(deployment: Deployment) -> list[dict[str, Any]]:
    return [one for one in managed_executions(deployment) if one["MonitoringExecutionStatus"] in UNFINISHED]


def _jobs(executions: Iterable[dict[str, Any]], *, status: str) -> list[str]:
    return [
        one["ProcessingJobArn"].rpartition("/")[2]
        for one in executions
        if one["MonitoringExecutionStatus"] == status and "ProcessingJobArn" in one
    ]


def _wait_for(deployment: Deployment, *, states: Iterable[str], seen: Seen) -> None:
    for wait in pauses():
        now = state(deployment)
        seen(f"schedule {now}")
        if now in states:
            return
        time.sleep(wait)
