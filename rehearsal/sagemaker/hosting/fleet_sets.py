"""All instances that belong to one configuration of an endpoint, and how its traffic is split among variants."""

import os
import random
import uuid
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.hosting.fleets import Fleet
from modelyard.rehearsal.sagemaker.hosting.launching import Launcher, LaunchError
from modelyard.rehearsal.sagemaker.hosting.plans import EndpointPlan, VariantPlan
from modelyard.rehearsal.sagemaker.hosting.serverless import ServerlessCapacity
from modelyard.rehearsal.sagemaker.hosting.telemetry import ContainerLogs, LogStream
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document


class FleetSet:
    """The fleets of one plan. Making it starts nothing; `start` does. `flush_logs` writes what they have printed."""

    def __init__(
        self, *, plan: EndpointPlan, make_fleet: Callable[[VariantPlan], Fleet], flush_logs: Callable[[], None]
    ) -> None:
        self.plan = plan
        self._flush_logs = flush_logs
        self.fleets = {variant.name: make_fleet(variant) for variant in plan.variants}
        self.shadows = {variant.name: make_fleet(variant) for variant in plan.shadows}
        self.weights = {variant.name: variant.weight for variant in plan.variants}

    @property
    def all_fleets(self) -> list[Fleet]:
        """Those that answer, and their shadows."""
        return [*self.fleets.values(), *self.shadows.values()]

    def start(self) -> None:
        """Start every instance, and wait until all are healthy.

        Raises:
            LaunchError: one did not come up.

        """
        launches = [(fleet, fleet.begin()) for fleet in self.all_fleets]
        failure: LaunchError | None = None
        for fleet, started in launches:
            try:
                fleet.finish(started)
            except LaunchError as error:
                failure = error if failure is None else failure
        if failure is not None:
            raise failure

    def start_shadows(self) -> None:
        """Start the shadow variants that are not there yet; raises as `start` does."""
        for fleet in self.shadows.values():
            fleet.finish(fleet.begin())

    def resize(self, counts: Mapping[str, int]) -> None:
        """Have so many instances of each named variant; raises as `Fleet.resize` does."""
        for name, count in counts.items():
            self.fleets[name].resize(count=count)

    def choose(self, *, target: str | None, generator: random.Random) -> Fleet:
        """Return the variant that is asked for, or one by weight.

        Raises:
            ServiceError: ValidationException, there is no such variant.

        """
        if target is not None:
            return self.fleet(target)
        if len(self.fleets) == 1 or sum(self.weights.values()) <= 0:
            return next(iter(self.fleets.values()))
        name = generator.choices(list(self.weights), weights=list(self.weights.values()))[0]
        return self.fleets[name]

    def fleet(self, variant: str) -> Fleet:
        """Return a variant's fleet; raises as `choose` does."""
        if variant not in self.fleets:
            raise invalid(f'The variant name(s) "{variant}" is/are not present within endpoint configuration')
        return self.fleets[variant]

    def counts(self) -> dict[str, int]:
        """Return how many instances each variant is to have."""
        return {name: fleet.desired for name, fleet in self.fleets.items()}

    def retain_properties(self, plan: EndpointPlan, *, excluded: Collection[str]) -> EndpointPlan:
        """Return another plan with the counts, weights and capture that are in service, but for excluded properties."""
        counts = {} if "DesiredInstanceCount" in excluded else self.counts()
        weights = {} if "DesiredWeight" in excluded else self.weights
        variants = tuple(
            replace(
                variant,
                count=counts.get(variant.name, variant.count),
                weight=weights.get(variant.name, variant.weight),
            )
            for variant in plan.variants
        )
        capture = plan.capture if "DataCaptureConfig" in excluded else self.plan.capture
        return replace(plan, variants=variants, capture=capture)

    def stop(self, *, grace: float = 60) -> None:
        """End every instance, all at the same time, and write what they printed.

        The role that may write it is often deleted next.
        """
        fleets = self.all_fleets
        with ThreadPoolExecutor(max_workers=max(1, len(fleets))) as executor:
            list(executor.map(lambda fleet: fleet.stop(grace=grace), fleets))
        self._flush_logs()

    def summaries(self) -> list[Document]:
        """Return the variants as DescribeEndpoint shows them."""
        return [_summary(fleet, weight=self.weights[name]) for name, fleet in self.fleets.items()]

    def shadow_summaries(self) -> list[Document]:
        """Return the shadow variants as DescribeEndpoint shows them."""
        return [_summary(fleet, weight=fleet.plan.weight) for fleet in self.shadows.values()]


def _summary(fleet: Fleet, *, weight: float) -> Document:
    images, serverless = [one.image for one in fleet.plan.model.containers], fleet.plan.serverless
    summary = {
        "VariantName": fleet.plan.name,
        "DeployedImages": [{"SpecifiedImage": image, "ResolvedImage": image} for image in images],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
    }
    if serverless is not None:
        return summary | {"CurrentInstanceCount": 0, "CurrentServerlessConfig": serverless.document}
    return summary | {
        "CurrentInstanceCount": fleet.count,
        "DesiredInstanceCount": fleet.desired,
        "InstanceType": fleet.plan.instance_type,
    }


class FleetSetFactory:
    """Makes fleet sets that share the processors: models that all load at once would miss their health checks."""

    def __init__(self, *, platform: Platform, logs: ContainerLogs) -> None:
        self._platform = platform
        self._logs = logs
        self._executor = ThreadPoolExecutor(max_workers=os.cpu_count(), thread_name_prefix="launch")

    def make(self, *, endpoint: str, plan: EndpointPlan) -> FleetSet:
        """Return a fleet set of a plan, of which nothing runs yet."""
        folder = self._platform.folder / "endpoints" / f"{endpoint}-{uuid.uuid4().hex[:8]}"

        def make_fleet(variant: VariantPlan) -> Fleet:
            def log(below: str, line: str) -> None:
                stream = f"{variant.name}/{below}"
                role_arn = variant.model.role_arn
                self._logs.add(stream=LogStream(endpoint=endpoint, stream=stream, role_arn=role_arn), line=line)

            launcher = Launcher(
                platform=self._platform,
                plan=variant,
                folder=folder / variant.name,
                executor=self._executor,
                log=log,
            )
            now = self._platform.clock.now
            capacity = None if variant.serverless is None else ServerlessCapacity(settings=variant.serverless, now=now)
            return Fleet(launcher=launcher, desired=variant.count, capacity=capacity)

        return FleetSet(plan=plan, make_fleet=make_fleet, flush_logs=self._logs.flush)

    def close(self) -> None:
        """Start nothing more, and wait for what is starting."""
        self._executor.shutdown(wait=True, cancel_futures=True)
