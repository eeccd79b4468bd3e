"""What one field's text is: its class by deequ's rules, and its number when it is one.

Source of the rules: the patterns of deequ's StatefulDataType, full match:
integral (-|+)? ?digits; fractional the same with .digits, an exponent or both; boolean true or false.
"""

import numpy as np

from modelyard.drift.jit import jit, jit_inline
from modelyard.drift.kernels.arrays import Bytes
from modelyard.drift.kernels.byte_strings import as_bytes, equals_bytes
from modelyard.drift.kernels.decimals import MAX_DIGITS, nearest_double

FRACTIONAL = 1
INTEGRAL = 2
BOOLEAN = 3
STRING = 4

ZERO, NINE = ord("0"), ord("9")
MINUS, PLUS, SPACE, POINT = ord("-"), ord("+"), ord(" "), ord(".")
SMALL_E, CAPITAL_E = ord("e"), ord("E")
TRUE = as_bytes("true")
FALSE = as_bytes("false")
TEN = np.uint64(10)
EXPONENT_CAP = 100_000


@jit_inline
def _digits(data: Bytes, start: int, stop: int, mantissa: np.uint64, used: int) -> tuple[int, np.uint64, int]:
    offset = start
    while offset < stop and ZERO <= data[offset] <= NINE:
        if mantissa != np.uint64(0) or data[offset] != ZERO:
            used += 1
        if used <= MAX_DIGITS:
            mantissa = mantissa * TEN + np.uint64(data[offset] - ZERO)
        offset += 1
    return offset, mantissa, used


@jit_inline
def _signed(data: Bytes, start: int, stop: int) -> tuple[int, bool]:
    if start < stop and (data[start] == MINUS or data[start] == PLUS):
        return start + 1, data[start] == MINUS
    return start, False


@jit_inline
def _exponent(data: Bytes, start: int, stop: int) -> tuple[int, int]:
    offset, negative = _signed(data, start, stop)
    first, value = offset, 0
    while offset < stop and ZERO <= data[offset] <= NINE:
        value = min(value * 10 + int(data[offset]) - ZERO, EXPONENT_CAP)
        offset += 1
    return (start - 1 if offset == first else offset), (-value if negative else value)


@jit_inline
def _other(data: Bytes, start: int, stop: int) -> int:
    if equals_bytes(data, start, stop, TRUE) or equals_bytes(data, start, stop, FALSE):
        return BOOLEAN
    return STRING


@jit
def read_field(data: Bytes, start: int, stop: int) -> tuple[int, float, bool]:
    """Return the class of data[start:stop], its value, and whether Python has to read the value instead.

    The value is not a number for text, and for a sign that a space parts from its digits: Java's conversion
    refuses those although the pattern takes them.
    """
    offset, negative = _signed(data, start, stop)
    signed = offset > start
    spaced = offset < stop and data[offset] == SPACE
    offset += spaced
    whole, mantissa, used = _digits(data, offset, stop, np.uint64(0), 0)
    if whole == offset:
        return _other(data, start, stop), np.nan, False
    end, scale = whole, 0
    if whole + 1 < stop and data[whole] == POINT:
        end, mantissa, used = _digits(data, whole + 1, stop, mantissa, used)
        scale = whole + 1 - end
        if scale == 0:
            return STRING, np.nan, False
    if end + 1 < stop and (data[end] == SMALL_E or data[end] == CAPITAL_E):
        end, power = _exponent(data, end + 1, stop)
        scale += power
    if end != stop:
        return STRING, np.nan, False
    kind = INTEGRAL if whole == stop else FRACTIONAL
    if spaced and signed:
        return kind, np.nan, False
    value = nearest_double(mantissa, used, scale)
    return kind, (-value if negative else value), bool(np.isnan(value))
