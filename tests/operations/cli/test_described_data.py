"""Data that a manifest describes, in each format: described, pushed, and sent to an endpoint, by `yard` alone."""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars
import pytest

from support.cloudformation import Stacks
from support.endpoints import Endpoints, variant
from support.local_aws import SharedLocalAws
from support.projects import make_project
from support.yard import Ran, make_foundation, run_yard

STAGE = "described"
FORMS = ("csv", "jsonl", "parquet")
# Four classes, the label between the others, quoted commas and missing cells.
RECORDS: list[dict[str, Any]] = [
    {
        "place": f"Linz, street {number}" if number % 3 else 'the "old", town',
        "kind": ("flat", "house, small", "hut", "villa")[number % 4],
        "rooms": number % 6 + 1,
        "size": None if number % 5 == 0 else number + 0.5,
    }
    for number in range(40)
]
LABELS = {record["kind"] for record in RECORDS}
MANIFEST = """
name = "{name}"

[training]
container = "sklearn:1.9-0"
script = "strangers/train.py"
instance = "ml.m5.large"
objective = {{ metric = "validation:auc", goal = "maximize" }}
metrics = {{ "validation:auc" = 'validation-auc:(.*)' }}
channels = {{ train = "datasets/train" }}

[serving]
instance = "ml.m5.large"
capture = {{ sampling_percentage = 100 }}

[[serving.variants]]
name = "primary"
model = "{name}/training/run/job/output/model.tar.gz"
"""
# It refuses what has another form than the columns without the label.
PROGRAM = """
    import csv, io, json

    def model_fn(model_dir):
        return None

    def transform_fn(model, body, content_type, accept):
        if content_type == "application/json":
            row = json.loads(body)
            assert list(row) == ["place", "rooms", "size"], row
            place, rooms, size = row.values()
            assert type(rooms) is int and (size is None or type(size) is float), row
        else:
            ((place, rooms, size),) = csv.reader(io.StringIO(body))
            rooms, size = int(rooms), float(size or 0)
        assert content_type == accept and ", " in place, (content_type, accept, place)
        return json.dumps(rooms), accept
"""


def write_csv(file: Path) -> None:
    with file.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, fieldnames=list(RECORDS[0]))
        writer.writeheader()
        writer.writerows(RECORDS)


WRITERS: dict[str, Callable[[Path], object]] = {
    "csv": write_csv,
    "jsonl": lambda file: file.write_text("".join(f"{json.dumps(one)}\n" for one in RECORDS)),
    "parquet": lambda file: polars.DataFrame(RECORDS).write_parquet(file),
}


@dataclass(kw_only=True)
class Described:
    """A project with a model for each format, whose endpoints answer."""

    folder: Path
    aws: SharedLocalAws
    bucket: str

    def yard(self, *arguments: str) -> Ran:
        return run_yard(*arguments, stage=STAGE)

    def file(self, form: str) -> Path:
        return self.folder / "data" / f"rows-{form}" / "train" / f"rows.{form}"


@pytest.fixture(scope="module")
def described(local_aws: SharedLocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Described]:
    manifests = {f"rows-{form}": MANIFEST.format(name=f"rows-{form}") for form in FORMS}
    folder = make_project(tmp_path_factory.mktemp("described") / "project", stage=STAGE, manifests=manifests)
    (folder / "training_scripts").unlink()
    (folder / "training_scripts" / "strangers").mkdir(parents=True)
    (folder / "training_scripts" / "strangers" / "train.py").write_text("")
    bucket = make_foundation(local_aws, stage=STAGE, policy="Delete")
    host = Endpoints(aws=local_aws, bucket=bucket, role=local_aws.role())
    stacks = Stacks(aws=local_aws)
    program = host.model(program=PROGRAM)
    for form in FORMS:
        capture = {
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{bucket}/rows-{form}/capture",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
        }
        endpoint = host.endpoint(host.config(variant(program), DataCaptureConfig=capture))
        outputs = {"EndpointName": endpoint, "CapturePrefix": f"rows-{form}/capture/{endpoint}"}
        body = {
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
        stacks.client.create_stack(StackName=f"{STAGE}-rows-{form}-serving", TemplateBody=json.dumps(body))
        stacks.settled(f"{STAGE}-rows-{form}-serving")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in local_aws.connection.variables().items():
            patch.setenv(name, value)
        patch.chdir(folder)
        made = Described(folder=folder, aws=local_aws, bucket=bucket)
        for form in FORMS:
            made.file(form).parent.mkdir(parents=True)
            WRITERS[form](made.file(form))
            said = made.yard("data", "describe", str(made.file(form)), "--label", "kind", "--model", f"rows-{form}")
            assert said.code == 0, said.err
            assert f"next: yard data push rows-{form}" in said.err
        manifest = folder / "models" / "rows-csv.toml"
        header = '{ train = { path = "datasets/train", header = true } }'
        manifest.write_text(manifest.read_text().replace('{ train = "datasets/train" }', header))
        yield made
    host.end()


@pytest.mark.parametrize("form", FORMS)
def test_data_that_are_as_described_are_pushed(described: Described, form: str) -> None:
    said = described.yard("data", "push", f"rows-{form}", "--json")
    assert said.code == 0, said.err
    key = f"rows-{form}/datasets/train/rows.{form}"
    stored = described.aws.client("s3").get_object(Bucket=described.bucket, Key=key)["Body"].read()
    assert stored == described.file(form).read_bytes()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("source", ["the project's data", "a file"])
def test_each_request_of_traffic_is_a_record_without_its_label(described: Described, form: str, source: str) -> None:
    named = ("--data", str(described.file(form))) if source == "a file" else ()
    words = ("--rate", "20", "--duration", "1", "--labels", "labels.csv", "--json")
    said = described.yard("traffic", f"rows-{form}", *named, *words)
    assert said.code == 0, said.err
    assert (said.document["requests"], said.document["errors"]) == (20, {})
    with (described.folder / "labels.csv").open(newline="") as lines:
        labels = {label for _, label in csv.reader(lines)}
    assert labels
    assert labels <= LABELS


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("where", ["the project", "the bucket"])
def test_verify_asks_with_a_record_of_the_data(described: Described, form: str, where: str) -> None:
    described.yard("data", "push", f"rows-{form}")
    aside = described.folder / "elsewhere"
    if where == "the bucket":
        (described.folder / "data").rename(aside)
    try:
        said = described.yard("verify", f"rows-{form}", "--timeout", "20", "--json")
    finally:
        if aside.exists():
            aside.rename(described.folder / "data")
    found = {check["what"]: check for check in said.document}
    assert found["a request is answered"]["said"] in ("1", "2", "3", "4", "5", "6")
    assert found["the request is captured"]["holds"] is True, found["the request is captured"]["said"]


def test_a_file_that_was_not_looked_at_is_named(described: Described) -> None:
    packed = described.file("csv").with_name("rows.csv.gz")
    packed.write_bytes(b"")
    try:
        said = described.yard("data", "push", "rows-csv")
    finally:
        packed.unlink()
    assert said.code == 0, said.err
    assert "train/rows.csv.gz: its rows were not looked at, for its name is not of the format of [data]" in said.err


def test_data_that_are_not_as_described_are_not_pushed(described: Described) -> None:
    file = described.file("csv").with_name("more.csv")
    file.write_text("place,kind,rooms,size\nLinz,flat,many,1\n")
    try:
        said = described.yard("data", "push", "rows-csv")
    finally:
        file.unlink()
    assert (said.code, said.out) == (1, "")
    assert (
        'more.csv, line 2, column rooms, must be a whole number, got "many"; correct the cell, or the kind' in said.err
    )


def test_without_data_a_model_is_told_where_they_belong(described: Described) -> None:
    aside = described.folder / "elsewhere"
    (described.folder / "data").rename(aside)
    s3 = described.aws.client("s3")
    key = "rows-jsonl/datasets/train/rows.jsonl"
    s3.delete_object(Bucket=described.bucket, Key=key)
    try:
        said = described.yard("verify", "rows-jsonl")
    finally:
        aside.rename(described.folder / "data")
    assert said.err == (
        f"data/rows-jsonl/ or s3://{described.bucket}/rows-jsonl/datasets/ must hold the datasets of rows-jsonl "
        "(train, …), there is no such folder; put them there, each at its path after datasets/, or give a folder or a "
        "file of your own\n"
    )
