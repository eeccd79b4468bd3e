"""Buckets of the user's own in the local AWS."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from modelyard.manifest.channel import Channel
from modelyard.scenario.commands import Commands
from modelyard.scenario.context import ScenarioContext
from modelyard.scenario.data import ModelData
from modelyard.scenario.own_buckets import make_own_buckets, remove_own_buckets
from modelyard.scenario.webhook import SnsWebhookReceiver
from modelyard.scenario.workspace import Workspace, read_declarations
from support.local_aws import SharedLocalAws
from support.synth import ROOT


@pytest.fixture
def bucket(local_aws: SharedLocalAws) -> str:
    return local_aws.name("warehouse")


@pytest.fixture
def context(local_aws: SharedLocalAws, bucket: str, tmp_path: Path) -> Iterator[ScenarioContext]:
    """A model that reads a folder and an object of the same bucket, and a file for each."""
    _, churn = read_declarations(ROOT, model="churn")
    assert churn.training is not None
    train, validation = Channel(path=f"s3://{bucket}/tables/train/"), Channel(path=f"s3://{bucket}/all.csv")
    training = replace(churn.training, script="mine/train.py", channels={"train": train, "validation": validation})
    model = replace(churn, name="mine", training=training)
    for channel in ("train", "validation"):
        (tmp_path / "data" / "mine" / channel).mkdir(parents=True)
        (tmp_path / "data" / "mine" / channel / "rows.csv").write_text(channel)
    connection = local_aws.connection
    with SnsWebhookReceiver(connection=connection) as alerts:
        yield ScenarioContext(
            model=model,
            data=ModelData(model=model, workspace=tmp_path),
            connection=connection,
            workspace=Workspace(folder=tmp_path / "workspace", project=tmp_path, model="mine"),
            commands=Commands(connection=connection, folder=tmp_path, log=tmp_path / "log"),
            alerts=alerts,
            output=tmp_path,
        )


def test_they_are_made_with_what_stands_for_their_objects(
    context: ScenarioContext, bucket: str, local_aws: SharedLocalAws
) -> None:
    assert list(make_own_buckets(context)) == [
        f"$ aws s3 mb s3://{bucket}",
        f"$ aws s3 cp data/mine/train/rows.csv s3://{bucket}/tables/train/rows.csv",
        f"$ aws s3 cp data/mine/validation/rows.csv s3://{bucket}/all.csv",
    ]
    s3 = local_aws.client("s3")
    assert s3.get_object(Bucket=bucket, Key="tables/train/rows.csv")["Body"].read() == b"train"
    assert s3.get_object(Bucket=bucket, Key="all.csv")["Body"].read() == b"validation"


def test_they_are_taken_away_with_all_that_is_in_them(
    context: ScenarioContext, bucket: str, local_aws: SharedLocalAws
) -> None:
    list(make_own_buckets(context))
    local_aws.client("s3").put_object(Bucket=bucket, Key="more", Body=b"")
    assert list(remove_own_buckets(context)) == [f"$ aws s3 rb s3://{bucket} --force"]
    assert bucket not in [one["Name"] for one in local_aws.client("s3").list_buckets()["Buckets"]]
