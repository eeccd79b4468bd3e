"""Decimal text to the nearest double, as Java and Python read it.

Short numbers are one exact division (Clinger, "How to read floating point numbers accurately", 1990).
Longer ones take one 64 x 128 bit product (Lemire, "Number parsing at a gigabyte per second", 2021). What
neither can decide (more than 19 digits, subnormals, extreme exponents) is left to Python: the result is
then UNDECIDED.
"""

import numpy as np

from modelyard.drift.jit import jit_inline
from modelyard.drift.kernels.arrays import Doubles

MAX_DIGITS = 19
REACH = 65
EXACT_POWERS: Doubles = np.array([10.0**exponent for exponent in range(23)])
EXACT_MANTISSA = np.uint64(1 << 53)


def _power_of_five(*, exponent: int) -> int:
    """Return the leading 128 bits of 5**exponent, rounded as Lemire's proof needs them."""
    power: int = 5 ** abs(exponent)
    if exponent >= 0:
        return power << 128 >> power.bit_length()
    shift = power.bit_length() + (127 if power.bit_count() != 1 else 126)
    return (1 << shift) // power + 1


POWERS = [_power_of_five(exponent=exponent) for exponent in range(-REACH, REACH + 1)]
HIGH = np.array([power >> 64 for power in POWERS], dtype=np.uint64)
LOW = np.array([power & (2**64 - 1) for power in POWERS], dtype=np.uint64)

ONE = np.uint64(1)
THREE = np.uint64(3)
HALF_WORD = np.uint64(32)
LOW_HALF = np.uint64(0xFFFFFFFF)
ALL_ONES = np.uint64(2**64 - 1)
BELOW_PRECISION = np.uint64(0x1FF)
HIDDEN_BIT = np.uint64(1 << 52)
TOP_BIT = np.uint64(63)
FRACTION_BITS = np.uint64(52)

UNDECIDED = np.nan


@jit_inline
def _product(a: np.uint64, b: np.uint64) -> tuple[np.uint64, np.uint64]:
    a_high, a_low = a >> HALF_WORD, a & LOW_HALF
    b_high, b_low = b >> HALF_WORD, b & LOW_HALF
    low = a_low * b_low
    middle = a_high * b_low + (low >> HALF_WORD)
    other = a_low * b_high + (middle & LOW_HALF)
    return a_high * b_high + (middle >> HALF_WORD) + (other >> HALF_WORD), a * b


@jit_inline
def _leading_zeros(value: np.uint64) -> np.uint64:
    zeros = np.uint64(0)
    for width in (32, 16, 8, 4, 2, 1):
        bits = np.uint64(width)
        if value >> (np.uint64(64) - bits) == np.uint64(0):
            value = value << bits
            zeros += bits
    return zeros


@jit_inline
def _scaled(mantissa: np.uint64, exponent: int) -> tuple[np.uint64, np.uint64]:
    high, low = _product(mantissa, HIGH[exponent + REACH])
    if high & BELOW_PRECISION == BELOW_PRECISION:
        carry, _ = _product(mantissa, LOW[exponent + REACH])
        low = low + carry
        if low < carry:
            high = high + ONE
    return high, low


@jit_inline
def _rounded(high: np.uint64, low: np.uint64, exponent: int) -> np.uint64:
    shift = (high >> TOP_BIT) + np.uint64(9)
    fraction = high >> shift
    exactly_half = low <= ONE and -4 <= exponent <= 23 and fraction & THREE == ONE
    if exactly_half and fraction << shift == high:
        fraction = fraction & ~ONE
    return (fraction + (fraction & ONE)) >> ONE


@jit_inline
def _by_product(mantissa: np.uint64, exponent: int) -> float:
    zeros = _leading_zeros(mantissa)
    high, low = _scaled(mantissa << zeros, exponent)
    if low == ALL_ONES and (exponent < -27 or exponent > 55):
        return UNDECIDED
    fraction = _rounded(high, low, exponent)
    binary = ((217706 * exponent) >> 16) + 63 + np.int64(high >> TOP_BIT) - np.int64(zeros)
    # the fraction has the hidden bit at 52, or at 53 when rounding carried: both are exact as a double
    return np.float64(np.int64(fraction)) * 2.0 ** (binary - 52)


@jit_inline
def nearest_double(mantissa: np.uint64, digits: int, exponent: int) -> float:
    """Return mantissa * 10**exponent rounded to the nearest double, or UNDECIDED (not a number)."""
    if mantissa == np.uint64(0):
        return 0.0
    if mantissa <= EXACT_MANTISSA and -22 <= exponent <= 22:
        value = np.float64(np.int64(mantissa))
        scaled: float = value / EXACT_POWERS[-exponent] if exponent < 0 else value * EXACT_POWERS[exponent]
        return scaled
    if digits > MAX_DIGITS or exponent < -REACH or exponent > REACH:
        return UNDECIDED
    return _by_product(mantissa, exponent)
