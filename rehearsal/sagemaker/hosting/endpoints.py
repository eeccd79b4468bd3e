"""The operations of SageMaker on endpoints."""

import dataclasses
import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from modelyard.rehearsal.sagemaker.errors import ServiceError, invalid
from modelyard.rehearsal.sagemaker.hosting.capture import CaptureSettings
from modelyard.rehearsal.sagemaker.hosting.deployments import RollbackAlarms, Rollout, Update, create, resize
from modelyard.rehearsal.sagemaker.hosting.endpoint_state import EndpointState, TimedSteps
from modelyard.rehearsal.sagemaker.hosting.fleet_sets import FleetSet, FleetSetFactory
from modelyard.rehearsal.sagemaker.hosting.fleets import Fleet, InstanceHealthMonitor
from modelyard.rehearsal.sagemaker.hosting.plans import EndpointPlan, read_plan
from modelyard.rehearsal.sagemaker.hosting.telemetry import Flusher, Telemetry
from modelyard.rehearsal.sagemaker.listing import page
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

_logger = logging.getLogger(__name__)
MINUTE = 60.0


class Endpoints:
    """Endpoints with instances that answer. `close` ends every process and writes what waits.

    An operation checks its request, changes the endpoint's status and answers; the work goes on behind it.
    """

    def __init__(self, *, platform: Platform, seed: int = 0) -> None:
        self._platform = platform
        self._table = platform.store.table("Endpoint")
        self._endpoints: dict[str, EndpointState] = {}
        # Each is called with the name of an endpoint that is to be deleted: its scalable targets go with it.
        self.before_deletion: list[Callable[[str], None]] = []
        self.telemetry = Telemetry.of(platform=platform, seed=seed)
        self._factory = FleetSetFactory(platform=platform, logs=self.telemetry.logs)
        self._flusher = Flusher(telemetry=self.telemetry)
        self._health = InstanceHealthMonitor(clock=platform.clock, fleets=self._fleets_in_service)
        self._minutely = platform.clock.every(seconds=MINUTE, run=self._end_minute)

    @operation
    def create_endpoint(self, request: Document) -> Document:
        """Begin to bring up an endpoint.

        Raises:
            ServiceError: ValidationException, the name is taken or the configuration cannot be used.

        """
        name = request["EndpointName"]
        arn = self._platform.arn(kind="endpoint", name=name)
        plan = read_plan(platform=self._platform, config=request["EndpointConfigName"])
        now = self._platform.clock.now()
        document: Document = {
            "EndpointName": name,
            "EndpointArn": arn,
            "EndpointConfigName": request["EndpointConfigName"],
            "EndpointStatus": "Creating",
            "CreationTime": now,
            "LastModifiedTime": now,
        }
        if "DeploymentConfig" in request:
            _check_guardrails(plan)
            # Nothing is rolled out yet, but what an update could not use is refused now.
            Rollout(config=request["DeploymentConfig"])
            document["LastDeploymentConfig"] = request["DeploymentConfig"]
        with self._platform.store.lock:
            if self._table.find(name) is not None:
                raise invalid(f'Cannot create already existing endpoint "{arn}".')
            self._table.add(name, document)
            endpoint = EndpointState(document=document, lock=self._platform.store.lock)
            self._endpoints[name] = endpoint
        self._bring_up(endpoint, plan=plan)
        return {"EndpointArn": arn}

    @operation
    def describe_endpoint(self, request: Document) -> Document:
        """Return how an endpoint stands; raises as `find` does."""
        return self.find(request["EndpointName"]).describe()

    @operation
    def list_endpoints(self, request: Document) -> Document:
        """Return the endpoints."""
        return page(request, self._table.documents(), member="Endpoints", name="EndpointName", status="EndpointStatus")

    @operation
    def update_endpoint(self, request: Document) -> Document:
        """Begin to replace an endpoint's instances by those of another configuration.

        Raises:
            ServiceError: ValidationException, there is no such endpoint, other work on it is not over, or the
                configuration cannot be used: it does not exist, or changes a variant that scales by itself.

        """
        endpoint = self.find(request["EndpointName"])
        answer = {"EndpointArn": endpoint.document["EndpointArn"]}
        plan = read_plan(platform=self._platform, config=request["EndpointConfigName"])
        retained = request.get("RetainDeploymentConfig", False)
        config = endpoint.document.get("LastDeploymentConfig", {}) if retained else request.get("DeploymentConfig", {})
        if config:
            _check_guardrails(plan)
        old = endpoint.serving
        # "You cannot convert your instance-based, real-time endpoint to a serverless endpoint."
        if plan.is_serverless and old is not None and not old.plan.is_serverless:
            raise invalid(f"Endpoint {endpoint.name} is served from instances and cannot be updated to serverless")
        rollout = Rollout(config=config)
        self._check_scaled_variants(endpoint, plan=plan)
        endpoint.begin(status="Updating", moment=self._platform.clock.now())
        if config:
            endpoint.document["LastDeploymentConfig"] = config

        # An endpoint that failed has nothing to replace.
        if old is None:
            self._bring_up(endpoint, plan=plan)
            return answer
        if request.get("RetainAllVariantProperties", False):
            excluded = {kind["VariantPropertyType"] for kind in request.get("ExcludeRetainedVariantProperties", ())}
            plan = old.retain_properties(plan, excluded=excluded)
        new = self._factory.make(endpoint=endpoint.name, plan=plan)
        endpoint.prepare(new, moment=self._platform.clock.now())
        alarms = RollbackAlarms(platform=self._platform, role_arn=plan.variants[0].model.role_arn)
        update = Update(endpoint=endpoint, old=old, new=new, rollout=rollout, clock=self._platform.clock, alarms=alarms)
        self._run_steps(endpoint, steps=update.steps)
        return answer

    @operation
    def update_endpoint_weights_and_capacities(self, request: Document) -> Document:
        """Begin to change variants' weights and instance counts.

        Raises:
            ServiceError: ValidationException, there is no such endpoint or variant, or other work on it is not over.

        """
        endpoint = self.find(request["EndpointName"])
        serving = endpoint.serving
        if serving is None:
            raise invalid(f"Endpoint {endpoint.name} must be InService to be changed, it is {endpoint.status}")
        counts: dict[str, int] = {}
        weights: dict[str, float] = {}
        for change in request["DesiredWeightsAndCapacities"]:
            plan = serving.fleet(change["VariantName"]).plan
            name = plan.name
            if plan.serverless is not None and "DesiredInstanceCount" in change:
                raise invalid(f"Variant {name} is serverless: it has no instances whose count could be changed")
            if "ServerlessUpdateConfig" in change:
                raise invalid("ServerlessUpdateConfig is not rehearsed; update the endpoint to another configuration")
            if "DesiredInstanceCount" in change:
                counts[name] = change["DesiredInstanceCount"]
            if "DesiredWeight" in change:
                weights[name] = change["DesiredWeight"]
        clock = self._platform.clock
        endpoint.begin(status="Updating", moment=clock.now())
        self._run(
            endpoint,
            work=lambda: resize(endpoint=endpoint, fleet_set=serving, counts=counts, weights=weights, clock=clock),
        )
        return {"EndpointArn": endpoint.document["EndpointArn"]}

    @operation
    def delete_endpoint(self, request: Document) -> Document:
        """Begin to end an endpoint; it is not found any more once its instances are gone.

        Raises:
            ServiceError: ValidationException, there is no such endpoint, or other work on it is not over.

        """
        endpoint = self.find(request["EndpointName"])
        endpoint.begin(status="Deleting", moment=self._platform.clock.now())
        endpoint.traffic.stop()
        for forget in self.before_deletion:
            forget(endpoint.name)

        def delete() -> None:
            for fleet_set in endpoint.fleet_sets:
                fleet_set.stop()
            with self._platform.store.lock:
                self._table.remove(endpoint.name)
                del self._endpoints[endpoint.name]

        self._run(endpoint, work=delete)
        return {}

    def find(self, name: str) -> EndpointState:
        """Return an endpoint.

        Raises:
            ServiceError: ValidationException, there is none of that name.

        """
        endpoint = self._endpoints.get(name)
        if endpoint is None:
            raise invalid(f'Could not find endpoint "{self._platform.arn(kind="endpoint", name=name)}".')
        return endpoint

    def find_served(self, name: str) -> EndpointState | None:
        """Return an endpoint that takes requests, or None."""
        endpoint = self._endpoints.get(name)
        return None if endpoint is None or endpoint.serving is None else endpoint

    def describe_all(self) -> list[Document]:
        """Return how all endpoints stand."""
        return [endpoint.describe() for endpoint in list(self._endpoints.values())]

    def saved(self) -> list[Document]:
        """Return what serves each endpoint, beside its document."""
        return [
            {
                "name": endpoint.name,
                "config": serving.plan.config,
                "counts": serving.counts(),
                "weights": dict(serving.weights),
                "capture": None if serving.plan.capture is None else dataclasses.asdict(serving.plan.capture),
            }
            for endpoint in list(self._endpoints.values())
            if (serving := endpoint.serving) is not None
        ]

    def resume(self, saved: Iterable[Document]) -> None:
        """Bring up the endpoints of an earlier run of the local AWS, with the instances that they had."""
        served = {one["name"]: one for one in saved}
        for document in self._table.documents():
            name, moment = document["EndpointName"], self._platform.clock.now()
            if document["EndpointStatus"] == "Deleting":
                self._table.remove(name)
                continue
            endpoint = self._endpoints[name] = EndpointState(document=document, lock=self._platform.store.lock)
            if document["EndpointStatus"] == "Failed" and name not in served:
                continue
            endpoint.set_status("Creating", moment=moment)
            try:
                plan = self._resumed_plan(document, served=served.get(name))
            except ServiceError as error:
                endpoint.set_status("Failed", moment=moment, reason=error.message)
            else:
                self._bring_up(endpoint, plan=plan)

    def _resumed_plan(self, document: Document, *, served: Document | None) -> EndpointPlan:
        """Return the plan of what was served, or of what was to be served for the first time."""
        if served is None:
            return read_plan(platform=self._platform, config=document["EndpointConfigName"])
        plan = read_plan(platform=self._platform, config=served["config"])
        variants = tuple(
            dataclasses.replace(variant, count=served["counts"][variant.name], weight=served["weights"][variant.name])
            for variant in plan.variants
        )
        capture = None if served["capture"] is None else CaptureSettings(**served["capture"])
        return dataclasses.replace(plan, variants=variants, capture=capture)

    def flush(self) -> None:
        """Write captures, metrics and logs that wait."""
        self.telemetry.flush()

    def close(self) -> None:
        """End every process, and write what waits."""
        self._minutely.cancel()
        self._health.close()
        for endpoint in self._endpoints.values():
            endpoint.traffic.stop()
            if endpoint.steps is not None:
                endpoint.steps.cancel()
        for fleet_set in self._fleet_sets():
            fleet_set.stop(grace=1)
        self._factory.close()
        for fleet_set in self._fleet_sets():
            # What was being launched at the time has come up in between.
            fleet_set.stop(grace=1)
        self._flusher.close()

    def _bring_up(self, endpoint: EndpointState, *, plan: EndpointPlan) -> None:
        """Have an endpoint that serves nothing serve a plan."""
        clock = self._platform.clock
        fleet_set = self._factory.make(endpoint=endpoint.name, plan=plan)
        endpoint.prepare(fleet_set, moment=clock.now())
        self._run(endpoint, work=lambda: create(endpoint=endpoint, fleet_set=fleet_set, clock=clock))

    def _check_scaled_variants(self, endpoint: EndpointState, *, plan: EndpointPlan) -> None:
        """Refuse to change the instance type of a variant that scales by itself, or to remove it.

        Source: "Delete or update endpoints that use automatic scaling" in AWS's developer guide.
        """
        instance_types = {variant.name: variant.instance_type for variant in plan.variants}
        for fleet in () if endpoint.serving is None else endpoint.serving.fleets.values():
            name = fleet.plan.name
            target = self._platform.store.table("ScalableTarget").find(f"endpoint/{endpoint.name}/variant/{name}")
            if target is not None and instance_types.get(name) != fleet.plan.instance_type:
                raise invalid(
                    f"An Application AutoScaling scalable target exists for variant {name}: deregister it before the "
                    "variant's instance type is changed or the variant is removed"
                )

    def _run(self, endpoint: EndpointState, *, work: Callable[[], None]) -> None:
        """Do work on an endpoint that waits for nothing on the clock."""

        def steps() -> Iterator[float]:
            work()
            yield from ()

        self._run_steps(endpoint, steps=steps)

    def _run_steps(self, endpoint: EndpointState, *, steps: Callable[[], Iterator[float]]) -> None:
        """Do work on an endpoint behind the request."""

        def guarded() -> Iterator[float]:
            try:
                yield from steps()
            except Exception as error:
                # Whatever it is, an endpoint must not stay Updating for ever without a word.
                _logger.exception("the work on endpoint %s failed", endpoint.name)
                if endpoint.pending is not None:
                    endpoint.pending.stop(grace=1)
                now = self._platform.clock.now()
                endpoint.set_status("Failed", moment=now, reason=f"Internal failure: {error!r}")

        name = f"endpoint {endpoint.name}"
        endpoint.steps = TimedSteps(clock=self._platform.clock, steps=guarded(), name=name)
        endpoint.steps.start()

    def _end_minute(self) -> None:
        """Write what is kept, with zeros for the variants that got no request in the minute that is over."""
        minute = self._platform.clock.now().replace(second=0, microsecond=0) - timedelta(minutes=1)
        for endpoint in list(self._endpoints.values()):
            for variant in () if endpoint.serving is None else endpoint.serving.fleets:
                self.telemetry.metrics.fill(endpoint=endpoint.name, variant=variant, minute=minute)
        self.telemetry.flush()

    def _fleet_sets(self) -> list[FleetSet]:
        return [fleet_set for endpoint in list(self._endpoints.values()) for fleet_set in endpoint.fleet_sets]

    def _fleets_in_service(self) -> list[Fleet]:
        endpoints = list(self._endpoints.values())
        return [
            fleet
            for endpoint in endpoints
            for fleet_set in endpoint.traffic.fleet_sets
            for fleet in fleet_set.all_fleets
        ]


def _check_guardrails(plan: EndpointPlan) -> None:
    """Refuse a DeploymentConfig for a serverless endpoint.

    "Deployment guardrails only apply to Asynchronous inference and Real-time inference endpoint types" (developer
    guide, "Deployment guardrails"); that AWS refuses it is believed.
    """
    if plan.is_serverless:
        raise invalid("DeploymentConfig is for endpoints of instances; leave it out for a serverless one")
