"""A double as Java prints it."""

import math


def java_double(value: float) -> str:
    """Return a double as Java's Double.toString prints it, with the fewest digits that give the same double."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if 1e-3 <= abs(value) < 1e7 or value == 0:
        return repr(float(value))
    sign = "-" if value < 0 else ""
    text, _, power = repr(abs(float(value))).partition("e")
    whole, _, fraction = text.partition(".")
    digits = (whole + ("" if fraction == "0" else fraction)).lstrip("0")
    leading = len(whole) - 1 if whole != "0" else -1 - (len(fraction) - len(fraction.lstrip("0")))
    digits = digits.rstrip("0")
    exponent = leading + (int(power) if power else 0)
    return f"{sign}{digits[0]}.{digits[1:] if len(digits) > 1 else '0'}E{exponent}"
