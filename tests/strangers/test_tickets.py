"""Four classes from texts with quoted commas and missing cells, whose model answers a probability of each.

A project of somebody who never saw the examples: own data, own script, own manifest; lived once against the local AWS.
"""

import contextlib
import csv
import io
import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from modelyard.operations.cli.main import main
from support.local_aws import SharedLocalAws
from support.projects import cdk, make_project
from support.yard import Ran

STAGE = "tickets"
CLASSES = ("billing", "delivery", "other", "return")
CITIES = {"billing": "Bern, CH", "delivery": "Ulm", "other": "Graz, AT", "return": "Lyon"}
MANIFEST = """
name = "tickets"

[training]
container = "sklearn:1.9-0"
script = "tickets/train.py"
instance = "ml.m5.large"
objective = { metric = "validation:accuracy", goal = "maximize" }
baseline_dataset = "datasets/baseline"
channels = { train = "datasets/train", validation = "datasets/validation" }
metrics = { "validation:accuracy" = 'validation-accuracy:(\\S+)' }

[[training.trials]]
name = "only"

[batch]
instance = "ml.m5.large"
join = "Input"

[serving]
instance = "ml.m5.large"
capture = {}
answer = { probabilities = ["0", "1", "2", "3"], classes = ["billing", "delivery", "other", "return"] }

[[serving.variants]]
name = "primary"

[monitoring]
engine = "drift"

[monitoring.quality]
problem_type = "MulticlassClassification"

[api]
label = "text"
features = [
    { names = ["city", "channel"], type = "text", default = "" },
    { names = ["amount"], default = "" },
    { names = ["visits"], type = "integer" },
]
"""


def tickets(count: int, *, seed: int, moved: float = 0.0) -> list[list[str]]:
    """Rows of a label and four features; the amount is missing in one of seven, the channel in one of ten."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    rows = []
    for _ in range(count):
        kind = chance.choice(CLASSES)
        place = CLASSES.index(kind)
        city = CITIES[kind] if chance.random() < 0.9 else chance.choice(list(CITIES.values()))
        channel = "" if chance.random() < 0.1 else ("mail", "phone")[place % 2]
        amount = "" if chance.random() < 1 / 7 else f"{chance.gauss(20 * place + moved, 4):.2f}"
        rows.append([kind, city, channel, amount, str(place + chance.randint(0, 2))])
    return rows


def csv_of(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


@dataclass(kw_only=True)
class Life:
    """Where it is lived, and what was said on the way."""

    folder: Path
    said: dict[str, Ran] = field(default_factory=dict)

    def yard(self, *arguments: str) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([*arguments, "--stage", STAGE, "--models", "models"])
        return Ran(code=code, out=out.getvalue(), err=err.getvalue())

    def done(self, *arguments: str) -> Ran:
        ran = self.yard(*arguments)
        assert ran.code == 0, ran.err + ran.out
        return ran

    def deploy(self, *stacks: str) -> None:
        chosen = stacks or ("--all",)
        cdk("deploy", *chosen, "--require-approval", "never", folder=self.folder, stage=STAGE, environment=os.environ)


@pytest.fixture(scope="module")
def life(local_aws: SharedLocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """From nothing to an endpoint that is watched and measured."""
    folder = make_project(tmp_path_factory.mktemp("tickets") / "project", stage=STAGE, manifests={"tickets": MANIFEST})
    (folder / "training_scripts").unlink()
    shutil.copytree(Path(__file__).parent / "tickets", folder / "training_scripts" / "tickets")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in local_aws.connection.variables().items():
            patch.setenv(name, value)
        patch.setenv("CDK_VALIDATION", "false")
        patch.chdir(folder)
        yield _lived(Life(folder=folder), aws=local_aws)


def _lived(life: Life, *, aws: SharedLocalAws) -> Life:
    cdk("bootstrap", folder=life.folder, stage=STAGE, environment=os.environ)
    life.deploy()
    train, held_back = tickets(800, seed=1), tickets(200, seed=2)
    outputs = aws.client("cloudformation").describe_stacks(StackName=f"{STAGE}-foundation")["Stacks"][0]["Outputs"]
    bucket = next(one["OutputValue"] for one in outputs if one["OutputKey"] == "DataBucketName")
    for name, rows in {
        "train/train.csv": train,
        "validation/validation.csv": held_back,
        "baseline/baseline.csv": [["label", "city", "channel", "amount", "visits"], *train],
    }.items():
        aws.client("s3").put_object(Bucket=bucket, Key=f"tickets/datasets/{name}", Body=csv_of(rows).encode())
    live = tickets(150, seed=3)
    (life.folder / "labelled.csv").write_text(csv_of(live))
    (life.folder / "drifted.csv").write_text(csv_of([row[1:] for row in tickets(150, seed=4, moved=90)]))
    plain = [row[1:] for row in live if "," not in row[1]]
    (life.folder / "records.csv").write_text(csv_of(plain))
    life.done("train", "tickets", "--wait")
    life.done("promote", "tickets")
    life.deploy()
    life.done("baseline", "tickets")
    life.deploy(f"{STAGE}-tickets-monitoring")
    life.said["verify"] = life.yard("verify", "tickets", "--data", "records.csv", "--json")
    return life


def test_the_answer_is_what_the_manifest_declares(life: Life) -> None:
    checks = {one["what"]: one for one in life.said["verify"].document}
    found = checks["the answer is what the manifest declares"]

    assert found["holds"] is True
    assert all(f"probability of {name} 0." in found["said"] for name in CLASSES)


def test_every_check_of_verify_holds_or_has_to_wait(life: Life) -> None:
    assert [one for one in life.said["verify"].document if one["holds"] is False] == []


def test_the_api_returns_a_probability_of_each_class(life: Life) -> None:
    checks = {one["what"]: one["said"] for one in life.said["verify"].document}

    assert checks["the API answers"].startswith("200 ")
    assert checks["the API answers"].count("0.") >= 1


def test_each_row_of_a_batch_stands_beside_its_own_probabilities(life: Life) -> None:
    rows = [row[1:] for row in tickets(6, seed=5)]
    (life.folder / "batch.csv").write_text("\n".join(csv_of([row]) for row in rows))
    shown = life.done("transform", "tickets", "batch.csv", "--output", "scored", "--json").document["preview"]
    direct = [life.done("invoke", "tickets", _file(life, row), "--json").document["body"].strip() for row in rows]

    assert [next(csv.reader([one["record"]])) for one in shown] == rows
    assert [one["score"] for one in shown] == direct


def _file(life: Life, row: list[str]) -> str:
    (life.folder / "one.csv").write_text(csv_of([row]))
    return "one.csv"


def test_quiet_traffic_rings_nothing_and_its_quality_is_measured(life: Life) -> None:
    life.done("traffic", "tickets", "--data", "labelled.csv", "--feedback", "--rate", "50", "--duration", "4")
    drift = life.yard("drift", "tickets", "--now", "--json")
    quality = life.yard("quality", "tickets", "--now", "--output", "quality.html", "--json")

    assert drift.document["violations"] == [], drift.out
    assert drift.code == 0
    assert {one["check"] for one in quality.document["violations"]} <= {"LessThanThreshold"}, quality.out
    assert "records with a label" in (life.folder / "quality.html").read_text()


def test_traffic_that_has_moved_is_a_finding_of_the_moved_column(life: Life) -> None:
    life.done("traffic", "tickets", "--data", "drifted.csv", "--rate", "100", "--duration", "6")
    drift = life.yard("drift", "tickets", "--now", "--output", "drift.html", "--json")

    assert drift.code == 2
    assert "amount" in {one["feature"] for one in drift.document["violations"]}
    assert "the model\\u0027s answer" in (page := (life.folder / "drift.html").read_text()) or "model's answer" in page
