"""The local AWS put together: MiniStack's services, SageMaker, Application Auto Scaling and the clock."""

import contextlib
import dataclasses
import functools
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import time_machine

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.cloud import resource_types
from modelyard.rehearsal.cloud.account_services import AccountServices
from modelyard.rehearsal.cloud.admin_api import AdminApi
from modelyard.rehearsal.cloud.bulkheads import Bulkheads
from modelyard.rehearsal.cloud.deployed_effects import DeployedEffects
from modelyard.rehearsal.cloud.engine import page_key
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
    waf,
)
from modelyard.rehearsal.cloud.overview import Overview
from modelyard.rehearsal.cloud.page import Page
from modelyard.rehearsal.cloud.refusals import RefusalLog
from modelyard.rehearsal.cloud.request_router import RequestRouter
from modelyard.rehearsal.cloud.tracking_door import TrackingDoor
from modelyard.rehearsal.cloud.unused_properties import UnusedProperties
from modelyard.rehearsal.containers.local_commands import LocalCommands
from modelyard.rehearsal.sagemaker.errors import in_use
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.saved_documents import from_json, to_json
from modelyard.rehearsal.sagemaker.service import Service
from modelyard.rehearsal.sagemaker.store import Document, Store

# As many calls of one endpoint, or of one operation of a REST API, are answered at a time.
THREADS = 64
STACK_SECONDS = 60.0
POLL_SECONDS = 0.02
# What is kept for the next start, by name.
ACCOUNT, OBJECTS, CLOCK, STATES = "account", "objects", "clock", "states/"


class LocalAws:
    """Everything that answers. `app` is the ASGI application; leaving the context ends all jobs and endpoints.

    `saved` is what an earlier one has saved, or nothing.
    """

    def __init__(
        self,
        *,
        endpoint: str,
        account: str,
        secret: str,
        region: str,
        folder: Path,
        commands: LocalCommands,
        saved: Mapping[str, str],
    ) -> None:
        self._closing = contextlib.ExitStack()
        # The whole process follows the clock to where it is moved.
        traveller = time_machine.travel(timedelta(), tick=True)
        clock = Clock(moved=traveller.start().shift)
        self._closing.callback(traveller.stop)
        self._closing.callback(clock.close)
        if CLOCK in saved:
            clock.skip(timedelta(seconds=float(saved[CLOCK])))

        # The services that MiniStack does not have, and who calls them.
        self._identities = Identities(
            account=account, region=region, endpoint=endpoint, root=Credentials(key=account, secret=secret)
        )
        identities = self._identities
        self._platform = Platform(
            clock=clock,
            store=Store(),
            identities=identities,
            folder=folder,
            commands=commands,
            account=account,
            region=region,
            endpoint=endpoint,
            emit=functools.partial(eventbridge.emit, account, region),
        )
        self._folder = folder
        self._services = self._make_services()
        self._closing.callback(lambda: self._services.close())

        # What rehearsals ask for besides.
        bulkheads = Bulkheads(threads=THREADS)
        self._refusals, self._faults = RefusalLog(now=clock.now), Faults(now=clock.now)
        self._decisions, self._unused = iam.IamDecisionLog(), UnusedProperties()
        tracking = TrackingDoor(services=lambda: self._services, bulkheads=bulkheads)
        effects = DeployedEffects(templates=cloudformation.standing_templates, unread=self._unused.by_type)
        overview = Overview(services=lambda: self._services, refusals=self._refusals, effects=effects)

        # MiniStack, in the order in which its services are changed.
        # First which service a request is for, and the callers: as whom everything that follows is checked.
        app.install()
        sigv4.install()
        # Whether their policies allow it. Registers a type, which the engine already can.
        iam.install(decisions=self._decisions)
        # The engine of templates, before what extends the types that it has.
        cloudformation.install(endpoint=endpoint)
        # Services whose types and handlers are extended; none of them needs another.
        logs.install()
        s3.install(identities=identities)
        sns.install()
        waf.install()
        tagging.install(sagemaker=lambda: self._services.sagemaker.tags.tagged())
        apigateway.install(identities=identities, now=clock.now, bulkheads=bulkheads)
        # What works by itself, as roles.
        stepfunctions.install(identities=identities, clock=clock)
        eventbridge.install(identities=identities, clock=clock)
        cloudwatch.install(clock=clock)
        # The types that MiniStack does not have.
        resource_types.install(
            sagemaker=self._as_cloudformation(lambda: self._services.sagemaker.service, name="sagemaker"),
            scaling=self._as_cloudformation(lambda: self._services.scaling, name="application-autoscaling"),
        )
        cloudformation.forget_types_outside(region)
        # Last: it counts what all types read, so that no type may come after it.
        self._unused.install(handlers=cloudformation.HANDLERS)

        self.app = RequestRouter(
            gate=Gate(
                port=int(endpoint.rpartition(":")[2]),
                account=account,
                page_key=page_key(secret=secret),
                tracking=tracking,
            ),
            page=Page(health=overview.health, overview=overview.document),
            refusals=self._refusals,
            admin=AdminApi(
                clock=clock,
                services=lambda: self._services,
                ignored=self._unused.by_type,
                effects=effects.document,
                faults=self._faults,
                decisions=self._decisions,
                overview=overview.document,
                reset=self.reset,
            ),
            faults=self._faults,
            services=lambda: self._services,
            bulkheads=bulkheads,
            tracking=tracking,
            account=account,
            region=region,
        )

        if saved:
            self._restore(saved)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all jobs and endpoints; to be called once more does nothing."""
        self._closing.close()

    def close_and_save(self) -> dict[str, str]:
        """End all jobs and endpoints, and return what there is: texts by their names."""
        account = self._services.close_and_save()
        states = {f"{STATES}{name}": text for name, text in app.saved().items()}
        offset = str(self._platform.clock.offset.total_seconds())
        self.close()
        return {ACCOUNT: account, OBJECTS: to_json(s3.saved_objects()), CLOCK: offset, **states}

    def _restore(self, saved: Mapping[str, str]) -> None:
        app.restore({name.removeprefix(STATES): text for name, text in saved.items() if name.startswith(STATES)})
        s3.restore_objects(from_json(saved[OBJECTS]))
        iam.publish_managed_policies()
        cloudformation.fail_unfinished()
        # Last: endpoints are brought up from what lies in buckets, as roles.
        self._services.restore(saved[ACCOUNT])

    def reset(self) -> None:
        """Have the account be as it was at the start; the clock stays where it is.

        Raises:
            ServiceError: ResourceInUse, a stack is still being worked on.

        """
        with app.request_scope(self._platform.account, self._platform.region):
            stepfunctions.stop_executions()
            # Its resources are made by the services that are about to end.
            await_stacks()
        self._services.close()
        self._platform.clock.forget_work()
        app.clear()
        iam.publish_managed_policies()
        eventbridge.forget_starts()
        self._identities.forget_roles()
        for kept in (self._faults, self._refusals, self._decisions, self._unused):
            kept.clear()
        shutil.rmtree(self._services.platform.folder)
        self._services = self._make_services()

    def _make_services(self) -> AccountServices:
        """Return an account's services, with a folder that no job or endpoint has used."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        return AccountServices(platform=dataclasses.replace(self._platform, store=Store(), folder=folder))

    def _as_cloudformation(self, service: Callable[[], Service], *, name: str) -> resource_types.Call:
        """Return calls that CloudFormation makes: its own role is the operator's affair, and not checked here."""

        def call(operation: str, request: Document) -> Document:
            self._faults.refuse(action=f"{name}:{operation}", text=str(request))
            return service().answer(operation=operation, request=request, check=lambda _need: None)

        return call


def await_stacks() -> None:
    """Wait until no stack is being worked on.

    Raises:
        ServiceError: ResourceInUse, it takes too long.

    """
    deadline = time.monotonic() + STACK_SECONDS
    while names := cloudformation.in_progress():
        if time.monotonic() > deadline:
            raise in_use(f"the stacks {', '.join(names)} are still being worked on; reset the account after that")
        time.sleep(POLL_SECONDS)
