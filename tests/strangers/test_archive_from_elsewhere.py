"""A model.tar.gz that was trained elsewhere, with its own code/inference.py: no training is declared.

Imported with its training data as baseline, promoted, deployed, called and verified against the local AWS.
"""

import contextlib
import io
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from modelyard.operations.cli.main import main
from support.local_aws import SharedLocalAws
from support.projects import cdk, make_project
from support.yard import Ran

STAGE = "elsewhere"
MANIFEST = """
name = "orchard"

[serving]
container = "sklearn:1.9-0"
instance = "ml.m5.large"
capture = {}
environment = { DIGITS = "3" }

[[serving.variants]]
name = "primary"

[monitoring]
engine = "drift"
"""
INFERENCE = """
import csv, io, os, pathlib

import joblib


def model_fn(model_dir):
    return joblib.load(pathlib.Path(model_dir, "trees.joblib"))


def input_fn(body, content_type):
    return [[float(cell) for cell in row] for row in csv.reader(io.StringIO(body)) if row]


def predict_fn(rows, model):
    return model.predict_proba(rows)[:, 1]


def output_fn(probabilities, accept):
    digits = int(os.environ["DIGITS"])
    return "".join(f"{value:.{digits}f}\\n" for value in probabilities), "text/csv"
"""


@dataclass(kw_only=True)
class Life:
    """The project of somebody who has an archive, and what `yard` said."""

    folder: Path
    said: dict[str, Ran] = field(default_factory=dict)

    def yard(self, *arguments: str) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([*arguments, "--stage", STAGE, "--models", "models"])
        return Ran(code=code, out=out.getvalue(), err=err.getvalue())

    def note(self, name: str, *arguments: str) -> None:
        self.said[name] = self.yard(*arguments)

    def deploy(self) -> None:
        cdk("deploy", "--all", "--require-approval", "never", folder=self.folder, stage=STAGE, environment=os.environ)


def make_archive(folder: Path) -> None:
    """What a colleague sends: a fitted model with the functions that serve it, and the table it was trained on."""
    chance = np.random.default_rng(5)
    rows = chance.normal(size=(300, 3))
    labels = (rows @ [2.0, -1.0, 0.5] + chance.normal(size=300) > 0).astype(int)
    joblib.dump(LogisticRegression().fit(rows, labels), folder / "trees.joblib")
    (folder / "inference.py").write_text(INFERENCE, encoding="utf-8")
    with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
        archive.add(folder / "trees.joblib", arcname="./trees.joblib")
        archive.add(folder / "inference.py", arcname="./code/inference.py")
    cells = [f"{label:.1f},{','.join(map(str, row))}" for label, row in zip(labels, rows, strict=True)]
    (folder / "trained-with.csv").write_text("\n".join(["ripe,colour,weight,sugar", *cells, ""]), encoding="utf-8")
    (folder / "rows.csv").write_text("3,0,0\n-3,0,0\n", encoding="utf-8")


@pytest.fixture(scope="module")
def life(local_aws: SharedLocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """From an archive to an endpoint that answers and is watched."""
    folder = make_project(tmp_path_factory.mktemp("life") / "project", stage=STAGE, manifests={"orchard": MANIFEST})
    make_archive(folder)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in local_aws.connection.variables().items():
            patch.setenv(name, value)
        patch.setenv("CDK_VALIDATION", "false")
        patch.chdir(folder)
        made = Life(folder=folder)
        cdk("bootstrap", folder=folder, stage=STAGE, environment=os.environ)
        made.deploy()
        made.note("import", "import", "orchard", "model.tar.gz", "--baseline-data", "trained-with.csv", "--json")
        made.note("promote", "promote", "orchard")
        made.deploy()
        made.note("invoke", "invoke", "orchard", "rows.csv")
        made.note("verify", "verify", "orchard", "--data", "rows.csv", "--json")
        made.note("lineage", "lineage", "orchard", "--json")
        yield made


def test_what_was_imported_is_promoted(life: Life) -> None:
    assert [life.said[name].code for name in ("import", "promote")] == [0, 0], life.said


def test_the_archive_s_own_code_answers_with_the_manifest_s_variables(life: Life) -> None:
    first, second = life.said["invoke"].out.split()

    assert float(first) > 0.9 > 0.1 > float(second)
    assert len(first.partition(".")[2]) == 3


def test_the_endpoint_runs_answers_captures_and_is_monitored(life: Life) -> None:
    verify = life.said["verify"]

    assert verify.code == 0, verify.out
    assert len(verify.document) > 4


def test_the_lineage_leads_from_the_archive_to_the_endpoint(life: Life) -> None:
    links = life.said["lineage"].document

    assert links[0] == {
        "step": "imported from",
        "what": "model.tar.gz",
        "about": f"sha256 {life.said['import'].document['sha256']}",
    }
    assert [link["step"] for link in links[1:]] == ["artifact", "model package", "baseline", "endpoint"]
