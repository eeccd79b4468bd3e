import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from modelyard.drift.container.entry import main
from support.drift.quality_environments import CHECK, MERGING, ONE_JOB, QUALITY

Line = Callable[..., str]


Write = Callable[[Path, Sequence[str]], Path]


Run = Callable[..., tuple[int, str]]


MERGED = '{"sagemakerMergeJson":{"captureIndexNames":["endpointOutput"],"originalDatasetFormat":null}}'


BASELINE = {
    **QUALITY,
    "dataset_format": '{"csv": {"header": true, "output_columns_position": "START"}}',
    "dataset_source": "/opt/ml/processing/input/baseline_dataset_input",
    "probability_attribute": "probability",
    "ground_truth_attribute": "label",
    "output_path": "/opt/ml/processing/output",
    "publish_cloudwatch_metrics": "Disabled",
}


HOUR = "churn/primary/2026/11/22/09/00-00-000-a.jsonl"


@pytest.fixture
def root(tmp_path: Path, write_lines: Write, captured_line: Line, label_line: Line) -> Path:
    """A folder in the place of /opt/ml: 300 captures, labels for all but the last ten, and a data set."""
    names = [f"r{number}" for number in range(300)]
    scores = [number / 300 for number in range(300)]
    captures = [captured_line(name, f"{score}\n") for name, score in zip(names, scores, strict=True)]
    labels = [label_line(name, str(int(score > 0.6))) for name, score in zip(names[:290], scores, strict=False)]
    write_lines(tmp_path / "processing" / "input_data" / HOUR, captures)
    write_lines(tmp_path / "processing" / "groundtruth" / "2026/11/22/10/labels.jsonl", labels)
    rows = [f"{int(score > 0.5)},{score}" for score in scores]
    write_lines(tmp_path / "processing" / "input" / "baseline_dataset_input" / "b.csv", ["label,probability", *rows])
    return tmp_path


@pytest.fixture
def run(root: Path) -> Run:
    """Run the container and return its code and its message."""

    def run(environment: Mapping[str, str], **changes: str) -> tuple[int, str]:
        code = main(environment={**environment, "DRIFT_ROOT": str(root), **changes})
        return code, (root / "output" / "message").read_text()

    return run


@pytest.fixture
def baseline(run: Run) -> None:
    """Make the baseline: every prediction is right."""
    run(BASELINE)


def test_a_baseline_suggests_constraints(root: Path, run: Run) -> None:
    assert run(BASELINE) == (0, "Completed: Job completed successfully with no violations.")
    found = json.loads((root / "processing/output/constraints.json").read_text())
    assert found["binary_classification_constraints"]["auc"] == {
        "threshold": 1.0,
        "comparison_operator": "LessThanThreshold",
    }
    assert sorted(path.name for path in (root / "processing/output").iterdir()) == [
        "constraints.json",
        "statistics.json",
    ]


def test_the_merger_writes_by_the_captures_paths_and_says_what_it_found(root: Path, run: Run) -> None:
    assert run(MERGING) == (
        0,
        "Completed: Job completed successfully. 290 of 300 captured records have a ground truth.",
    )
    assert len((root / "processing/merge" / HOUR).read_text().splitlines()) == 290


def test_a_merge_of_nothing_has_no_data(root: Path, run: Run) -> None:
    code, message = run(MERGING, ground_truth_source="/opt/ml/processing/none")
    assert (code, message) == (
        0,
        "NoData: There was nothing to merge. 0 of 300 captured records have a ground truth.",
    )


@pytest.mark.usefixtures("baseline")
def test_merged_lines_are_checked_against_the_baseline(root: Path, run: Run) -> None:
    run(MERGING)
    code, message = run(CHECK)
    assert (code, message) == (0, "CompletedWithViolations: Job completed successfully with 6 violations.")
    found = json.loads((root / "processing/result/constraint_violations.json").read_text())["violations"]
    assert {violation["metric_name"] for violation in found} == {
        "precision",
        "accuracy",
        "trueNegativeRate",
        "falsePositiveRate",
        "f1",
        "f2",
    }


@pytest.mark.usefixtures("baseline")
def test_one_job_merges_and_checks(root: Path, run: Run) -> None:
    run(MERGING)
    run(CHECK)
    apart = (root / "processing/result/statistics.json").read_bytes()
    code, message = run(ONE_JOB, merged_path="/opt/ml/processing/kept")
    assert (code, (root / "processing/result/statistics.json").read_bytes()) == (0, apart)
    assert message.endswith("with 6 violations. 290 of 300 captured records have a ground truth.")
    kept = root / "processing/kept" / HOUR
    assert kept.read_bytes() == (root / "processing/merge" / HOUR).read_bytes()


@pytest.mark.usefixtures("baseline")
def test_captures_may_be_named_as_such_when_they_are_merged_first(run: Run) -> None:
    code, message = run(ONE_JOB, dataset_format='{"sagemakerCaptureJson": {"captureIndexNames": ["endpointOutput"]}}')
    assert (code, message.split(":")[0]) == (0, "CompletedWithViolations")


@pytest.mark.usefixtures("baseline")
def test_a_window_without_labels_has_no_data(root: Path, run: Run) -> None:
    code, message = run(ONE_JOB, ground_truth_source="/opt/ml/processing/none")
    assert (code, message) == (
        0,
        "NoData: There were no records to check. 0 of 300 captured records have a ground truth.",
    )
    found = json.loads((root / "processing/result/statistics.json").read_text())
    assert found["dataset"]["item_count"] == 0
    assert json.loads((root / "processing/result/constraint_violations.json").read_text()) == {"violations": []}


@pytest.mark.usefixtures("baseline")
def test_a_window_without_merged_lines_has_no_data(run: Run) -> None:
    assert run(CHECK) == (0, "NoData: There were no records to check.")


@pytest.mark.usefixtures("baseline")
def test_labels_of_one_class_leave_metrics_undefined_and_say_so(
    root: Path, run: Run, write_lines: Write, label_line: Line
) -> None:
    labels = [label_line(f"r{number}", "0") for number in range(20)]
    write_lines(root / "processing" / "zeros" / "a.jsonl", labels)
    _, message = run(ONE_JOB, ground_truth_source="/opt/ml/processing/zeros")
    assert "These records do not define recall, true_positive_rate, false_negative_rate, auc" in message


@pytest.mark.usefixtures("baseline")
def test_metrics_and_their_deviations_are_written_for_cloudwatch(root: Path, run: Run) -> None:
    run(ONE_JOB)
    text = (root / "output/metrics/cloudwatch/cloudwatch_metrics.jsonl").read_text()
    lines = {line["MetricName"]: line for line in map(json.loads, text.splitlines())}
    assert lines["auc"]["Dimensions"] == [
        {"Name": "Endpoint", "Value": "churn"},
        {"Name": "MonitoringSchedule", "Value": "dev-churn-model-quality"},
    ]
    assert (lines["auc"]["Value"], lines["auc"]["Timestamp"]) == (1.0, "2026-11-22T09:00:00Z")
    assert lines["accuracy_std"]["Value"] > 0


@pytest.mark.usefixtures("baseline")
def test_no_metric_is_written_that_is_not_a_number(root: Path, run: Run) -> None:
    run(ONE_JOB, ground_truth_source="/opt/ml/processing/none")
    assert (root / "output/metrics/cloudwatch/cloudwatch_metrics.jsonl").read_text() == ""


def test_a_baseline_writes_no_metrics(root: Path, run: Run) -> None:
    run(BASELINE, publish_cloudwatch_metrics="Enabled")
    assert not (root / "output/metrics").exists()


@pytest.mark.usefixtures("baseline")
def test_the_window_s_times_are_in_the_statistics(root: Path, run: Run) -> None:
    run(ONE_JOB)
    found = json.loads((root / "processing/result/statistics.json").read_text())
    assert found["dataset"] == {
        "item_count": 290,
        "start_time": "2026-11-22T09:00:00Z",
        "end_time": "2026-11-22T10:00:00Z",
    }


@pytest.mark.usefixtures("baseline")
def test_the_post_processor_runs_after_the_check(root: Path, run: Run) -> None:
    script = root / "post.py"
    script.write_text(f"def postprocess_handler():\n    open({str(root / 'seen')!r}, 'w').close()\n")
    run(ONE_JOB, post_analytics_processor_script=str(script))
    assert (root / "seen").exists()


def test_a_baseline_without_its_column_fails(run: Run) -> None:
    code, message = run(BASELINE, problem_type="Regression", inference_attribute="nothing")
    assert (code, message.split(" must have a column ")[1]) == (
        255,
        "nothing, it has label, probability; name one of its columns",
    )


def test_a_baseline_without_a_single_pair_fails_with_the_cause(root: Path, run: Run, write_lines: Write) -> None:
    write_lines(root / "processing/input/baseline_dataset_input/b.csv", ["label,probability", "1,high", "0,low"])
    code, message = run(BASELINE)
    assert code == 255
    assert "it holds none (2 because their probability is no number); give predictions with their labels" in message
