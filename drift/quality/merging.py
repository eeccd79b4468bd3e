"""Captured records joined with the ground truth that came for them later.

Source of both formats: AWS's developer guide, on ingesting ground truth labels and merging them with predictions.
A capture is matched by its inferenceId, or else by its eventId.
"""

import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from modelyard.drift.errors import DriftError
from modelyard.drift.kernels.columns import CAPTURED, ID, ID_END, LINE, LINE_END, OBJECT, OBJECT_END
from modelyard.drift.quality.chunks import Chunk, chunks, record_files, worth_compiling

# what is kept of the ground truth at a time; beyond it the captures are read more than once
LABELS_AT_A_TIME = 256 << 20


@dataclass(kw_only=True, slots=True)
class MergeCounts:
    """How many captured records and labels were merged, and how many were not."""

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
        sentences = [f"{self.matched} of {_number(self.captures, 'captured record')} {have} a ground truth."]
        if self.unclaimed > 0:
            belong = "belongs" if self.unclaimed == 1 else "belong"
            sentences.append(f"{_number(self.unclaimed, 'ground truth')} {belong} to none of them.")
        if self.repeated_labels > 0:
            were = "was" if self.repeated_labels == 1 else "were"
            sentences.append(
                f"{_number(self.repeated_labels, 'ground truth')} {were} given again; the last one counts."
            )
        sentences += [_unread("captured record", self.unread_captures)] if self.unread_captures else []
        sentences += [_unread("ground truth", self.unread_labels)] if self.unread_labels else []
        return " ".join(sentences)


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _unread(what: str, causes: Counter[str]) -> str:
    sentences = "; ".join(f"{count} because {cause}" for cause, count in causes.items())
    return f"{_number(causes.total(), what)} could not be read: {sentences}."


@dataclass(frozen=True, kw_only=True, slots=True)
class MergedLines:
    """Whole merged lines of one capture file, whose path is relative to the captures' folder."""

    path: Path
    text: bytes


class Labels:
    """The labels whose ids fall to one of several passes; with a single pass, all."""

    def __init__(self, *, number: int, passes: int) -> None:
        self._number, self._passes = number, passes
        self.by_id: dict[bytes, bytes] = {}
        self.used: set[bytes] = set()
        self.repeated = 0
        # there are few different labels, and each is kept once
        self._different: dict[bytes, bytes] = {}

    @property
    def first(self) -> bool:
        """Whether this is the pass in which lines are counted."""
        return self._number == 0

    def add(self, *, record_id: bytes, label: bytes) -> None:
        """Take a label; of several of one id the last one counts."""
        if self._passes > 1 and zlib.crc32(record_id) % self._passes != self._number:
            return
        self.repeated += record_id in self.by_id
        self.by_id[record_id] = self._different.setdefault(label, label)

    def get(self, *, record_id: bytes) -> bytes | None:
        """Return the label of a record, None when it has none in this pass."""
        label = self.by_id.get(record_id)
        if label is not None:
            self.used.add(record_id)
        return label


class Merger:
    """Joins the capture files below one folder with the ground truth files below another.

    Memory is bounded: of more ground truth than 256 MiB a share is kept at a time, and the captures are read
    once for each. Lines that cannot be read are counted, and the rest goes on.
    """

    def __init__(self, *, captures: Path, ground_truth: Path, at_a_time: int = LABELS_AT_A_TIME) -> None:
        self._folder = captures
        self._captures, self._ground_truth = record_files(folder=captures), record_files(folder=ground_truth)
        self._passes = 1 + sum(path.stat().st_size for path in self._ground_truth) // at_a_time
        self.compiled = worth_compiling(paths=[*self._captures, *self._ground_truth])
        self.counts = MergeCounts()

    def merged_lines(self) -> Iterator[MergedLines]:
        """Yield merged lines, file by file, in the order of the paths.

        A file comes more than once when it is long, or when the ground truth is. A folder that does not exist has no
        files.

        Raises:
            DriftError: a file cannot be read.
        """
        for number in range(self._passes):
            labels = Labels(number=number, passes=self._passes)
            for path in self._ground_truth:
                for chunk in chunks(path=path, compiled=self.compiled):
                    self._add(chunk, labels)
            self.counts.repeated_labels += labels.repeated
            for path in self._captures:
                relative = path.relative_to(self._folder) if path != self._folder else Path(path.name)
                # merged lines are written plain
                relative = relative.with_suffix("") if relative.suffix == ".gz" else relative
                for chunk in chunks(path=path, compiled=self.compiled):
                    lines = list(self._merge_chunk(chunk, labels))
                    if lines:
                        yield MergedLines(path=relative, text=b"".join(lines))
            self.counts.labels += len(labels.by_id)
            self.counts.used_labels += len(labels.used)

    def _add(self, chunk: Chunk, labels: Labels) -> None:
        text = chunk.text
        for number, row in enumerate(chunk.rows):
            if row[LINE_END] >= 0 and row[OBJECT_END] > 0 and row[CAPTURED] == 0:
                labels.add(record_id=text[row[ID] : row[ID_END]], label=text[row[OBJECT] : row[OBJECT_END]])
                continue
            for line in chunk.lines(number=number):
                try:
                    name, label = read_label(line=line)
                except DriftError as error:
                    self.counts.unread_labels.update([str(error)] if labels.first else [])
                else:
                    labels.add(record_id=name, label=label)

    def _merge_chunk(self, chunk: Chunk, labels: Labels) -> Iterator[bytes]:
        text = chunk.text
        for number, row in enumerate(chunk.rows):
            if row[LINE_END] >= 0 and row[CAPTURED] > 0:
                yield from self._merge_record(text[row[LINE] : row[LINE_END]], text[row[ID] : row[ID_END]], labels)
                continue
            for line in chunk.lines(number=number):
                try:
                    name = capture_id(line=line)
                except DriftError as error:
                    self.counts.unread_captures.update([str(error)] if labels.first else [])
                else:
                    yield from self._merge_record(line, name, labels)

    def _merge_record(self, line: bytes, name: bytes, labels: Labels) -> Iterator[bytes]:
        label = labels.get(record_id=name)
        self.counts.captures += labels.first
        if label is not None:
            self.counts.matched += 1
            yield with_label(line=line, label=label)


def _json_object(line: bytes) -> Mapping[str, object]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DriftError("they are not JSON") from error
    if not isinstance(value, Mapping):
        raise DriftError("they are no objects")
    return value


def _record_id(record: Mapping[str, object], *names: str) -> bytes:
    metadata = record.get("eventMetadata")
    values = [metadata.get(name) for name in names] if isinstance(metadata, Mapping) else []
    record_id = next((value for value in values if isinstance(value, str) and value != ""), None)
    if record_id is None:
        raise DriftError(f"their eventMetadata has no {' or '.join(names)}")
    # JSON may spell half of a character
    return record_id.encode("utf-8", errors="surrogatepass")


def read_label(*, line: bytes) -> tuple[bytes, bytes]:
    """Return the id and the groundTruthData, as JSON, of one line of ground truth.

    Raises:
        DriftError: the line is no ground truth; the message says why.
    """
    record = _json_object(line)
    label = record.get("groundTruthData")
    if not isinstance(label, Mapping) or not isinstance(label.get("data"), str):
        raise DriftError("they have no groundTruthData with data in quotes")
    return _record_id(record, "eventId"), json.dumps(label, separators=(",", ":")).encode()


def capture_id(*, line: bytes) -> bytes:
    """Return the id by which a captured record is matched.

    Raises:
        DriftError: the record has none; the message says why.
    """
    record = _json_object(line)
    if not isinstance(record.get("captureData"), Mapping):
        raise DriftError("they have no captureData")
    return _record_id(record, "inferenceId", "eventId")


def with_label(*, line: bytes, label: bytes) -> bytes:
    """Return a captured record's line with its groundTruthData as a last member, and a line break."""
    return line.rstrip()[:-1] + b',"groundTruthData":' + label + b"}\n"
