"""XXH64 with Spark's seed, as the published specification of xxHash gives it."""

import numpy as np

from modelyard.drift.jit import jit, jit_inline
from modelyard.drift.kernels.arrays import Bytes

P1 = np.uint64(0x9E3779B185EBCA87)
P2 = np.uint64(0xC2B2AE3D27D4EB4F)
P3 = np.uint64(0x165667B19E3779F9)
P4 = np.uint64(0x85EBCA77C2B2AE63)
P5 = np.uint64(0x27D4EB2F165667C5)
SEED = np.uint64(42)
WORD = np.uint64(64)
BYTE = np.uint64(8)
HALF = np.uint64(32)


@jit_inline
def _rotated(value: np.uint64, bits: int) -> np.uint64:
    return (value << np.uint64(bits)) | (value >> (WORD - np.uint64(bits)))


@jit_inline
def little_endian(data: Bytes, start: int, size: int) -> np.uint64:
    """Return the number that the next bytes are, lowest byte first."""
    value = np.uint64(0)
    for offset in range(size):
        value |= np.uint64(data[start + offset]) << (BYTE * np.uint64(offset))
    return value


@jit_inline
def _byte(data: Bytes, start: np.uint64, offset: int) -> np.uint64:
    return np.uint64(data[start + np.uint64(offset)]) << (BYTE * np.uint64(offset))


@jit_inline
def _four(data: Bytes, start: int) -> np.uint64:
    # an unsigned index cannot count from the end: then the compiler makes one load of the bytes
    first = np.uint64(start)
    return _byte(data, first, 0) | _byte(data, first, 1) | _byte(data, first, 2) | _byte(data, first, 3)


@jit_inline
def _eight(data: Bytes, start: int) -> np.uint64:
    return _four(data, start) | _four(data, start + 4) << HALF


@jit_inline
def _round(lane: np.uint64, word: np.uint64) -> np.uint64:
    return _rotated(lane + word * P2, 31) * P1


@jit_inline
def _merged(value: np.uint64, lane: np.uint64) -> np.uint64:
    return (value ^ _round(np.uint64(0), lane)) * P1 + P4


@jit_inline
def _stripes(data: Bytes, start: int, stop: int) -> np.uint64:
    a, b, c, d = SEED + P1 + P2, SEED + P2, SEED, SEED - P1
    while start + 32 <= stop:
        a = _round(a, _eight(data, start))
        b = _round(b, _eight(data, start + 8))
        c = _round(c, _eight(data, start + 16))
        d = _round(d, _eight(data, start + 24))
        start += 32
    value = _rotated(a, 1) + _rotated(b, 7) + _rotated(c, 12) + _rotated(d, 18)
    return _merged(_merged(_merged(_merged(value, a), b), c), d)


@jit_inline
def _tail(value: np.uint64, data: Bytes, start: int, stop: int) -> np.uint64:
    while start + 8 <= stop:
        value = _rotated(value ^ _round(np.uint64(0), _eight(data, start)), 27) * P1 + P4
        start += 8
    if start + 4 <= stop:
        value = _rotated(value ^ (_four(data, start) * P1), 23) * P2 + P3
        start += 4
    for offset in range(start, stop):
        value = _rotated(value ^ (np.uint64(data[offset]) * P5), 11) * P1
    return value


@jit_inline
def _avalanched(value: np.uint64) -> np.uint64:
    value = (value ^ (value >> np.uint64(33))) * P2
    value = (value ^ (value >> np.uint64(29))) * P3
    return value ^ (value >> np.uint64(32))


@jit
def xxh64(data: Bytes, start: int, stop: int) -> np.uint64:
    """Return the XXH64 hash, seed 42, of data[start:stop]."""
    size = stop - start
    value = SEED + P5 if size < 32 else _stripes(data, start, stop)
    value += np.uint64(size)
    return _avalanched(_tail(value, data, stop - size % 32, stop))
