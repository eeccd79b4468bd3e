"""Labelled data, and the table that is made of the answers to them."""

import pytest

from modelyard.manifest.answer import Answer
from modelyard.manifest.quality import Quality
from modelyard.operations.data.records import Labelled
from modelyard.operations.failures import Failure
from modelyard.operations.quality.answers import answered, check_labelled

PROBABILITY = Quality(problem_type="BinaryClassification", probability="0")


def table(quality: Quality, *answers: str) -> str:
    rows = [Labelled(label=str(number), body=str(number).encode()) for number in range(len(answers))]
    return answered(rows, quality=quality, send=lambda body: answers[int(body)], seen=lambda _: None)


def test_a_label_that_no_probability_is_answered_of_is_refused() -> None:
    quality, rows = Quality(problem_type="MulticlassClassification"), [Labelled(label="c", body=b"1")]
    check_labelled(rows, quality=quality, answer=None, source="f")
    with pytest.raises(Failure) as refused:
        check_labelled(
            rows,
            quality=quality,
            answer=Answer(probabilities=("0", "1"), classes=("a", "b")),
            source="f",
        )
    assert str(refused.value) == (
        "A label of f must be one of serving.answer.classes (a, b), got c; correct the label, or list its class"
    )


def test_a_column_of_the_answer_is_the_probability() -> None:
    assert table(PROBABILITY, "0.25\n", "0.75\n") == "label,probability\n0,0.25\n1,0.75\n"


def test_keys_of_json_are_followed_to_prediction_and_probability() -> None:
    quality = Quality(problem_type="BinaryClassification", inference="found.label", probability="found.score")

    made = table(quality, '{"found": {"label": "yes", "score": 0.5}}')

    assert made == "label,prediction,probability\n0,yes,0.5\n"


@pytest.mark.parametrize(
    ("quality", "answer", "place"),
    [
        (Quality(problem_type="Regression", inference="3"), "1,2,3", "3"),
        (Quality(problem_type="Regression", inference="a.b"), '{"a": {"c": 1}}', "a.b"),
        (Quality(problem_type="Regression", inference="a"), '{"a": [1]}', "a"),
        (Quality(problem_type="Regression", inference="a"), "0.5", "a"),
        (Quality(problem_type="Regression", inference="a"), "oops", "a"),
    ],
)
def test_an_answer_without_what_the_manifest_names_is_refused(quality: Quality, answer: str, place: str) -> None:
    with pytest.raises(Failure) as refused:
        table(quality, answer)

    assert str(refused.value) == (
        f"The endpoint answered {answer}, in which there is no {place}; "
        "correct inference or probability of [monitoring.quality]"
    )
