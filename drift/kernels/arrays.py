"""The array types that compiled functions take."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

# Registers of a column for its distinct count: HyperLogLog++ of 9 bits.
REGISTERS = 512

Bytes: TypeAlias = npt.NDArray[np.uint8]
Flags: TypeAlias = npt.NDArray[np.uint8]
Integers: TypeAlias = npt.NDArray[np.int64]
Doubles: TypeAlias = npt.NDArray[np.float64]
Records: TypeAlias = npt.NDArray[np.void]
