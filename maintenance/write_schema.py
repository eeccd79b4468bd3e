"""Write the JSON Schemas of `models/<name>.toml` and `stages.toml` from the dataclasses that read them.

make reference

Editors complete and check by them (taplo, Even Better TOML). A schema refuses nothing that the reader takes. The reader
refuses more: what the values of a table must be to one another, and what a region offers.
"""

import dataclasses
import functools
import inspect
import json
import re
import types
import typing
from pathlib import Path
from typing import Any

from modelyard.manifest import Model, Stage, catalogue
from modelyard.manifest.artifact import KEY, Artifact, ArtifactUri
from modelyard.manifest.channel import LONGEST_URI, ChannelPath
from modelyard.manifest.rules import (
    DATA_PATH,
    JSON_PATH,
    LONGEST_FILTER,
    LONGEST_PATH,
    SAGEMAKER_NAME,
    AtMost,
    AwsName,
    Between,
    Container,
    Count,
    DataPath,
    Each,
    EachValue,
    Instance,
    JsonPath,
    Matches,
    OneOf,
    TimeZone,
    rules_of,
)
from modelyard.manifest.structuring import SHORTHANDS
from modelyard.manifest.training import Regexes

FOLDER = Path(__file__).parent.parent / "manifest" / "schemas"
# The newest draft that taplo knows.
DRAFT = "http://json-schema.org/draft-07/schema#"
TYPES: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}
# `Count` and `Each` are rules of lists and of tables, and say it in the words of both.
MEANINGLESS = {
    "array": ("minProperties", "maxProperties", "propertyNames"),
    "object": ("minItems", "maxItems", "items"),
}
NOT_ASCII = "\x80-\U0010ffff"

Schema = dict[str, Any]


def main() -> None:
    """Write both files anew."""
    for file, text in files().items():
        file.write_text(text, encoding="utf-8")


def files() -> dict[Path, str]:
    """Return each schema's file and what it holds."""
    schemas = {"manifest": manifest_schema(), "stage": stages_schema()}
    return {
        FOLDER / f"{name}.schema.json": json.dumps(schema, indent=2, ensure_ascii=True) + "\n"
        for name, schema in schemas.items()
    }


def manifest_schema() -> Schema:
    """Return the schema of `models/<name>.toml`."""
    return document("A model of Modelyard: models/<name>.toml", Model, root=lambda table: table)


def stages_schema() -> Schema:
    """Return the schema of `stages.toml`: a table for each stage, by the stage's name."""
    names = merged(*(of_rule(rule) for rule in rules_of(Stage)["name"]))
    return document("The stages of a Modelyard app: stages.toml", Stage, root=lambda table: stages(table, names=names))


def stages(table: Schema, *, names: Schema) -> Schema:
    """Tables by name, where each table itself has none."""
    properties = {key: value for key, value in table["properties"].items() if key != "name"}
    required = {"required": rest} if (rest := [key for key in table.get("required", ()) if key != "name"]) else {}
    stage = {**{key: value for key, value in table.items() if key != "required"}, "properties": properties, **required}
    return {"type": "object", "propertyNames": names, "additionalProperties": stage}


def document(title: str, kind: type, *, root: typing.Callable[[Schema], Schema]) -> Schema:
    """Return a whole schema, with the tables and the long lists that it refers to."""
    definitions: Schema = {}
    body = root(of_table(kind, definitions=definitions))
    return {"$schema": DRAFT, "title": title, **body, "definitions": dict(sorted(definitions.items()))}


def of_table(kind: type, *, definitions: Schema) -> Schema:
    """Return a dataclass: its keys, those without a default required, and no others."""
    hints = typing.get_type_hints(kind, include_extras=True)
    fields = dataclasses.fields(kind)
    required = [field.name for field in fields if is_required(field)]
    return {
        "description": " ".join(str(inspect.getdoc(kind)).split()),
        "type": "object",
        "properties": {
            field.name: of_key(field, kind=kind, hint=hints[field.name], definitions=definitions) for field in fields
        },
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def is_required(field: dataclasses.Field[Any]) -> bool:
    """Return whether a key must be given."""
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def of_key(field: dataclasses.Field[Any], *, kind: type, hint: Any, definitions: Schema) -> Schema:
    """Return a key: its kind of value, its rules, what its table's documentation says of it, and its default."""
    plain = typing.get_args(hint)[0] if hasattr(hint, "__metadata__") else hint
    rules = [of_rule(rule) for rule in rules_of(kind).get(field.name, ())]
    schema = merged(of_kind(plain, definitions=definitions), *rules)
    schema = {key: value for key, value in schema.items() if key not in MEANINGLESS.get(str(schema.get("type")), ())}
    if "$ref" in schema:  # draft 7 ignores what stands beside it
        schema = {"allOf": [schema]}
    sentences = re.split(r"(?<=\.) ", " ".join(str(inspect.getdoc(kind)).split()))
    about = " ".join(sentence for sentence in sentences if f"`{field.name}" in sentence)
    return {
        **({"description": about} if about else {}),
        **schema,
        **({} if field.default in (None, dataclasses.MISSING, ()) else {"default": field.default}),
    }


def of_kind(hint: Any, *, definitions: Schema) -> Schema:
    """Return a type. TOML has no null, so `| None` only says that a key may be left out."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return {"enum": list(inner)}
    if origin in (typing.Union, types.UnionType):
        kinds = [of_kind(one, definitions=definitions) for one in inner if one is not type(None)]
        return kinds[0] if len(kinds) == 1 else {"type": [kind["type"] for kind in kinds]}
    if origin is tuple:
        return {"type": "array", "items": of_kind(inner[0], definitions=definitions)}
    if origin is dict:
        return {"type": "object", "additionalProperties": of_kind(inner[1], definitions=definitions)}
    if dataclasses.is_dataclass(hint):
        return of_named_table(typing.cast(type, hint), definitions=definitions)
    return {"type": TYPES[hint]}


def of_named_table(kind: type, *, definitions: Schema) -> Schema:
    """Return a reference to a table that is written once, or to the short form in which some may be given."""
    if kind.__name__ not in definitions:
        table = definitions[kind.__name__] = of_table(kind, definitions=definitions)
        if kind in SHORTHANDS:
            short = table["properties"][SHORTHANDS[kind].key]
            definitions[kind.__name__] = {"anyOf": [short, table]}
    return {"$ref": f"#/definitions/{kind.__name__}"}


def merged(*schemas: Schema) -> Schema:
    """Return one schema of several: the properties of an array's items and a table's keys are put together."""
    result: Schema = {}
    for schema in schemas:
        for key, value in schema.items():
            result[key] = merged(result[key], value) if isinstance(result.get(key), dict) else value
    return result


@functools.singledispatch
def of_rule(rule: Any) -> Schema:
    """Return what JSON Schema can say of a rule.

    Raises:
        TypeError: nobody has written down yet what it can say of rules of this class.
    """
    message = f"{type(rule).__name__} has no JSON Schema; register one in maintenance/write_schema.py, {{}} for none"
    raise TypeError(message)


@of_rule.register
def _(rule: Between) -> Schema:
    return {"minimum": rule.low, "maximum": rule.high}


@of_rule.register
def _(rule: Count) -> Schema:
    return {"minItems": rule.low, "maxItems": rule.high, "minProperties": rule.low, "maxProperties": rule.high}


@of_rule.register
def _(rule: OneOf) -> Schema:
    return {"enum": list(rule.choices)}


@of_rule.register
def _(rule: Matches) -> Schema:
    return {"pattern": whole(rule.pattern)}


@of_rule.register
def _(rule: Each) -> Schema:
    each = of_rule(rule.rule)
    return {"items": each, "propertyNames": each}


@of_rule.register
def _(rule: EachValue) -> Schema:
    return {"additionalProperties": of_rule(rule.rule)}


@of_rule.register
def _(rule: AtMost) -> Schema:
    return {"maxLength": rule.longest}


@of_rule.register
def _(_: TimeZone) -> Schema:
    return {"anyOf": [{"enum": list(catalogue.time_zones())}]}


@of_rule.register
def _(rule: AwsName) -> Schema:
    return {"maxLength": rule.longest, "pattern": whole(SAGEMAKER_NAME)}


@of_rule.register
def _(rule: Instance) -> Schema:
    # Below anyOf, an editor completes them and does not list all of them when it finds another.
    return {"anyOf": [{"enum": sorted(catalogue.instance_types(kind=rule.kind))}]}


@of_rule.register
def _(rule: Container) -> Schema:
    names = [
        f"{family}:{version}"
        for family in catalogue.families(scope=rule.scope)
        for full in catalogue.versions(family=family, scope=rule.scope)
        for version in shortened(full)
        if catalogue.resolved_version(container=f"{family}:{version}", scope=rule.scope) == full
    ]
    return {"anyOf": [{"enum": names}, {"pattern": whole(catalogue.OWN_IMAGE)}]}


def shortened(version: str) -> list[str]:
    """Return a version and its beginnings, as 2, 2.6 and 2.6.0 of 2.6.0."""
    parts = version.split(".")
    return [".".join(parts[: count + 1]) for count in range(len(parts))]


@of_rule.register
def _(_: Artifact) -> Schema:
    return {"anyOf": [{"pattern": whole(KEY)}, {"pattern": "^s3://"}]}


@of_rule.register
def _(_: ArtifactUri) -> Schema:
    return {"pattern": r"^s3://.+\.tar\.gz$"}


@of_rule.register
def _(_: DataPath) -> Schema:
    return {"pattern": whole(DATA_PATH), "maxLength": LONGEST_PATH}


@of_rule.register
def _(_: ChannelPath) -> Schema:
    return {"anyOf": [of_rule(DataPath()), {"pattern": "^s3://", "maxLength": LONGEST_URI}]}


@of_rule.register
def _(_: JsonPath) -> Schema:
    return {"pattern": whole(JSON_PATH), "maxLength": LONGEST_FILTER}


@of_rule.register
def _(_: Regexes) -> Schema:
    return {}  # whether a text is a regular expression of Python's, no schema can say


def whole(pattern: re.Pattern[str]) -> str:
    r"""A pattern of Python's for all engines: of the whole text, and with all letters where `\w` means all.

    Raises:
        ValueError: it has what means different things to different engines.
    """
    text = re.sub(r"\(\?P<\w+>", "(", pattern.pattern)
    if re.search(r"\\[dDW]|\(\?[a-zA-Z]", text) is not None:
        message = f"{pattern.pattern}: write [0-9] for \\d, and no flags inside"
        raise ValueError(message)
    everywhere = "" if pattern.flags & re.ASCII else NOT_ASCII
    inside, parts = False, []
    for part in re.findall(r"\\.|.", text):
        inside = part == "[" or (inside and part != "]")
        letters = f"\\w{everywhere}" if inside else f"[\\w{everywhere}]"
        parts.append(letters if part == r"\w" else part)
    return f"^(?:{''.join(parts)})$"


if __name__ == "__main__":
    main()
