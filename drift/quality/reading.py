"""Predictions and truths out of merged lines."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence

from modelyard.drift.errors import DriftError
from modelyard.drift.kernels.places import ANSWER, ANSWER_END, LABEL, LABEL_END, LINE_END
from modelyard.drift.profiling.profile import Reading
from modelyard.drift.quality.chunks import Chunk
from modelyard.drift.quality.pairs import Pairs, collector
from modelyard.drift.quality.places import Place, Text, place
from modelyard.drift.quality.task import Task
from modelyard.drift.reading.records import Payload, payload_of

_FIRST = Place(text="0", index=0)


class PairReader:
    """Reads records into pairs; what cannot be compared is counted with its cause."""

    def __init__(self, *, task: Task) -> None:
        self._task = task
        self._collector = collector(task=task)
        self._unreadable: Counter[str] = Counter()
        self._inference = _place(task.inference)
        self._probability = _place(task.probability)
        self._truth = _place(task.ground_truth)
        given = [where for where in (self._inference, self._probability) if where is not None]
        self._by_index = all(where.index is not None for where in given)

    def merged(self, *, chunk: Chunk) -> None:
        """Take merged lines."""
        text = chunk.text
        for number, row in enumerate(chunk.rows):
            if self._by_index and row[LINE_END] >= 0 and row[ANSWER_END] > 0 and row[LABEL_END] > 0:
                self._found(text[row[ANSWER] : row[ANSWER_END]], text[row[LABEL] : row[LABEL_END]])
                continue
            for line in chunk.lines(number=number):
                self._counted(line)

    def _found(self, answer: bytes, label: bytes) -> None:
        """Take a record whose answer and label are one CSV row each, without quotes."""
        fields = answer.decode("utf-8", errors="replace").split(",")
        try:
            inference, probability = _field(fields, self._inference), _field(fields, self._probability)
            truth = label.decode("utf-8", errors="replace").split(",")[0]
            self._collector.take(label=truth, inference=inference, probability=probability)
        except DriftError as error:
            self.unread(cause=str(error))

    def _counted(self, line: bytes) -> None:
        try:
            self._merged_line(line)
        except DriftError as error:
            self.unread(cause=str(error))

    def _merged_line(self, line: bytes) -> None:
        answer, truth = read_merged(line=line)
        labels = (self._truth if _has_places(truth) and self._truth is not None else _FIRST).values(payload=truth)
        inferences = _side(self._inference, answer, len(labels))
        probabilities = _side(self._probability, answer, len(labels))
        if not len(labels) == len(inferences) == len(probabilities):
            raise DriftError("their output and their ground truth have different numbers of rows")
        for label, inference, probability in zip(labels, inferences, probabilities, strict=True):
            self._collector.take(label=label, inference=inference, probability=probability)

    def row(self, *, values: Sequence[Text]) -> None:
        """Take a label, an inference and a probability."""
        label, inference, probability = values
        try:
            self._collector.take(label=label, inference=inference, probability=probability)
        except DriftError as error:
            self.unread(cause=str(error))

    def unread(self, *, cause: str) -> None:
        """Count a record that cannot be read."""
        self._unreadable[cause] += 1

    def finish(self) -> tuple[Pairs, Reading]:
        """Return all pairs taken, and what could not be read."""
        return self._collector.pairs(), Reading(unreadable=dict(self._unreadable))


def _field(fields: Sequence[str], where: Place | None) -> Text:
    if where is None or where.index is None:
        return None
    if where.index >= len(fields):
        raise DriftError(f"there is no column {where.text}")
    return fields[where.index] if fields[where.index] != "" else None


def _place(text: str | None) -> Place | None:
    return place(text=text) if text is not None else None


def _side(where: Place | None, answer: Payload, rows: int) -> Sequence[Text]:
    if where is None:
        return [None] * rows
    return where.values(payload=answer)


def _has_places(truth: Payload) -> bool:
    # a bare CSV value has no name: the attribute is then the baseline's column
    return truth.encoding != "CSV"


def read_merged(*, line: bytes) -> tuple[Payload, Payload]:
    """Return the answer and the truth of a merged line.

    Raise DriftError, saying why, for a line that is none.
    """
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DriftError("they are not JSON") from error
    capture = record.get("captureData") if isinstance(record, Mapping) else None
    answer = payload_of(value=capture.get("endpointOutput")) if isinstance(capture, Mapping) else None
    truth = payload_of(value=record.get("groundTruthData")) if isinstance(record, Mapping) else None
    if answer is None:
        raise DriftError("their output was not captured")
    if truth is None:
        raise DriftError("they have no groundTruthData")
    return answer, truth
