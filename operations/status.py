"""Everything of a model on one screen."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from modelyard.manifest.stack_kinds import StackKey, stack_kinds_of
from modelyard.operations.bucket import DataBucket
from modelyard.operations.costs.prices import shipped
from modelyard.operations.deployment import Deployment, Stack
from modelyard.operations.executions import SUCCEEDED, Execution, Machine
from modelyard.operations.failures import message_of, says_absent
from modelyard.operations.logs.job_failure import JobFailure
from modelyard.operations.monitoring import schedule
from modelyard.operations.monitoring.checks import history
from modelyard.operations.monitoring.monitor import Monitor, drift_of, monitors_of
from modelyard.operations.retraining.state import last_retraining
from modelyard.operations.screen.table import Cell, Table, table_of
from modelyard.operations.served_artifacts import served_artifacts
from modelyard.operations.tracking.app import tracking_app
from modelyard.operations.traffic.endpoint import endpoint_state
from modelyard.operations.traffic.idleness import idleness, use_of
from modelyard.operations.training.jobs import failures_of, jobs_of
from modelyard.operations.undeclared import UndeclaredStack
from modelyard.operations.undeclared_resources import UndeclaredResource

ALARM = "AWS::CloudWatch::Alarm"
NOT_THERE = "not deployed"
COLUMNS = ("model", "stacks", "endpoint", "variants", "last run", "last check", "quality", "alarms")


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """A model's stacks, and of those that stand what they run.

    `undeclared` are stacks of the stage that no manifest declares, and `resources` what is in none of its stacks; None
    where nobody may list them.
    """

    deployment: Deployment
    undeclared: tuple[UndeclaredStack, ...] | None
    resources: tuple[UndeclaredResource, ...] | None

    def document(self) -> dict[str, Any]:
        """Return all of it, for a program."""
        kinds = stack_kinds_of(self.deployment.model)
        measured = monitors_of(self.deployment) if self._stands("monitoring") else []
        return {
            "model": self.deployment.model.name,
            "stage": self.deployment.stage,
            "stacks": {
                **{kind.key: _state(self.deployment.find(kind.key)) for kind in kinds},
                **{one.name: one.status for one in self._own_undeclared},
            },
            "endpoint": self._endpoint(),
            "api": self._api(),
            "last_run": self._last_run(),
            "retraining": last_retraining(self.deployment) if self._stands("training") else None,
            "tracking": None if (app := tracking_app(self.deployment)) is None else app.state(),
            "last_check": _last(drift_of(self.deployment)) if self._stands("monitoring") else None,
            "last_quality_check": next((_last(monitor) for monitor in measured if monitor.measures), None),
            "alarms": self._alarms(),
            "undeclared": (
                None if self.undeclared is None else [one.record(prices=shipped()) for one in self._own_undeclared]
            ),
            "undeclared_resources": (
                None
                if self.resources is None
                else [one.record(prices=shipped()) for one in self.resources if one.model == self.deployment.model.name]
            ),
        }

    @property
    def _own_undeclared(self) -> list[UndeclaredStack]:
        found = () if self.undeclared is None else self.undeclared
        return [one for one in found if one.model == self.deployment.model.name]

    def _stands(self, key: StackKey) -> bool:
        stack = self.deployment.find(key)
        return stack is not None and stack.stands

    def _endpoint(self) -> dict[str, Any] | None:
        if not self._stands("serving"):
            return None
        name = self.deployment.endpoint
        try:
            state = endpoint_state(aws=self.deployment.aws, name=name)
        except ClientError as error:
            if not says_absent(error):
                raise
            return {"name": name, "status": "not found", "reason": message_of(error), "variants": [], "use": None}
        served, reason = {}, state.reason
        try:
            served = served_artifacts(aws=self.deployment.aws, config=state.config)
        except ClientError as error:  # its configuration or a model was deleted: the endpoint runs on without them
            reason = message_of(error)
        bucket = DataBucket(aws=self.deployment.aws, name=self.deployment.bucket)
        return {
            "name": state.name,
            "status": state.status,
            "reason": reason,
            "variants": [
                {
                    "variant": one.name,
                    "weight": one.weight,
                    "instances": one.instances,
                    "wanted": one.wanted,
                    "model": bucket.key_of(served.get(one.name, "")),
                }
                for one in state.variants
            ],
            "use": use_of(aws=self.deployment.aws, endpoint=name, now=self.deployment.aws.now()).record(
                prices=shipped()
            ),
        }

    def _api(self) -> dict[str, Cell] | None:
        model = self.deployment.model
        if model.api is None or not self._stands("api"):
            return None
        return {"url": self.deployment.output("api", "ApiUrl"), "auth": model.api.auth}

    def _last_run(self) -> dict[str, Any] | None:
        if not self._stands("training"):
            return None
        machine = Machine(aws=self.deployment.aws, arn=self.deployment.output("training", "TrainingStateMachineArn"))
        for listed in islice(machine.executions(), 1):
            execution = machine.describe(listed["executionArn"])
            best = execution.output.get("best")
            return {
                "run": execution.name,
                "status": execution.status,
                "best": None if best is None else best["name"],
                "reason": execution.reason,
                "failures": [dataclasses.asdict(one) for one in self._failures(execution)],
            }
        return None

    def _failures(self, execution: Execution) -> list[JobFailure]:
        """The trials of a run that failed as a whole; of any other the leaderboard says which failed."""
        if not execution.reason:
            return []
        aws, model, stage = self.deployment.aws, self.deployment.model, self.deployment.stage
        jobs = jobs_of(aws=aws, model=model, stage=stage, run=execution.name, since=execution.started)
        return failures_of(aws=aws, jobs=jobs)

    def _alarms(self) -> dict[str, str]:
        keys: tuple[StackKey, ...] = ("serving", "monitoring")
        names = [name for key in keys if self._stands(key) for name in self.deployment.resources(key, kind=ALARM)]
        if not names:
            return {}
        pages = self.deployment.aws.client("cloudwatch").get_paginator("describe_alarms")
        found = pages.paginate(AlarmNames=names).build_full_result()["MetricAlarms"]
        return {one["AlarmName"]: one["StateValue"] for one in found}


def _last(monitor: Monitor) -> dict[str, Any]:
    made = history(monitor=monitor, most=1)
    last = {"at": f"{made[0].at:%Y-%m-%d %H:%M}", "status": made[0].status, "reason": made[0].reason} if made else {}
    return {"schedule": schedule.state(monitor), **last}


def tables(document: dict[str, Any]) -> list[Table]:
    """Return one model's status as a few small tables."""
    endpoint, alarms = document["endpoint"], document["alarms"]
    found = [
        table_of(
            [{"stack": name, "status": state} for name, state in document["stacks"].items()], title=document["model"]
        )
    ]
    if endpoint is not None:
        title = f"endpoint {endpoint['name']}: {endpoint['status']}"
        found.append(table_of(endpoint["variants"], title=title))
    if document["api"] is not None:
        found.append(table_of([document["api"]], title="api"))
    if document["last_run"] is not None:
        shown = {key: document["last_run"][key] for key in ("run", "status", "best")}
        found.append(table_of([shown], title="last run"))
    if document["retraining"] is not None:
        found.append(table_of([document["retraining"]], title="retraining"))
    if document["tracking"] is not None:
        found.append(table_of([document["tracking"]], title="tracking"))
    if document["last_check"] is not None:
        found.append(table_of([document["last_check"]], title="last check"))
    if document["last_quality_check"] is not None:
        found.append(table_of([document["last_quality_check"]], title="last check of quality"))
    if alarms:
        found.append(table_of([{"alarm": name, "state": state} for name, state in alarms.items()]))
    return found


def stage_document(
    *, stage: str, stacks: Sequence[UndeclaredStack], resources: Sequence[UndeclaredResource]
) -> dict[str, Any]:
    """Return what belongs to no model in the form of a model's document, for a program."""
    return {
        "model": None,
        "stage": stage,
        "stacks": {one.name: one.status for one in stacks},
        **dict.fromkeys(("endpoint", "api", "last_run", "retraining", "tracking", "last_check", "last_quality_check")),
        "alarms": {},
        "undeclared": [one.record(prices=shipped()) for one in stacks],
        "undeclared_resources": [one.record(prices=shipped()) for one in resources],
    }


def reasons(document: dict[str, Any]) -> Iterator[str]:
    """Yield in lines why a model's last run failed, and how to read why its endpoint did."""
    name, run, endpoint = document["model"], document["last_run"], document["endpoint"]
    if run is not None and run["reason"]:
        yield f"The run {run['run']} failed: {run['reason']}"
        for failure in run["failures"]:
            yield from JobFailure(**failure).lines
    if endpoint is not None and endpoint["reason"]:
        yield f"The endpoint says: {endpoint['reason'].rstrip('.')}; its log: yard logs {name} --endpoint"


def idle_endpoints(documents: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield a line for each endpoint that nobody asks, or of which that is not known."""
    for document in documents:
        endpoint = document["endpoint"]
        if endpoint is not None and endpoint["use"] is not None:
            yield from idleness(endpoint=endpoint["name"], use=endpoint["use"])


def overview(documents: list[dict[str, Any]]) -> Table:
    """Return a line for each model."""
    return Table(columns=COLUMNS, rows=tuple(_row(document) for document in documents))


def _row(document: dict[str, Any]) -> tuple[Cell, ...]:
    endpoint, run, check = document["endpoint"], document["last_run"], document["last_check"]
    stacks, quality = document["stacks"], document["last_quality_check"]
    standing = sum(state != NOT_THERE for state in stacks.values())
    variants = (
        [f"{one['variant']} {one['instances']}x, weight {one['weight']:g}" for one in endpoint["variants"]]
        if endpoint
        else []
    )
    # A run that succeeded needs no word for it.
    ended = run["status"] if run and run["status"] != SUCCEEDED else ""
    return (
        document["model"],
        f"{standing} of {len(stacks)}",
        endpoint["status"] if endpoint else None,
        "\n".join(variants) or None,
        f"{run['run']} {ended}".rstrip() if run else None,
        check.get("status", check["schedule"]) if check else None,
        quality.get("status", quality["schedule"]) if quality else None,
        _alarms(document["alarms"]),
    )


def _alarms(states: dict[str, str]) -> str | None:
    """The worst of them, and of how many."""
    ringing = sum(state == "ALARM" for state in states.values())
    return f"{ringing} in ALARM" if ringing else "OK" if states else None


def _state(stack: Stack | None) -> str:
    if stack is None:
        return NOT_THERE
    return stack.status if stack.stands or not stack.reason else f"{stack.status}: {stack.reason}"
