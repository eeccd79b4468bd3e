"""Predictions and labels out of merged lines."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence

from modelyard.drift.errors import DriftError
from modelyard.drift.kernels.columns import LABEL, LABEL_END, LINE_END, RESPONSE, RESPONSE_END
from modelyard.drift.profiling.profile import Reading
from modelyard.drift.quality.chunks import Chunk
from modelyard.drift.quality.pairs import Pairs, pair_collector
from modelyard.drift.quality.task import Task
from modelyard.drift.reading.attributes import Attribute, Place, Text, parse_place
from modelyard.drift.reading.records import Payload, read_payload

FIRST = Attribute(text="0", index=0)


class PairReader:
    """Reads records into pairs; what cannot be compared is counted with its cause."""

    def __init__(self, *, task: Task) -> None:
        self._collector = pair_collector(task=task)
        self._unreadable: Counter[str] = Counter()
        self._inference = _place(task.inference)
        self._probability = _place(task.probability)
        self._ground_truth = _place(task.ground_truth)
        attributes = [attribute for attribute in (self._inference, self._probability) if attribute is not None]
        self._by_index = all(attribute.index is not None for attribute in attributes)

    def add_merged(self, *, chunk: Chunk) -> None:
        """Take merged lines."""
        text = chunk.text
        for number, row in enumerate(chunk.rows):
            if self._by_index and row[LINE_END] >= 0 and row[RESPONSE_END] > 0 and row[LABEL_END] > 0:
                self._add_plain(text[row[RESPONSE] : row[RESPONSE_END]], text[row[LABEL] : row[LABEL_END]])
                continue
            for line in chunk.lines(number=number):
                try:
                    self._add_line(line)
                except DriftError as error:
                    self.count_unreadable(cause=str(error))

    def _add_plain(self, response: bytes, label: bytes) -> None:
        """Take a record whose response and label are one CSV row each, without quotes."""
        fields = response.decode("utf-8", errors="replace").split(",")
        try:
            inference, probability = _field(fields, self._inference), _field(fields, self._probability)
            text = label.decode("utf-8", errors="replace").split(",")[0]
            self._collector.add(label=text, inference=inference, probability=probability)
        except DriftError as error:
            self.count_unreadable(cause=str(error))

    def _add_line(self, line: bytes) -> None:
        response, ground_truth = read_merged(line=line)
        # a bare CSV value has no name: the attribute is then the baseline's column
        attribute = FIRST if self._ground_truth is None or ground_truth.encoding == "CSV" else self._ground_truth
        labels = attribute.values(payload=ground_truth)
        inferences = _values(self._inference, response, len(labels))
        probabilities = _values(self._probability, response, len(labels))
        if not len(labels) == len(inferences) == len(probabilities):
            raise DriftError("their output and their ground truth have different numbers of rows")
        for label, inference, probability in zip(labels, inferences, probabilities, strict=True):
            self._collector.add(label=label, inference=inference, probability=probability)

    def add_row(self, *, values: Sequence[Text]) -> None:
        """Take a label, an inference and a probability."""
        label, inference, probability = values
        try:
            self._collector.add(label=label, inference=inference, probability=probability)
        except DriftError as error:
            self.count_unreadable(cause=str(error))

    def count_unreadable(self, *, cause: str) -> None:
        """Count a record that cannot be read."""
        self._unreadable[cause] += 1

    def finish(self) -> tuple[Pairs, Reading]:
        """Return all pairs taken, and what could not be read."""
        return self._collector.pairs(), Reading(unreadable=dict(self._unreadable))


def _place(text: str | None) -> Place | None:
    return parse_place(text=text) if text is not None else None


def _field(fields: Sequence[str], attribute: Place | None) -> Text:
    if attribute is None or attribute.index is None:
        return None
    if attribute.index >= len(fields):
        raise DriftError(f"there is no column {attribute.text}")
    return fields[attribute.index] if fields[attribute.index] != "" else None


def _values(attribute: Place | None, response: Payload, rows: int) -> Sequence[Text]:
    return [None] * rows if attribute is None else attribute.values(payload=response)


def read_merged(*, line: bytes) -> tuple[Payload, Payload]:
    """Return the response and the ground truth of a merged line.

    Raises:
        DriftError: the line is no merged record; the message says why.
    """
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DriftError("they are not JSON") from error
    capture = record.get("captureData") if isinstance(record, Mapping) else None
    response = read_payload(value=capture.get("endpointOutput")) if isinstance(capture, Mapping) else None
    ground_truth = read_payload(value=record.get("groundTruthData")) if isinstance(record, Mapping) else None
    if response is None:
        raise DriftError("their output was not captured")
    if ground_truth is None:
        raise DriftError("they have no groundTruthData")
    return response, ground_truth
