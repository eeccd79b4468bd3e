"""Which generation of an endpoint a request goes to while one takes the place of another."""

import random
import threading

from modelyard.rehearsal.sagemaker.hosting.generations import Generation


class Traffic:
    """The share of requests that each generation gets. The same `seed` sends the same requests the same way."""

    def __init__(self, *, seed: str) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - routing, not secrecy
        self._lock = threading.Lock()
        self._shares: list[tuple[Generation, float]] = []

    def give_all(self, generation: Generation) -> None:
        """Send everything to one generation."""
        with self._lock:
            self._shares = [(generation, 1.0)]

    def split(self, *, old: Generation, new: Generation, new_share: float) -> None:
        """Send `new_share` (0 to 1) to the new generation, and the rest to the old one."""
        with self._lock:
            self._shares = [(new, new_share), (old, 1.0 - new_share)]

    def stop(self) -> None:
        """Send nothing anywhere."""
        with self._lock:
            self._shares = []

    @property
    def generations(self) -> list[Generation]:
        """Those that get requests."""
        return [generation for generation, share in self._shares if share > 0]

    def choose(self) -> Generation | None:
        """Return the generation for the next request, or None where none is in service."""
        with self._lock:
            drawn = self.chance.random() if len(self._shares) > 1 else 0.0
            for generation, share in self._shares:
                if drawn < share:
                    return generation
                drawn -= share
        return None
