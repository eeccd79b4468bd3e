"""The record of a life as a file: its format, and what reads and writes it. docs/certify.md describes each member."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import cattrs

from modelyard.operations.failures import Failure

FORMAT = "modelyard-certification"
VERSION = 1
MOST_PROBLEMS = 3
READER = cattrs.Converter(forbid_extra_keys=True)

Outcome = Literal["running", "done", "failed", "interrupted"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A call of the SDK: an answer, or an error's code and text; without a status nothing came back."""

    service: str
    operation: str
    parameters: dict[str, Any]
    status: int | None
    answer: dict[str, Any] | None
    code: str | None
    text: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """An event of a stack: `stack` is its kind, `resource` the logical id, which is the template's own."""

    stack: str
    resource: str
    kind: str
    status: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """The states of one thing in their order, each once as long as it lasted."""

    subject: str
    states: tuple[str, ...]


@dataclass(kw_only=True, slots=True)
class Step:
    """What was called, what happened and how it ended; a step grows while it runs."""

    name: str
    outcome: Outcome = "running"
    calls: list[Call] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    histories: list[History] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """A resource that the life made and that was asked for at the end; `gone` is None where nobody can be asked."""

    stack: str
    resource: str
    kind: str
    gone: bool | None
    said: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """A life: which one, what it was allowed to cost and what it did, step by step, and what is left of it.

    `manifest` is the digest of the manifest that was played: two records of different ones are not to be compared.
    """

    release: str
    sdk: str
    manifest: str
    max_dollars: float
    max_minutes: float
    dollars: float
    minutes: float
    ended: str
    steps: tuple[Step, ...]
    resources: tuple[Resource, ...]

    @property
    def document(self) -> dict[str, Any]:
        """The record as JSON."""
        return {"format": FORMAT, "version": VERSION, **asdict(self)}


def write_record(record: Record, *, file: Path) -> None:
    """Write a record."""
    file.write_text(f"{json.dumps(record.document, indent=1)}\n", encoding="utf-8")


def read_record(file: Path) -> Record:
    """Read a record.

    Raises:
        Failure: the file is not there, is no record, or is one of another version.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise Failure(f"{file} must be a record that yard certify wrote: {error}; name another file") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise Failure(f'{file} must have "format": "{FORMAT}", as yard certify writes it; name another file')
    if document.get("version") != VERSION:
        raise Failure(
            f"{file} must be of version {VERSION}, got {document.get('version')}; compare it with the release that "
            f"wrote it ({document.get('release')})"
        )
    try:
        record: Record = READER.structure(
            {name: value for name, value in document.items() if name not in ("format", "version")}, Record
        )
    except cattrs.BaseValidationError as error:
        problems = "; ".join(cattrs.transform_error(error)[:MOST_PROBLEMS])
        raise Failure(f"{file} must have the members of a record, got: {problems}; ask for the whole file") from error
    return record
