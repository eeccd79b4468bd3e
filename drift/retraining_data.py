"""The data of a run that trains a model anew: what it is held against, and labelled captures to learn from.

Of labelled captures one in five is held out, chosen by its id: what one run holds out, no later run is trained on.
"""

import csv
import hashlib
import io
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelyard.drift.checking.outcome import Outcome, Status
from modelyard.drift.documents.files import CAPTURES_FILE, COUNTS_FILE, DATASET_FILE, write_text
from modelyard.drift.errors import DriftError
from modelyard.drift.line_breaks import split_lines
from modelyard.drift.quality.merging import Merger, capture_id
from modelyard.drift.reading.records import payload_parts, read_payload, read_record

ADDED_FILE = "labelled-captures.csv"
ONE_IN = 5

Cells = list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """A row of features, in the order in which a model is asked, and what proved true of it."""

    label: str
    features: Cells


@dataclass(frozen=True, kw_only=True, slots=True)
class Addition:
    """A dataset and where its version with labelled captures goes; `label` is the number of the label's column."""

    source: Path
    output: Path
    label: int
    header: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Captures:
    """Folders of captured records and of ground truth, and the datasets to which those with a label are added."""

    records: Path
    ground_truth: Path
    additions: tuple[Addition, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RetrainingJob:
    """A held-out dataset in, its records and its labels out, the same rows in the same order; captures if there are."""

    held_out: Path
    label: int
    header: bool
    records: Path
    labels: Path
    captures: Captures | None = None


@dataclass(kw_only=True, slots=True)
class RetrainingCounts:
    """How many rows became what, and why others did not."""

    held_out: int = 0
    added: int = 0
    held_out_captures: int = 0
    unlabelled: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)

    @property
    def document(self) -> dict[str, Any]:
        """All of it, as JSON."""
        return {
            "held_out": self.held_out,
            "added": self.added,
            "held_out_captures": self.held_out_captures,
            "unlabelled": self.unlabelled,
            "unreadable": dict(self.unreadable),
        }

    @property
    def sentence(self) -> str:
        """The counts in words."""
        causes = "; ".join(f"{count} because {cause}" for cause, count in self.unreadable.items())
        unread = f" {self.unreadable.total()} could not be read: {causes}." if self.unreadable else ""
        return (
            f"{self.held_out} rows are held out. Of captured rows {self.added} were added and "
            f"{self.held_out_captures} held out, {self.unlabelled} records have no ground truth.{unread}"
        )


def run_retraining_job(*, job: RetrainingJob) -> Outcome:
    """Write the held-out rows and the datasets with labelled captures.

    Raises:
        DriftError: a dataset has no rows, or rows of different lengths, or a file cannot be read or written.
    """
    counts = RetrainingCounts()
    rows = list(_dataset_rows(folder=job.held_out, label=job.label, header=job.header))
    if not rows:
        raise DriftError(f"{job.held_out} must hold labelled rows of CSV, it holds none; push the held-out data")
    counts.held_out = len(rows)
    _write_held_out(rows, job=job, name=DATASET_FILE)
    if job.captures is not None:
        _add_captures(job.captures, job=job, width=len(rows[0].features), counts=counts)
    write_text(path=job.labels / COUNTS_FILE, text=json.dumps(counts.document))
    return Outcome(status=Status.COMPLETED, message=f"Completed: {counts.sentence}")


def _add_captures(captures: Captures, *, job: RetrainingJob, width: int, counts: RetrainingCounts) -> None:
    added: list[Labelled] = []
    held_out: list[Labelled] = []
    merger = Merger(captures=captures.records, ground_truth=captures.ground_truth)
    for merged in merger.merged_lines():
        for line in split_lines(merged.text):
            try:
                rows = labelled_rows(line=line, width=width)
            except DriftError as error:
                counts.unreadable[str(error)] += 1
            else:
                (held_out if is_held_out(record_id=capture_id(line=line)) else added).extend(rows)
    counts.unlabelled = merger.counts.unlabelled
    counts.unreadable += merger.counts.unread_captures + merger.counts.unread_labels
    counts.added, counts.held_out_captures = len(added), len(held_out)
    if held_out:
        _write_held_out(held_out, job=job, name=CAPTURES_FILE)
    for addition in captures.additions:
        _write_version(addition, rows=added)


def is_held_out(*, record_id: bytes) -> bool:
    """Return whether a captured record is for comparing models alone; the same record always is or never is."""
    return int.from_bytes(hashlib.sha256(record_id).digest()[:8]) % ONE_IN == 0


def labelled_rows(*, line: bytes, width: int) -> list[Labelled]:
    """Return the rows of a captured record that was merged with its ground truth, each with its label.

    Raises:
        DriftError: it has not as many labels as rows, or not the columns of the held-out data; the message says why.
    """
    request, truth = read_record(line=line).request, read_payload(value=json.loads(line)["groundTruthData"])
    if request is None or truth is None:
        raise DriftError("their input was not captured")
    rows, labels = payload_parts(payload=request), payload_parts(payload=truth)
    if len(rows) != len(labels):
        raise DriftError("their input and their ground truth have different numbers of rows")
    found = []
    for row, label in zip(rows, labels, strict=True):
        if isinstance(row, dict) or isinstance(label, dict):
            raise DriftError("they are not CSV")
        if len(row) != width or len(label) != 1:
            raise DriftError(f"they do not have {width} columns and one label")
        found.append(Labelled(label=label[0] or "", features=[cell or "" for cell in row]))
    return found


def _dataset_rows(*, folder: Path, label: int, header: bool) -> Iterator[Labelled]:
    width: int | None = None
    for path in _files(folder):
        with path.open(encoding="utf-8", newline="") as file:
            lines = csv.reader(file)
            if header:
                next(lines, None)
            for cells in filter(None, lines):
                width = len(cells) if width is None else width
                if len(cells) != width or label >= width:
                    raise DriftError(
                        f"{path.name}, line {lines.line_num}, must have {width} columns, the label in number {label}, "
                        f"got {len(cells)}; correct the held-out data"
                    )
                yield Labelled(label=cells[label], features=[*cells[:label], *cells[label + 1 :]])


def _files(folder: Path) -> list[Path]:
    return [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if path.is_file())


def _write_held_out(rows: Sequence[Labelled], *, job: RetrainingJob, name: str) -> None:
    write_text(path=job.records / name, text=_csv(row.features for row in rows))
    write_text(path=job.labels / name, text=_csv([row.label] for row in rows))


def _write_version(addition: Addition, *, rows: Sequence[Labelled]) -> None:
    """Copy a dataset, and put the rows beside it in a file of their own."""
    files = _files(addition.source)
    root = addition.source if addition.source.is_dir() else addition.source.parent
    try:
        for path in files:
            target = addition.output / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    except OSError as error:
        raise DriftError(
            f"{addition.output} cannot be written ({error.strerror}); give the job a larger disk"
        ) from error
    if not rows:
        return
    first = files[0].open(encoding="utf-8", newline="") if files else io.StringIO()
    with first as file:
        lines = csv.reader(file)
        header = [next(lines, [])] if addition.header else []
        as_decimals = "." in next(lines, [""])[addition.label]
    at = addition.label
    table = [
        [*row.features[:at], _decimal(row.label) if as_decimals else row.label, *row.features[at:]] for row in rows
    ]
    write_text(path=addition.output / ADDED_FILE, text=_csv([*header, *table]))


def _decimal(label: str) -> str:
    """A whole label as the others of its column are written: a check takes a column by how its numbers look."""
    return f"{label}.0" if label.lstrip("-").isdecimal() else label


def _csv(rows: Iterable[Cells]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
