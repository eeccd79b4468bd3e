"""The life of an endpoint's fleet_sets: the first one comes up, another takes its place, or gives it back.

Source: "Deployment guardrails for updating models in production" in AWS's developer guide.
"""

from collections.abc import Iterator

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.sagemaker.hosting.endpoint_state import EndpointState
from modelyard.rehearsal.sagemaker.hosting.fleet_sets import FleetSet
from modelyard.rehearsal.sagemaker.hosting.launching import LaunchError
from modelyard.rehearsal.sagemaker.hosting.rollback_alarms import Alarms, RolloutFailedError
from modelyard.rehearsal.sagemaker.hosting.rollout import Rollout

# Alarms are looked at each minute while a fleet is watched.
WATCH_SECONDS = 60.0


def create(*, endpoint: EndpointState, fleet_set: FleetSet, clock: Clock) -> Iterator[float]:
    """Bring up an endpoint's first fleet_set: InService, or Failed with a reason."""
    try:
        fleet_set.start()
    except LaunchError as error:
        fleet_set.stop(grace=1)
        endpoint.note(status="Failed", moment=clock.now(), reason=str(error))
        return
    endpoint.serve(fleet_set)
    endpoint.note(status="InService", moment=clock.now())
    yield from ()


class Update:
    """One UpdateEndpoint. `alarms` tells which of those that it watches ring."""

    def __init__(
        self,
        *,
        endpoint: EndpointState,
        old: FleetSet,
        new: FleetSet,
        rollout: Rollout,
        clock: Clock,
        alarms: Alarms,
    ) -> None:
        self._endpoint = endpoint
        self._old = old
        self._new = new
        self._counts = old.counts()
        self._rollout = rollout
        self._clock = clock
        self._alarms = alarms
        self._started = clock.now()

    def steps(self) -> Iterator[float]:
        """Replace the old fleet_set by the new one, or end where it began; yield the seconds to wait."""
        try:
            yield from self._roll() if self._rollout.is_rolling else self._blue_green()
        except (LaunchError, RolloutFailedError) as error:
            self._roll_back(reason=str(error))
            return
        self._endpoint.serve(self._new)
        self._old.stop()
        self._endpoint.note(status="InService", moment=self._clock.now())

    def _blue_green(self) -> Iterator[float]:
        self._watch()
        self._new.start()
        for stage in self._rollout.stages(counts=self._new.counts()):
            self._endpoint.traffic.split(old=self._old, new=self._new, new_share=stage.share)
            yield from self._bake(stage.bake_seconds)
        yield from self._bake(self._rollout.termination_wait_seconds)

    def _roll(self) -> Iterator[float]:
        self._watch()
        for batch in self._rollout.batches(new=self._new.counts(), old=self._counts):
            self._new.resize(batch.new)
            self._new.start_shadows()
            self._endpoint.traffic.split(old=self._old, new=self._new, new_share=batch.share)
            yield from self._bake(self._rollout.batch_bake_seconds)
            self._old.resize(batch.old)

    def _bake(self, seconds: float) -> Iterator[float]:
        waited = 0.0
        while waited < seconds:
            step = min(WATCH_SECONDS, seconds - waited)
            yield step
            waited += step
            self._watch()

    def _watch(self) -> None:
        firing = self._alarms.ringing(self._rollout.alarms)
        if firing:
            names = ", ".join(firing)
            raise RolloutFailedError(f"The deployment was rolled back, as these alarms are in ALARM state: {names}.")
        elapsed = (self._clock.now() - self._started).total_seconds()
        if elapsed > self._rollout.limit_seconds:
            limit = self._rollout.limit_seconds
            raise RolloutFailedError(f"The deployment was rolled back, as it took longer than {limit:g} seconds.")

    def _roll_back(self, *, reason: str) -> None:
        self._endpoint.note(status="RollingBack", moment=self._clock.now(), reason=reason)
        status = "InService"
        try:
            # A rolling update has ended some of the old instances already.
            self._old.resize(self._counts)
        except LaunchError as error:
            status, reason = "UpdateRollbackFailed", str(error)
        self._endpoint.serve(self._old)
        self._new.stop()
        self._endpoint.note(status=status, moment=self._clock.now(), reason=reason)
