"""Captured records joined with the ground truth that came for them later.

Source of both formats: AWS's developer guide, on ingesting ground truth labels and merging them with predictions.
A capture is matched by its inferenceId, or else by its eventId.
"""

import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from drift.errors import DriftError
from drift.reading.lines import line_chunks
from drift.reading.source import Format, Source

# what is kept of the ground truth at a time; beyond it the captures are read more than once
_LABELS_AT_A_TIME = 256 << 20


@dataclass(kw_only=True, slots=True)
class Tally:
    """What came of a merge, counted."""

    captures: int = 0
    matched: int = 0
    labels: int = 0
    repeated_labels: int = 0
    used_labels: int = 0
    unread_captures: Counter[str] = field(default_factory=Counter)
    unread_labels: Counter[str] = field(default_factory=Counter)

    @property
    def unlabelled(self) -> int:
        """How many captured records have no ground truth."""
        return self.captures - self.matched

    @property
    def unclaimed(self) -> int:
        """How many labels belong to no captured record."""
        return self.labels - self.used_labels

    def sentences(self) -> str:
        """Return the counts in words, those of nothing left out."""
        have = "has" if self.matched == 1 else "have"
        said = [f"{self.matched} of {_number(self.captures, 'captured record')} {have} a ground truth."]
        if self.unclaimed > 0:
            belong = "belongs" if self.unclaimed == 1 else "belong"
            said.append(f"{_number(self.unclaimed, 'ground truth')} {belong} to none of them.")
        if self.repeated_labels > 0:
            were = "was" if self.repeated_labels == 1 else "were"
            said.append(f"{_number(self.repeated_labels, 'ground truth')} {were} given again; the last one counts.")
        said += [_unread("captured record", self.unread_captures)] if self.unread_captures else []
        said += [_unread("ground truth", self.unread_labels)] if self.unread_labels else []
        return " ".join(said)


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _unread(what: str, causes: Counter[str]) -> str:
    said = "; ".join(f"{count} because {cause}" for cause, count in causes.items())
    return f"{_number(causes.total(), what)} could not be read: {said}."


@dataclass(frozen=True, kw_only=True, slots=True)
class Merged:
    """Merged lines of one capture file, whose path is relative to the captures' folder."""

    path: Path
    lines: Sequence[bytes]


class Merger:
    """Joins the capture files below one folder with the ground truth files below another.

    Memory is bounded: of more ground truth than 256 MiB a share is kept at a time, and the captures are read
    once for each. Lines that cannot be read are counted, and the rest goes on.
    """

    def __init__(self, *, captures: Path, ground_truth: Path, at_a_time: int = _LABELS_AT_A_TIME) -> None:
        self._captures = Source(path=captures, format=Format.CAPTURE)
        self._truth = Source(path=ground_truth, format=Format.CAPTURE)
        self._at_a_time = at_a_time
        self.tally = Tally()

    def merged(self) -> Iterator[Merged]:
        """Yield merged lines, file by file, in the order of the paths.

        A file comes more than once when it is long, or when the ground truth is. Raise DriftError when a file
        cannot be read. A folder that does not exist has no files.
        """
        captures, truths = _files(self._captures), _files(self._truth)
        passes = 1 + sum(path.stat().st_size for path in truths) // self._at_a_time
        for number in range(passes):
            labels = self._labels(truths, number, passes)
            for path in captures:
                yield from self._joined(path, labels, first=number == 0)
            self.tally.labels += len(labels.by_id)
            self.tally.used_labels += len(labels.used)

    def _labels(self, files: Sequence[Path], number: int, passes: int) -> "_Labels":
        labels = _Labels(number=number, passes=passes)
        for path in files:
            for data, stop in line_chunks(path=path):
                for line in data[:stop].tobytes().splitlines():
                    self._label(line, labels)
        self.tally.repeated_labels += labels.repeated
        return labels

    def _label(self, line: bytes, labels: "_Labels") -> None:
        if not line.strip():
            return
        try:
            labels.add(*read_label(line=line))
        except DriftError as error:
            if labels.number == 0:
                self.tally.unread_labels[str(error)] += 1

    def _joined(self, path: Path, labels: "_Labels", *, first: bool) -> Iterator[Merged]:
        relative = path.relative_to(self._captures.path) if path != self._captures.path else Path(path.name)
        for data, stop in line_chunks(path=path):
            lines = [self._joined_line(line, labels, first) for line in data[:stop].tobytes().splitlines()]
            found = [line for line in lines if line is not None]
            if found:
                yield Merged(path=_unpacked(relative), lines=found)

    def _joined_line(self, line: bytes, labels: "_Labels", first: bool) -> bytes | None:  # noqa: FBT001
        if not line.strip():
            return None
        try:
            label = labels.of(capture_id(line=line))
        except DriftError as error:
            self.tally.unread_captures.update([str(error)] if first else [])
            return None
        self.tally.captures += first
        self.tally.matched += label is not None
        return with_label(line=line, label=label) if label is not None else None


def _unpacked(path: Path) -> Path:
    # merged lines are written plain
    return path.with_suffix("") if path.suffix == ".gz" else path


def _files(source: Source) -> list[Path]:
    return source.files() if source.path.exists() else []


class _Labels:
    """Ground truths by id: those whose id falls to this pass."""

    def __init__(self, *, number: int, passes: int) -> None:
        self.number, self._passes = number, passes
        self.by_id: dict[str, bytes] = {}
        self.used: set[str] = set()
        self.repeated = 0
        # there are few different labels, and each is kept once
        self._different: dict[bytes, bytes] = {}

    def add(self, name: str, label: bytes) -> None:
        if self._passes > 1 and zlib.crc32(name.encode()) % self._passes != self.number:
            return
        self.repeated += name in self.by_id
        self.by_id[name] = self._different.setdefault(label, label)

    def of(self, name: str) -> bytes | None:
        label = self.by_id.get(name)
        if label is not None:
            self.used.add(name)
        return label


def _object(line: bytes) -> Mapping[str, object]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DriftError("they are not JSON") from error
    if not isinstance(value, Mapping):
        raise DriftError("they are no objects")
    return value


def _identity(record: Mapping[str, object], *names: str) -> str:
    metadata = record.get("eventMetadata")
    about = metadata if isinstance(metadata, Mapping) else {}
    given = (about.get(name) for name in names)
    found = next((name for name in given if isinstance(name, str) and name != ""), None)
    if found is None:
        raise DriftError(f"their eventMetadata has no {' or '.join(names)}")
    return found


def read_label(*, line: bytes) -> tuple[str, bytes]:
    """Return the id and the groundTruthData, as JSON, of one line of ground truth.

    Raise DriftError, saying why, for a line that is none.
    """
    record = _object(line)
    label = record.get("groundTruthData")
    if not isinstance(label, Mapping) or not isinstance(label.get("data"), str):
        raise DriftError("they have no groundTruthData with data in quotes")
    return _identity(record, "eventId"), json.dumps(label, separators=(",", ":")).encode()


def capture_id(*, line: bytes) -> str:
    """Return the id by which a captured record is matched. Raise DriftError, saying why, when it has none."""
    record = _object(line)
    if not isinstance(record.get("captureData"), Mapping):
        raise DriftError("they have no captureData")
    return _identity(record, "inferenceId", "eventId")


def with_label(*, line: bytes, label: bytes) -> bytes:
    """Return a captured record's line with its groundTruthData as a last member."""
    return line.rstrip().removesuffix(b"}") + b',"groundTruthData":' + label + b"}"
