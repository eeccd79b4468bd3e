"""What there is in the local AWS, for its page: read from where it is kept, so that nothing is counted as a call."""

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from modelyard.drift.escaping import LAYOUT, for_terminal
from modelyard.rehearsal.cloud.account_services import AccountServices
from modelyard.rehearsal.cloud.deployed_effects import DeployedEffects
from modelyard.rehearsal.cloud.ministack import cloudwatch, eventbridge, s3, stepfunctions
from modelyard.rehearsal.cloud.ministack.app import request_scope
from modelyard.rehearsal.cloud.refusals import RefusalLog
from modelyard.rehearsal.sagemaker.jobs.progress import PROCESSING, TRAINING, TRANSFORM, TUNING
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

# Of each table the page shows the newest; the number of all stands beside it.
MOST_SHOWN = 100


class Overview:
    """What the page shows of an account's services, which are asked for anew each time."""

    def __init__(
        self, *, services: Callable[[], AccountServices], refusals: RefusalLog, effects: DeployedEffects
    ) -> None:
        self._services = services
        self._refusals = refusals
        self._effects = effects

    @property
    def _platform(self) -> Platform:
        return self._services().platform

    def health(self) -> dict[str, Any]:
        """Return what answers: whoever reads it knows that requests are answered."""
        return {
            "ready": True,
            "version": _release(),
            "account": self._platform.account,
            "region": self._platform.region,
            "clock": self._platform.clock.now().isoformat(),
        }

    def document(self) -> dict[str, Any]:
        """Return it: tables of rows, the newest first, with how many rows there are."""
        with self._platform.store.lock:
            sagemaker = {"jobs": self._jobs(), "endpoints": self._endpoints()}
            monitoring = (self._monitoring_schedules(), self._monitoring_executions())
        with request_scope(self._platform.account, self._platform.region):
            tables = {
                **sagemaker,
                "buckets": s3.bucket_sizes(),
                "alarms": cloudwatch.alarms(),
                "schedules": [*monitoring[0], *eventbridge.schedules()],
                "executions": [*monitoring[1], *stepfunctions.executions()],
                "refusals": self._refusals.documents(),
                # The last of a table is shown first.
                "effects": self._effects.document()["limited"][::-1],
            }
        for name in ("jobs", "executions"):
            tables[name].sort(key=lambda row: row["started"])
        return {
            "clock": self._platform.clock.now().isoformat(),
            "account": self._platform.account,
            "region": self._platform.region,
            **{
                name: {"count": len(rows), "rows": _visible(rows[: -MOST_SHOWN - 1 : -1])}
                for name, rows in tables.items()
            },
        }

    def _documents(self, kind: str) -> list[Document]:
        return self._platform.store.table(kind).documents()

    def _jobs(self) -> list[Document]:
        kinds = (TRAINING, PROCESSING, TRANSFORM, TUNING)
        return [
            {
                "kind": kind.words,
                "name": job[kind.member("Name")],
                "state": job[kind.member("Status")],
                "started": job["CreationTime"].isoformat(),
                "reason": job.get("FailureReason", ""),
            }
            for kind in kinds
            for job in self._documents(kind.name)
        ]

    def _endpoints(self) -> list[Document]:
        return [
            {
                "name": endpoint["EndpointName"],
                "state": endpoint["EndpointStatus"],
                "variants": [
                    {"name": variant["VariantName"], "instances": variant.get("CurrentInstanceCount")}
                    for variant in endpoint.get("ProductionVariants", ())
                ],
                "reason": endpoint.get("FailureReason", ""),
            }
            for endpoint in self._services().sagemaker.endpoints.describe_all()
        ]

    def _monitoring_schedules(self) -> list[Document]:
        return [
            {
                "kind": "monitoring schedule",
                "name": schedule["MonitoringScheduleName"],
                "expression": schedule["MonitoringScheduleConfig"].get("ScheduleConfig", {}).get("ScheduleExpression"),
                "state": schedule["MonitoringScheduleStatus"],
            }
            for schedule in self._documents("MonitoringSchedule")
        ]

    def _monitoring_executions(self) -> list[Document]:
        return [
            {
                "of": execution["MonitoringScheduleName"],
                "state": execution["MonitoringExecutionStatus"],
                "started": execution["CreationTime"].isoformat(),
                "reason": execution.get("FailureReason", ""),
            }
            for execution in self._documents("MonitoringExecution")
        ]


def _release() -> str:
    try:
        return version("modelyard-rehearsal")
    except PackageNotFoundError:
        return "a clone, not installed"


def _visible(value: Any) -> Any:
    """Return rows with every text in them as a page may show it; the page's script makes no HTML of it."""
    if isinstance(value, dict):
        return {name: _visible(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_visible(item) for item in value]
    return for_terminal(value, kept=LAYOUT) if isinstance(value, str) else value
