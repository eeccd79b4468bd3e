"""Records of an object, and the payloads in which they travel to a model.

Source: "Use batch transform to get inferences from large datasets" in AWS's developer guide, TransformInput and
CreateTransformJob in the API reference.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

MEGABYTE = 1024**2


class Split(StrEnum):
    """How an object is cut into records: the values of SplitType that work here."""

    NONE = "None"
    LINE = "Line"


class Strategy(StrEnum):
    """How many records a request carries: the values of BatchStrategy."""

    SINGLE = "SingleRecord"
    MULTI = "MultiRecord"


class TooLarge(ValueError):
    """A record that does not fit into one payload."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One record as it lies in the object, and as the model sees it."""

    source: bytes
    payload: bytes


def split(*, body: bytes, kind: Split) -> list[bytes]:
    """Cut an object at its line feeds, or not at all; each line ends in one, and empty lines are no records."""
    if kind is Split.NONE:
        return [body] if body else []
    return [line + b"\n" for line in body.split(b"\n") if line.strip()]


def batches(*, records: Iterable[Record], strategy: Strategy, most_bytes: int) -> Iterator[Sequence[Record]]:
    """Put records together, in order, as many as fit into one payload, or each by itself.

    Raises:
        TooLarge: a record is longer than a payload may be.

    """
    held: list[Record] = []
    size = 0
    for record in records:
        _refuse_too_large(record=record, most_bytes=most_bytes)
        if held and (strategy is Strategy.SINGLE or size + len(record.payload) > most_bytes):
            yield held
            held, size = [], 0
        held.append(record)
        size += len(record.payload)
    if held:
        yield held


def payload(records: Sequence[Record]) -> bytes:
    """Return the body of a request: its records one after the other."""
    return b"".join(record.payload for record in records)


def _refuse_too_large(*, record: Record, most_bytes: int) -> None:
    if len(record.payload) > most_bytes:
        limit = f"{most_bytes / MEGABYTE:g} MB"
        raise TooLarge(f"a record must be at most {limit}, got {len(record.payload)} bytes; raise MaxPayloadInMB")
