"""What people are asked about a record: one of some classes, or a number."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.manifest import Model
from modelyard.manifest.quality import REGRESSION
from modelyard.operations.failures import Failure

SHOWN = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """The classes of which a label is one; without any it is a number."""

    classes: tuple[str, ...] = ()

    def problem(self, label: str) -> str | None:
        """Return why a text is no label, None where it is one."""
        if self.classes:
            if label in self.classes:
                return None
            return f"a label must be one of {', '.join(self.classes)}, got {label[:SHOWN]}; choose one"
        try:
            fits = math.isfinite(float(label))
        except ValueError:
            fits = False
        return None if fits else f"a label must be a number, got {label[:SHOWN] or 'nothing'}; correct it"


def question_of(model: Model, *, given: Sequence[str], known: Sequence[str]) -> Question:
    """Return what a model's records are asked: by the classes that are given, declared or known of its baseline.

    Raises:
        Failure: nothing says what a label is, or the classes that are given are fewer than two or not different.
    """
    if given:
        if len(given) < 2 or len(set(given)) < len(given):
            raise Failure(f"--classes must be two classes or more, all different, got {','.join(given)}; correct them")
        return Question(classes=tuple(given))
    quality = model.monitoring.quality if model.monitoring is not None else None
    if quality is not None and quality.problem_type == REGRESSION:
        return Question()
    if model.answer is not None and model.answer.classes:
        return Question(classes=model.answer.classes)
    if len(known) > 1:
        return Question(classes=tuple(known))
    if quality is None and model.data is not None and model.data.label_kind == "number":
        return Question()
    raise Failure(f"Nothing says which classes the labels of {model.name} have; name them: --classes no,yes")
