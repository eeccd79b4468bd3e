"""What the baseline's first column, the label, asks of the answer in its place."""

from dataclasses import replace

from modelyard.drift.documents.constraints import Constraints
from modelyard.drift.profiling.value_types import InferredType
from modelyard.drift.reading.answers import AnswerKind, DeclaredAnswer

NUMBERS = (AnswerKind.NUMBER, AnswerKind.INTEGER)


def constraints_of_answer(*, constraints: Constraints, answer: DeclaredAnswer | None) -> Constraints:
    """Return the constraints as the answer can keep them.

    A prediction of the label's kind is compared with the label, by its declared type; labels that were whole by chance
    ask for no whole predictions. A probability, or names where the labels are numbers, is compared with nothing.
    """
    if answer is None or len(constraints.features) == 0:
        return constraints
    label, *features = constraints.features
    if answer.kind is AnswerKind.PROBABILITY or (answer.kind in NUMBERS) != label.inferred.numeric:
        label = replace(label, monitoring=replace(label.monitoring, evaluate=False))
    elif answer.kind is AnswerKind.INTEGER:
        label = replace(label, inferred=InferredType.INTEGRAL)
    elif answer.kind is AnswerKind.NUMBER:
        label = replace(label, inferred=InferredType.FRACTIONAL, takes_integers=True)
    return replace(constraints, features=(label, *features))
