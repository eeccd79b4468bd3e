"""The end of a stage's foundation, without its data and with them: a small stack, deleted by `yard teardown`."""

from pathlib import Path

import pytest

from support.local_aws import SharedLocalAws
from support.projects import make_project
from support.synth import ROOT
from support.yard import Ran, Yard, make_foundation

CHURN = (ROOT / "models/churn.toml").read_text()


@pytest.fixture
def stage(local_aws: SharedLocalAws) -> str:
    return local_aws.name("ending").replace("-", "")


@pytest.fixture
def teardown(yard: Yard, stage: str, tmp_path: Path) -> Yard:
    """Of a stage of its own, whose stages.toml says that data may go."""
    models = make_project(tmp_path / "project", stage=stage, manifests={"churn": CHURN}) / "models"

    def run(*arguments: str) -> Ran:
        return yard("teardown", *arguments, "--stage", stage, "--models", str(models))

    return run


def test_buckets_that_outlive_their_stack_are_listed_as_kept_though_they_are_empty(
    teardown: Yard, local_aws: SharedLocalAws, stage: str
) -> None:
    data = make_foundation(local_aws, stage=stage, policy="Retain")
    said = teardown("--yes", "--json")
    buckets = [one for one in said.document if one["what"].startswith("bucket ")]
    assert said.code == 0
    assert len(buckets) == 2
    assert all(one["kept"] for one in said.document)
    assert f"bucket {data}, empty" in [one["what"] for one in buckets]


def test_a_kept_bucket_is_listed_with_what_it_holds_and_what_that_costs(
    teardown: Yard, local_aws: SharedLocalAws, stage: str
) -> None:
    data = make_foundation(local_aws, stage=stage, policy="Retain")
    local_aws.client("s3").put_object(Bucket=data, Key="anything", Body=bytes(1000))
    (held,) = [one for one in teardown("--yes", "--json").document if data in one["what"]]
    assert held["what"] == f"bucket {data}, 1 object, 1,000 bytes"
    assert 0 < held["dollars"] < 1e-6


def test_data_are_not_destroyed_by_a_template_that_keeps_them_and_nothing_goes(
    teardown: Yard, local_aws: SharedLocalAws, stage: str
) -> None:
    data = make_foundation(local_aws, stage=stage, policy="RetainExceptOnCreate")
    local_aws.client("s3").put_object(Bucket=data, Key="anything", Body=b"1")
    said = teardown("--yes", "--destroy-data", stage)
    assert (said.code, said.out) == (1, "")
    assert said.err == (
        f"The stack {stage}-foundation is deployed with a DeletionPolicy that keeps Data, Logs, Key; first: "
        f"cdk deploy {stage}-foundation -c stage={stage} -c destroy_data={stage}, then repeat\n"
    )
    assert local_aws.client("s3").list_objects_v2(Bucket=data)["KeyCount"] == 1


def test_all_buckets_are_emptied_before_their_stack_goes_the_access_logs_too(
    teardown: Yard, local_aws: SharedLocalAws, stage: str
) -> None:
    data = make_foundation(local_aws, stage=stage, policy="Delete")
    would = teardown("--destroy-data", stage, "--json").document["would"]
    assert [one.rpartition(" ")[0] for one in would] == ["empty the bucket", "empty the bucket", "delete the stack"]
    assert f"empty the bucket {data}" in would


def test_with_its_data_destroyed_nothing_of_the_foundation_is_left(
    teardown: Yard, local_aws: SharedLocalAws, stage: str
) -> None:
    data = make_foundation(local_aws, stage=stage, policy="Delete")
    local_aws.client("s3").put_object(Bucket=data, Key="anything", Body=b"1")
    said = teardown("--yes", "--destroy-data", stage, "--json")
    assert (said.code, said.document) == (0, [])
    assert data not in [one["Name"] for one in local_aws.client("s3").list_buckets()["Buckets"]]


def test_data_that_an_earlier_teardown_kept_are_not_promised_to_go(teardown: Yard, stage: str) -> None:
    said = teardown("--destroy-data", stage)
    assert (said.code, said.out) == (0, "There is nothing to delete\n")
    assert said.err == "The foundation is gone: what it kept was listed then, and is deleted by those names\n"
