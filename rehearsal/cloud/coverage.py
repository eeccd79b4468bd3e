"""What becomes in the local AWS of each property that the templates set: `coverage.toml`, read.

A property is done (it has the effect that it has on AWS), in part (as its sentence says), only recorded (a Describe
call gives it back, and nothing more), or ignored. Each row is for a property and all that lies below it, unless a
longer row is for a part of that.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("coverage.toml")


class Effect(StrEnum):
    """What becomes of a property."""

    DONE = "done"
    IN_PART = "in part"
    RECORDED = "recorded"
    IGNORED = "ignored"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What becomes of a property of a type, in a sentence.

    Raises:
        ValueError: the sentence is none.

    """

    type: str
    property: str
    effect: Effect
    sentence: str

    def __post_init__(self) -> None:
        if not (self.sentence[:1].isupper() and self.sentence.endswith(".")):
            key = f"[{self.type!r}.{self.effect}] {self.property}"
            raise ValueError(f"{key} must be a sentence with its full stop, got {self.sentence!r}; write one")

    def covers(self, path: str) -> bool:
        """Return whether the row is for a property, or for one that it lies in."""
        return path == self.property or path.startswith((f"{self.property}.", f"{self.property}["))


def rows(table: Path = TABLE) -> list[Row]:
    """Return all rows, in the order of the file.

    Raises:
        ValueError: an effect that there is not, or a row without a sentence.

    """
    document = tomllib.loads(table.read_text(encoding="utf-8"))
    return [
        Row(type=type_, property=name, effect=Effect(effect), sentence=sentence)
        for type_, effects in document.items()
        for effect, sentences in effects.items()
        for name, sentence in sentences.items()
    ]


def row_of(*, type_: str, path: str, table: list[Row]) -> Row | None:
    """Return the row for a property: the one that names the most of it, or None."""
    covering = [row for row in table if row.type == type_ and row.covers(path)]
    return max(covering, key=lambda row: len(row.property), default=None)


def paths(properties: Any, *, path: str = "") -> Iterator[str]:
    """Yield each property of a resource that has a value of its own: `Targets[].Arn`."""
    is_mapping = isinstance(properties, Mapping) and bool(properties)
    is_reference = is_mapping and len(properties) == 1 and next(iter(properties)).startswith(("Ref", "Fn::"))
    if is_mapping and not is_reference:
        for name, value in properties.items():
            yield from paths(value, path=f"{path}.{name}" if path else name)
    elif isinstance(properties, list) and properties:
        for item in properties:
            yield from paths(item, path=f"{path}[]")
    elif path:
        yield path


def template_paths(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the type and path of each property of a template, and of each request that its state machines make."""
    # Of a stack that a change set is about to make the template is empty, and anybody's may be of any form.
    for resource in template.get("Resources", {}).values():
        given = resource.get("Properties") if isinstance(resource, Mapping) and "Type" in resource else None
        if not isinstance(given, Mapping):
            continue
        properties = dict(given)
        # A definition may be a text, or lie in a bucket: what is in it is read of the workflows of this project.
        definition = properties.get("Definition")
        is_machine = resource["Type"] == "AWS::StepFunctions::StateMachine"
        if is_machine and isinstance(definition, Mapping) and "States" in definition:
            del properties["Definition"]
            yield from definition_paths(definition)
        for path in paths(properties):
            yield resource["Type"], path


def definition_paths(definition: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the parts of a definition: those of a state after its type, those of a request after its operation."""
    yield from (("AWS::StepFunctions::StateMachine", f"Definition.{name}") for name in definition if name != "States")
    for state in definition["States"].values():
        if "ItemProcessor" in state:
            yield from definition_paths(state["ItemProcessor"])
        for name in state.keys() - {"Arguments", "ItemProcessor", "Retry"}:
            yield f"{state['Type']} state", name
        for path in paths({name: state[name] for name in ("Retry",) if name in state}):
            yield f"{state['Type']} state", path
        for path in paths(state.get("Arguments", {})):
            # What a task asks for, such as `sagemaker:createTrainingJob.sync`.
            resource = state["Resource"] if isinstance(state["Resource"], str) else json.dumps(state["Resource"])
            yield resource.rpartition(":::")[2].split('"')[0], path
