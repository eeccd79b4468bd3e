"""What a request's body says in JSON."""

import json
from typing import Any


def document_of(body: bytes) -> dict[str, Any]:
    """Return the object that a body holds; nothing at all is an empty one.

    Raises:
        ValueError: it is not JSON, nested too deeply, or holds something else than an object.

    """
    try:
        read = json.loads(body or b"{}", parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("the body must be an object in JSON, got one that is nested too deeply") from error
    except ValueError as error:
        raise ValueError(f"the body must be an object in JSON, got what is none: {error}") from error
    if isinstance(read, dict):
        return read
    raise ValueError(f"the body must be an object in JSON, such as {{}}, got {type(read).__name__}")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")
