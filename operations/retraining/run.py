"""The runs that a schedule or an alarm has started, as the data bucket knows them."""

from dataclasses import dataclass
from typing import Any

from modelyard.drift.documents.files import COUNTS_FILE
from modelyard.manifest import Model
from modelyard.manifest.retraining import RUN_PREFIX
from modelyard.operations.bucket import DataBucket


@dataclass(frozen=True, kw_only=True, slots=True)
class RetrainingRun:
    """A run that is over: why it was started, which artifact was promoted then, and how its rows were counted."""

    name: str
    reason: str
    promoted: str | None
    counts: dict[str, Any]


def newest_run(*, model: Model, bucket: DataBucket) -> RetrainingRun | None:
    """Return the newest run that was started by a schedule or an alarm and has scored its rows, or None."""
    layout, root = model.layout, model.layout.training(run="")
    stored = [(one, one.key.removeprefix(root).partition("/")[0]) for one in bucket.objects(f"{root}{RUN_PREFIX}")]
    notes = [(one, run) for one, run in stored if one.key == layout.retraining_note(run=run)]
    if not notes:
        return None
    _, name = max(notes, key=lambda found: found[0].modified)
    note = bucket.read_json(layout.retraining_note(run=name))
    counts = bucket.read_json(f"{layout.retraining(run=name)}/labels/{COUNTS_FILE}")
    return RetrainingRun(
        name=name,
        reason=str(note["reason"]),
        promoted=note.get("promoted"),
        counts={} if counts is None else counts,
    )
