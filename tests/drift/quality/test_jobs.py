from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from modelyard.drift.documents.files import CALIBRATION_FILE
from modelyard.drift.errors import DriftError
from modelyard.drift.quality.estimate_files import read_estimate
from modelyard.drift.quality.jobs import EstimateJob, QualityJob, run_estimate, run_quality
from modelyard.drift.quality.task import ProblemType, Task
from modelyard.drift.reading.source import Format
from support.drift.scored_records import TASK, Population

Line = Callable[..., str]
Write = Callable[[Path, Sequence[str]], Path]


class Files:
    """A baseline of labelled scores, and captures with labels for the first of them."""

    def __init__(self, *, folder: Path, write_lines: Write, captured_line: Line, label_line: Line) -> None:
        self.folder = folder
        self._write, self._captured, self._label = write_lines, captured_line, label_line

    def baseline(self, rows: int, *, estimates: bool = True) -> Path:
        scores, labels = Population().draw(rows, seed=0)
        lines = [f"{label},{score}" for label, score in zip(labels.tolist(), scores.tolist(), strict=True)]
        self._write(self.folder / "scored.csv", ["label,score", *lines])
        task = Task(problem=ProblemType.BINARY, probability="score", ground_truth="label")
        output = self.folder / "baseline"
        source = self.folder / "scored.csv"
        run_quality(job=QualityJob(task=task, source=source, format=Format.CSV, output=output, estimates=estimates))
        return output

    def captures(self, rows: int) -> Path:
        scores, labels = Population().draw(rows, seed=1)
        names = [f"r{number}" for number in range(rows)]
        answers = zip(names, scores.tolist(), strict=True)
        self._write(self.folder / "captures" / "a.jsonl", [self._captured(name, str(score)) for name, score in answers])
        truth = zip(names, labels.tolist(), strict=True)
        self.labels = [self._label(name, str(label)) for name, label in truth]
        return self.folder / "captures"

    def check(self, captures: Path, *, labelled: int, estimates: bool = True) -> Path:
        self._write(self.folder / "truth" / "labels.jsonl", self.labels[:labelled])
        job = QualityJob(
            task=TASK,
            source=captures,
            format=None,
            output=self.folder / "run",
            ground_truth=self.folder / "truth",
            constraints=self.folder / "baseline" / "constraints.json",
            estimates=estimates,
        )
        run_quality(job=job)
        return self.folder / "run"


@pytest.fixture
def files(tmp_path: Path, write_lines: Write, captured_line: Line, label_line: Line) -> Files:
    """Files of a model's quality in a folder of their own."""
    return Files(folder=tmp_path, write_lines=write_lines, captured_line=captured_line, label_line=label_line)


@pytest.mark.parametrize("rows", [499, 500])
def test_a_baseline_of_enough_labelled_probabilities_is_calibrated(files: Files, rows: int) -> None:
    assert (files.baseline(rows) / CALIBRATION_FILE).is_file() is (rows >= 500)


def test_a_check_estimates_the_records_that_it_measures(files: Files) -> None:
    files.baseline(1000)

    found = read_estimate(folder=files.check(files.captures(400), labelled=300))

    assert found is not None
    assert (found.rows, found.baseline_rows) == (300, 1000)
    assert set(found.metrics) == {"accuracy", "auc", "precision", "recall", "f1"}


@pytest.mark.parametrize("labelled", [0, 199])
def test_as_long_as_few_have_a_label_all_captured_answers_are_estimated(files: Files, labelled: int) -> None:
    files.baseline(1000)

    found = read_estimate(folder=files.check(files.captures(400), labelled=labelled))

    assert found is not None
    assert found.rows == 400


def test_against_a_baseline_that_is_not_calibrated_nothing_is_estimated(files: Files) -> None:
    files.baseline(400)

    assert read_estimate(folder=files.check(files.captures(400), labelled=400)) is None


def test_estimates_that_are_switched_off_leave_no_file(files: Files) -> None:
    assert not (files.baseline(1000, estimates=False) / CALIBRATION_FILE).exists()
    files.baseline(1000)

    assert read_estimate(folder=files.check(files.captures(400), labelled=400, estimates=False)) is None


def test_captures_are_estimated_without_any_label(files: Files) -> None:
    baseline, captures = files.baseline(1000), files.captures(400)
    job = EstimateJob(task=TASK, captures=captures, baseline=baseline, output=files.folder / "estimate")

    found = run_estimate(job=job)

    assert read_estimate(folder=job.output) == found
    assert found.rows == 400
    assert np.isclose(found.metrics["auc"].value, 0.8, atol=0.1)


def test_a_baseline_without_a_calibration_is_named(files: Files) -> None:
    job = EstimateJob(task=TASK, captures=files.captures(300), baseline=files.baseline(300), output=files.folder / "e")

    with pytest.raises(DriftError, match=r"baseline must hold calibration.json, it does not; make a baseline .* 500"):
        run_estimate(job=job)


@pytest.mark.parametrize(
    ("task", "got"),
    [
        (Task(problem=ProblemType.BINARY, inference="0"), "got BinaryClassification without one"),
        (Task(problem=ProblemType.REGRESSION, inference="0", probability="1"), "got Regression; name"),
    ],
)
def test_what_has_no_probability_of_two_classes_is_not_estimated(tmp_path: Path, task: Task, got: str) -> None:
    with pytest.raises(DriftError, match=got):
        EstimateJob(task=task, captures=tmp_path, baseline=tmp_path, output=tmp_path)
