"""A model that Autopilot searches: trained, approved in the registry, promoted by its package, deployed, asked."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from modelyard.manifest.reading import read_model
from modelyard.rehearsal.faults import Fault
from support.leavers import leavers
from support.local_aws import SharedLocalAws
from support.project_lives import ProjectLife, project_life

STAGE = "yardauto"
PATIENCE_SECONDS = 60.0
MANIFEST = """
name = "leavers"

[training]
objective = { metric = "AUC", goal = "maximize" }
channels = { train = { path = "datasets/train", header = true } }

[training.automl]
target = "leaves"
problem_type = "BinaryClassification"
max_candidates = 2
max_total_minutes = 30

[serving]
instance = "ml.m5.large"

[[serving.variants]]
name = "primary"
"""


@pytest.fixture(scope="module")
def searched(local_aws: SharedLocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProjectLife]:
    folder = tmp_path_factory.mktemp("searched") / "mine"
    manifests = {"leavers": MANIFEST}
    with project_life(folder, aws=local_aws, stage=STAGE, model="leavers", manifests=manifests) as life:
        _live(life)
        yield life


def _live(life: ProjectLife) -> None:
    life.cdk("bootstrap")
    life.deploy()
    data = life.folder / "data" / "leavers" / "train"
    data.mkdir(parents=True)
    (data / "train.csv").write_text(leavers(400), encoding="utf-8")
    life.note("push", "data", "push", "leavers")
    life.note("train", "train", "leavers", "--wait")
    assert life.said["train"].code == 0, life.said["push"].err + life.said["train"].out + life.said["train"].err
    life.note("leaderboard", "leaderboard", "leavers", "--json")
    life.note("promote too early", "promote", "leavers")
    sagemaker = life.aws.client("sagemaker")
    (listed,) = sagemaker.list_model_packages(ModelPackageGroupName=f"{STAGE}-leavers")["ModelPackageSummaryList"]
    sagemaker.update_model_package(ModelPackageArn=listed["ModelPackageArn"], ModelApprovalStatus="Approved")
    life.note("propose", "propose", "leavers", "--dry-run", "--json")
    life.note("promote", "promote", "leavers", "--json")
    life.note("propose again", "propose", "leavers", "--dry-run", "--json")
    life.deploy()
    (life.folder / "row.csv").write_text("basic,290,4", encoding="utf-8")
    life.note("invoke", "invoke", "leavers", "row.csv", "--json")


def test_a_search_ends_with_a_leaderboard_of_its_candidates(searched: ProjectLife) -> None:
    board = searched.said["leaderboard"].document

    values = [one["metrics"]["AUC"] for one in board["trials"]]
    assert board["objective"] == {"metric": "AUC", "goal": "maximize"}
    assert len(values) == 2
    assert values == sorted(values, reverse=True)


def test_the_winner_is_promoted_once_it_is_approved(searched: ProjectLife) -> None:
    said = searched.said["promote too early"]

    assert said.code == 1
    assert "must be Approved to be served, it is PendingManualApproval; approve it first" in said.err


def test_an_approved_winner_is_to_be_proposed_until_it_is_promoted(searched: ProjectLife) -> None:
    documents = (searched.said["propose"].document, searched.said["propose again"].document)
    before, after = (document["approved"] for (document,) in documents)

    assert (before["outcome"], after["outcome"]) == ("to promote", "promoted")
    assert before["version"] == searched.said["promote"].document["arn"]
    assert before["why"].endswith("nothing was promoted before it")


def test_the_winner_is_promoted_by_its_package(searched: ProjectLife) -> None:
    said = searched.said["promote"]

    assert said.code == 0, said.err
    (variant,) = read_model(searched.manifest).serving.variants  # type: ignore[union-attr]
    assert variant.package == said.document["arn"]
    assert list(variant.package_artifacts) == said.document["artifacts"]
    assert said.document["trial"] == searched.said["leaderboard"].document["trials"][0]["name"]


def test_the_winner_answers_behind_the_endpoint(searched: ProjectLife) -> None:
    said = searched.said["invoke"]

    assert said.code == 0, said.err
    label, probability = said.document["body"].strip().split(",")
    assert label == "yes"
    assert 0.5 <= float(probability) <= 1


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--to", "prod"), "--to must be left out for a model that is served by its package"),
        (("--trial", "nobody"), "--trial must be left out, or "),
        (("--run", "nobody"), "--run must be one of "),
    ],
)
def test_what_cannot_be_promoted_of_a_search_is_said(searched: ProjectLife, flags: tuple[str, ...], said: str) -> None:
    ran = searched.yard("promote", "leavers", *flags)

    assert ran.code == 1
    assert said in ran.err


def test_a_run_whose_package_is_gone_names_the_group(searched: ProjectLife) -> None:
    sagemaker = searched.aws.client("sagemaker")
    package = searched.said["promote"].document["arn"]
    # Metadata of another run: as if the run's own version had been deleted.
    sagemaker.update_model_package(ModelPackageArn=package, CustomerMetadataProperties={"run": "another"})
    try:
        said = searched.yard("promote", "leavers")
    finally:
        run = searched.said["promote"].document["run"]
        sagemaker.update_model_package(ModelPackageArn=package, CustomerMetadataProperties={"run": run})

    assert f"{STAGE}-leavers has no version of run " in said.err


def test_a_winner_that_is_worse_than_what_is_served_is_refused_unless_forced(searched: ProjectLife) -> None:
    sagemaker = searched.aws.client("sagemaker")
    package = searched.said["promote"].document["arn"]
    before = sagemaker.describe_model_package(ModelPackageName=package)["CustomerMetadataProperties"]["value"]
    sagemaker.update_model_package(ModelPackageArn=package, CustomerMetadataProperties={"value": "1.5"})
    try:
        refused, forced = searched.yard("promote", "leavers"), searched.yard("promote", "leavers", "--force")
    finally:
        sagemaker.update_model_package(ModelPackageArn=package, CustomerMetadataProperties={"value": before})

    assert "worse than 1.5 of what is promoted now" in refused.err
    assert forced.code == 0, forced.err


# The last: it clears the model away.
def test_a_search_that_runs_is_stopped_with_its_run_by_a_teardown(searched: ProjectLife) -> None:
    connection, sagemaker = searched.aws.connection, searched.aws.client("sagemaker")
    # Long enough to be met at work.
    connection.inject(Fault(service="s3", operation="GetObject", caller="TrainingRole", delay=10.0, times=1))
    try:
        begun = searched.yard("train", "leavers", "--again")
        assert begun.code == 0, begun.err
        name = running_search(sagemaker)
        torn = searched.yard("teardown", "leavers", "--yes")
    finally:
        connection.clear_faults()

    assert torn.code == 0, torn.err
    assert sagemaker.describe_auto_ml_job_v2(AutoMLJobName=name)["AutoMLJobStatus"] == "Stopped"
    assert f"the search {name}: InProgress" in torn.err


def running_search(sagemaker: Any) -> str:
    """Wait for a search of the model that runs, and return its name."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        listed = sagemaker.list_auto_ml_jobs(NameContains=f"{STAGE}-leavers", StatusEquals="InProgress")
        for one in listed["AutoMLJobSummaries"]:
            return str(one["AutoMLJobName"])
        time.sleep(0.2)
    raise AssertionError(f"no search has begun within {PATIENCE_SECONDS:g} s")
