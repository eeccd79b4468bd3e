"""What templates see of Java: the methods of its texts, maps and lists, and how it writes numbers.

API Gateway's templates are rendered in Java, so that `$value.trim()` is a method of java.lang.String. A method that is
not here is not rehearsed.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from modelyard.rehearsal.regexes import SHARED

TEXT: Mapping[str, Callable[..., Any]] = {
    "matches": lambda text, pattern: SHARED.ask("matches", pattern, text),
    "trim": lambda text: text.strip(),
    "replaceAll": lambda text, pattern, new: SHARED.ask("replace", pattern, text, new),
    "split": lambda text, pattern: SHARED.ask("split", pattern, text),
    "substring": lambda text, begin, end=None: _part(text, begin, end),
    "contains": lambda text, part: part in text,
    "startsWith": lambda text, part: text.startswith(part),
    "length": len,
    "toString": str,
}
MAP: Mapping[str, Callable[..., Any]] = {
    "get": lambda found, key: found.get(key),
    "containsKey": lambda found, key: key in found,
    "keySet": list,
    "size": len,
}
LIST: Mapping[str, Callable[..., Any]] = {"get": lambda found, index: found[index], "size": len}


def method_of(value: Any, name: str) -> Callable[..., Any]:
    """Return a method of a value.

    Raises:
        AttributeError: values of its kind have no such method here.

    """
    methods = _methods(value)
    if methods is None:
        found: Callable[..., Any] = getattr(value, name)
        return found
    if name not in methods:
        raise AttributeError(f"{type(value).__name__} has no method {name} here")
    return lambda *given: methods[name](value, *given)


def written(value: Any) -> str:
    """Return a value as Java writes it into a text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value, separators=(",", ":")) if isinstance(value, Mapping | list) else str(value)


def _methods(value: Any) -> Mapping[str, Callable[..., Any]] | None:
    if isinstance(value, str):
        return TEXT
    if isinstance(value, Mapping):
        return MAP
    return LIST if isinstance(value, Sequence) else None


def _part(text: str, begin: int, end: int | None) -> str:
    """Return a part of a text; Java refuses a place that the text does not have."""
    last = len(text) if end is None else end
    if not 0 <= begin <= last <= len(text):
        raise TypeError(f"begin {begin}, end {last}, length {len(text)}")
    return text[begin:last]


def _number(value: float) -> str:
    """Return a number as Double.toString does: a power of ten from ten million on, and below a thousandth."""
    if not math.isfinite(value):
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    mantissa, _, exponent = _scientific(value).partition("e")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"


def _scientific(value: float) -> str:
    """Return a number with one digit before its point and as few after it as tell it from its neighbours."""
    return next(text for precision in range(18) if float(text := f"{value:.{precision}e}") == value)
