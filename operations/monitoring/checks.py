"""Checks that have been made, and one that is made now, whichever engine makes them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from modelyard.operations.bucket import DataBucket
from modelyard.operations.executions import Execution, Machine, run_name
from modelyard.operations.monitoring.managed_check import ManagedCheck, on_demand_checks
from modelyard.operations.monitoring.managed_quality import ManagedQualityCheck
from modelyard.operations.monitoring.monitor import Monitor
from modelyard.operations.monitoring.window import Window
from modelyard.operations.screen.table import Table

NO_DATA = "NoData"
# SageMaker's words for the same (API reference, MonitoringExecutionSummary).
STATES = {
    "SUCCEEDED": "Completed",
    "RUNNING": "InProgress",
    "ABORTED": "Stopped",
    "FAILED": "Failed",
    "TIMED_OUT": "Failed",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One check: when it was due or begun, how it ended, and why it failed where it did."""

    at: datetime
    status: str
    reason: str
    name: str


def history(*, monitor: Monitor, most: int) -> list[Check]:
    """Return the last checks, newest first."""
    if monitor.is_own:
        machine = check_machine(monitor)
        return [_own(machine.describe(one["executionArn"])) for one in islice(machine.executions(), most)]
    scheduled = [
        Check(
            at=one["ScheduledTime"],
            status=one["MonitoringExecutionStatus"],
            reason=one.get("FailureReason", ""),
            name=one.get("ProcessingJobArn", "").rpartition("/")[2],
        )
        for one in islice(managed_executions(monitor), most)
    ]
    on_demand = [_on_demand(one) for one in islice(on_demand_checks(monitor), most)]
    return sorted([*scheduled, *on_demand], key=lambda check: check.at, reverse=True)[:most]


def table_of_checks(checks: list[Check]) -> Table:
    """Checks as rows."""
    rows = tuple((f"{one.at:%Y-%m-%d %H:%M}", one.status, one.reason, one.name) for one in checks)
    return Table(columns=("at (UTC)", "status", "reason", "check"), rows=rows, title="Checks")


def check_now(*, monitor: Monitor, window: Window, seen: Callable[[str], None]) -> str:
    """Check a window, wait for the end, and return the folder of the results in the data bucket; empty without data.

    Raises:
        Failure: the check failed.
    """
    deployment = monitor.deployment
    run = run_name(moment=deployment.aws.now())
    if not monitor.is_own:
        managed = ManagedQualityCheck if monitor.measures else ManagedCheck
        return managed(monitor=monitor, window=window, run=run).make(seen=seen)
    machine = check_machine(monitor)
    arn = machine.start(name=run, payload=window.input)
    try:
        execution = machine.follow(arn, seen=lambda execution: seen(execution.status))
    except KeyboardInterrupt:
        machine.stop(arn, cause="Interrupted by the operator")
        raise
    result = execution.result(what="The check")
    bucket = DataBucket(aws=deployment.aws, name=deployment.bucket)
    return "" if result["status"] == NO_DATA else bucket.key_of(str(result["report"]))


def check_machine(monitor: Monitor) -> Machine:
    """Return the state machine of the engine `drift`."""
    return Machine(aws=monitor.deployment.aws, arn=monitor.machine)


def managed_executions(monitor: Monitor) -> Any:
    """Return what SageMaker's schedule has run, newest first, as SageMaker describes it."""
    pages = monitor.deployment.aws.client("sagemaker").get_paginator("list_monitoring_executions")
    for page in pages.paginate(MonitoringScheduleName=monitor.schedule, SortBy="ScheduledTime", SortOrder="Descending"):
        yield from page["MonitoringExecutionSummaries"]


def _own(execution: Execution) -> Check:
    status = execution.output.get("status", STATES.get(execution.status, execution.status))
    # Why it failed, or why there was nothing to check.
    reason = execution.reason if execution.reason else str(execution.output.get("reason", ""))
    return Check(at=execution.started, status=status, reason=reason, name=execution.name)


def _on_demand(job: dict[str, Any]) -> Check:
    """A check on demand: of a job that completed, the exit message begins with the check's own status."""
    message = job.get("ExitMessage", "")
    ended = message.partition(":")[0] if job["ProcessingJobStatus"] == "Completed" and message else ""
    status = ended if ended else job["ProcessingJobStatus"]
    return Check(
        at=job["CreationTime"], status=status, reason=job.get("FailureReason", ""), name=job["ProcessingJobName"]
    )
