import json
from collections.abc import Callable, Sequence
from pathlib import Path

from modelyard.drift.quality.captured_answers import read_answers
from modelyard.drift.quality.task import ProblemType, Task

Line = Callable[..., str]
Write = Callable[[Path, Sequence[str]], Path]
BINARY = ProblemType.BINARY


def test_answers_are_read_from_all_files_below_the_folder(
    tmp_path: Path, write_lines: Write, captured_line: Line
) -> None:
    write_lines(tmp_path / "a/00/1.jsonl", [captured_line("a", "0.9\n"), captured_line("b", "0.5\n0.51\n")])
    write_lines(tmp_path / "b/01/2.jsonl", [captured_line("c", "0.1")])

    found = read_answers(captures=tmp_path, task=Task(problem=BINARY, probability="0"))

    assert found.scores.tolist() == [0.9, 0.5, 0.51, 0.1]
    assert found.predictions.tolist() == [1, 0, 1, 0]
    assert found.reading.unreadable_records == 0


def test_a_prediction_that_is_answered_is_taken_as_it_is(
    tmp_path: Path, write_lines: Write, captured_line: Line
) -> None:
    answers = ['{"label": "yes", "p": 0.4}', '{"label": "no", "p": 0.6}']
    write_lines(tmp_path / "1.jsonl", [captured_line("a", answer, encoding="JSON") for answer in answers])

    task = Task(problem=BINARY, inference="label", probability="p", positive_label="yes")
    found = read_answers(captures=tmp_path, task=task)

    assert (found.scores.tolist(), found.predictions.tolist()) == ([0.4, 0.6], [1, 0])


def test_what_is_no_answer_is_counted_with_its_cause(tmp_path: Path, write_lines: Write, captured_line: Line) -> None:
    silent = json.loads(captured_line("a", "0.9"))
    del silent["captureData"]["endpointOutput"]
    lines = ["no record", json.dumps(silent), captured_line("c", "much"), captured_line("d", "")]
    write_lines(tmp_path / "1.jsonl", lines)

    found = read_answers(captures=tmp_path, task=Task(problem=BINARY, probability="0"))

    assert len(found.scores) == 0
    assert found.reading.unreadable == {
        "they are not JSON": 1,
        "their output was not captured": 1,
        "their probability is no number": 1,
        "there is nothing at 0": 1,
    }


def test_as_many_predictions_as_probabilities_are_needed(
    tmp_path: Path, write_lines: Write, captured_line: Line
) -> None:
    write_lines(tmp_path / "1.jsonl", [captured_line("b", '{"label": [1, 0], "p": 0.9}', encoding="JSON")])

    found = read_answers(captures=tmp_path, task=Task(problem=BINARY, inference="$.label[*]", probability="$.p"))

    cause = "their predictions and their probabilities have different numbers of rows"
    assert found.reading.unreadable == {cause: 1}


def test_a_folder_that_does_not_exist_has_no_answers(tmp_path: Path) -> None:
    found = read_answers(captures=tmp_path / "none", task=Task(problem=BINARY, probability="0"))

    assert len(found.scores) == len(found.predictions) == 0
