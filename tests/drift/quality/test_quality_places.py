from collections.abc import Callable

import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Reading
from modelyard.drift.quality.measuring import Measured
from modelyard.drift.quality.places import place
from modelyard.drift.quality.task import Problem, Task, named_problem
from modelyard.drift.reading.records import Payload

Measure = Callable[..., tuple[Measured, Reading]]
Line = Callable[..., bytes]


def payload(data: str, encoding: str = "JSON") -> Payload:
    return Payload(data=data, encoding=encoding, content_type="", mode="")


@pytest.mark.parametrize(
    ("attribute", "encoding", "data", "found"),
    [
        ("0", "CSV", "0.9,1\n", ["0.9"]),
        ("_c1", "CSV", "0.9,1", ["1"]),
        ("0", "CSV", "0.9\n0.1\n", ["0.9", "0.1"]),
        ("1", "CSV", '0.9,"a,b"', ["a,b"]),
        ("0", "CSV", ",1", [None]),
        ("prediction", "JSON", '{"prediction": 1}', ["1"]),
        ("$.prediction", "JSON", '{"prediction": true}', ["true"]),
        ("scores.label", "JSON", '{"scores": {"label": "a"}, "x": 1}', ["a"]),
        ("$.predictions[0].score", "JSON", '{"predictions": [{"score": 0.25}]}', ["0.25"]),
        ("$.predictions[*].score", "JSON", '{"predictions": [{"score": 1}, {"score": 2}]}', ["1", "2"]),
        ("$['predictions'][1][\"score\"]", "JSON", '{"predictions": [{}, {"score": 2}]}', ["2"]),
        ("$.scores", "JSON", '{"scores": [0.5, 0.25]}', ["0.5", "0.25"]),
        ("score", "JSON", '{"predictions": [{"score": 1}, {"score": 2}]}', ["1", "2"]),
        ("0", "JSON", "[0.5]", ["0.5"]),
        ("1", "JSON", '{"b": 2, "a": 1}', ["2"]),
        ("$", "JSON", "0.5", ["0.5"]),
        ("0", "JSON", "0.5", ["0.5"]),
    ],
)
def test_an_attribute_says_where_the_values_are(
    attribute: str, encoding: str, data: str, found: list[str | None]
) -> None:
    assert place(text=attribute).values(payload=payload(data, encoding)) == found


@pytest.mark.parametrize(
    ("attribute", "encoding", "data", "cause"),
    [
        ("2", "CSV", "0.9,1", "there is no column 2"),
        ("prediction", "CSV", "0.9", "there is no column prediction"),
        ("0", "CSV", "", "there is nothing at 0"),
        ("$.score", "JSON", '{"prediction": 1}', "there is nothing at $.score"),
        ("$.score[0]", "JSON", '{"score": 1}', "there is nothing at $.score[0]"),
        ("$.score.x", "JSON", '{"score": [1]}', "there is nothing at $.score.x"),
        ("score", "JSON", '{"prediction": 1}', "there is nothing at score"),
        ("5", "JSON", '{"prediction": 1}', "there is nothing at 5"),
        ("$.score", "JSON", '{"score": {"a": 1}}', "there is no single value at $.score"),
        ("$.score", "JSON", "{", "they are not JSON"),
        ("0", "BASE64", "AAAA", "their payload is BASE64 of type unknown"),
    ],
)
def test_a_payload_without_the_value_says_why(attribute: str, encoding: str, data: str, cause: str) -> None:
    with pytest.raises(DriftError) as refused:
        place(text=attribute).values(payload=payload(data, encoding))
    assert str(refused.value) == cause


@pytest.mark.parametrize("text", ["$..score", "$.a[?(@.b)]", "$.a[-1]", "$x"])
def test_a_jsonpath_of_other_steps_is_refused(text: str) -> None:
    with pytest.raises(DriftError, match="a JSONPath must have steps such as"):
        place(text=text)


def test_a_probability_above_the_threshold_means_yes(measure: Measure, merged_line: Line) -> None:
    task = Task(problem=Problem.BINARY, probability="0", threshold=0.7)
    found, _ = measure(task, *(merged_line(text, "1") for text in ("0.69", "0.7", "0.71")))
    assert found.metrics["recall"].value == pytest.approx(1 / 3)


def test_a_prediction_comes_before_the_threshold(measure: Measure, merged_line: Line) -> None:
    task = Task(problem=Problem.BINARY, inference="1", probability="0")
    found, _ = measure(task, merged_line("0.9,0", "1"), merged_line("0.2,1", "0"))
    assert found.confusion == {"0": {"0": 0, "1": 1}, "1": {"0": 1, "1": 0}}
    assert found.metrics["auc"].value == 1.0


def test_without_probabilities_there_are_no_curves(measure: Measure, merged_line: Line) -> None:
    found, _ = measure(Task(problem=Problem.BINARY, inference="0"), merged_line("1", "1"), merged_line("0", "0"))
    assert found.characteristic is None
    assert not {"auc", "au_prc"} & set(found.metrics)


@pytest.mark.parametrize(("label", "positives"), [("1.0", 1), ("true", 1), ("True", 1), ("0", 0)])
def test_labels_are_read_as_numbers_or_truth_values(
    measure: Measure, merged_line: Line, label: str, positives: int
) -> None:
    found, _ = measure(Task(problem=Problem.BINARY, inference="0"), merged_line("1", label))
    assert found.confusion is not None
    assert found.confusion["1"]["1"] == positives


def test_the_positive_label_may_be_any_text(measure: Measure, merged_line: Line) -> None:
    task = Task(problem=Problem.BINARY, inference="0", positive_label="yes")
    found, _ = measure(task, merged_line("yes", "yes"), merged_line("no", "yes"), merged_line("maybe", "no"))
    assert found.confusion == {"0": {"0": 1, "1": 0}, "1": {"0": 1, "1": 1}}


@pytest.mark.parametrize(
    ("task", "answer", "label", "cause"),
    [
        (Task(problem=Problem.BINARY, inference="0"), "0.83", "1", "their prediction is neither 0 nor 1"),
        (Task(problem=Problem.BINARY, inference="0"), "1", "2", "their ground truth is neither 0 nor 1"),
        (Task(problem=Problem.BINARY, inference="0"), "1", " ", "there is nothing at 0"),
        (Task(problem=Problem.BINARY, probability="0"), "high", "1", "their probability is no number"),
        (Task(problem=Problem.BINARY, probability="0"), "nan", "1", "their probability is no number"),
        (Task(problem=Problem.REGRESSION, inference="0"), "1", "x", "their ground truth is no number"),
        (Task(problem=Problem.REGRESSION, inference="0"), "inf", "1", "their prediction is no number"),
        (Task(problem=Problem.REGRESSION, inference="1"), "3,", "1", "their prediction is missing"),
        (Task(problem=Problem.MULTICLASS, inference="1"), "3, ", "1", "their prediction is missing"),
        (
            Task(problem=Problem.REGRESSION, inference="0"),
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


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (b"{", "they are not JSON"),
        (b"[]", "their output was not captured"),
        (b'{"captureData": {"endpointOutput": {"data": "1", "encoding": "CSV"}}}', "they have no groundTruthData"),
        (b'{"captureData": {"endpointInput": {"data": "1", "encoding": "CSV"}}}', "their output was not captured"),
    ],
)
def test_lines_that_are_not_merged_are_counted_with_their_cause(measure: Measure, line: bytes, cause: str) -> None:
    found, reading = measure(Task(problem=Problem.REGRESSION, inference="0"), line, b"")
    assert (found.rows, reading.unreadable) == (0, {cause: 1})


def test_several_rows_of_one_request_have_as_many_labels(measure: Measure, merged_line: Line) -> None:
    task = Task(problem=Problem.REGRESSION, inference="$.predictions[*]", ground_truth="label")
    found, _ = measure(task, merged_line('{"predictions": [1, 2]}', "1\n4", encoding="JSON"))
    assert (found.rows, found.metrics["mae"].value) == (2, 1.0)


def test_a_json_label_is_found_by_its_attribute(measure: Measure, merged_line: Line) -> None:
    task = Task(problem=Problem.REGRESSION, inference="0", ground_truth="$.label")
    found, _ = measure(task, merged_line("2", '{"label": 5}', label_encoding="JSON"))
    assert found.metrics["mae"].value == 3.0


def test_classes_are_numbers_in_order_and_then_texts(measure: Measure, merged_line: Line) -> None:
    task = Task(problem=Problem.MULTICLASS, inference="0")
    found, _ = measure(task, *(merged_line(text, label) for text, label in (("10", "9.0"), ("a", "9"), ("9", "a"))))
    assert found.confusion is not None
    assert list(found.confusion) == ["9", "10", "a"]
    assert found.confusion["9"] == {"9": 0, "10": 1, "a": 1}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"problem": Problem.REGRESSION}, "inference_attribute must be given for Regression"),
        ({"problem": Problem.MULTICLASS, "probability": "0"}, "inference_attribute must be given for Multiclass"),
        ({"problem": Problem.BINARY}, "inference_attribute or probability_attribute must be given"),
        (
            {"problem": Problem.BINARY, "probability": "0", "threshold": float("nan")},
            "probability_threshold_attribute must be a number, got nan",
        ),
    ],
)
def test_a_task_without_anything_to_compare_is_refused(arguments: dict[str, object], sentence: str) -> None:
    with pytest.raises(DriftError, match=sentence):
        Task(**arguments)  # type: ignore[arg-type]


def test_another_problem_is_refused() -> None:
    with pytest.raises(DriftError, match="problem_type must be one of BinaryClassification, "):
        named_problem(name="Ranking")
