"""Ground truths by the id of their record."""

import zlib


class Labels:
    """The ground truths whose ids fall to one of several passes; with a single pass, all."""

    def __init__(self, *, number: int, passes: int) -> None:
        self._number, self._passes = number, passes
        self.by_id: dict[bytes, bytes] = {}
        self.used: set[bytes] = set()
        self.repeated = 0
        # there are few different labels, and each is kept once
        self._different: dict[bytes, bytes] = {}

    @property
    def first(self) -> bool:
        """Whether this is the pass in which lines are counted."""
        return self._number == 0

    def add(self, *, name: bytes, label: bytes) -> None:
        """Take a ground truth; the last one of a name counts."""
        if self._passes > 1 and zlib.crc32(name) % self._passes != self._number:
            return
        self.repeated += name in self.by_id
        self.by_id[name] = self._different.setdefault(label, label)

    def of(self, *, name: bytes) -> bytes | None:
        """Return the ground truth of a record, None when it has none in this pass."""
        label = self.by_id.get(name)
        if label is not None:
            self.used.add(name)
        return label
