"""The drift engine's workflow, run to its end by an interpreter."""

from collections.abc import Callable
from typing import Any

import pytest

from modelyard.manifest.answer import Answer as DeclaredAnswer
from support.state_machines import Answer, Execution, Interpreter, TaskError
from support.workflows import check_run

LIST = "aws-sdk:s3:listObjectsV2"
CHECK = "sagemaker:createProcessingJob.sync"
PUBLISH = "sns:publish"
DUE = {"scheduled": "2026-11-22T11:10:00Z"}

Run = Callable[..., Execution]


@pytest.fixture
def run(interpreter: Interpreter) -> Run:
    """Run a check that finds captures under the prefixes given, or under all."""

    def run(
        *,
        given: dict[str, Any] | None = None,
        captured: tuple[str, ...] | None = None,
        answers: dict[str, Answer] | None = None,
        exit_message: str | None = "Completed: Job completed successfully with no violations.",
        **check: Any,
    ) -> Execution:
        def listing(request: dict[str, Any]) -> dict[str, Any]:
            return {"KeyCount": 1 if captured is None or request["Prefix"] in captured else 0}

        ended = {"ProcessingJobStatus": "Completed", **({"ExitMessage": exit_message} if exit_message else {})}
        served: dict[str, Answer] = {LIST: listing, CHECK: lambda request: ended, PUBLISH: lambda request: {}}
        definition = check_run(**check).definition
        return interpreter.run(definition, answers={**served, **(answers or {})}, given=DUE if given is None else given)

    return run


def test_an_hourly_check_looks_at_the_whole_hour_before_it_is_due(run: Run) -> None:
    execution = run()

    assert [one["Prefix"] for one in execution.requests(LIST)] == ["churn/capture/dev-churn/primary/2026/11/22/10/"]
    assert (execution.output["start"], execution.output["end"]) == ("2026-11-22T10:00:00Z", "2026-11-22T11:00:00Z")


@pytest.mark.parametrize("minute", ["10", "59"])
def test_whichever_its_minute_a_check_looks_at_the_last_full_hour(run: Run, minute: str) -> None:
    execution = run(given={"scheduled": f"2026-11-22T11:{minute}:00Z"})

    assert [one["Prefix"] for one in execution.requests(LIST)] == ["churn/capture/dev-churn/primary/2026/11/22/10/"]


def test_a_check_at_midnight_looks_at_the_day_before(run: Run) -> None:
    execution = run(given={"scheduled": "2026-03-01T00:10:00Z"})

    assert [one["Prefix"] for one in execution.requests(LIST)] == ["churn/capture/dev-churn/primary/2026/02/28/23/"]


def test_a_check_every_few_hours_looks_at_each_of_them(run: Run) -> None:
    execution = run(schedule="cron(0 0/3 ? * * *)")

    hours = sorted(one["Prefix"].split("/")[-2] for one in execution.requests(LIST))
    assert hours == ["08", "09", "10"]


def test_a_daily_check_looks_at_whole_days(run: Run) -> None:
    execution = run(schedule="daily", given={"scheduled": "2026-11-22T00:10:00Z"})

    assert [one["Prefix"] for one in execution.requests(LIST)] == ["churn/capture/dev-churn/primary/2026/11/21/"]
    assert (execution.output["start"], execution.output["end"]) == ("2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z")


def test_any_window_of_hours_can_be_checked_when_asked(run: Run) -> None:
    execution = run(given={"start": "2026-11-20T05:00:00Z", "end": "2026-11-20T07:00:00Z"})

    hours = sorted(one["Prefix"].rpartition("primary/")[2] for one in execution.requests(LIST))
    assert hours == ["2026/11/20/05/", "2026/11/20/06/"]


def test_every_variant_is_checked(run: Run) -> None:
    execution = run(variants=("champion", "challenger"))

    assert sorted(one["Prefix"].split("/")[3] for one in execution.requests(LIST)) == ["challenger", "champion"]


def test_only_folders_with_captures_are_inputs(run: Run) -> None:
    found = "churn/capture/dev-churn/challenger/2026/11/22/10/"

    execution = run(variants=("champion", "challenger"), captured=(found,))

    (request,) = execution.requests(CHECK)
    captured = [one for one in request["ProcessingInputs"] if one["InputName"].startswith("captured")]
    assert captured == [
        {
            "InputName": "captured_0",
            "S3Input": {
                "S3Uri": f"s3://data/{found}",
                "LocalPath": "/opt/ml/processing/input/endpoint/dev-churn/challenger/2026/11/22/10",
                "S3DataType": "S3Prefix",
                "S3InputMode": "File",
                "S3DataDistributionType": "FullyReplicated",
            },
        }
    ]


def test_the_baseline_and_the_code_are_inputs_of_every_check(run: Run) -> None:
    execution = run()

    (request,) = execution.requests(CHECK)
    fixed = {one["InputName"]: one["S3Input"] for one in request["ProcessingInputs"][:2]}
    assert fixed["baseline"]["S3Uri"] == "s3://data/churn/baseline/run/"
    assert fixed["baseline"]["LocalPath"] == "/opt/ml/processing/baseline"
    assert fixed["code"]["S3Uri"] == "s3://assets/drift.zip"
    assert fixed["code"]["LocalPath"] == "/opt/ml/processing/input/code"


def test_the_analyzer_is_told_what_awss_is_told(run: Run) -> None:
    execution = run()

    assert execution.requests(CHECK)[0]["Environment"] == {
        "dataset_format": '{"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}',
        "dataset_source": "/opt/ml/processing/input/endpoint",
        "output_path": "/opt/ml/processing/output",
        "publish_cloudwatch_metrics": "Disabled",
        "baseline_constraints": "/opt/ml/processing/baseline/constraints.json",
        "baseline_statistics": "/opt/ml/processing/baseline/statistics.json",
        "start_time": "2026-11-22T10:00:00Z",
        "end_time": "2026-11-22T11:00:00Z",
        "metric_time": "2026-11-22T11:00:00Z",
        "monitoring_input_type": "ENDPOINT_INPUT",
        "sagemaker_endpoint_name": "dev-churn",
        "sagemaker_monitoring_schedule_name": "dev-churn-data-quality",
    }


def test_the_analyzer_is_told_where_to_put_metrics_if_they_are_wanted(run: Run) -> None:
    environment = run(publish_metrics=True).requests(CHECK)[0]["Environment"]

    assert environment["publish_cloudwatch_metrics"] == "Enabled"
    assert environment["metrics_namespace"] == "Modelyard/Features"
    assert environment["metrics_region"] == "us-east-1"


def test_the_analyzer_runs_as_a_program_in_its_archive(run: Run) -> None:
    execution = run()

    assert execution.requests(CHECK)[0]["AppSpecification"] == {
        "ImageUri": "1.dkr.ecr.eu-west-1.amazonaws.com/sklearn:1",
        "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/drift.zip"],
    }


def test_results_lie_in_the_folder_of_the_hour_in_which_the_window_ends(run: Run) -> None:
    execution = run()

    (request,) = execution.requests(CHECK)
    uri = "s3://data/churn/monitoring/dev-churn/dev-churn-data-quality/2026/11/22/11"
    assert request["ProcessingOutputConfig"] == {
        "KmsKeyId": "arn:aws:kms:eu-west-1:1:key/k",
        "Outputs": [
            {
                "OutputName": "monitoring_output",
                "S3Output": {"S3Uri": uri, "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"},
            }
        ],
    }
    assert execution.output["report"] == uri


def test_a_window_without_captures_starts_no_job(run: Run) -> None:
    execution = run(captured=())

    assert execution.requests(CHECK) == []
    assert execution.status == "SUCCEEDED"
    assert execution.output["status"] == "NoData"


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("Completed: Job completed successfully with no violations.", "Completed"),
        ("CompletedWithViolations: Job completed successfully with 60 violations.", "CompletedWithViolations"),
        (None, "Completed"),
    ],
)
def test_the_outcome_is_the_first_word_of_the_exit_message(run: Run, message: str | None, status: str) -> None:
    execution = run(exit_message=message)

    assert execution.output["status"] == status


@pytest.mark.parametrize("call", [LIST, CHECK])
def test_a_check_that_fails_is_reported_with_its_cause(run: Run, call: str) -> None:
    def fail(request: dict[str, Any]) -> Any:
        raise TaskError("States.TaskFailed", "no baseline")

    execution = run(answers={call: fail})

    (message,) = execution.requests(PUBLISH)
    assert message["Subject"] == "dev-churn-data-quality: the check failed"
    assert message["Message"] == "States.TaskFailed: no baseline"
    assert execution.status == "FAILED"


def test_a_job_is_named_after_the_endpoint_and_the_run(run: Run) -> None:
    execution = run()

    assert execution.requests(CHECK)[0]["ProcessingJobName"] == "dev-churn--drift-20261122-101500"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (None, {}),
        (DeclaredAnswer(probability="0"), {"probability_attribute": "0"}),
        (
            DeclaredAnswer(prediction="1", kind="text", probability="0"),
            {"inference_attribute": "1", "inference_kind": "text"},
        ),
        (
            DeclaredAnswer(probabilities=("0", "1"), classes=("no", "yes")),
            {"inference_attribute": '{"no":"0","yes":"1"}', "inference_kind": "text"},
        ),
        (DeclaredAnswer(content_type="text/plain"), {}),
    ],
)
def test_the_analyzer_is_told_where_in_an_answer_the_prediction_is(
    run: Run, answer: DeclaredAnswer | None, told: dict[str, str]
) -> None:
    (request,) = run(answer=answer).requests(CHECK)
    variables = ("inference_attribute", "inference_kind", "probability_attribute")

    assert {name: value for name, value in request["Environment"].items() if name in variables} == told


def test_the_analyzer_is_told_what_the_manifest_says_of_the_verdict(run: Run) -> None:
    environment = run(alarm_on="verdict", false_alarms_per_year=0.5).requests(CHECK)[0]["Environment"]

    assert (environment["alarm_on"], environment["false_alarms_per_year"]) == ("verdict", "0.5")


def test_it_is_told_nothing_where_the_manifest_says_nothing(run: Run) -> None:
    environment = run().requests(CHECK)[0]["Environment"]

    assert environment.keys().isdisjoint(
        {"alarm_on", "false_alarms_per_year", "earlier_windows", "window_path", "sketches"}
    )


def test_the_analyzer_is_told_to_leave_the_sketches_out(run: Run) -> None:
    assert run(sketches=False).requests(CHECK)[0]["Environment"]["sketches"] == "Disabled"


WINDOWS = "churn/monitoring/windows/dev-churn/dev-churn-data-quality"


@pytest.mark.parametrize(
    ("scheduled", "months"),
    [
        ("2026-11-22T11:10:00Z", ["2026/10", "2026/11"]),
        ("2026-03-01T01:10:00Z", ["2026/02", "2026/03"]),
        ("2026-11-30T01:10:00Z", ["2026/11"]),
    ],
)
def test_the_windows_of_four_weeks_are_inputs_where_they_are_wanted(
    run: Run, scheduled: str, months: list[str]
) -> None:
    (request,) = run(earlier_windows=True, given={"scheduled": scheduled}).requests(CHECK)
    inputs = [one["S3Input"] for one in request["ProcessingInputs"] if one["InputName"].startswith("earlier")]

    assert [(one["S3Uri"], one["LocalPath"]) for one in inputs] == [
        (f"s3://data/{WINDOWS}/{month}/", f"/opt/ml/processing/earlier/{month}") for month in months
    ]
    assert request["Environment"]["earlier_windows"] == "/opt/ml/processing/earlier"


def test_what_a_window_has_counted_goes_where_later_checks_look_for_it(run: Run) -> None:
    (request,) = run(earlier_windows=True).requests(CHECK)
    outputs = {one["OutputName"]: one["S3Output"] for one in request["ProcessingOutputConfig"]["Outputs"]}

    assert outputs["window"]["S3Uri"] == f"s3://data/{WINDOWS}/2026/11/22/11"
    assert outputs["window"]["LocalPath"] == request["Environment"]["window_path"] == "/opt/ml/processing/window"


def test_earlier_windows_alone_are_no_data(run: Run) -> None:
    execution = run(earlier_windows=True, captured=(f"{WINDOWS}/2026/11/",))

    assert (execution.output["status"], execution.requests(CHECK)) == ("NoData", [])


def test_a_first_check_has_no_earlier_windows(run: Run) -> None:
    execution = run(earlier_windows=True, captured=("churn/capture/dev-churn/primary/2026/11/22/10/",))

    (request,) = execution.requests(CHECK)
    assert {one["InputName"] for one in request["ProcessingInputs"]} == {"baseline", "code", "captured_0"}


PARTS = "s3://data/churn/capture/parts/dev-churn/dev-churn-data-quality/"


def places(request: dict[str, Any]) -> dict[str, tuple[str, str]]:
    inputs = {one["InputName"]: one["S3Input"] for one in request["ProcessingInputs"]}
    return {
        name: (one["S3Uri"], one["S3DataDistributionType"])
        for name, one in inputs.items()
        if name.startswith(("captured", "earlier", "parts"))
    }


def test_several_instances_profile_a_part_of_the_captures_each(run: Run) -> None:
    parts, _ = run(instances=4).requests(CHECK)

    assert parts["ProcessingJobName"].startswith("dev-churn--parts-")
    assert parts["ProcessingResources"]["ClusterConfig"]["InstanceCount"] == 4
    captures = "s3://data/churn/capture/dev-churn/primary/2026/11/22/10/"
    assert places(parts) == {"captured_0": (captures, "ShardedByS3Key")}
    assert {one["S3Input"]["S3DataDistributionType"] for one in parts["ProcessingInputs"][:2]} == {"FullyReplicated"}
    (output,) = parts["ProcessingOutputConfig"]["Outputs"]
    assert output["S3Output"]["S3Uri"].startswith(PARTS)
    assert output["S3Output"]["LocalPath"] == parts["Environment"]["part_path"] == "/opt/ml/processing/part"


def test_one_instance_checks_what_all_of_them_have_found(run: Run) -> None:
    execution = run(instances=4)
    parts, check = execution.requests(CHECK)

    assert check["ProcessingJobName"].startswith("dev-churn--drift-")
    assert check["ProcessingResources"]["ClusterConfig"]["InstanceCount"] == 1
    written = parts["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
    assert places(check) == {"parts_0": (f"{written}/", "FullyReplicated")}
    assert (check["Environment"]["dataset_format"], check["Environment"]["parts"]) == ('{"profile": {}}', "4")
    assert execution.output["status"] == "Completed"


def test_the_check_of_the_parts_knows_the_windows_before_it(run: Run) -> None:
    parts, check = run(instances=2, earlier_windows=True).requests(CHECK)

    assert [name.partition("_")[0] for name in places(parts)] == ["captured"]
    assert [name.partition("_")[0] for name in places(check)] == ["parts", "earlier", "earlier"]


def test_nothing_is_checked_where_an_instance_has_failed(run: Run) -> None:
    def fail(request: dict[str, Any]) -> dict[str, Any]:
        raise TaskError("States.TaskFailed", "AlgorithmError: See job logs for more information")

    execution = run(instances=4, answers={CHECK: fail})

    assert [one["ProcessingJobName"][:17] for one in execution.requests(CHECK)] == ["dev-churn--parts-"]
    assert len(execution.requests(PUBLISH)) == 1


def test_one_instance_checks_the_captures_themselves(run: Run) -> None:
    (request,) = run().requests(CHECK)

    assert request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] == 1
    assert request["Environment"].keys().isdisjoint({"part_path", "parts"})
