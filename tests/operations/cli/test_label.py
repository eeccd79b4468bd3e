"""`yard label` against the local AWS: from captures to ground truth, a manifest, and training data."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

import pytest

from modelyard.drift.cli import main
from support.local_aws import SharedLocalAws
from support.projects import make_project
from support.yard import Ran, make_foundation, run_yard

STAGE, MODEL = "labelling", "mine"
ENDPOINT = f"{STAGE}-{MODEL}"
CAPTURES = f"{MODEL}/capture/{ENDPOINT}"
REPORTS = f"{MODEL}/monitoring/{ENDPOINT}/{ENDPOINT}-data-quality"
MANIFEST = """
name = "mine"

[training]
container = "sklearn:1.9-0"
script = "churn_forest/train.py"
instance = "ml.m5.large"
objective = { metric = "validation:auc", goal = "maximize" }
metrics = { "validation:auc" = 'validation-auc:(.*)' }
channels = { train = "datasets/train" }

[serving]
instance = "ml.m5.large"
capture = { sampling_percentage = 100 }
answer = { probability = "0" }

[[serving.variants]]
name = "primary"
model = "mine/training/run/job/output/model.tar.gz"

[monitoring]
engine = "drift"
baseline = "mine/baseline/run"

[data]
label = "sold"
columns = [
    { name = "sold", kind = "integer" },
    { name = "size", kind = "number" },
    { name = "rooms", kind = "integer" },
]
"""
RECORDS = 60
TIME = "2026-11-22T10:00:00Z"


@dataclass(frozen=True, kw_only=True)
class Labelling:
    """A project whose endpoint has captured sixty records, of which ten are far outside of the baseline."""

    aws: SharedLocalAws
    bucket: str
    folder: Path

    def yard(self, *arguments: str) -> Ran:
        return run_yard(*arguments, stage=STAGE)

    def label(self, *arguments: str) -> Any:
        ran = self.yard("label", MODEL, "--classes", "0,1", *arguments, "--json")
        assert ran.code == 0, ran.err
        return ran.document

    def read(self, key: str) -> str:
        return bytes(self.aws.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read()).decode()

    def answers(self, name: str = "known.csv") -> str:
        file = self.folder / name
        file.write_text("".join(f"id-{number},{number % 2}\n" for number in range(RECORDS)))
        return str(file)


@pytest.fixture(scope="module")
def labelling(local_aws: SharedLocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Labelling]:
    folder = make_project(tmp_path_factory.mktemp("labelling") / "project", stage=STAGE, manifests={MODEL: MANIFEST})
    with pytest.MonkeyPatch.context() as patch:
        for name, value in local_aws.connection.variables().items():
            patch.setenv(name, value)
        patch.chdir(folder)
        bucket = make_foundation(local_aws, stage=STAGE, policy="Delete")
        make_stack(local_aws, "serving", {"EndpointName": ENDPOINT, "CapturePrefix": CAPTURES})
        make_stack(
            local_aws,
            "monitoring",
            {
                "MonitoringReportPrefix": REPORTS,
                "BaselinePrefix": f"{MODEL}/baseline/run",
                "MonitoringScheduleName": f"{ENDPOINT}-data-quality",
                "MonitoringEngine": "drift",
            },
        )
        put_baseline(local_aws, bucket=bucket, folder=tmp_path_factory.mktemp("baseline"))
        put_captures(local_aws, bucket=bucket)
        yield Labelling(aws=local_aws, bucket=bucket, folder=folder)


@pytest.fixture(autouse=True)
def anew(labelling: Labelling) -> None:
    """No test finds what another has left."""
    for file in labelling.folder.glob("labels*"):
        file.unlink()
    s3 = labelling.aws.client("s3")
    for prefix in (f"{MODEL}/ground-truth/", f"{MODEL}/datasets/", f"{REPORTS}/"):
        for one in s3.list_objects_v2(Bucket=labelling.bucket, Prefix=prefix).get("Contents", []):
            s3.delete_object(Bucket=labelling.bucket, Key=one["Key"])


def make_stack(aws: SharedLocalAws, kind: str, outputs: dict[str, str]) -> None:
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    cloudformation, name = aws.client("cloudformation"), f"{ENDPOINT}-{kind}"
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def put_baseline(aws: SharedLocalAws, *, bucket: str, folder: Path) -> None:
    numbers = random.Random(5)  # noqa: S311 - the same on every run
    rows = "".join(f"{numbers.random()},{numbers.gauss(100, 10)},{numbers.randint(1, 6)}\n" for _ in range(500))
    (folder / "baseline.csv").write_text(f"sold,size,rooms\n{rows}")
    assert main(arguments=["baseline", str(folder / "baseline.csv"), "--output", str(folder / "out")]) == 0
    for file in (folder / "out").iterdir():
        aws.client("s3").upload_file(str(file), bucket, f"{MODEL}/baseline/run/{file.name}")


def put_captures(aws: SharedLocalAws, *, bucket: str) -> None:
    lines = []
    for number in range(RECORDS):
        size = 900.5 if number < 10 else 100.5
        # Those from 40 on are near one half.
        probability = 0.5 + number / 1000 if number >= 40 else 0.01
        sides = {
            "endpointInput": {"mode": "INPUT", "data": f"{size},3"},
            "endpointOutput": {"mode": "OUTPUT", "data": f"{probability}\n"},
        }
        about = {"observedContentType": "text/csv", "encoding": "CSV"}
        metadata = {
            "eventId": f"event-{number}",
            "inferenceId": f"id-{number}",
            "inferenceTime": "2026-11-22T10:00:00Z",
        }
        document = {"captureData": {name: side | about for name, side in sides.items()}, "eventMetadata": metadata}
        lines.append(json.dumps(document))
    key = f"{CAPTURES}/primary/{aws.connection.now():%Y/%m/%d/%H}/00-00-000.jsonl"
    aws.client("s3").put_object(Bucket=bucket, Key=key, Body="\n".join([*lines, "{"]).encode())


def test_chosen_records_are_labelled_by_a_file_and_written_apart_from_random_ones(labelling: Labelling) -> None:
    ran = labelling.yard(
        "label", MODEL, "--classes", "0,1", "--count", "20", "--answers", labelling.answers(), "--json"
    )
    assert ran.code == 0, ran.err
    assert "60 captured records can be labelled; left out: 1 unreadable" in ran.err
    assert "Chosen with --seed 2026: 20 records (4 random, 10 uncertain, 6 drifted)" in ran.err
    assert "Drifted records are those in the tails of all columns" in ran.err
    found = ran.document
    assert found["by_reason"] == {"drifted": 6, "random": 4, "uncertain": 10}
    assert (found["labelled"], found["skipped"], found["undecided"]) == (20, 0, 0)
    random_ones, chosen = (found["ground_truth"][name] for name in ("random", "chosen"))
    assert (random_ones["records"], chosen["records"]) == (4, 16)
    assert random_ones["key"].startswith(f"{MODEL}/ground-truth/{ENDPOINT}/")
    assert chosen["key"].startswith(f"{MODEL}/ground-truth/chosen/{ENDPOINT}/")
    first = json.loads(labelling.read(random_ones["key"]).splitlines()[0])
    number = int(first["eventMetadata"]["eventId"].removeprefix("id-"))
    assert first["groundTruthData"] == {"data": str(number % 2), "encoding": "CSV"}
    lines = [json.loads(line) for line in Path(found["manifest"]).read_text().splitlines()]
    drifted = [line for line in lines if line["sold-metadata"]["chosen"] == "drifted"]
    assert {line["source"] for line in drifted} == {"900.5,3"}
    assert not list(labelling.folder.glob("*.journal"))


def test_what_has_ground_truth_is_not_chosen_again(labelling: Labelling) -> None:
    labelling.label("--count", "50", "--answers", labelling.answers())
    again = labelling.label("--count", "50", "--answers", labelling.answers(), "--output", "labels-more.manifest")
    assert again["labelled"] == 10
    nothing = labelling.yard("label", MODEL, "--classes", "0,1", "--output", "labels-third.manifest")
    assert (nothing.code, nothing.out.strip()) == (3, "There is nothing to label")
    assert "60 with ground truth already" in nothing.err


def test_labels_are_pushed_as_training_data(labelling: Labelling) -> None:
    found = labelling.label("--count", "10", "--answers", labelling.answers(), "--push")
    assert found["pushed"] == [f"{MODEL}/datasets/train/labels-mine.csv"]
    rows = labelling.read(found["pushed"][0]).splitlines()
    assert len(rows) == 10
    assert all(row.split(",")[1:] in (["900.5", "3"], ["100.5", "3"]) for row in rows)


def test_the_manifest_is_data_that_are_pushed_later(labelling: Labelling) -> None:
    found = labelling.label("--count", "10", "--answers", labelling.answers())
    folder = labelling.folder / "data" / MODEL / "train"
    folder.mkdir(parents=True)
    (folder / "labels.manifest").write_text(Path(found["manifest"]).read_text())
    pushed = labelling.yard("data", "push", MODEL)
    assert pushed.code == 0, pushed.err
    assert "labels.manifest: 10 lines by the labels sold" in pushed.err
    assert len(labelling.read(f"{MODEL}/datasets/train/labels.csv").splitlines()) == 10


def test_the_columns_that_the_last_check_reported_tell_which_records_have_drifted(labelling: Labelling) -> None:
    violation = {"feature_name": "rooms", "constraint_check_type": "baseline_drift_check", "description": "far"}
    files = {"statistics.json": "{}", "constraint_violations.json": json.dumps({"violations": [violation]})}
    for name, text in files.items():
        labelling.aws.client("s3").put_object(
            Bucket=labelling.bucket, Key=f"{REPORTS}/2026/11/22/10/{name}", Body=text.encode()
        )
    ran = labelling.yard("label", MODEL, "--classes", "0,1", "--mix", "drifted=100", "--answers", labelling.answers())
    assert "Drifted records are those in the tails of the columns that the last check reported (rooms)" in ran.err
    assert "0 of 60 drifted records: so few are in the tails of the baseline" in ran.err


def test_an_earlier_manifest_is_not_written_over(labelling: Labelling) -> None:
    Path("labels-mine.manifest").write_text("")
    ran = labelling.yard("label", MODEL, "--classes", "0,1")
    assert (ran.code, ran.err) == (
        1,
        "labels-mine.manifest is there already, from an earlier session; move it, or name another --output\n",
    )


def test_a_manifest_has_its_suffix(labelling: Labelling) -> None:
    ran = labelling.yard("label", MODEL, "--output", "labels.json")
    assert "--output must end with .manifest, by which other commands know the format, got labels.json" in ran.err


def test_answers_that_no_api_holds_are_not_reviewed(labelling: Labelling) -> None:
    ran = labelling.yard("label", MODEL, "--classes", "0,1", "--held")
    assert ran.code == 1
    assert "mine holds no answers for review; say review = { below = 0.8 } under [api]" in ran.err


def test_answers_that_the_api_holds_back_are_labelled(labelling: Labelling) -> None:
    manifest = labelling.folder / "models" / "mine.toml"
    declared = manifest.read_text()
    manifest.write_text(f"{declared}\n[api]\nreview = {{ below = 0.8 }}\n")
    try:
        ran = labelling.yard("label", MODEL, "--classes", "0,1", "--held", "--answers", labelling.answers(), "--json")
    finally:
        manifest.write_text(declared)
    assert "Held for review, less certain than 0.8: 20 answers" in ran.err
    assert ran.document["by_reason"] == {"held": 20}
    assert list(ran.document["ground_truth"]) == ["chosen"]
    assert ran.document["reviews"] == 20
    review = json.loads(labelling.read(f"{MODEL}/ground-truth/reviewed/{ENDPOINT}/id41.json"))
    assert review == {"inferenceId": "id-41", "label": 1}


def test_a_broken_answer_leaves_the_session_to_be_resumed(labelling: Labelling) -> None:
    file = labelling.folder / "broken.csv"
    file.write_text("".join(f"id-{number},maybe\n" for number in range(RECORDS)))
    ran = labelling.yard("label", MODEL, "--classes", "0,1", "--count", "5", "--answers", str(file))
    assert ran.code == 1
    assert "a label must be one of 0, 1, got maybe; choose one" in ran.err
    again = labelling.yard("label", MODEL, "--answers", labelling.answers())
    assert "Goes on with the session of" in again.err
    assert again.out.startswith("5 labels, 0 skipped, 0 not decided")


def test_a_page_is_served_until_somebody_finishes(labelling: Labelling, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Any] = []
    monkeypatch.setattr("modelyard.operations.cli.label.LabelServer", recording(served))
    ran: list[Ran] = []
    thread = Thread(target=lambda: ran.append(labelling.yard("label", MODEL, "--classes", "0,1", "--count", "3")))
    thread.start()
    while not served:
        assert thread.is_alive()
    (server,) = served
    for item, revision in ((0, 0), (1, 1)):
        post(server, "/actions", {"act": "label", "item": item, "label": "1", "revision": revision})
    post(server, "/finish", {})
    thread.join(20)
    assert ran[0].out.startswith("2 labels, 0 skipped, 1 not decided")


def recording(served: list[Any]) -> Any:
    from modelyard.operations.labelling.page_server import LabelServer

    class Recording(LabelServer):
        def serve_forever(self, poll_interval: float = 0.05) -> None:
            served.append(self)
            super().serve_forever(poll_interval)

    return Recording


def post(server: Any, path: str, document: dict[str, Any]) -> None:
    request = Request(
        f"http://{server.origin}{path}", data=json.dumps(document).encode(), headers={"X-Label-Key": server.key}
    )
    with urlopen(request, timeout=10) as answer:
        assert answer.status == 200
