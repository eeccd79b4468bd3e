"""The local AWS put together: MiniStack's services, SageMaker, Application Auto Scaling and the clock."""

import contextlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import time_machine
from ministack.core.responses import request_scope
from ministack.services import eventbridge, scheduler

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.cloud import (
    alarms,
    api_templates,
    condition_keys,
    identity_providers,
    signatures,
    stack_progress,
    topics,
    wildcards,
)
from modelyard.rehearsal.cloud.admin_api import AdminApi
from modelyard.rehearsal.cloud.buckets import Buckets
from modelyard.rehearsal.cloud.bulkheads import Bulkheads
from modelyard.rehearsal.cloud.executions import Executions
from modelyard.rehearsal.cloud.faults import Faults
from modelyard.rehearsal.cloud.gate import Gate
from modelyard.rehearsal.cloud.iam_decision_log import IamDecisionLog
from modelyard.rehearsal.cloud.identities import Credentials, Identities
from modelyard.rehearsal.cloud.request_router import RequestRouter
from modelyard.rehearsal.cloud.rest_apis import RestApis
from modelyard.rehearsal.cloud.service_quotas import ServiceQuotas
from modelyard.rehearsal.cloud.step_tasks import StepTasks
from modelyard.rehearsal.cloud.targets import Targets
from modelyard.rehearsal.cloud.templates import Templates
from modelyard.rehearsal.cloud.unused_properties import UnusedProperties
from modelyard.rehearsal.sagemaker.assembly import SageMaker
from modelyard.rehearsal.sagemaker.permissions import Need
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.service import Service
from modelyard.rehearsal.sagemaker.store import Document, Store
from modelyard.rehearsal.scaling.api import ApplicationAutoScaling

MINUTE = 60.0
# As many calls of one endpoint, or of one operation of a REST API, are answered at a time.
THREADS = 64


class LocalAws:
    """Everything that answers. `app` is the ASGI application; leaving the context ends all jobs and endpoints."""

    def __init__(self, *, endpoint: str, account: str, secret: str, region: str, folder: Path) -> None:
        self._account, self._region = account, region
        self._closing = contextlib.ExitStack()
        self._clock = self._start_clock()
        self._gate = Gate(port=int(endpoint.rpartition(":")[2]), account=account)
        self._bulkheads = Bulkheads(threads=THREADS)
        root = Credentials(key=account, secret=secret)
        self._identities = Identities(account=account, region=region, endpoint=endpoint, root=root)
        self._platform = Platform(
            clock=self._clock,
            store=Store(),
            identities=self._identities,
            folder=folder,
            account=account,
            region=region,
        )
        self.app = self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all jobs and endpoints; to be called once more does nothing."""
        self._closing.close()

    def _start_clock(self) -> Clock:
        """Start the clock, and have the whole process follow where it is moved."""
        traveller = time_machine.travel(timedelta(), tick=True)
        moved = traveller.start()
        self._closing.callback(traveller.stop)
        clock = Clock(moved=moved.shift)
        self._closing.callback(clock.close)
        return clock

    def _open(self) -> RequestRouter:
        self._install_seams()
        sagemaker = SageMaker(platform=self._platform)
        self._closing.callback(sagemaker.close)
        scaling = Service(
            service="application-autoscaling",
            parts=[ApplicationAutoScaling(platform=self._platform, endpoints=sagemaker.endpoints)],
            account=self._account,
            region=self._region,
        )
        granted = ServiceQuotas(account=self._account, region=self._region)
        quotas = Service(service="service-quotas", parts=[granted], account=self._account, region=self._region)
        faults, decisions = Faults(now=self._clock.now), IamDecisionLog()
        decisions.install()
        Templates(
            sagemaker=_by_itself(sagemaker.service, name="sagemaker", faults=faults),
            scaling=_by_itself(scaling, name="application-autoscaling", faults=faults),
        ).install()
        identity_providers.install()
        unread = UnusedProperties()
        unread.install()
        self._follow_time()
        controls = AdminApi(
            clock=self._clock,
            flush=sagemaker.flush,
            ignored=unread.by_type,
            grant=granted.grant,
            faults=faults,
            decisions=decisions,
        )
        return RequestRouter(
            sagemaker=sagemaker.service,
            metrics=sagemaker.metrics,
            scaling=scaling,
            quotas=quotas,
            hosting=sagemaker.runtime,
            gate=self._gate,
            controls=controls,
            faults=faults,
            bulkheads=self._bulkheads,
            account=self._account,
        )

    def _install_seams(self) -> None:
        signatures.install()
        condition_keys.install()
        wildcards.install()
        stack_progress.install()
        topics.install()
        alarms.install(now=self._clock.now)
        Executions(clock=self._clock).install()
        for seam in (StepTasks, Targets, Buckets):
            seam(identities=self._identities).install()
        api_templates.install(endpoint=self._identities.endpoint)
        RestApis(identities=self._identities, now=self._clock.now, bulkheads=self._bulkheads).install()

    def _follow_time(self) -> None:
        """Have MiniStack's schedules follow the clock instead of threads that sleep."""
        eventbridge.start_scheduler = scheduler.start_scheduler = lambda: None
        self._clock.every(seconds=MINUTE, run=self._in_scope(scheduler._tick_schedules))
        self._clock.every(seconds=MINUTE, run=self._in_scope(eventbridge._tick_scheduled_rules))
        self._clock.every(seconds=MINUTE, run=alarms.evaluate_everywhere)

    def _in_scope(self, run: Callable[[], None]) -> Callable[[], None]:
        def scoped() -> None:
            with request_scope(self._account, self._region):
                run()

        return scoped


def _by_itself(service: Service, *, name: str, faults: Faults) -> Any:
    """Return calls that CloudFormation makes: its own role is the operator's affair, and not checked here."""

    def call(operation: str, request: Document) -> Document:
        faults.refuse(action=f"{name}:{operation}", text=str(request))
        return service.answer(operation=operation, request=request, check=_allowed)

    return call


def _allowed(_need: Need) -> None:
    return
