"""Predictions beside labels: as texts, then as numbers that can be compared."""

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from modelyard.drift.errors import DriftError
from modelyard.drift.kernels.arrays import Doubles, Integers
from modelyard.drift.quality.task import ProblemType, Task
from modelyard.drift.reading.attributes import Text

TRUE, FALSE = ("1", "true"), ("0", "false")


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassPairs:
    """Labels and predictions as positions in the names of the classes; a score for the positive class, if known.

    Of two classes the first is the negative one. Scores are in descending order.
    """

    names: tuple[str, ...]
    labels: Integers
    predictions: Integers
    scores: Doubles | None = None

    def subset(self, *, positions: Integers) -> "ClassPairs":
        """Return the records at the positions, which ascend."""
        scores = self.scores[positions] if self.scores is not None else None
        return ClassPairs(
            names=self.names, labels=self.labels[positions], predictions=self.predictions[positions], scores=scores
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberPairs:
    """Labels and predictions as numbers."""

    labels: Doubles
    predictions: Doubles

    def subset(self, *, positions: Integers) -> "NumberPairs":
        """Return the records at the positions, which ascend."""
        return NumberPairs(labels=self.labels[positions], predictions=self.predictions[positions])


Pairs: TypeAlias = "ClassPairs | NumberPairs"


class Collector(Protocol):
    """Takes one record after the other and returns them all."""

    def add(self, *, label: Text, inference: Text, probability: Text) -> None:
        """Take one record.

        Raises:
            DriftError: it cannot be compared; the message says why.
        """

    def pairs(self) -> Pairs:
        """Return everything taken."""


def pair_collector(*, task: Task) -> Collector:
    """Return a collector of the task's problem."""
    if task.problem is ProblemType.BINARY:
        return _BinaryCollector(task=task)
    return _MulticlassCollector() if task.problem is ProblemType.MULTICLASS else _RegressionCollector()


class BinaryAnswers:
    """Takes the answers of a binary classification; not a number is the score of those that have none."""

    def __init__(self, *, task: Task) -> None:
        self._task = task
        self._predictions, self._scores = array("b"), array("d")
        # a service answers the same few texts over and over
        self._known: dict[str, int] = {}

    def add_answer(self, *, inference: Text, probability: Text) -> None:
        """Take one answer.

        Raises:
            DriftError: it is none; the message says why.
        """
        task = self._task
        score = _number(probability, "probability") if task.probability is not None else math.nan
        predicted = self._class(inference, "prediction") if task.inference is not None else int(score > task.threshold)
        self._predictions.append(predicted)
        self._scores.append(score)

    def answers(self) -> tuple[Integers, Doubles]:
        """Return the predictions and the scores of all answers taken."""
        return _integers(self._predictions), np.array(self._scores, dtype=np.float64)

    def _class(self, text: Text, what: str) -> int:
        if text is not None and text in self._known:
            return self._known[text]
        name, positive = _class_name(text, what), self._task.positive_label
        if positive is not None:
            number = int(name == _class_name(positive, "positive label"))
        elif name.lower() in (*TRUE, *FALSE):
            number = int(name.lower() in TRUE)
        else:
            raise DriftError(f"their {what} is neither 0 nor 1")
        self._known[str(text)] = number
        return number


class _BinaryCollector(BinaryAnswers):
    def __init__(self, *, task: Task) -> None:
        super().__init__(task=task)
        self._labels = array("b")

    def add(self, *, label: Text, inference: Text, probability: Text) -> None:
        actual = self._class(label, "ground truth")
        self.add_answer(inference=inference, probability=probability)
        self._labels.append(actual)

    def pairs(self) -> ClassPairs:
        labels, (predictions, scores) = _integers(self._labels), self.answers()
        names = ("0", "1")
        if self._task.probability is None:
            return ClassPairs(names=names, labels=labels, predictions=predictions)
        order = np.argsort(-scores, kind="stable")
        return ClassPairs(names=names, labels=labels[order], predictions=predictions[order], scores=scores[order])


def _integers(values: "array[int]") -> Integers:
    return np.array(values, dtype=np.int64)


class _MulticlassCollector:
    def __init__(self) -> None:
        self._labels, self._predictions = array("q"), array("q")
        self._numbers: dict[str, int] = {}
        self._known: dict[str, int] = {}

    def add(self, *, label: Text, inference: Text, probability: Text) -> None:
        del probability
        actual, predicted = self._class(label, "ground truth"), self._class(inference, "prediction")
        self._labels.append(actual)
        self._predictions.append(predicted)

    def _class(self, text: Text, what: str) -> int:
        if text is not None and text in self._known:
            return self._known[text]
        name = _class_name(text, what)
        number = self._numbers.setdefault(name, len(self._numbers))
        self._known[str(text)] = number
        return number

    def pairs(self) -> ClassPairs:
        names = sorted(self._numbers, key=_class_order)
        renumbered = np.zeros(max(1, len(names)), dtype=np.int64)
        renumbered[[self._numbers[name] for name in names]] = np.arange(len(names))
        return ClassPairs(
            names=tuple(names),
            labels=renumbered[_integers(self._labels)],
            predictions=renumbered[_integers(self._predictions)],
        )


def _class_order(name: str) -> tuple[bool, float, str]:
    try:
        return False, float(name), name
    except ValueError:
        return True, 0.0, name


class _RegressionCollector:
    def __init__(self) -> None:
        self._labels, self._predictions = array("d"), array("d")

    def add(self, *, label: Text, inference: Text, probability: Text) -> None:
        del probability
        actual, predicted = _number(label, "ground truth"), _number(inference, "prediction")
        self._labels.append(actual)
        self._predictions.append(predicted)

    def pairs(self) -> NumberPairs:
        return NumberPairs(labels=np.array(self._labels), predictions=np.array(self._predictions))


def _class_name(text: Text, what: str) -> str:
    if text is None or text.strip() == "":
        raise DriftError(f"their {what} is missing")
    name = text.strip()
    try:
        number = float(name)
    except ValueError:
        return name
    # 1, 1.0 and 1e0 are one class
    return str(int(number)) if number.is_integer() else (repr(number) if math.isfinite(number) else name)


def _number(text: Text, what: str) -> float:
    if text is None or text.strip() == "":
        raise DriftError(f"their {what} is missing")
    try:
        number = float(text)
    except ValueError as error:
        raise DriftError(f"their {what} is no number") from error
    if not math.isfinite(number):
        raise DriftError(f"their {what} is no number")
    return number


def confusion_by_name(*, pairs: ClassPairs) -> Mapping[str, Mapping[str, int]]:
    """Return the confusion matrix: for each label how often each class was predicted."""
    table = confusion_matrix(pairs=pairs).tolist()
    return {name: dict(zip(pairs.names, row, strict=True)) for name, row in zip(pairs.names, table, strict=True)}


def confusion_matrix(*, pairs: ClassPairs) -> Integers:
    """Return the confusion matrix as an array: a row for each label, a column for each prediction."""
    size = len(pairs.names)
    flat = np.bincount(pairs.labels * size + pairs.predictions, minlength=size * size)
    return flat.astype(np.int64).reshape(size, size)
