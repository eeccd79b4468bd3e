"""The local AWS put together: MiniStack's services, SageMaker, Application Auto Scaling and the clock."""

import contextlib
import functools
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import time_machine

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.cloud import resource_types
from modelyard.rehearsal.cloud.admin_api import AdminApi
from modelyard.rehearsal.cloud.bulkheads import Bulkheads
from modelyard.rehearsal.cloud.faults import Faults
from modelyard.rehearsal.cloud.gate import Gate
from modelyard.rehearsal.cloud.identities import Credentials, Identities
from modelyard.rehearsal.cloud.ministack import (
    apigateway,
    app,
    cloudformation,
    cloudwatch,
    eventbridge,
    iam,
    logs,
    s3,
    sigv4,
    sns,
    stepfunctions,
    tagging,
)
from modelyard.rehearsal.cloud.request_router import RequestRouter
from modelyard.rehearsal.cloud.service_quotas import ServiceQuotas
from modelyard.rehearsal.cloud.unused_properties import UnusedProperties
from modelyard.rehearsal.containers.local_commands import LocalCommands
from modelyard.rehearsal.sagemaker.assembly import SageMaker
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.service import Service
from modelyard.rehearsal.sagemaker.store import Document, Store
from modelyard.rehearsal.scaling.api import ApplicationAutoScaling
from modelyard.rehearsal.scaling.scheduled_actions import ScheduledActions

# As many calls of one endpoint, or of one operation of a REST API, are answered at a time.
THREADS = 64


class LocalAws:
    """Everything that answers. `app` is the ASGI application; leaving the context ends all jobs and endpoints."""

    def __init__(
        self, *, endpoint: str, account: str, secret: str, region: str, folder: Path, commands: LocalCommands
    ) -> None:
        self._closing = contextlib.ExitStack()
        # The whole process follows the clock to where it is moved.
        traveller = time_machine.travel(timedelta(), tick=True)
        clock = Clock(moved=traveller.start().shift)
        self._closing.callback(traveller.stop)
        self._closing.callback(clock.close)

        # The services that MiniStack does not have, and who calls them.
        identities = Identities(
            account=account, region=region, endpoint=endpoint, root=Credentials(key=account, secret=secret)
        )
        platform = Platform(
            clock=clock,
            store=Store(),
            identities=identities,
            folder=folder,
            commands=commands,
            account=account,
            region=region,
            emit=functools.partial(eventbridge.emit, account, region),
        )
        sagemaker = SageMaker(platform=platform)
        self._closing.callback(sagemaker.close)
        scheduled = ScheduledActions(platform=platform)
        scaling = Service(
            service="application-autoscaling",
            parts=[
                ApplicationAutoScaling(platform=platform, endpoints=sagemaker.endpoints, scheduled=scheduled),
                scheduled,
            ],
            account=account,
            region=region,
        )
        granted = ServiceQuotas(account=account, region=region)
        quotas = Service(service="service-quotas", parts=[granted], account=account, region=region)

        # What rehearsals ask for besides.
        bulkheads = Bulkheads(threads=THREADS)
        faults, decisions, unused = Faults(now=clock.now), iam.IamDecisionLog(), UnusedProperties()

        # MiniStack, in the order in which its services are changed.
        # First which service a request is for, and the callers: as whom everything that follows is checked.
        app.install()
        sigv4.install()
        # Whether their policies allow it. Registers a type, which the engine already can.
        iam.install(decisions=decisions)
        # The engine of templates, before what extends the types that it has.
        cloudformation.install(endpoint=endpoint)
        # Services whose types and handlers are extended; none of them needs another.
        logs.install()
        s3.install(identities=identities)
        sns.install()
        tagging.install(sagemaker=sagemaker.tags.tagged)
        apigateway.install(identities=identities, now=clock.now, bulkheads=bulkheads)
        # What works by itself, as roles. Within a minute, timers run in the order in which they were set: those of
        # SageMaker and of scaling above, then schedules and rules, then the alarms on what all of them have measured.
        stepfunctions.install(identities=identities, clock=clock)
        eventbridge.install(identities=identities, clock=clock)
        cloudwatch.install(clock=clock)
        # The types that MiniStack does not have.
        resource_types.install(
            sagemaker=_as_cloudformation(sagemaker.service, name="sagemaker", faults=faults),
            scaling=_as_cloudformation(scaling, name="application-autoscaling", faults=faults),
        )
        cloudformation.forget_types_outside(region)
        # Last: it counts what all types read, so that no type may come after it.
        unused.install(handlers=cloudformation.HANDLERS)

        self.app = RequestRouter(
            gate=Gate(port=int(endpoint.rpartition(":")[2]), account=account),
            admin=AdminApi(
                clock=clock,
                flush=sagemaker.flush,
                ignored=unused.by_type,
                grant=granted.grant,
                close_model_monitor=sagemaker.model_monitor.close,
                faults=faults,
                decisions=decisions,
            ),
            faults=faults,
            services={
                "SageMaker": sagemaker.service,
                "AnyScaleFrontendService": scaling,
                "ServiceQuotasV20190624": quotas,
            },
            metrics=sagemaker.metrics,
            hosting={"InvokeEndpoint": sagemaker.runtime, "InvokeEndpointAsync": sagemaker.async_runtime},
            bulkheads=bulkheads,
            account=account,
            region=region,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all jobs and endpoints; to be called once more does nothing."""
        self._closing.close()


def _as_cloudformation(service: Service, *, name: str, faults: Faults) -> resource_types.Call:
    """Return calls that CloudFormation makes: its own role is the operator's affair, and not checked here."""

    def call(operation: str, request: Document) -> Document:
        faults.refuse(action=f"{name}:{operation}", text=str(request))
        return service.answer(operation=operation, request=request, check=lambda _need: None)

    return call
