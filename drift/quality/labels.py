"""Ground truth by the id of its record."""

import zlib


class Labels:
    """The labels whose ids fall to one of several passes; with a single pass, all."""

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

    def add(self, *, record_id: bytes, label: bytes) -> None:
        """Take a label; of several of one id the last one counts."""
        if self._passes > 1 and zlib.crc32(record_id) % self._passes != self._number:
            return
        self.repeated += record_id in self.by_id
        self.by_id[record_id] = self._different.setdefault(label, label)

    def get(self, *, record_id: bytes) -> bytes | None:
        """Return the label of a record, None when it has none in this pass."""
        label = self.by_id.get(record_id)
        if label is not None:
            self.used.add(record_id)
        return label
