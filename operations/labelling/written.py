"""What is made of a session: lines of an augmented manifest, and ground truth."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from modelyard.operations.data.augmented import CLASS_NAME, METADATA, REFERENCE, SOURCE
from modelyard.operations.labelling.journal import Action, Item, Journal
from modelyard.operations.quality.ground_truth import GroundTruth

RANDOM = "random"


def write_manifest(journal: Journal, *, file: Path) -> None:
    """Write the labelled records as an augmented manifest; images go into a folder of its name beside it."""
    lines = [_line(journal, item=item, action=action, file=file) for item, action in sorted(journal.labels.items())]
    file.write_text("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines), encoding="utf-8")


def ground_truth_of(journal: Journal, *, chosen: bool) -> list[GroundTruth]:
    """Return the labels of the records that were drawn at random, or of the `chosen` others."""
    return [
        GroundTruth(id=item.id, label=action.label)
        for item, action in _labelled(journal)
        if (item.reason != RANDOM) == chosen
    ]


def counts_of(journal: Journal) -> dict[str, Any]:
    """Return how many labels there are by reason and by label, and what was passed over or never reached."""
    by_reason: dict[str, int] = {}
    by_label: dict[str, int] = {}
    for item, action in _labelled(journal):
        by_reason[item.reason] = by_reason.get(item.reason, 0) + 1
        by_label[action.label] = by_label.get(action.label, 0) + 1
    decided = journal.answers
    return {
        "records": len(journal.session.items),
        "labelled": len(journal.labels),
        "skipped": len(decided) - len(journal.labels),
        "undecided": len(journal.session.items) - len(decided),
        "by_reason": dict(sorted(by_reason.items())),
        **({"by_label": dict(sorted(by_label.items()))} if journal.session.classes else {}),
    }


def _labelled(journal: Journal) -> Iterator[tuple[Item, Action]]:
    for number, action in sorted(journal.labels.items()):
        yield journal.session.items[number], action


def _line(journal: Journal, *, item: int, action: Action, file: Path) -> dict[str, Any]:
    """A line as labelling jobs write it, with a few facts more: how the record was chosen, and its inference."""
    session = journal.session
    one = session.items[item]
    about: dict[str, Any] = {
        "type": "modelyard/label",
        "job-name": f"yard-label-{session.endpoint}",
        "human-annotated": "yes",
        "creation-date": action.at,
        "chosen": one.reason,
        "inference-id": one.id,
        "answer-seen": action.seen,
    }
    value: str | int | float
    if session.classes:
        about[CLASS_NAME] = action.label
        value = session.classes.index(action.label)
    else:
        value = json.loads(repr(float(action.label)))
    return {**_source(one, number=item, file=file), session.attribute: value, f"{session.attribute}{METADATA}": about}


def _source(item: Item, *, number: int, file: Path) -> dict[str, str]:
    if item.source or item.picture is None:
        return {SOURCE: item.source}
    image = file.with_suffix("") / f"{number}.npy"
    image.parent.mkdir(exist_ok=True)
    image.write_bytes(base64.b64decode(item.picture))
    return {REFERENCE: f"{image.parent.name}/{image.name}"}
