from collections.abc import Callable

import pytest

from modelyard.drift.profiling.profile import Reading
from modelyard.drift.quality.pairs import pair_collector
from modelyard.drift.quality.statistics import QualityStatistics
from modelyard.drift.quality.task import ProblemType, Task


def test_a_collector_of_nothing_has_no_pairs() -> None:
    found = pair_collector(task=Task(problem=ProblemType.MULTICLASS, inference="0")).pairs()
    assert len(found.labels) == 0
    assert QualityStatistics(problem=ProblemType.MULTICLASS, rows=0).undefined() == ()


Measure = Callable[..., tuple[QualityStatistics, Reading]]


Line = Callable[..., bytes]


def test_a_probability_above_the_threshold_means_yes(measure: Measure, merged_line: Line) -> None:
    task = Task(problem=ProblemType.BINARY, probability="0", threshold=0.7)
    found, _ = measure(task, *(merged_line(text, "1") for text in ("0.69", "0.7", "0.71")))
    assert found.metrics["recall"].value == pytest.approx(1 / 3)


def test_a_prediction_comes_before_the_threshold(measure: Measure, merged_line: Line) -> None:
    task = Task(problem=ProblemType.BINARY, inference="1", probability="0")
    found, _ = measure(task, merged_line("0.9,0", "1"), merged_line("0.2,1", "0"))
    assert found.confusion_matrix == {"0": {"0": 0, "1": 1}, "1": {"0": 1, "1": 0}}
    assert found.metrics["auc"].value == 1.0


def test_without_probabilities_there_are_no_curves(measure: Measure, merged_line: Line) -> None:
    found, _ = measure(Task(problem=ProblemType.BINARY, inference="0"), merged_line("1", "1"), merged_line("0", "0"))
    assert found.roc_curve is None
    assert not {"auc", "au_prc"} & set(found.metrics)


@pytest.mark.parametrize(("label", "positives"), [("1.0", 1), ("true", 1), ("True", 1), ("0", 0)])
def test_labels_are_read_as_numbers_or_truth_values(
    measure: Measure, merged_line: Line, label: str, positives: int
) -> None:
    found, _ = measure(Task(problem=ProblemType.BINARY, inference="0"), merged_line("1", label))
    assert found.confusion_matrix is not None
    assert found.confusion_matrix["1"]["1"] == positives


def test_the_positive_label_may_be_any_text(measure: Measure, merged_line: Line) -> None:
    task = Task(problem=ProblemType.BINARY, inference="0", positive_label="yes")
    found, _ = measure(task, merged_line("yes", "yes"), merged_line("no", "yes"), merged_line("maybe", "no"))
    assert found.confusion_matrix == {"0": {"0": 1, "1": 0}, "1": {"0": 1, "1": 1}}


@pytest.mark.parametrize(
    ("task", "answer", "label", "cause"),
    [
        (Task(problem=ProblemType.BINARY, inference="0"), "0.83", "1", "their prediction is neither 0 nor 1"),
        (Task(problem=ProblemType.BINARY, inference="0"), "1", "2", "their ground truth is neither 0 nor 1"),
        (Task(problem=ProblemType.BINARY, inference="0"), "1", " ", "there is nothing at 0"),
        (Task(problem=ProblemType.BINARY, probability="0"), "high", "1", "their probability is no number"),
        (Task(problem=ProblemType.BINARY, probability="0"), "nan", "1", "their probability is no number"),
        (Task(problem=ProblemType.REGRESSION, inference="0"), "1", "x", "their ground truth is no number"),
        (Task(problem=ProblemType.REGRESSION, inference="0"), "inf", "1", "their prediction is no number"),
        (Task(problem=ProblemType.REGRESSION, inference="1"), "3,", "1", "their prediction is missing"),
        (Task(problem=ProblemType.MULTICLASS, inference="1"), "3, ", "1", "their prediction is missing"),
        (
            Task(problem=ProblemType.REGRESSION, inference="0"),
            "1\n2",
            "1",
            "their output and their ground truth have different numbers of rows",
        ),
    ],
)
def test_what_cannot_be_compared_is_counted_with_its_cause(
    measure: Measure, merged_line: Line, task: Task, answer: str, label: str, cause: str
) -> None:
    found, reading = measure(task, merged_line(answer, label))
    assert (found.rows, reading.unreadable) == (0, {cause: 1})


def test_classes_are_numbers_in_order_and_then_texts(measure: Measure, merged_line: Line) -> None:
    task = Task(problem=ProblemType.MULTICLASS, inference="0")
    found, _ = measure(task, *(merged_line(text, label) for text, label in (("10", "9.0"), ("a", "9"), ("9", "a"))))
    assert found.confusion_matrix is not None
    assert list(found.confusion_matrix) == ["9", "10", "a"]
    assert found.confusion_matrix["9"] == {"9": 0, "10": 1, "a": 1}
