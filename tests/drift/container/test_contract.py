from pathlib import Path

import pytest

from modelyard.drift.container.contract import read_job
from modelyard.drift.errors import DriftError
from modelyard.drift.reading.source import Format
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
    ],
)
def test_an_environment_that_cannot_be_used_is_refused(tmp_path: Path, changes: dict[str, str], sentence: str) -> None:
    with pytest.raises(DriftError, match=sentence):
        read_job(environment={**BASELINE, **changes}, root=tmp_path)
