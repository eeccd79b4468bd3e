"""The operations of SageMaker on endpoints."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.hosting.deployments import Update, create
from modelyard.rehearsal.sagemaker.hosting.endpoint_state import EndpointState
from modelyard.rehearsal.sagemaker.hosting.fleet_set_factory import FleetSetFactory
from modelyard.rehearsal.sagemaker.hosting.fleet_sets import FleetSet
from modelyard.rehearsal.sagemaker.hosting.fleets import Fleet
from modelyard.rehearsal.sagemaker.hosting.instance_health import InstanceHealthMonitor
from modelyard.rehearsal.sagemaker.hosting.launching import LaunchError
from modelyard.rehearsal.sagemaker.hosting.plans import EndpointPlan, read_plan
from modelyard.rehearsal.sagemaker.hosting.rollback_alarms import Alarms
from modelyard.rehearsal.sagemaker.hosting.rollout import Rollout
from modelyard.rehearsal.sagemaker.hosting.telemetry import Flusher, Telemetry
from modelyard.rehearsal.sagemaker.hosting.timed_steps import TimedSteps
from modelyard.rehearsal.sagemaker.listing import page
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

_logger = logging.getLogger(__name__)
MINUTE = 60.0


class Endpoints:
    """Endpoints with instances that answer. `close` ends every process and writes what waits."""

    def __init__(self, *, platform: Platform, seed: int = 0) -> None:
        self._platform = platform
        self._table = platform.store.table("Endpoint")
        # Told the name of each endpoint that is to be deleted: its scalable targets go with it.
        self.before_deletion: list[Callable[[str], None]] = []
        self._hosted: dict[str, EndpointState] = {}
        self.instruments = Telemetry.of(platform=platform, seed=seed)
        self._maker = FleetSetFactory(platform=platform, logs=self.instruments.logs)
        self._flusher = Flusher(instruments=self.instruments)
        self._caretaker = InstanceHealthMonitor(clock=platform.clock, fleets=self._fleets_in_service)
        self._minutely = platform.clock.every(seconds=MINUTE, run=self._note_minute)

    @operation
    def create_endpoint(self, request: Document) -> Document:
        """Begin to bring up an endpoint.

        Raises:
            ServiceError: ValidationException, the name is taken or the configuration cannot be used.

        """
        name, arn = request["EndpointName"], self._arn(request["EndpointName"])
        plan = self._plan(request["EndpointConfigName"])
        Rollout(config=request.get("DeploymentConfig", {}))
        with self._platform.store.lock:
            if self._table.find(name) is not None:
                raise invalid(f'Cannot create already existing endpoint "{arn}".')
            document = self._document(request, arn=arn)
            self._table.add(name, document)
            endpoint = EndpointState(document=document, lock=self._platform.store.lock)
            self._hosted[name] = endpoint
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
            ServiceError: ValidationException, there is no such endpoint, something else goes on with it, or the
            configuration cannot be used: it does not exist, or changes a variant that scales by itself.

        """
        endpoint = self.find(request["EndpointName"])
        plan = self._plan(request["EndpointConfigName"])
        config = self._deployment_config(request, endpoint=endpoint)
        rollout = Rollout(config=config)
        self._check_scaled(endpoint, plan=plan)
        endpoint.begin(status="Updating", moment=self._platform.clock.now())
        if config:
            endpoint.document["LastDeploymentConfig"] = config
        self._replace(endpoint, plan=_retained(request, plan=plan, serving=endpoint.serving), rollout=rollout)
        return {"EndpointArn": endpoint.document["EndpointArn"]}

    @operation
    def update_endpoint_weights_and_capacities(self, request: Document) -> Document:
        """Begin to change variants' weights and instance counts.

        Raises:
            ServiceError: ValidationException, there is no such endpoint or variant, or something else goes on with it.

        """
        endpoint = self.find(request["EndpointName"])
        serving = endpoint.serving
        if serving is None:
            raise invalid(f"Endpoint {endpoint.name} must be InService to be changed, it is {endpoint.status}")
        changes = request["DesiredWeightsAndCapacities"]
        for change in changes:
            serving.fleet(change["VariantName"])
        endpoint.begin(status="Updating", moment=self._platform.clock.now())
        self._run_steps(endpoint, steps=self._change(endpoint, serving=serving, changes=changes))
        return {"EndpointArn": endpoint.document["EndpointArn"]}

    @operation
    def delete_endpoint(self, request: Document) -> Document:
        """Begin to end an endpoint; it is not found any more once its instances are gone.

        Raises:
            ServiceError: ValidationException, there is no such endpoint, or something else goes on with it.

        """
        endpoint = self.find(request["EndpointName"])
        endpoint.begin(status="Deleting", moment=self._platform.clock.now())
        endpoint.traffic.stop()
        for told in self.before_deletion:
            told(endpoint.name)
        self._run_steps(endpoint, steps=self._end(endpoint))
        return {}

    def find(self, name: str) -> EndpointState:
        """Return an endpoint.

        Raises:
            ServiceError: ValidationException, there is none of that name.

        """
        endpoint = self._hosted.get(name)
        if endpoint is None:
            raise invalid(f'Could not find endpoint "{self._arn(name)}".')
        return endpoint

    def find_served(self, name: str) -> EndpointState | None:
        """Return an endpoint that takes requests, or None."""
        endpoint = self._hosted.get(name)
        return None if endpoint is None or endpoint.serving is None else endpoint

    def flush(self) -> None:
        """Write captures, metrics and logs that wait."""
        self.instruments.flush()

    def close(self) -> None:
        """End every process, and write what waits."""
        self._minutely.cancel()
        self._caretaker.close()
        for endpoint in self._hosted.values():
            endpoint.traffic.stop()
            if endpoint.course is not None:
                endpoint.course.cancel()
        for fleet_set in self._fleet_sets():
            fleet_set.stop(grace=1)
        self._maker.close()
        for fleet_set in self._fleet_sets():
            # What was being launched at the time has come up in between.
            fleet_set.stop(grace=1)
        self._flusher.close()

    def _note_minute(self) -> None:
        minute = self._platform.clock.now().replace(second=0, microsecond=0) - timedelta(minutes=1)
        for endpoint in list(self._hosted.values()):
            for variant in () if endpoint.serving is None else endpoint.serving.fleets:
                self.instruments.measurements.fill(endpoint=endpoint.name, variant=variant, minute=minute)
        self.instruments.flush()

    def _bring_up(self, endpoint: EndpointState, *, plan: EndpointPlan) -> None:
        fleet_set = self._maker.make(endpoint=endpoint.name, plan=plan)
        endpoint.pending, endpoint.pending_since = fleet_set, self._platform.clock.now()
        self._run_steps(endpoint, steps=create(endpoint=endpoint, fleet_set=fleet_set, clock=self._platform.clock))

    def _replace(self, endpoint: EndpointState, *, plan: EndpointPlan, rollout: Rollout) -> None:
        old = endpoint.serving
        if old is None:
            self._bring_up(endpoint, plan=plan)
            return
        new = self._maker.make(endpoint=endpoint.name, plan=plan)
        endpoint.pending, endpoint.pending_since = new, self._platform.clock.now()
        update = Update(
            endpoint=endpoint,
            old=old,
            new=new,
            rollout=rollout,
            clock=self._platform.clock,
            alarms=Alarms(platform=self._platform, role_arn=plan.variants[0].model.role_arn),
        )
        self._run_steps(endpoint, steps=update.steps())

    def _change(self, endpoint: EndpointState, *, serving: FleetSet, changes: list[Document]) -> Iterator[float]:
        reason = None
        try:
            serving.resize(_named(changes, member="DesiredInstanceCount"))
            serving.weights |= _named(changes, member="DesiredWeight")
        except LaunchError as error:
            reason = str(error)
        endpoint.note(status="InService", moment=self._platform.clock.now(), reason=reason)
        yield from ()

    def _end(self, endpoint: EndpointState) -> Iterator[float]:
        for fleet_set in (endpoint.serving, endpoint.pending):
            if fleet_set is not None:
                fleet_set.stop()
        with self._platform.store.lock:
            self._table.remove(endpoint.name)
            del self._hosted[endpoint.name]
        yield from ()

    def _run_steps(self, endpoint: EndpointState, *, steps: Iterator[float]) -> None:
        name = f"endpoint {endpoint.name}"
        endpoint.course = TimedSteps(clock=self._platform.clock, steps=self._guarded(endpoint, steps), name=name)
        endpoint.course.start()

    def _guarded(self, endpoint: EndpointState, steps: Iterator[float]) -> Iterator[float]:
        try:
            yield from steps
        except Exception as error:
            # Whatever it is, an endpoint must not stay Updating for ever without a word.
            _logger.exception("the work on endpoint %s failed", endpoint.name)
            if endpoint.pending is not None:
                endpoint.pending.stop(grace=1)
            endpoint.note(status="Failed", moment=self._platform.clock.now(), reason=f"Internal failure: {error!r}")

    def _fleet_sets(self) -> list[FleetSet]:
        endpoints = list(self._hosted.values())
        both = [fleet_set for endpoint in endpoints for fleet_set in (endpoint.serving, endpoint.pending)]
        return [fleet_set for fleet_set in both if fleet_set is not None]

    def _fleets_in_service(self) -> list[Fleet]:
        endpoints = list(self._hosted.values())
        fleet_sets = [fleet_set for endpoint in endpoints for fleet_set in endpoint.traffic.fleet_sets]
        return [fleet for fleet_set in fleet_sets for fleet in fleet_set.all_fleets]

    def _plan(self, config: str) -> EndpointPlan:
        arn = self._platform.arn(kind="endpoint-config", name=config)
        return read_plan(store=self._platform.store, config=config, arn=arn)

    def _check_scaled(self, endpoint: EndpointState, *, plan: EndpointPlan) -> None:
        """Refuse to change the instance type of a variant that scales by itself, or to remove it.

        Source: "Delete or update endpoints that use automatic scaling" in AWS's developer guide.
        """
        kept = {variant.name: variant.instance_type for variant in plan.variants}
        for fleet in () if endpoint.serving is None else endpoint.serving.fleets.values():
            name = fleet.plan.name
            target = self._platform.store.table("ScalableTarget").find(f"endpoint/{endpoint.name}/variant/{name}")
            if target is not None and kept.get(name) != fleet.plan.instance_type:
                raise invalid(
                    f"An Application AutoScaling scalable target exists for variant {name}: deregister it before the "
                    "variant's instance type is changed or the variant is removed"
                )

    def _arn(self, name: str) -> str:
        return self._platform.arn(kind="endpoint", name=name)

    def _document(self, request: Document, *, arn: str) -> Document:
        now = self._platform.clock.now()
        document: Document = {
            "EndpointName": request["EndpointName"],
            "EndpointArn": arn,
            "EndpointConfigName": request["EndpointConfigName"],
            "EndpointStatus": "Creating",
            "CreationTime": now,
            "LastModifiedTime": now,
        }
        config = request.get("DeploymentConfig")
        return document if config is None else document | {"LastDeploymentConfig": config}

    def _deployment_config(self, request: Document, *, endpoint: EndpointState) -> Document:
        if request.get("RetainDeploymentConfig", False):
            kept: Document = endpoint.document.get("LastDeploymentConfig", {})
            return kept
        given: Document = request.get("DeploymentConfig", {})
        return given


def _retained(request: Document, *, plan: EndpointPlan, serving: FleetSet | None) -> EndpointPlan:
    if serving is None or not request.get("RetainAllVariantProperties", False):
        return plan
    excluded = {kind["VariantPropertyType"] for kind in request.get("ExcludeRetainedVariantProperties", ())}
    counts = {} if "DesiredInstanceCount" in excluded else serving.counts()
    weights = {} if "DesiredWeight" in excluded else serving.weights
    kept = plan.retaining(counts=counts, weights=weights)
    return kept if "DataCaptureConfig" in excluded else replace(kept, capture=serving.plan.capture)


def _named(changes: list[Document], *, member: str) -> Document:
    return {change["VariantName"]: change[member] for change in changes if member in change}
