"""A labelling session on disk: what was chosen, and each label as soon as it is given.

The file has a JSON document a line, the first of which is the session. A line that a crash has cut is no action; the
next one takes its place. One process at a time has the file.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal

from modelyard.operations.failures import Failure

Act = Literal["label", "skip", "undo"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A record as it is shown and written.

    `source` is the text that was sent, empty for what is no text; `picture` an image in NumPy's format, in base64.
    """

    id: str
    reason: str
    time: str
    source: str
    cells: Mapping[str, str | None]
    answer: str
    certainty: float | None
    picture: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """What is labelled: the items in their order, and what may be a label; `began` is when they were chosen."""

    model: str
    endpoint: str
    attribute: str
    began: str
    seed: int | None
    classes: tuple[str, ...]
    items: tuple[Item, ...]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Session":
        """Return the session that a journal begins with."""
        items = tuple(Item(**one) for one in document["items"])
        return cls(**{**document, "classes": tuple(document["classes"]), "items": items})


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """A label that was given, an item that was passed over, or the last action taken back."""

    act: Act
    item: int
    label: str = ""
    seen: bool = False
    at: str = ""


class Stale(Exception):
    """An action that was decided on when the journal was shorter: in another tab somebody went on."""


@dataclass(kw_only=True)
class Journal:
    """The session of a file, and what was done in it. `seen` is whether the model's answer had been looked at."""

    file: Path
    session: Session
    actions: list[Action] = field(default_factory=list)

    @property
    def revision(self) -> int:
        """How many actions there were."""
        return len(self.actions)

    @property
    def answers(self) -> dict[int, Action]:
        """The label or skip of each item that has one, the last that was not taken back."""
        kept: list[Action] = []
        for action in self.actions:
            if action.act == "undo":
                kept = kept[:-1]
            else:
                kept.append(action)
        return {action.item: action for action in kept}

    @property
    def labels(self) -> dict[int, Action]:
        """The items that have a label."""
        return {item: action for item, action in self.answers.items() if action.act == "label"}

    def append(self, action: Action, *, revision: int) -> None:
        """Note an action on disk before anything is said of it.

        Raises:
            Stale: it was decided on at another revision.
        """
        if revision != self.revision:
            raise Stale
        with self.file.open("ab") as lines:
            lines.write(_line(asdict(action)))
            lines.flush()
            os.fsync(lines.fileno())
        self.actions.append(action)


@contextmanager
def begin_or_resume(file: Path, *, begin: "Session | None") -> Iterator[Journal]:
    """Give the journal of a file that is there, else one of a new session; nobody else has it meanwhile.

    Raises:
        Failure: another process has it, it is no journal, or there is neither a file nor a session.
    """
    with file.open("ab+") as content:
        _lock(content, file=file)
        content.seek(0)
        lines = _whole_lines(content)
        if not lines:
            if begin is None:
                raise Failure(f"{file} must be a journal of yard label, it is empty; delete it, and begin again")
            content.write(_line(asdict(begin)))
            content.flush()
            os.fsync(content.fileno())
            yield Journal(file=file, session=begin)
            return
        try:
            documents = [json.loads(line) for line in lines]
            session = Session.read(documents[0])
            actions = [Action(**one) for one in documents[1:]]
        except (ValueError, KeyError, TypeError) as error:
            raise Failure(f"{file} must be a journal of yard label, it is none; move it elsewhere") from error
        yield Journal(file=file, session=session, actions=actions)


def _whole_lines(content: BinaryIO) -> list[bytes]:
    """The lines of a file, from which one that is not whole is cut off."""
    text = content.read()
    whole = text[: text.rfind(b"\n") + 1]
    if len(whole) < len(text):
        content.truncate(len(whole))
    return [line for line in whole.split(b"\n") if line]


def _lock(content: BinaryIO, *, file: Path) -> None:
    try:
        fcntl.flock(content, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Failure(
            f"{file} is being worked on by another yard label; end that one, or name another --output"
        ) from error


def _line(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"
