"""How certain a model was of its answer, told by the probabilities in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.drift.errors import DriftError
from modelyard.drift.reading.attributes import parse_attribute
from modelyard.drift.reading.records import Payload
from modelyard.manifest import Model
from modelyard.manifest.quality import BINARY


@dataclass(frozen=True, kw_only=True, slots=True)
class Certainty:
    """The greatest probability of an answer, and by how much it exceeds the second: the margin, 0 for a tie."""

    greatest: float
    margin: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Probabilities:
    """Where an answer has its probabilities: that of one of two classes, or one of each class."""

    places: tuple[str, ...]

    def certainty(self, answer: Payload) -> Certainty | None:
        """Return how certain an answer is; None where it has no probabilities in these places."""
        try:
            found = [parse_attribute(text=place).values(payload=answer) for place in self.places]
            values = [float(one) for column in found for one in column if one is not None]
        except (DriftError, ValueError):
            return None
        if len(values) != len(self.places) or not all(0 <= value <= 1 for value in values):
            return None
        return certainty_of(values)


def certainty_of(probabilities: Sequence[float]) -> Certainty:
    """Return the certainty of probabilities: of all classes, or of one of two."""
    if len(probabilities) == 1:
        probabilities = (probabilities[0], 1 - probabilities[0])
    greatest, second = sorted(probabilities, reverse=True)[:2]
    return Certainty(greatest=greatest, margin=greatest - second)


def probabilities_of(model: Model) -> Probabilities | None:
    """Return where a model's answers have probabilities, by `[serving.answer]`, else by `[monitoring.quality]`."""
    answer = model.answer
    if answer is not None and answer.certainty_places:
        return Probabilities(places=answer.certainty_places)
    quality = model.monitoring.quality if model.monitoring is not None else None
    if quality is None or quality.problem_type != BINARY or quality.probability is None:
        return None
    return Probabilities(places=(quality.probability,))
