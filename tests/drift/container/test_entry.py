import json
from collections.abc import Callable
from pathlib import Path

from modelyard.drift.container.entry import main
from support.drift.environments import BASELINE

Line = Callable[..., str]


CAPTURES = '{"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}'


MONITORING = {
    "dataset_format": CAPTURES,
    "dataset_source": "/opt/ml/processing/input/endpoint",
    "output_path": "/opt/ml/processing/result",
    "baseline_constraints": "/opt/ml/processing/output/constraints.json",
    "baseline_statistics": "/opt/ml/processing/output/statistics.json",
    "publish_cloudwatch_metrics": "Enabled",
    "sagemaker_endpoint_name": "churn",
    "sagemaker_monitoring_schedule_name": "hourly",
    "start_time": "2026-11-22T09:00:00Z",
    "end_time": "2026-11-22T10:00:00Z",
}


def run(root: Path, environment: dict[str, str], **changes: str) -> tuple[int, str]:
    code = main(environment={**environment, "DRIFT_ROOT": str(root), **changes})
    return code, (root / "output" / "message").read_text()


def capture(root: Path, *lines: str) -> None:
    folder = root / "processing" / "input" / "endpoint" / "churn" / "AllTraffic" / "2026" / "11" / "22" / "09"
    folder.mkdir(parents=True)
    (folder / "00-00-000-x.jsonl").write_text("".join(f"{line}\n" for line in lines))


def test_a_baseline_job_writes_both_files(root: Path) -> None:
    run(root, BASELINE)
    assert sorted(path.name for path in (root / "processing" / "output").iterdir()) == [
        "constraints.json",
        "statistics.json",
    ]


def test_a_baseline_job_ends_with_zero_and_the_analyzers_message(root: Path) -> None:
    assert run(root, BASELINE) == (0, "Completed: Job completed successfully with no violations.")


def test_a_baseline_job_names_the_columns_that_break_it(root: Path) -> None:
    data = root / "processing" / "input" / "baseline_dataset_input" / "train.csv"
    data.write_text("label,x\n0.5,1\n0.5,1.5\n")
    code, message = run(root, BASELINE)
    assert (code, "The data do not keep to their own baseline: x: 1 of 2 values are whole numbers" in message) == (
        0,
        True,
    )


def test_a_monitoring_job_writes_the_analyzers_three_files_and_the_verdict(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, capture_line("0.5", "3"))
    run(root, MONITORING)
    assert sorted(path.name for path in (root / "processing" / "result").iterdir()) == [
        "constraint_violations.json",
        "constraints.json",
        "statistics.json",
        "verdict.json",
    ]


def test_violations_end_with_zero_and_the_analyzers_message(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, capture_line("0.5", "3.5"))
    assert run(root, MONITORING) == (
        0,
        "CompletedWithViolations: Job completed successfully with 1 violations.",
    )


def test_metrics_have_the_time_of_the_windows_end(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, capture_line("0.5", "3"))
    run(root, MONITORING)
    lines = (root / "output" / "metrics" / "cloudwatch" / "cloudwatch_metrics.jsonl").read_text().splitlines()
    assert {json.loads(line)["Timestamp"] for line in lines} == {"2026-11-22T10:00:00Z"}


def test_no_metrics_are_written_unless_they_are_published(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, capture_line("0.5", "3"))
    run(root, MONITORING, publish_cloudwatch_metrics="Disabled")
    assert not (root / "output" / "metrics").exists()


def test_metrics_without_any_time_have_the_present_one(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, capture_line("0.5", "3"))
    run(root, MONITORING, start_time="", end_time="")
    assert (root / "output" / "metrics" / "cloudwatch" / "cloudwatch_metrics.jsonl").exists()


def test_a_window_without_data_is_an_outcome_of_its_own(root: Path) -> None:
    run(root, BASELINE)
    code, message = run(root, MONITORING)
    assert (code, message.split(":")[0]) == (0, "NoData")


def test_a_window_with_a_folder_but_no_records_has_no_data(root: Path) -> None:
    run(root, BASELINE)
    capture(root)
    assert run(root, MONITORING) == (0, "NoData: There were no records to check.")


def test_a_baseline_without_data_fails_in_the_analyzers_words(root: Path) -> None:
    code, message = run(
        root, BASELINE, dataset_source="/opt/ml/processing/input/nothing", dataset_format='{"json": {}}'
    )
    assert (code, message) == (
        255,
        f"Error: Could not find any json file under directory "
        f"{root}/processing/input/nothing. Please verify if the "
        "provided dataset path is correct or if data capturing in your Endpoint is turned on.",
    )


def test_a_missing_baseline_fails_with_255_and_a_sentence(root: Path) -> None:
    code, message = run(root, MONITORING)
    assert (code, message.startswith("Error: "), "constraints.json cannot be read" in message) == (
        255,
        True,
        True,
    )


def test_the_owners_scripts_run(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, capture_line("0.5", "3"))
    (root / "pre.py").write_text("def preprocess_handler(record):\n    return {'label': '0.5', 'x': 'text'}\n")
    (root / "post.py").write_text(f"def postprocess_handler():\n    open({str(root / 'ran')!r}, 'w').close()\n")
    _, message = run(
        root,
        MONITORING,
        record_preprocessor_script="/opt/ml/pre.py",
        post_analytics_processor_script="/opt/ml/post.py",
    )
    assert ("1 violations" in message, (root / "ran").exists()) == (True, True)


def test_a_broken_preprocessor_fails_in_the_analyzers_words(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, capture_line("0.5", "3"))
    (root / "pre.py").write_text("def preprocess_handler(record):\n    return None\n")
    code, message = run(root, MONITORING, record_preprocessor_script="/opt/ml/pre.py")
    wanted = "Error: Exception performing analysis: Preprocess Handler not implemented correctly"
    assert (code, message.startswith(wanted)) == (255, True)


def test_a_message_that_cannot_be_written_fails(tmp_path: Path) -> None:
    (tmp_path / "output").write_text("")
    assert main(environment={"DRIFT_ROOT": str(tmp_path)}) == 255


def test_an_alarm_on_the_verdict_is_the_jobs_message(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, *[capture_line("0.5", "3.5")] * 3)
    message = "Completed: Job completed successfully with no violations."
    assert run(root, {**MONITORING, "alarm_on": "verdict"}) == (0, message)


def test_a_job_without_a_verdict_writes_the_analyzers_three_files(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, capture_line("0.5", "3"))
    run(root, {**MONITORING, "verdict": "Disabled"})
    assert not (root / "processing" / "result" / "verdict.json").exists()
    assert (root / "processing" / "result" / "constraint_violations.json").exists()


def test_a_job_leaves_the_sketches_out_of_a_check_and_not_out_of_a_baseline(root: Path, capture_line: Line) -> None:
    run(root, {**BASELINE, "sketches": "Disabled"})
    capture(root, capture_line("0.5", "3"))
    run(root, {**MONITORING, "sketches": "Disabled"})
    written = [root / "processing" / folder / "statistics.json" for folder in ("output", "result")]
    assert ["sketch" in file.read_text() for file in written] == [True, False]


def at_hour(root: Path, hour: int, **changes: str) -> dict[str, object]:
    """Check the captures as those of an hour, and return the verdict; what it counted becomes an earlier window."""
    times = {"start_time": f"2026-11-22T{hour:02}:00:00Z", "end_time": f"2026-11-22T{hour + 1:02}:00:00Z"}
    places = {"earlier_windows": "/opt/ml/processing/earlier", "window_path": "/opt/ml/processing/window"}
    assert run(root, {**MONITORING, **places, **times, **changes})[0] == 0
    kept = root / "processing" / "earlier" / "2026" / "11" / "22" / f"{hour + 1:02}"
    kept.mkdir(parents=True, exist_ok=True)
    (written,) = (root / "processing" / "window").iterdir()
    written.replace(kept / written.name)
    verdict: dict[str, object] = json.loads((root / "processing" / "result" / "verdict.json").read_text())
    return verdict


def test_a_job_knows_the_windows_before_its_own_and_says_what_is_missing(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, *[capture_line("0.5", "3.5")] * 30)
    for hour in (4, 5, 7):
        found = at_hour(root, hour)
    assert found["earlier"] == {"windows": 0, "windows_of_day": 2, "missing_of_day": 21, "unreadable": 0}
    (root / "processing" / "earlier" / "2026" / "11" / "22" / "06" / "window-20261122T050000Z.json").write_text("{")
    assert at_hour(root, 8)["earlier"] == {
        "windows": 0,
        "windows_of_day": 2,
        "missing_of_day": 21,
        "unreadable": 1,
    }


def test_a_check_that_is_made_again_has_the_same_verdict(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, *[capture_line("0.5", "3.5")] * 30)
    first = [at_hour(root, hour) for hour in (4, 5, 6)]
    assert [at_hour(root, hour) for hour in (4, 5, 6)] == first


def test_a_job_without_a_place_of_earlier_windows_writes_none(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, capture_line("0.5", "3"))
    run(root, MONITORING)
    assert not (root / "processing" / "window").exists()


def test_one_of_several_instances_does_not_check_its_part_alone(root: Path) -> None:
    config = root / "config" / "resourceconfig.json"
    config.parent.mkdir()
    config.write_text(json.dumps({"current_host": "algo-2", "hosts": ["algo-1", "algo-2"]}))
    code, message = run(root, BASELINE)
    assert (code, message.startswith("Error: InstanceCount must be 1, got 2 hosts in ")) == (255, True)
    assert not (root / "processing" / "output" / "statistics.json").exists()


def test_the_only_instance_of_a_job_checks_all(root: Path) -> None:
    config = root / "config" / "resourceconfig.json"
    config.parent.mkdir()
    config.write_text(json.dumps({"current_host": "algo-1", "hosts": ["algo-1"]}))
    assert run(root, BASELINE)[0] == 0


def on_host(root: Path, host: str, *, of: int) -> None:
    config = root / "config" / "resourceconfig.json"
    config.parent.mkdir(exist_ok=True)
    config.write_text(json.dumps({"current_host": host, "hosts": [f"algo-{number + 1}" for number in range(of)]}))


PART = {"part_path": "/opt/ml/processing/part"}
MERGED = {**MONITORING, "dataset_format": '{"profile": {}}', "dataset_source": "/opt/ml/processing/part"}


def written(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (root / "processing" / "result").iterdir()}


def test_a_check_of_the_parts_that_instances_have_profiled_writes_what_one_instance_writes(
    root: Path, capture_line: Line
) -> None:
    run(root, BASELINE)
    folder = root / "processing" / "input" / "endpoint"
    files = [[capture_line("0.5", str(row % 7)) for row in range(40)], [capture_line("0.1", None)], ["no record"]]
    for number, lines in enumerate(files):
        (folder / "all" / f"{number}.jsonl").parent.mkdir(parents=True, exist_ok=True)
        (folder / "all" / f"{number}.jsonl").write_text("".join(f"{line}\n" for line in lines))
    of_one, alone = run(root, MONITORING), written(root)

    for number in range(4):
        # the last of them has no file
        shard = {**MONITORING, **PART, "dataset_source": f"/opt/ml/processing/input/shard{number}"}
        if number < len(files):
            (root / "processing" / "input" / f"shard{number}").mkdir()
            (folder / "all" / f"{number}.jsonl").rename(root / "processing" / "input" / f"shard{number}" / "x.jsonl")
        on_host(root, f"algo-{number + 1}", of=4)
        assert run(root, shard)[0] == 0
    assert written(root) == alone
    on_host(root, "algo-1", of=1)
    assert run(root, MERGED, parts="4") == of_one
    assert written(root) == alone


def test_a_part_says_what_it_is_of(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, capture_line("0.5", "1"), "no record")
    on_host(root, "algo-2", of=2)
    code, message = run(root, MONITORING, **PART)
    assert (code, message) == (
        0,
        "Profiled: 1 rows, 2 columns. 1 records could not be read: 1 because they are not JSON.",
    )
    assert [path.name for path in (root / "processing" / "part").iterdir()] == ["algo-2.profile"]


def test_parts_of_which_one_is_missing_are_not_checked(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, capture_line("0.5", "1"))
    on_host(root, "algo-2", of=2)
    run(root, MONITORING, **PART)
    on_host(root, "algo-1", of=1)
    code, message = run(root, MERGED, parts="2")
    assert (code, "must hold the profiles of 2 instances, it holds 1; profile the parts again" in message) == (
        255,
        True,
    )
    assert not (root / "processing" / "result").exists()
