"""Requests and answers held against AWS's own description of the API, which botocore carries.

What a request must have, may have and how long each text may be is checked in the words of AWS's gateway
("1 validation error detected: Value ..."); an answer keeps the members that a client knows.
"""

import functools
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import botocore
import botocore.loaders
import botocore.model

from modelyard.rehearsal.sagemaker.errors import ServiceError, invalid
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.s3_uri import S3Uri

LONGEST_SHOWN = 120


class Given(dict[str, Any]):
    """A structure of a request. To read a member that was left out is to refuse the request, which needs it here."""

    path = ""

    def __missing__(self, name: str) -> Any:
        where = below(self.path, name)
        raise invalid(f"{where} must be given: AWS can do without it, and what it then does is not rehearsed")

    def __or__(self, other: dict[str, Any]) -> "Given":  # type: ignore[override]
        return _given({**self, **other}, path=self.path)


def _given(members: dict[str, Any], *, path: str) -> Given:
    given = Given(members)
    given.path = path
    return given


@functools.cache
def service_model(service: str) -> botocore.model.ServiceModel:
    """Return a service's description, such as `sagemaker`."""
    description = botocore.loaders.Loader().load_service_model(service, "service-2")
    return botocore.model.ServiceModel(description, service_name=service)


def known_model(service: str) -> str:
    """Return which description of a service is known here, for a refusal of what is newer."""
    return f"the API model of {service} that is known here, of botocore {botocore.__version__}"


def operation_model(*, service: str, operation: str) -> botocore.model.OperationModel:
    """Return an operation's description.

    Raises:
        ServiceError: UnknownOperationException, the description has no such operation, as one that is newer.

    """
    model = service_model(service)
    if operation not in model.operation_names:
        raise ServiceError(
            code="UnknownOperationException",
            message=f"{operation} is not in {known_model(service)}: nothing answers it",
        )
    return model.operation_model(operation)


def accepted(value: Document, *, shape: Any) -> Document:
    """Return a request with its times as datetimes.

    Raises:
        ServiceError: ValidationException, naming every problem.

    """
    problems = list(_problems(value, shape=shape, path=""))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected"
        raise invalid(f"{count}: {'; '.join(problems)}")
    read: Document = _read(value, shape=shape, path="")
    return read


def answered(value: Document, *, shape: Any) -> Document:
    """Return an answer as it travels: known members only, times as seconds."""
    written: Document = {} if shape is None else _written(value, shape=shape)
    return written


def _problems(value: Any, *, shape: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        yield from _structure_problems(value, shape=shape, path=path)
    elif shape.type_name == "list":
        yield from _wrong_size(value, shape=shape, path=path, expected=list)
        for number, item in enumerate(value if isinstance(value, list) else (), start=1):
            yield from _problems(item, shape=shape.member, path=f"{path}.{number}.member")
    elif shape.type_name == "map":
        yield from _wrong_size(value, shape=shape, path=path, expected=dict)
        for key, item in (value if isinstance(value, dict) else {}).items():
            yield from _problems(key, shape=shape.key, path=f"{path}.{key}.key")
            yield from _problems(item, shape=shape.value, path=f"{path}.{key}.member")
    else:
        yield from _scalar_problems(value, shape=shape, path=path)


def _structure_problems(value: Any, *, shape: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _sentence(value, path=path, constraint="Member must be a structure")
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield _sentence(None, path=below(path, name), constraint="Member must not be null")
    for name, item in value.items():
        if name in shape.members and item is not None:
            yield from _problems(item, shape=shape.members[name], path=below(path, name))


def _wrong_size(value: Any, *, shape: Any, path: str, expected: type) -> Iterator[str]:
    if not isinstance(value, expected):
        yield _sentence(value, path=path, constraint=f"Member must be a {shape.type_name}")
        return
    yield from _length_problems(value, shape=shape, path=path)


def _length_problems(value: Any, *, shape: Any, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and len(value) < least:
        yield _sentence(value, path=path, constraint=f"Member must have length greater than or equal to {least}")
    if most is not None and len(value) > most:
        yield _sentence(value, path=path, constraint=f"Member must have length less than or equal to {most}")


def _scalar_problems(value: Any, *, shape: Any, path: str) -> Iterator[str]:
    if shape.type_name == "string":
        yield from _text_problems(value, shape=shape, path=path)
    elif shape.type_name == "blob":
        yield from _length_problems(value, shape=shape, path=path)
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from _number_problems(value, shape=shape, path=path)
    elif shape.type_name == "boolean" and not isinstance(value, bool):
        yield _sentence(value, path=path, constraint="Member must be a boolean")
    elif shape.type_name == "timestamp" and not isinstance(value, int | float):
        yield _sentence(value, path=path, constraint="Member must be a timestamp")


def _text_problems(value: Any, *, shape: Any, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield _sentence(value, path=path, constraint="Member must be a string")
        return
    yield from _length_problems(value, shape=shape, path=path)
    allowed = shape.enum
    if allowed and value not in allowed:
        yield _sentence(value, path=path, constraint=f"Member must satisfy enum value set: [{', '.join(allowed)}]")
    pattern = shape.metadata.get("pattern")
    if pattern is not None and not _matches(pattern=pattern, text=value):
        yield _sentence(value, path=path, constraint=f"Member must satisfy regular expression pattern: {pattern}")
    elif pattern is not None and "s3)://" in pattern:
        yield from _s3_problems(value, path=path)


def _s3_problems(value: str, *, path: str) -> Iterator[str]:
    """Hold what AWS takes for a URI of S3 by its first letters to the whole of S3's rules."""
    try:
        S3Uri.parse(value)
    except ValueError as error:
        yield _sentence(value, path=path, constraint=f"Member must name an object or a prefix of S3: {error}")


def _matches(*, pattern: str, text: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.fullmatch(text) is not None


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """Return a pattern of AWS's, or None for the few that only Java's expressions take."""
    for java, python in ((r"\p{L}", r"\w"), (r"\p{Alpha}", "a-zA-Z"), (r"\p{Z}", r"\s"), (r"\p{N}", r"\d")):
        pattern = pattern.replace(java, python)
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _number_problems(value: Any, *, shape: Any, path: str) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield _sentence(value, path=path, constraint="Member must be a number")
        return
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and value < least:
        yield _sentence(value, path=path, constraint=f"Member must have value greater than or equal to {least}")
    if most is not None and value > most:
        yield _sentence(value, path=path, constraint=f"Member must have value less than or equal to {most}")


def _sentence(value: Any, *, path: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{str(value)[:LONGEST_SHOWN]}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def below(path: str, name: str) -> str:
    """Return the place of a member, as the API's errors have it."""
    member = name[:1].lower() + name[1:]
    return f"{path}.{member}" if path else member


def _read(value: Any, *, shape: Any, path: str) -> Any:
    if shape.type_name == "structure":
        known = {name: item for name, item in value.items() if name in shape.members and item is not None}
        members = {name: _read(item, shape=shape.members[name], path=below(path, name)) for name, item in known.items()}
        return _given(members, path=path)
    if shape.type_name == "list":
        return [
            _read(item, shape=shape.member, path=f"{path}.{number}.member")
            for number, item in enumerate(value, start=1)
        ]
    if shape.type_name == "map":
        return {key: _read(item, shape=shape.value, path=f"{path}.{key}.member") for key, item in value.items()}
    return datetime.fromtimestamp(value, UTC) if shape.type_name == "timestamp" else value


def _written(value: Any, *, shape: Any) -> Any:
    if shape.type_name == "structure":
        known = {name: item for name, item in value.items() if name in shape.members and item is not None}
        return {name: _written(item, shape=shape.members[name]) for name, item in known.items()}
    if shape.type_name == "list":
        return [_written(item, shape=shape.member) for item in value]
    if shape.type_name == "map":
        return {str(key): _written(item, shape=shape.value) for key, item in value.items()}
    return value.timestamp() if isinstance(value, datetime) else value
