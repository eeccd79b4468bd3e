"""`yard import`: a model that was trained elsewhere, and what a run would have left of it."""

import functools
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from modelyard.manifest import catalogue
from modelyard.manifest.reading import read_model
from modelyard.operations.data.own import own_data
from modelyard.operations.importing import importing
from support.local_aws import SharedLocalAws
from support.projects import make_project, pack
from support.yard import Ran, Yard, make_foundation

MANIFEST = """
name = "ranker"

[serving]
container = "sklearn:1.9-0"
instance = "ml.m5.large"
capture = { sampling_percentage = 100 }
environment = { TONE = "kind" }
[[serving.variants]]
name = "primary"

[monitoring]
engine = "drift"
"""
FILES = {"model.txt": "2", "code/inference.py": "def model_fn(model_dir): ..."}
DATA = "label,age,city\n" + "".join(f"{row % 2}.0,{row},c{row % 3}\n" for row in range(40))


@dataclass(frozen=True, kw_only=True, slots=True)
class Imports:
    """A stage with a foundation and one manifest, and an archive beside it."""

    yard: Yard
    aws: SharedLocalAws
    folder: Path
    stage: str
    bucket: str

    def __call__(self, *arguments: str) -> Ran:
        command, *rest = arguments
        return self.yard(command, "ranker", *rest, "--stage", self.stage, "--models", str(self.folder / "models"))

    def bring(self, *arguments: str) -> Ran:
        data = ("--baseline-data", str(self.folder / "data.csv"))
        return self("import", str(self.folder / "model.tar.gz"), *data, *arguments)

    def read(self, key: str) -> bytes:
        return bytes(self.aws.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read())

    @property
    def packages(self) -> list[dict[str, Any]]:
        sagemaker, group = self.aws.client("sagemaker"), f"{self.stage}-ranker-imported"
        listed = sagemaker.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
        return [sagemaker.describe_model_package(ModelPackageName=one["ModelPackageArn"]) for one in listed]

    def declare(self, old: str, new: str) -> None:
        file = self.folder / "models" / "ranker.toml"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def pack(self, files: dict[str, str]) -> None:
        pack(self.folder / "model.tar.gz", files=files)


@pytest.fixture
def imports(yard: Yard, local_aws: SharedLocalAws, tmp_path: Path) -> Imports:
    stage = local_aws.name("im").replace("-", "")
    folder = make_project(tmp_path / "project", stage=stage, manifests={"ranker": MANIFEST})
    bucket = make_foundation(local_aws, stage=stage, policy="Delete")
    made = Imports(yard=yard, aws=local_aws, folder=folder, stage=stage, bucket=bucket)
    made.pack(FILES)
    (folder / "data.csv").write_text(DATA, encoding="utf-8")
    return made


def test_an_import_leaves_what_a_run_would_have_left(imports: Imports) -> None:
    ran = imports.bring("--json")

    assert ran.code == 0, ran.err
    run, artifact = ran.document["run"], ran.document["model"]
    assert artifact == f"ranker/training/{run}/{imports.stage}-ranker--imported-{run}/output/model.tar.gz"
    assert imports.read(artifact) == (imports.folder / "model.tar.gz").read_bytes()
    constraints = json.loads(imports.read(f"ranker/baseline/{run}/constraints.json"))
    assert [feature["name"] for feature in constraints["features"]] == ["label", "age", "city"]
    assert json.loads(imports.read(f"ranker/baseline/{run}/statistics.json"))["dataset"]["item_count"] == 40
    assert f"next: yard promote ranker --run {run}" in ran.err


def test_columns_that_break_their_own_baseline_are_named(imports: Imports) -> None:
    (imports.folder / "data.csv").write_text(DATA.replace(",5,", ",NA,"), encoding="utf-8")

    ran = imports.bring("--json")

    assert ran.code == 0, ran.err
    assert "keep to their own baseline: age: 1 of 40 values are words among numbers" in " ".join(ran.err.split())


def test_an_imported_model_is_registered_as_it_is_served(imports: Imports) -> None:
    document = imports.bring("--json").document

    (package,) = imports.packages
    (container,) = package["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == f"s3://{imports.bucket}/{document['model']}"
    assert container["Image"].endswith("/sagemaker-scikit-learn:1.9-0-cpu-py3")
    assert container["Environment"] == {
        "TONE": "kind",
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "PIP_NO_BUILD_ISOLATION": "0",
    }
    assert package["CustomerMetadataProperties"]["sha256"] == document["sha256"]


def test_the_same_import_again_sends_nothing(imports: Imports) -> None:
    first = imports.bring("--json").document

    again = imports.bring("--json")

    assert len(first["sent"]) == 5
    assert (again.document["run"], again.document["sent"]) == (first["run"], [])
    assert "all of it was there already" in again.err
    assert len(imports.packages) == 1


def test_an_interrupted_import_goes_on(imports: Imports) -> None:
    first = imports.bring("--json").document
    missing = f"ranker/training/{first['run']}/leaderboard.json"
    imports.aws.client("s3").delete_object(Bucket=imports.bucket, Key=missing)

    assert imports.bring("--json").document["sent"] == [f"s3://{imports.bucket}/{missing}"]


def test_other_baseline_data_are_another_run(imports: Imports) -> None:
    first = imports.bring("--json").document
    (imports.folder / "data.csv").write_text(DATA + "1.0,99,c9\n", encoding="utf-8")

    assert imports.bring("--json").document["run"] != first["run"]


def test_an_imported_model_is_promoted_as_a_trained_one(imports: Imports) -> None:
    document = imports.bring("--json").document

    ran = imports("promote")

    assert ran.code == 0, ran.err
    assert "imported was imported from" in ran.err
    model = read_model(imports.folder / "models" / "ranker.toml")
    assert model.serving is not None
    assert model.monitoring is not None
    assert model.serving.variants[0].model == document["model"]
    assert model.monitoring.baseline == f"ranker/baseline/{document['run']}"


def test_the_leaderboard_and_the_lineage_say_where_it_is_from(imports: Imports) -> None:
    document = imports.bring("--json").document
    archive = str(imports.folder / "model.tar.gz")

    board, links = imports("leaderboard", "--json").document, imports("lineage", "--json").document

    assert board["imported"] == {"source": archive, "digest": document["sha256"]}
    assert [link["step"] for link in links] == ["imported from", "artifact", "model package", "baseline"]
    assert (links[0]["what"], links[0]["about"]) == (archive, f"sha256 {document['sha256']}")


def test_an_imported_model_stands_on_its_leaderboard_without_a_rank(imports: Imports) -> None:
    run = imports.bring("--json").document["run"]

    shown = imports("leaderboard").out

    assert f"Run {run}: imported from" in shown
    assert "validation" not in shown
    assert "Completed" in shown


def test_a_trial_has_the_name_that_it_is_given(imports: Imports) -> None:
    assert "--from-lab-" in imports.bring("--trial", "from-lab", "--json").document["model"]
    assert imports("leaderboard", "--json").document["trials"][0]["name"] == "from-lab"


def test_a_trial_s_name_must_fit_a_job(imports: Imports) -> None:
    ran = imports.bring("--trial", "x" * 60)

    assert ran.code == 1
    assert "--trial must be 1 to" in ran.err


def test_a_monitored_model_needs_the_data_that_it_was_trained_with(imports: Imports) -> None:
    ran = imports("import", str(imports.folder / "model.tar.gz"))

    assert (ran.code, ran.err) == (
        1,
        "ranker is monitored against no baseline yet: give the data that the model was trained with, under a header "
        "and with the label first, as --baseline-data FILE, or name their dataset as the sample of [data]\n",
    )


def test_the_sample_of_the_data_is_what_the_model_was_trained_with(
    imports: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In the order of the training data; a baseline has the label first.
    rows = "".join(f"{row},c{row % 3},{row % 2}\n" for row in range(40))
    file = imports.folder / "data" / "ranker" / "train" / "rows.csv"
    file.parent.mkdir(parents=True)
    file.write_text(rows, encoding="utf-8")
    with (imports.folder / "models" / "ranker.toml").open("a", encoding="utf-8") as manifest:
        manifest.write(
            '[data]\nlabel = "label"\nsample = "datasets/train"\ncolumns = [{ name = "age", kind = "integer" }, '
            '{ name = "city", kind = "text" }, { name = "label", kind = "integer" }]\n'
        )
    monkeypatch.setattr(importing, "own_data", functools.partial(own_data, root=imports.folder))

    ran = imports("import", str(imports.folder / "model.tar.gz"), "--json")

    assert ran.code == 0, ran.err
    run = ran.document["run"]
    constraints = json.loads(imports.read(f"ranker/baseline/{run}/constraints.json"))
    assert [feature["name"] for feature in constraints["features"]] == ["label", "age", "city"]
    assert json.loads(imports.read(f"ranker/baseline/{run}/statistics.json"))["dataset"]["item_count"] == 40


def test_a_model_that_nothing_would_serve_is_not_imported(imports: Imports) -> None:
    (imports.folder / "models" / "ranker.toml").write_text('name = "ranker"', encoding="utf-8")

    assert imports.bring().err == (
        "ranker must declare [serving] or [batch] to import a model, got neither; add one of them\n"
    )


def test_data_without_a_row_are_refused(imports: Imports) -> None:
    (imports.folder / "data.csv").write_text("label,age\n", encoding="utf-8")

    assert "data.csv must hold at least one record, it holds none" in imports.bring().err


def test_an_archive_without_what_its_container_looks_for_is_not_sent(imports: Imports) -> None:
    imports.pack({"model.txt": "2"})

    ran = imports.bring()

    assert (ran.code, ran.err) == (
        1,
        f"{imports.folder}/model.tar.gz must hold code/inference.py for scikit-learn's container to serve it, and does "
        "not; pack it into the archive\n",
    )
    assert "Contents" not in imports.aws.client("s3").list_objects_v2(Bucket=imports.bucket)


def test_code_that_a_container_would_never_read_is_not_imported(imports: Imports) -> None:
    imports.declare("sklearn:1.9-0", "xgboost:3.2-0")

    ran = imports.bring()

    assert (ran.code, ran.err) == (
        1,
        f"{imports.folder}/model.tar.gz holds code/inference.py, which XGBoost's container does not read by itself; "
        'write program = "inference.py" in [serving], or leave the code out of the archive\n',
    )


def test_without_a_run_a_model_that_is_not_trained_is_to_be_imported(imports: Imports) -> None:
    assert imports("promote").err == ("No run of ranker has completed yet; first: yard import ranker ARCHIVE\n")


def test_history_that_is_deleted_takes_the_imported_models_along(imports: Imports) -> None:
    imports.bring()

    ran = imports("teardown", "--history", "--yes")

    groups = imports.aws.client("sagemaker").list_model_package_groups(NameContains=f"{imports.stage}-ranker")
    assert ran.code == 0, ran.err
    assert groups["ModelPackageGroupSummaryList"] == []


def test_an_imported_model_without_a_baseline_is_to_be_imported_again(imports: Imports) -> None:
    run = imports.bring("--json").document["run"]
    imports.aws.client("s3").delete_object(Bucket=imports.bucket, Key=f"ranker/baseline/{run}/statistics.json")

    archive = imports.folder / "model.tar.gz"
    assert imports("promote").err == (
        f"There is no baseline at s3://{imports.bucket}/ranker/baseline/{run}; import it again: yard import ranker "
        f"{archive} --baseline-data FILE\n"
    )


def test_an_image_that_is_not_published_in_the_region_is_not_registered(
    imports: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = catalogue.published_image(container="sklearn:1.9-0", scope="inference", instance="ml.m5.large")
    monkeypatch.setattr(catalogue, "published_image", lambda **_: replace(image, accounts={"eu-west-1": "1"}))

    assert "sklearn:1.9-0 must be published in us-east-1 to be registered, it is not" in imports.bring().err
    assert "Contents" not in imports.aws.client("s3").list_objects_v2(Bucket=imports.bucket)
