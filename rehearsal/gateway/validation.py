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


def validation_error(schema: Schema, *, body: bytes) -> str | None:
    """Return what is wrong with a body, or None."""

    def refuse(constant: str) -> None:
        # JSON knows no NaN and no Infinity; Python's reader does.
        raise ValueError(constant)

    try:
        document = json.loads(body, parse_constant=refuse)
    except (ValueError, RecursionError):
        return "Can not parse JSON"
    errors = sorted(VALIDATOR(dict(schema)).iter_errors(document), key=lambda error: str(error.json_path))
    sentences = [SENTENCES.get(str(error.validator), lambda other: str(other.message))(error) for error in errors]
    return f"[{', '.join(sentences)}]" if sentences else None


def search_pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    """Search as JavaScript does, whose `$` is the end of the text and not the line end before it."""
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


VALIDATOR: Any = jsonschema.validators.extend(Draft4Validator, {"pattern": search_pattern})


def in_json(values: Any) -> str:
    """Return a list in JSON: texts in their order, other values as they stand."""
    return json.dumps(sorted(values) if all(isinstance(value, str) for value in values) else list(values))


def wrong_type(error: ValidationError) -> str:
    """Return the sentence for a value of another type; who allows numbers allows integers, too."""
    allowed = [error.validator_value, "integer"] if error.validator_value == "number" else [error.validator_value]
    kind = "null" if error.instance is None else KINDS[type(error.instance)]
    return f"instance type ({kind}) does not match any allowed primitive type (allowed: {in_json(allowed)})"


SENTENCES: Mapping[str, Callable[[ValidationError], str]] = {
    "required": lambda error: (
        "object has missing required properties "
        f"({in_json([name for name in error.validator_value if name not in error.instance])})"
    ),
    "additionalProperties": lambda error: (
        "object instance has properties which are not allowed by the schema: "
        f"{in_json([name for name in error.instance if name not in error.schema['properties']])}"
    ),
    "type": wrong_type,
    "enum": lambda error: (
        f"instance value ({json.dumps(error.instance)}) not found in enum "
        f"(possible values: {json.dumps(error.validator_value)})"
    ),
    "pattern": lambda error: (
        f"ECMA 262 regex {json.dumps(error.validator_value)} does not match input string {json.dumps(error.instance)}"
    ),
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
