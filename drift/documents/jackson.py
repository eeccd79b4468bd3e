"""JSON text as Jackson's default pretty printer lays it out, with numbers in Java's form."""

import json
import math
from collections.abc import Mapping, Sequence, Sized
from typing import TYPE_CHECKING, TypeAlias

from modelyard.drift.java_double import java_double

if TYPE_CHECKING:
    # Whoever writes no arrays does not wait for NumPy.
    from modelyard.drift.kernels.arrays import Doubles

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | Doubles | str | int | float | bool | None"

ESCAPES = {code: f"\\u{code:04X}" for code in range(32)} | {
    ord('"'): '\\"',
    ord("\\"): "\\\\",
    ord("\n"): "\\n",
    ord("\r"): "\\r",
    ord("\t"): "\\t",
    ord("\b"): "\\b",
    ord("\f"): "\\f",
}


def _number(value: float) -> str:
    # Jackson quotes what JSON has no number for
    return java_double(value) if math.isfinite(value) else f'"{java_double(value)}"'


def _string(value: str) -> str:
    return '"' + value.translate(ESCAPES) + '"'


def _text(value: Json, depth: int) -> str:
    if type(value) is float:
        # what nearly every number of a sketch is: Java and Python agree on it
        return repr(value) if 1e-3 <= abs(value) < 1e7 or value == 0 else _number(value)
    if isinstance(value, Mapping):
        if len(value) == 0:
            return "{ }"
        inside = "\n" + "  " * (depth + 1)
        members = ("," + inside).join(f"{_string(key)} : {_text(item, depth + 1)}" for key, item in value.items())
        return "{" + inside + members + "\n" + "  " * depth + "}"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Sized):
        if len(value) == 0:
            return "[ ]"
        # only here, so that of all columns' sketches one at a time is a list
        items = value if isinstance(value, Sequence) else value.tolist()
        return "[ " + ", ".join([_text(item, depth) for item in items]) + " ]"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return str(value) if isinstance(value, int) else _number(float(str(value)))


def document_text(value: Json) -> str:
    """Return the text of a document: no line break at its end, as the analyzer writes it."""
    return _text(value, 0)
