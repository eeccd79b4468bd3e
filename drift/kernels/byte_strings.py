"""Byte strings that compiled code looks for."""

import numpy as np

from modelyard.drift.jit import jit_inline
from modelyard.drift.kernels.arrays import Bytes


def as_bytes(text: str) -> Bytes:
    """Return the word as compiled code compares it: its UTF-8 bytes, of shape (length,)."""
    return np.frombuffer(text.encode(), dtype=np.uint8)


@jit_inline
def equals_bytes(data: Bytes, start: int, stop: int, word: Bytes) -> bool:
    """Return whether data[start:stop] is the word."""
    if stop - start != len(word):
        return False
    for offset in range(len(word)):
        if data[start + offset] != word[offset]:
            return False
    return True
