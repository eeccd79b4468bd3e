"""The one value of each answer that stands for the baseline's first column, the label."""

from dataclasses import dataclass
from enum import StrEnum

from modelyard.drift.errors import DriftError
from modelyard.drift.reading.attributes import Place, Text
from modelyard.drift.reading.records import Part, Record, payload_parts


class AnswerKind(StrEnum):
    """What the answer's value is. A probability is of the label, and none itself: nothing compares the two."""

    NUMBER = "number"
    INTEGER = "integer"
    TEXT = "text"
    PROBABILITY = "probability"


@dataclass(frozen=True, kw_only=True, slots=True)
class DeclaredAnswer:
    """Where in an answer the value is that is looked at, and what it is; all else of the answer is left out."""

    place: Place
    kind: AnswerKind

    def rows(self, *, record: Record) -> list[tuple[Text, Part]]:
        """Return the value and the features of each row of a record.

        Raises:
            DriftError: the record has none; the message says why.
        """
        if record.response is None or record.request is None:
            raise DriftError("their input or their output was not captured")
        values, requests = self.place.values(payload=record.response), payload_parts(payload=record.request)
        if len(values) != len(requests):
            raise DriftError("their input and output have different numbers of rows")
        return list(zip(values, requests, strict=True))
