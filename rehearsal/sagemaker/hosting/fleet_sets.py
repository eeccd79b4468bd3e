"""All instances that belong to one configuration of an endpoint, and how its traffic is split among variants."""

import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.hosting.fleets import Fleet
from modelyard.rehearsal.sagemaker.hosting.launching import LaunchError
from modelyard.rehearsal.sagemaker.hosting.plans import EndpointPlan, VariantPlan
from modelyard.rehearsal.sagemaker.store import Document

MakeFleet = Callable[[VariantPlan], Fleet]


class FleetSet:
    """The fleets of one plan. Making it starts nothing; `start` does."""

    def __init__(self, *, plan: EndpointPlan, make_fleet: MakeFleet) -> None:
        self.plan = plan
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

    def choose(self, *, target: str | None, chance: random.Random) -> Fleet:
        """Return the variant that is asked for, or one by weight.

        Raises:
            ServiceError: ValidationException, there is no such variant.

        """
        if target is not None:
            return self.fleet(target)
        if len(self.fleets) == 1 or sum(self.weights.values()) <= 0:
            return next(iter(self.fleets.values()))
        name = chance.choices(list(self.weights), weights=list(self.weights.values()))[0]
        return self.fleets[name]

    def fleet(self, variant: str) -> Fleet:
        """Return a variant's fleet; raises as `choose` does."""
        if variant not in self.fleets:
            raise invalid(f'The variant name(s) "{variant}" is/are not present within endpoint configuration')
        return self.fleets[variant]

    def counts(self) -> dict[str, int]:
        """Return how many instances each variant is to have."""
        return {name: fleet.wanted for name, fleet in self.fleets.items()}

    def stop(self, *, grace: float = 60) -> None:
        """End every instance, all at the same time."""
        fleets = self.all_fleets
        with ThreadPoolExecutor(max_workers=max(1, len(fleets))) as executor:
            list(executor.map(lambda fleet: fleet.stop(grace=grace), fleets))

    def summaries(self) -> list[Document]:
        """Return the variants as DescribeEndpoint shows them."""
        return [self._summary(fleet) for fleet in self.fleets.values()]

    def shadow_summaries(self) -> list[Document]:
        """Return the shadow variants as DescribeEndpoint shows them."""
        return [_counted(fleet, weight=fleet.plan.weight) for fleet in self.shadows.values()]

    def _summary(self, fleet: Fleet) -> Document:
        return _counted(fleet, weight=self.weights[fleet.plan.name])


def _counted(fleet: Fleet, *, weight: float) -> Document:
    image = fleet.plan.model.image
    return {
        "VariantName": fleet.plan.name,
        "DeployedImages": [{"SpecifiedImage": image, "ResolvedImage": image}],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
        "CurrentInstanceCount": fleet.count,
        "DesiredInstanceCount": fleet.wanted,
        "InstanceType": fleet.plan.instance_type,
    }
