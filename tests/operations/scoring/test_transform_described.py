"""Files that are refused before they are sent to a batch transform."""

from pathlib import Path

import pytest

from modelyard.manifest import Model
from modelyard.manifest.batch import Batch
from modelyard.manifest.data import Column, Data
from modelyard.manifest.serving import Serving, Variant
from modelyard.operations.aws import Aws
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.scoring.transform import Transform, transform_of

NOWHERE = Aws(region="eu-west-1")
COLUMNS = (Column(name="town", kind="text"), Column(name="kind", kind="text"), Column(name="rooms", kind="integer"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rows.csv"


def begun(file: Path, *, aws: Aws = NOWHERE, media: str = "text/csv", input_filter: str | None = None) -> Transform:
    serving = Serving(container="sklearn:1.9-0", instance="ml.m5.large", variants=(Variant(name="primary"),))
    batch = Batch(instance="ml.m5.large", content_type=media, accept=media, input_filter=input_filter)
    model = Model(name="mine", data=Data(columns=COLUMNS, label="kind"), serving=serving, batch=batch)
    return transform_of(deployment=Deployment(aws=aws, model=model, stage="dev"), file=file)


def test_records_as_declared_without_the_label_are_taken(file: Path, reached: Aws) -> None:
    file.write_text('"Linz, Urfahr",3\n')
    assert begun(file, aws=reached).file == file


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("town,rooms\nGraz,2\n", "line 1, must be a row, got the header town,rooms; remove the line"),
        ("Graz,flat,2\n", r"line 1, must have 2 cells \(town,rooms\), got 3; correct the line"),
        ("Graz,2\nLinz,\n", "line 2, column rooms, must not be missing; fill it"),
        ("\ufeffGraz,2\n", "must have no byte order mark, which would be part of its first cell"),
        ("Graz;2\nLinz;3\n", "must have commas between its columns, got semicolons"),
    ],
)
def test_records_that_the_model_would_refuse_are_refused_before_the_upload(file: Path, text: str, fault: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Failure, match=fault):
        begun(file)


def test_records_of_json_lines_are_looked_at_where_the_batch_takes_them(file: Path) -> None:
    file.write_text('{"town": "Graz", "rooms": "2"}\n')
    with pytest.raises(Failure, match="line 1, column rooms, must be a whole number"):
        begun(file, media="application/jsonlines")


def test_what_a_filter_leaves_out_may_be_anything(file: Path, reached: Aws) -> None:
    file.write_text("4711,Graz,2\n")
    assert begun(file, aws=reached, input_filter="$[1:]").file == file
