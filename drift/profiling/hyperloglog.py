"""HyperLogLog++ estimates as Spark makes them with a relative deviation of 0.05.

Source: Heule, Nunkesser, Hall, "HyperLogLog in practice", 2013, with precision 9 (512 registers); the bias
table of its appendix is in distinct_bias.
"""

import math

import numpy as np

from modelyard.drift.kernels.arrays import REGISTERS, Doubles, Flags
from modelyard.drift.profiling.hyperloglog_bias import BIASES, RAW_ESTIMATES

ALPHA = 0.7213 / (1.0 + 1.079 / REGISTERS)
LINEAR_COUNTING_UP_TO = 400.0
NEIGHBOURS = 6


def estimate_distinct(registers: Flags) -> int:
    """Return the estimated number of different values behind 512 registers, rounded half up."""
    empty = int(np.count_nonzero(registers == 0))
    linear = REGISTERS * math.log(REGISTERS / empty) if empty > 0 else math.inf
    if linear <= LINEAR_COUNTING_UP_TO:
        return math.floor(linear + 0.5)
    # a sum of powers of two: exact in any order
    raw = ALPHA * REGISTERS * REGISTERS / float(np.sum(np.ldexp(1.0, -registers.astype(np.int64))))
    return math.floor((raw - _bias(raw) if raw < 5.0 * REGISTERS else raw) + 0.5)


def _bias(raw: float) -> float:
    nearest = int(np.searchsorted(RAW_ESTIMATES, raw))
    low = max(nearest - NEIGHBOURS + 1, 0)
    high = min(low + NEIGHBOURS, len(RAW_ESTIMATES))
    distances: Doubles = (raw - RAW_ESTIMATES) ** 2
    while high < len(RAW_ESTIMATES) and distances[high] < distances[low]:
        low, high = low + 1, high + 1
    total: float = sum(BIASES[low:high].tolist())
    return total / (high - low)
