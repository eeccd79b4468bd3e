"""Which fleet_set of an endpoint a request goes to while one takes the place of another."""

import random
import threading

from modelyard.rehearsal.sagemaker.hosting.fleet_sets import FleetSet


class Traffic:
    """The share of requests that each fleet_set gets. The same `seed` sends the same requests the same way."""

    def __init__(self, *, seed: str) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - routing, not secrecy
        self._lock = threading.Lock()
        self._shares: list[tuple[FleetSet, float]] = []

    def give_all(self, fleet_set: FleetSet) -> None:
        """Send everything to one fleet_set."""
        with self._lock:
            self._shares = [(fleet_set, 1.0)]

    def split(self, *, old: FleetSet, new: FleetSet, new_share: float) -> None:
        """Send `new_share` (0 to 1) to the new fleet_set, and the rest to the old one."""
        with self._lock:
            self._shares = [(new, new_share), (old, 1.0 - new_share)]

    def stop(self) -> None:
        """Send nothing anywhere."""
        with self._lock:
            self._shares = []

    @property
    def fleet_sets(self) -> list[FleetSet]:
        """Those that get requests."""
        return [fleet_set for fleet_set, share in self._shares if share > 0]

    def choose(self) -> FleetSet | None:
        """Return the fleet_set for the next request, or None where none is in service."""
        with self._lock:
            drawn = self.chance.random() if len(self._shares) > 1 else 0.0
            for fleet_set, share in self._shares:
                if drawn < share:
                    return fleet_set
                drawn -= share
        return None
