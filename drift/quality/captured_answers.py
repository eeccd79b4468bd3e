"""Predictions and probabilities out of captured records, before any label has come."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard.drift.errors import DriftError
from modelyard.drift.kernels.arrays import Doubles, Integers
from modelyard.drift.line_breaks import split_lines
from modelyard.drift.profiling.profile import Reading
from modelyard.drift.quality.chunks import record_files
from modelyard.drift.quality.pairs import BinaryAnswers
from modelyard.drift.quality.task import Task
from modelyard.drift.reading.attributes import Place, Text, parse_place
from modelyard.drift.reading.file_chunks import line_chunks
from modelyard.drift.reading.records import read_record


@dataclass(frozen=True, kw_only=True, slots=True)
class CapturedAnswers:
    """What was answered: predictions of 0 and 1, probabilities of the positive class, and what could not be read."""

    predictions: Integers
    scores: Doubles
    reading: Reading


def read_answers(*, captures: Path, task: Task) -> CapturedAnswers:
    """Return the answers of all records below a folder to a task of two classes.

    Raises:
        DriftError: a file cannot be read.
    """
    places = [None if text is None else parse_place(text=text) for text in (task.inference, task.probability)]
    answers, unreadable = BinaryAnswers(task=task), Counter[str]()
    for path in record_files(folder=captures):
        for data, stop in line_chunks(path=path):
            for line in filter(bytes.strip, split_lines(data[:stop].tobytes())):
                try:
                    for inference, probability in _rows(line, places):
                        answers.add_answer(inference=inference, probability=probability)
                except DriftError as error:
                    unreadable[str(error)] += 1
    predictions, scores = answers.answers()
    return CapturedAnswers(predictions=predictions, scores=scores, reading=Reading(unreadable=dict(unreadable)))


def _rows(line: bytes, places: Sequence[Place | None]) -> list[tuple[Text, ...]]:
    """Return what a record answered at each place, a row for each of its answers; None where there is no place."""
    response = read_record(line=line).response
    if response is None:
        raise DriftError("their output was not captured")
    columns = [None if place is None else place.values(payload=response) for place in places]
    lengths = {len(column) for column in columns if column is not None}
    if len(lengths) > 1:
        raise DriftError("their predictions and their probabilities have different numbers of rows")
    (rows,) = lengths
    return list(zip(*([None] * rows if column is None else column for column in columns), strict=True))
