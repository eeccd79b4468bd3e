"""The drift engine's measurement of quality, run to its end by an interpreter."""

from typing import Any

import pytest

from support.state_machines import Answer, Execution, Interpreter
from support.workflows import quality_run

LIST = "aws-sdk:s3:listObjectsV2"
CHECK = "sagemaker:createProcessingJob.sync"
DUE = {"scheduled": "2026-11-22T11:10:00Z"}
COMPLETED = {"ProcessingJobStatus": "Completed", "ExitMessage": "CompletedWithViolations: 2 violations."}
CAPTURED = "churn/capture/dev-churn/primary/"
TRUTH = "churn/ground-truth/dev-churn/"


def run(
    interpreter: Interpreter, *, found: tuple[str, ...] = ("",), given: dict[str, Any] | None = None, **changes: Any
) -> Execution:
    """A measurement that finds something below those prefixes that begin so."""

    def listing(request: dict[str, Any]) -> dict[str, Any]:
        return {"KeyCount": 1 if request["Prefix"].startswith(found) else 0}

    answers: dict[str, Answer] = {LIST: listing, CHECK: lambda request: COMPLETED, "sns:publish": lambda request: {}}
    definition = quality_run(**changes).definition
    return interpreter.run(definition, answers=answers, given=DUE if given is None else given)


def listed(execution: Execution, *, below: str) -> list[str]:
    """The folders below a prefix that were looked into."""
    prefixes = (one["Prefix"] for one in execution.requests(LIST))
    return sorted(prefix.removeprefix(below) for prefix in prefixes if prefix.startswith(below))


def test_what_proved_true_is_looked_for_from_the_window_s_first_hour_to_that_of_the_check(
    interpreter: Interpreter,
) -> None:
    execution = run(interpreter)

    assert listed(execution, below=CAPTURED) == ["2026/11/22/10/"]
    assert listed(execution, below=TRUTH) == ["2026/11/22/10/", "2026/11/22/11/"]


def test_labels_that_come_late_move_the_window_back(interpreter: Interpreter) -> None:
    execution = run(interpreter, delay=2)

    assert listed(execution, below=CAPTURED) == ["2026/11/22/08/"]
    assert listed(execution, below=TRUTH) == [f"2026/11/22/{hour}/" for hour in ("08", "09", "10", "11")]
    assert (execution.output["start"], execution.output["end"]) == ("2026-11-22T08:00:00Z", "2026-11-22T09:00:00Z")


def test_labels_that_come_days_late_are_read_by_the_day(interpreter: Interpreter) -> None:
    execution = run(interpreter, delay=48)

    assert listed(execution, below=CAPTURED) == ["2026/11/20/10/"]
    assert listed(execution, below=TRUTH) == ["2026/11/20/", "2026/11/21/", "2026/11/22/"]


def test_a_window_that_is_asked_for_is_not_moved(interpreter: Interpreter) -> None:
    window = {"start": "2026-11-20T05:00:00Z", "end": "2026-11-20T06:00:00Z"}

    execution = run(interpreter, given=window, delay=1)

    assert listed(execution, below=CAPTURED) == ["2026/11/20/05/"]
    assert listed(execution, below=TRUTH) == [f"2026/11/20/{hour}/" for hour in ("05", "06", "07")]


@pytest.mark.parametrize(
    ("found", "reason"),
    [((CAPTURED,), "nobody has told yet what proved true"), ((TRUTH,), "nothing was captured")],
)
def test_without_answers_or_without_what_proved_true_no_job_starts(
    interpreter: Interpreter, found: tuple[str, ...], reason: str
) -> None:
    execution = run(interpreter, found=found)

    assert execution.requests(CHECK) == []
    assert (execution.output["status"], execution.output["reason"]) == ("NoData", reason)


def test_one_job_is_given_captures_and_what_proved_true(interpreter: Interpreter) -> None:
    execution = run(interpreter)

    (request,) = execution.requests(CHECK)
    inputs = {one["InputName"]: one["S3Input"] for one in request["ProcessingInputs"]}
    assert inputs["captured_0"]["LocalPath"] == "/opt/ml/processing/input/endpoint/dev-churn/primary/2026/11/22/10"
    assert inputs["truth_1"]["S3Uri"] == "s3://data/churn/ground-truth/dev-churn/2026/11/22/10/"
    assert inputs["truth_1"]["LocalPath"] == "/opt/ml/processing/groundtruth/2026/11/22/10"
    assert inputs["baseline"]["S3Uri"] == "s3://data/churn/baseline/run/model-quality/"
    assert request["ProcessingJobName"] == "dev-churn--truth-20261122-101500"


def test_the_analyzer_is_told_what_to_measure_and_where_to_keep_what_it_merges(interpreter: Interpreter) -> None:
    execution = run(interpreter)

    (request,) = execution.requests(CHECK)
    told = request["Environment"]
    assert {name: told[name] for name in told if name not in ("start_time", "end_time", "metric_time")} == {
        "analysis_type": "MODEL_QUALITY",
        "problem_type": "BinaryClassification",
        "probability_attribute": "0",
        "probability_threshold_attribute": "0.5",
        "positive_label": "1",
        "dataset_format": '{"sagemakerMergeJson": {"captureIndexNames": ["endpointOutput"], '
        '"originalDatasetFormat": null}}',
        "dataset_source": "/opt/ml/processing/input/endpoint",
        "ground_truth_source": "/opt/ml/processing/groundtruth",
        "merged_path": "/opt/ml/processing/merged",
        "output_path": "/opt/ml/processing/output",
        "publish_cloudwatch_metrics": "Disabled",
        "baseline_constraints": "/opt/ml/processing/baseline/constraints.json",
        "monitoring_input_type": "ENDPOINT_INPUT",
        "sagemaker_endpoint_name": "dev-churn",
        "sagemaker_monitoring_schedule_name": "dev-churn-model-quality",
    }


def test_report_and_merged_records_lie_in_the_folder_of_the_hour_in_which_the_window_ends(
    interpreter: Interpreter,
) -> None:
    execution = run(interpreter)

    outputs = execution.requests(CHECK)[0]["ProcessingOutputConfig"]["Outputs"]
    folder = "dev-churn/dev-churn-model-quality/2026/11/22/11"
    assert [one["S3Output"]["S3Uri"] for one in outputs] == [
        f"s3://data/churn/monitoring/{folder}",
        f"s3://data/churn/merged/{folder}",
    ]
    assert execution.output["status"] == "CompletedWithViolations"
