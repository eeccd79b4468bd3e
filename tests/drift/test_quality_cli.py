import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from modelyard.drift.cli import main
from support.drift.scored_records import Population

Line = Callable[..., str]


Write = Callable[[Path, Sequence[str]], Path]


ATTRIBUTES = ("--probability-attribute", "0")


@pytest.fixture
def data(tmp_path: Path, write_lines: Write, captured_line: Line, label_line: Line) -> Path:
    """Scored data with a perfect baseline, captures, and labels of which one is another than predicted."""
    write_lines(tmp_path / "scored.csv", ["label,score", "1,0.9", "0,0.2", "1,0.8"])
    write_lines(
        tmp_path / "captures.jsonl",
        [captured_line(name, score) for name, score in (("a", "0.9"), ("b", "0.2"), ("c", "0.7"))],
    )
    write_lines(tmp_path / "bad.jsonl", [label_line("a", "1"), label_line("b", "0"), label_line("c", "0")])
    write_lines(tmp_path / "good.jsonl", [label_line("a", "1"), label_line("b", "0"), label_line("c", "1")])
    write_lines(tmp_path / "none.jsonl", [])
    quality("baseline", tmp_path / "scored.csv", tmp_path, "--problem-type", "BinaryClassification", *SCORED)
    return tmp_path


SCORED = ("--probability-attribute", "score", "--ground-truth-attribute", "label")


def quality(command: str, data: Path, folder: Path, *more: str) -> int:
    return main(arguments=["quality", command, str(data), *more, "--output", str(folder / "base")])


def check(data: Path, labels: str, *more: str) -> int:
    places = ["--baseline", str(data / "base"), "--output", str(data / "run"), *ATTRIBUTES, *more]
    return main(
        arguments=["quality", "check", str(data / "captures.jsonl"), "--ground-truth", str(data / labels), *places]
    )


@pytest.mark.parametrize(("labels", "code"), [("good.jsonl", 0), ("bad.jsonl", 2), ("none.jsonl", 3)])
def test_the_exit_code_says_what_was_found(data: Path, labels: str, code: int) -> None:
    assert check(data, labels) == code


def test_the_message_says_how_many_labels_came(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    check(data, "good.jsonl")
    assert capsys.readouterr().out.endswith("violations. 3 of 3 captured records have a ground truth.\n")


def test_the_problem_is_the_baseline_s_if_it_is_not_given(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(data, "good.jsonl", "--problem-type", "Regression") == 1
    assert "inference_attribute must be given for Regression" in capsys.readouterr().err


def test_merged_lines_are_checked_without_ground_truth(data: Path) -> None:
    merge = ["quality", "merge", str(data / "captures.jsonl"), str(data / "bad.jsonl")]
    assert main(arguments=[*merge, "--output", str(data / "merged")]) == 0
    places = ["--baseline", str(data / "base"), "--output", str(data / "run"), *ATTRIBUTES]
    assert main(arguments=["quality", "check", str(data / "merged"), *places]) == 2


def test_merged_lines_are_kept_where_asked(data: Path) -> None:
    check(data, "good.jsonl", "--merged", str(data / "kept"))
    assert len((data / "kept" / "captures.jsonl").read_text().splitlines()) == 3


@pytest.fixture
def calibrated(data: Path, write_lines: Write, captured_line: Line) -> Path:
    """A baseline of 1,000 scored records, and captures of as many answers."""
    scores, labels = Population().draw(1000, seed=0)
    rows = [f"{label},{score}" for label, score in zip(labels.tolist(), scores.tolist(), strict=True)]
    write_lines(data / "scored.csv", ["label,score", *rows])
    quality("baseline", data / "scored.csv", data, "--problem-type", "BinaryClassification", *SCORED)
    write_lines(data / "many.jsonl", [captured_line(str(number), str(one)) for number, one in enumerate(scores)])
    return data


def estimate(data: Path, captures: str, *more: str) -> int:
    places = ["--baseline", str(data / "base"), "--output", str(data / "estimate"), *ATTRIBUTES, *more]
    return main(arguments=["quality", "estimate", str(data / captures), *places])


def test_captures_are_estimated_before_there_are_labels(calibrated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()

    assert estimate(calibrated, "many.jsonl") == 0

    said = capsys.readouterr().out
    assert re.match(
        r"Completed: Estimated without labels, for 1,000 answers: accuracy 0\.\d{3} \(0\.\d{3} to 0\.", said
    )
    assert "The estimate rests on one assumption" in said


def test_where_nothing_can_be_estimated_the_reason_is_said(
    calibrated: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()

    assert estimate(calibrated, "captures.jsonl") == 0

    assert capsys.readouterr().out == (
        "Completed: Quality is not estimated: a window must have at least 200 records with a probability, it has 3.\n"
    )


def test_without_answers_there_is_nothing_to_estimate(calibrated: Path, write_lines: Write) -> None:
    write_lines(calibrated / "empty.jsonl", [])

    assert estimate(calibrated, "empty.jsonl") == 3


def test_a_report_of_an_estimate_alone_says_that_there_are_no_labels_yet(
    calibrated: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    estimate(calibrated, "many.jsonl")
    capsys.readouterr()

    page = ["--baseline", str(calibrated / "base"), "--output", str(calibrated / "page.html")]
    assert main(arguments=["report", str(calibrated / "estimate"), *page]) == 0

    assert capsys.readouterr().out.startswith("No labels yet; estimated accuracy 0.")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["baseline", "scored.csv", *SCORED], "--problem-type must be given, it is missing"),
        (["baseline", "scored.csv", *SCORED, "--problem-type", "Ranking"], "problem_type must be one of"),
        (["baseline", "none.csv", *SCORED, "--problem-type", "Regression"], "inference_attribute must be given"),
        (["check", "none.jsonl.gz", "--baseline", "base", *ATTRIBUTES], "does not exist; give a file or a folder"),
        (["check", "captures.jsonl", "--baseline", "nowhere", *ATTRIBUTES], "nowhere/constraints.json cannot be read"),
        (["estimate", "captures.jsonl", "--baseline", "base", *ATTRIBUTES], "must hold calibration.json, it does not"),
        (["estimate", "captures.jsonl", "--baseline", "base", "--inference-attribute", "0"], "must be Binary"),
        (["check"], "the following arguments are required"),
        (
            ["baseline", "captures.jsonl", *SCORED, "--problem-type", "BinaryClassification"],
            "ground truth must be given",
        ),
    ],
)
def test_bad_arguments_end_with_one_and_a_sentence(
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(data)
    assert main(arguments=["quality", *arguments, *([] if arguments == ["check"] else ["--output", "out"])]) == 1
    assert sentence in capsys.readouterr().err
