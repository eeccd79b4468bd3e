from pathlib import Path

import pytest

from modelyard.drift.container.contract import read_job
from modelyard.drift.errors import DriftError
from modelyard.drift.reading.source import Format
from modelyard.drift.verdict.verdict import Alarm, Budget
from support.drift.environments import BASELINE

CAPTURES = '{"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"csv": {"header": true}}', (Format.CSV, True)),
        ('{"Csv": {"Header": false}}', (Format.CSV, False)),
        ('{"csv": {}}', (Format.CSV, False)),
        ('{"json": {"lines": true}}', (Format.JSON_LINES, True)),
        ('{"Json": {"Line": true}}', (Format.JSON_LINES, True)),
        ('{"parquet": {}}', (Format.PARQUET, True)),
        (CAPTURES, (Format.CAPTURE, True)),
    ],
)
def test_data_formats_are_read_in_both_spellings(tmp_path: Path, text: str, expected: tuple[Format, bool]) -> None:
    data = read_job(environment={**BASELINE, "dataset_format": text}, root=tmp_path).data
    assert (data.format, data.header) == expected


HOUR = {"start_time": "2026-11-22T09:00:00Z", "end_time": "2026-11-22T10:00:00Z"}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"dataset_format": ""}, "dataset_format must be given, it is missing in the environment"),
        ({"dataset_format": "csv"}, "dataset_format must be JSON, got csv"),
        ({"dataset_format": "[]"}, "dataset_format must be an object of one key"),
        (
            {"dataset_format": '{"xml": {}}'},
            "dataset_format must be csv, json, parquet or sagemakerCaptureJson, got xml",
        ),
        ({"dataset_source": ""}, "dataset_source must be given"),
        ({"output_path": ""}, "output_path must be given"),
        (
            {"publish_cloudwatch_metrics": "yes"},
            "publish_cloudwatch_metrics must be Enabled or Disabled, got yes",
        ),
        ({"alarm_on": "psi"}, "alarm_on must be one of constraints, verdict, got psi"),
        ({"false_alarms_per_year": "0"}, "false_alarms_per_year must be above 0"),
        ({"earlier_windows": "/opt/ml/earlier"}, "start_time and end_time must be given with earlier_windows"),
        (
            {"earlier_windows": "/e", "verdict": "Disabled", **HOUR, "end_time": "2026-11-22T09:00:00Z"},
            "start_time and end_time must be given with earlier_windows, the first before the second",
        ),
        ({"earlier_windows": "/opt/ml/earlier", **HOUR}, "window_path must be given"),
        ({"start_time": "noon"}, "start_time must be a time such as 2026-11-22T10:00:00Z, got noon"),
    ],
)
def test_an_environment_that_cannot_be_used_is_refused(tmp_path: Path, changes: dict[str, str], sentence: str) -> None:
    with pytest.raises(DriftError, match=sentence):
        read_job(environment={**BASELINE, **changes}, root=tmp_path)


def test_a_window_of_a_day_has_a_days_part_of_the_years_false_alarms(tmp_path: Path) -> None:
    day = {"start_time": "2026-11-21T00:00:00Z", "end_time": "2026-11-22T00:00:00", "false_alarms_per_year": "2"}
    job = read_job(environment={**BASELINE, **day, "alarm_on": "verdict"}, root=tmp_path)
    assert (job.budget, job.alarm) == (Budget(false_alarms_per_year=2, hours=24), Alarm.VERDICT)


def test_a_window_of_which_nothing_is_told_is_an_hour(tmp_path: Path) -> None:
    job = read_job(environment=BASELINE, root=tmp_path)
    assert (job.budget, job.alarm) == (Budget(), Alarm.CONSTRAINTS)
