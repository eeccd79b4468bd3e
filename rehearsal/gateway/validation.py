"""Whether a body is what a model says, and if not, why: in the words of the validator that API Gateway uses.

API Gateway validates by draft 4 of JSON Schema and puts what it found into `$context.error.validationErrorString`. Its
words are those of the library json-schema-validator, by samples that users published; their order is not known.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jsonschema
from jsonschema import Draft4Validator, ValidationError

from modelyard.rehearsal.regexes import SHARED, RegexError

Schema = Mapping[str, Any]
KINDS = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}


def complaints(schema: Schema, *, body: bytes) -> str | None:
    """Return what is wrong with a body, or None."""
    try:
        document = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return "Can not parse JSON"
    found = sorted(_Validator(dict(schema)).iter_errors(document), key=lambda error: str(error.json_path))
    return f"[{', '.join(map(_sentence, found))}]" if found else None


def _refuse(constant: str) -> None:
    """JSON knows no NaN and no Infinity; Python's reader does."""
    raise ValueError(constant)


def _searched(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    """As JavaScript searches, whose `$` is the end of the text and not the line end before it."""
    if not isinstance(instance, str):
        return
    try:
        matches = SHARED.ask("contains", re.sub(r"\$$", r"\\Z", pattern), instance)
    except RegexError as error:
        # By a name that has no sentence of Java's: its own says more.
        yield ValidationError(str(error), validator="limit")
        return
    if not matches:
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


_Validator: Any = jsonschema.validators.extend(Draft4Validator, {"pattern": _searched})


def _sentence(error: ValidationError) -> str:
    makers = {**OF_BOUNDS, **OF_SHAPES}
    maker = makers.get(str(error.validator))
    return maker(error) if maker is not None else str(error.message)


def _kind(value: Any) -> str:
    return "null" if value is None else KINDS[type(value)]


def _listed(values: Any) -> str:
    return json.dumps(sorted(values) if all(isinstance(value, str) for value in values) else list(values))


def _missing(error: ValidationError) -> str:
    missing = [name for name in error.validator_value if name not in error.instance]
    return f"object has missing required properties ({_listed(missing)})"


def _unknown(error: ValidationError) -> str:
    known = error.schema["properties"]
    unknown = [name for name in error.instance if name not in known]
    return f"object instance has properties which are not allowed by the schema: {_listed(unknown)}"


def _of_kind(error: ValidationError) -> str:
    allowed = [error.validator_value, "integer"] if error.validator_value == "number" else [error.validator_value]
    kind = _kind(error.instance)
    return f"instance type ({kind}) does not match any allowed primitive type (allowed: {_listed(allowed)})"


OF_SHAPES: Mapping[str, Callable[[ValidationError], str]] = {
    "required": _missing,
    "additionalProperties": _unknown,
    "type": _of_kind,
    "enum": lambda error: (
        f"instance value ({json.dumps(error.instance)}) not found in enum "
        f"(possible values: {json.dumps(error.validator_value)})"
    ),
    "pattern": lambda error: (
        f"ECMA 262 regex {json.dumps(error.validator_value)} does not match input string {json.dumps(error.instance)}"
    ),
}
OF_BOUNDS: Mapping[str, Callable[[ValidationError], str]] = {
    "minimum": lambda error: (
        f"numeric instance is lower than the required minimum (minimum: {error.validator_value}, "
        f"found: {error.instance})"
    ),
    "maximum": lambda error: (
        f"numeric instance is greater than the required maximum (maximum: {error.validator_value}, "
        f"found: {error.instance})"
    ),
    "minItems": lambda error: (
        f"array is too short: must have at least {error.validator_value} elements but instance has "
        f"{len(error.instance)} elements"
    ),
    "maxItems": lambda error: (
        f"array is too long: must have at most {error.validator_value} elements but instance has "
        f"{len(error.instance)} elements"
    ),
    "maxLength": lambda error: (
        f'string "{error.instance}" is too long (length: {len(error.instance)}, maximum allowed: '
        f"{error.validator_value})"
    ),
}
