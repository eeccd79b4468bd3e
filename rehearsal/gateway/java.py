"""What templates see of Java: the methods of its texts, maps and lists, and how it writes numbers.

API Gateway's templates are rendered in Java, so that `$value.trim()` is a method of java.lang.String. A method that is
not here is not rehearsed.
"""

import functools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from modelyard.rehearsal.regexes import SHARED


def substring(text: str, begin: int, end: int | None = None) -> str:
    """Return a part of a text.

    Raises:
        TypeError: the text has no such place, which Java refuses, too.

    """
    last = len(text) if end is None else end
    if not 0 <= begin <= last <= len(text):
        raise TypeError(f"begin {begin}, end {last}, length {len(text)}")
    return text[begin:last]


TEXT: Mapping[str, Callable[..., Any]] = {
    "matches": lambda text, pattern: SHARED.ask("matches", pattern, text),
    "trim": lambda text: text.strip(),
    "replaceAll": lambda text, pattern, new: SHARED.ask("replace", pattern, text, new),
    "split": lambda text, pattern: SHARED.ask("split", pattern, text),
    "substring": substring,
    "contains": lambda text, part: part in text,
    "startsWith": lambda text, part: text.startswith(part),
    "length": len,
    "toString": str,
}
MAP: Mapping[str, Callable[..., Any]] = {
    "get": lambda values, key: values.get(key),
    "containsKey": lambda values, key: key in values,
    "keySet": list,
    "size": len,
}
LIST: Mapping[str, Callable[..., Any]] = {"get": lambda values, index: values[index], "size": len}
# A text is a sequence, too: the first that fits.
METHODS: Mapping[type, Mapping[str, Callable[..., Any]]] = {str: TEXT, Mapping: MAP, Sequence: LIST}


def method_of(value: Any, name: str) -> Callable[..., Any]:
    """Return a method of a value.

    Raises:
        AttributeError: values of its kind have no such method here.

    """
    methods = next((methods for kind, methods in METHODS.items() if isinstance(value, kind)), None)
    if methods is None:
        # One of the objects that a template is given, such as $input.
        own: Callable[..., Any] = getattr(value, name)
        return own
    if name not in methods:
        raise AttributeError(f"{type(value).__name__} has no method {name} here")
    return functools.partial(methods[name], value)


def written(value: Any) -> str:
    """Return a value as Java writes it into a text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return written_double(value)
    return json.dumps(value, separators=(",", ":")) if isinstance(value, Mapping | list) else str(value)


def written_double(value: float) -> str:
    """Return a number as Double.toString does: a power of ten from ten million on, and below a thousandth."""
    if not math.isfinite(value):
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    # One digit before the point, and as few after it as tell the number from its neighbours.
    shortest = next(text for precision in range(18) if float(text := f"{value:.{precision}e}") == value)
    mantissa, _, exponent = shortest.partition("e")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"
