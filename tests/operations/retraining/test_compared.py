"""What is compared of two models' answers, by what their problem is."""

from collections.abc import Sequence

import pytest

from modelyard.manifest.quality import ProblemType, Quality
from modelyard.operations.failures import Failure
from modelyard.operations.retraining.compared import difference_of

ROWS = 40


def answers(ours: Sequence[str], theirs: Sequence[str]) -> list[list[list[str]]]:
    return [[["x", one] for one in rows] for rows in (ours, theirs)]


def quality(problem: ProblemType, *, inference: str | None = "1", **changes: str) -> Quality:
    return Quality(problem_type=problem, inference=inference, **changes)  # type: ignore[arg-type]


def test_classes_are_compared_by_how_many_are_right() -> None:
    labels = ["cat", "dog"] * (ROWS // 2)
    found = difference_of(
        labels=labels,
        answers=answers(labels, ["cat"] * ROWS),
        quality=quality("MulticlassClassification"),
    )
    assert (found.metric, found.candidate, found.promoted, found.is_better) == ("accuracy", 1.0, 0.5, True)


def test_a_class_is_the_same_however_its_number_is_written() -> None:
    labels = ["1", "0"] * (ROWS // 2)
    found = difference_of(
        labels=labels,
        answers=answers([f"{label}.0" for label in labels], labels),
        quality=quality("BinaryClassification"),
    )
    assert (found.candidate, found.promoted) == (1.0, 1.0)


def test_numbers_are_compared_by_their_errors() -> None:
    labels = [str(number) for number in range(ROWS)]
    far = [str(number + 3 + number % 2) for number in range(ROWS)]
    found = difference_of(labels=labels, answers=answers(labels, far), quality=quality("Regression"))

    assert (found.metric, found.candidate, found.promoted) == ("mae", 0.0, 3.5)
    assert found.is_better


def test_the_positive_class_is_the_one_that_the_manifest_names() -> None:
    labels = ["leaves", "stays"] * (ROWS // 2)
    right = ["0.9", "0.1"] * (ROWS // 2)
    found = difference_of(
        labels=labels,
        answers=answers(right, right[::-1]),
        quality=quality("BinaryClassification", inference=None, probability="1", positive_label="leaves"),
    )
    assert (found.metric, found.candidate, found.promoted) == ("auc", 1.0, 0.0)


def test_an_answer_without_the_column_says_what_was_answered() -> None:
    labels = ["1"] * ROWS
    with pytest.raises(Failure) as refused:
        difference_of(labels=labels, answers=[[["0.5"]] * ROWS] * 2, quality=quality("Regression"))
    assert str(refused.value) == (
        "monitoring.quality must name a column of the answer, got 1, and the model answered 0.5; correct inference or "
        "probability"
    )


def test_an_answer_that_is_no_number_is_said_to_be_none() -> None:
    labels = ["1"] * ROWS
    with pytest.raises(Failure, match=r"Labels and answers that are compared must be numbers: .*; correct the data"):
        difference_of(labels=labels, answers=answers(["one"] * ROWS, labels), quality=quality("Regression"))
