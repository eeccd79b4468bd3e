"""What becomes of each member of a request: `request_members.toml`, read. None is ignored in silence."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from botocore.model import Shape

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.shapes import below, known_model
from modelyard.rehearsal.sagemaker.store import Document

TABLE = Path(__file__).with_name("request_members.toml")
Members = Mapping[str, Any]


@cache
def table() -> Mapping[str, Mapping[str, Mapping[str, Members]]]:
    """Return the members of each structure of each service, by what becomes of them."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def refuse_undone(request: Document, *, service: str, shape: Shape) -> None:
    """Refuse a request, which is valid, that asks for something that nothing here does.

    Raises:
        ServiceError: ValidationException, with the first such member.

    """
    for problem in _problems(request, service=service, shape=shape, path=""):
        raise invalid(problem)


def _problems(value: Any, *, service: str, shape: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        asked = {name: item for name, item in value.items() if _asks(item)}
        alternatives = [name for name in table()["one_of"].get(service, {}).get(shape.name, ()) if name in asked]
        if len(alternatives) > 1:
            yield f"only one of {' and '.join(below(path, name) for name in alternatives)} may be given; choose one"
        for name, item in asked.items():
            yield from _member_problems(name, item, service=service, shape=shape, path=below(path, name))
    elif shape.type_name == "list":
        for number, item in enumerate(value, start=1):
            yield from _problems(item, service=service, shape=shape.member, path=f"{path}.{number}.member")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from _problems(item, service=service, shape=shape.value, path=f"{path}.{key}.member")


def _member_problems(name: str, value: Any, *, service: str, shape: Any, path: str) -> Iterator[str]:
    read, kept, only = (table()[section].get(service, {}).get(shape.name, {}) for section in ("read", "kept", "only"))
    if name not in shape.members:
        yield f"{path} is not in {known_model(service)}; leave it out"
    elif name in read:
        yield from _problems(value, service=service, shape=shape.members[name], path=path)
    elif name in only and value not in only[name]:
        yield f"{path} must be {' or '.join(only[name])} here, got {value}"
    elif name not in only and name not in kept:
        instead = table()["instead"].get(service, {}).get(shape.name, {}).get(name, "leave it out")
        yield f"{path} is not rehearsed; {instead}"


def _asks(value: Any) -> bool:
    """Return whether a member asks for something: False and what is empty, at any depth, do not."""
    if isinstance(value, dict):
        return any(_asks(item) for item in value.values())
    return value is not None and value is not False and value not in ("", [])
