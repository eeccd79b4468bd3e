"""Documents as JSON and back: with their times, tuples and bytes, which JSON has not."""

import base64
import json
from datetime import datetime
from typing import Any

# A dictionary with this key is one of ours; one of a user's that has it is written as pairs.
KIND = "$"


def to_json(value: Any) -> str:
    """Return a text from which `from_json` makes the same value.

    Raises:
        TypeError: it has something that no document has.

    """
    return json.dumps(_tagged(value), allow_nan=True)


def from_json(text: str) -> Any:
    """Return the value of which a text was made."""
    return json.loads(text, object_hook=_untagged)


def _tagged(value: Any) -> Any:
    match value:
        case datetime():
            return {KIND: "time", "is": value.isoformat()}
        case bytes():
            return {KIND: "bytes", "is": base64.b64encode(value).decode()}
        case tuple():
            return {KIND: "tuple", "is": [_tagged(item) for item in value]}
        case list():
            return [_tagged(item) for item in value]
        case dict() if KIND in value or not all(isinstance(name, str) for name in value):
            return {KIND: "pairs", "is": [[_tagged(name), _tagged(item)] for name, item in value.items()]}
        case dict():
            return {name: _tagged(item) for name, item in value.items()}
    return value


def _untagged(value: dict[str, Any]) -> Any:
    match value.get(KIND):
        case "time":
            return datetime.fromisoformat(value["is"])
        case "bytes":
            return base64.b64decode(value["is"])
        case "tuple":
            return tuple(value["is"])
        case "pairs":
            return dict(value["is"])
    return value
