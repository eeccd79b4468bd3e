"""Random numbers and files that are the same on every platform and with every version of numpy.

Only whole numbers are used: a logarithm or a cosine may differ in its last bit from one processor to the
next, and numpy promises a stable stream for the raw bits of a generator only, not for the distributions built
on them.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
BELL_PARTS = 6
PART_SPAN = 1000
# Twice the deviation of such a sum, as a whole number: 2 * sqrt(6 * 1000**2 / 12).
BELL_DEVIATION = 1414


@dataclass(frozen=True, kw_only=True, slots=True)
class IntegerSource:
    """A stream of whole numbers that its seed decides.

    Raises:
        ValueError: the seed is negative.

    """

    seed: int

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(f"seed must be 0 or more, got {self.seed}; choose another")

    def column(self, *, name: str, count: int, span: int) -> Integers:
        """Draw `count` numbers from 0 to `span` - 1; the same name gives the same numbers again."""
        stream = np.random.PCG64([self.seed, *name.encode()])
        return (np.asarray(stream.random_raw(count), dtype=np.uint64) % np.uint64(span)).astype(np.int64)

    def bell(self, *, name: str, count: int, mean: int, deviation: int) -> Integers:
        """Draw `count` numbers whose histogram is nearly a bell: sums of six even draws, scaled."""
        parts = self.column(name=name, count=count * BELL_PARTS, span=PART_SPAN)
        centred = parts.reshape(count, BELL_PARTS).sum(axis=1) * 2 - BELL_PARTS * (PART_SPAN - 1)
        scaled: Integers = mean + centred * deviation // BELL_DEVIATION
        return scaled

    def order(self, *, name: str, count: int) -> Integers:
        """Shuffle the numbers from 0 to `count` - 1."""
        keys = np.asarray(np.random.PCG64([self.seed, *name.encode()]).random_raw(count), dtype=np.uint64)
        return np.argsort(keys, kind="stable").astype(np.int64)


def write_lines(*, path: Path, lines: list[str]) -> None:
    """Write UTF-8 lines that end with a newline on every platform; the folder is made when it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())
