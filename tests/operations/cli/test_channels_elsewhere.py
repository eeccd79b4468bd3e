"""A model that reads an encrypted bucket of one's own: deployed, pushed and trained by `yard` and the CDK."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from modelyard.operations.datasets.churn import ChurnTable
from support.local_aws import SharedLocalAws, allow
from support.projects import cdk, make_project
from support.yard import Ran, run_yard

STAGE = "elsewhere"
MANIFEST = """
name = "away"

[training]
container = "xgboost:3.2-0"
script = "churn_xgboost/train.py"
instance = "ml.m5.large"
objective = {{ metric = "validation:auc", goal = "maximize" }}
metrics = {{ "validation:auc" = 'validation-auc:(\\S+)' }}
hyperparameters = {{ num_round = 5 }}

[training.channels]
train = {{ path = "s3://{bucket}/tables/train", content_type = "text/csv", key = "{key}" }}
validation = {{ path = "datasets/validation", content_type = "text/csv" }}
"""


@dataclass(kw_only=True)
class Life:
    """Where the commands run, whose bucket is read, and what was said on the way."""

    folder: Path
    aws: SharedLocalAws
    bucket: str
    said: dict[str, Ran] = field(default_factory=dict)

    def yard(self, *arguments: str) -> Ran:
        return run_yard(*arguments, stage=STAGE)

    def put(self, *, rows: int) -> None:
        made = self.folder / f"made-{rows}"
        ChurnTable(rows=rows, seed=1).write(folder=made)
        self.aws.client("s3").upload_file(str(made / "train" / "train.csv"), self.bucket, "tables/train/train.csv")


@pytest.fixture(scope="module")
def life(local_aws: SharedLocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    bucket = local_aws.bucket()
    key = local_aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": by_default}]}
    local_aws.client("s3").put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=rules)
    folder = tmp_path_factory.mktemp("elsewhere") / "project"
    make_project(folder, stage=STAGE, manifests={"away": MANIFEST.format(bucket=bucket, key=key)})
    with pytest.MonkeyPatch.context() as patch:
        for name, value in local_aws.connection.variables().items():
            patch.setenv(name, value)
        patch.setenv("CDK_VALIDATION", "false")
        patch.chdir(folder)
        cdk("bootstrap", folder=folder, stage=STAGE, environment=os.environ)
        cdk("deploy", "--all", "--require-approval", "never", folder=folder, stage=STAGE, environment=os.environ)
        lived = Life(folder=folder, aws=local_aws, bucket=bucket)
        ChurnTable(rows=400, seed=1).write(folder=folder / "data" / "away")
        lived.said["push"] = lived.yard("data", "push", "away")
        lived.said["train too early"] = lived.yard("train", "away")
        lived.put(rows=400)
        lived.said["train"] = lived.yard("train", "away", "--wait", "--json")
        lived.said["train again"] = lived.yard("train", "away", "--wait", "--json")
        yield lived


def test_a_push_leaves_the_place_alone_and_says_so(life: Life) -> None:
    said = life.said["push"]
    assert said.code == 0
    place = f"s3://{life.bucket}/tables/train/"
    assert f"training.channels.train: {place} was left alone, and its rows were not looked at\n" in said.err
    assert "away/datasets/validation/validation.csv" in said.out
    assert "datasets/train" not in said.out


def test_before_there_are_data_training_is_refused(life: Life) -> None:
    said = life.said["train too early"]
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"There are no data at s3://{life.bucket}/tables/train/; put them there yourself")


def test_jobs_read_the_place_with_its_key(life: Life) -> None:
    said = life.said["train"]
    assert said.code == 0
    assert [row["status"] for row in said.document["trials"]] == ["Completed"]


def test_the_same_objects_are_the_same_training_and_others_another(life: Life) -> None:
    assert "has succeeded (--again repeats it)" in life.said["train again"].err
    life.put(rows=300)
    said = life.yard("train", "away", "--json")
    assert "Started run" in said.err
    assert said.document["run"].rpartition("-")[2] != life.said["train"].document["run"].rpartition("-")[2]
    assert life.yard("train", "away", "--wait").code == 0


def test_whoever_may_not_list_the_place_is_told_that_nobody_looked(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    denied = {"Effect": "Deny", "Action": ["s3:ListBucket"], "Resource": f"arn:aws:s3:::{life.bucket}"}
    for name, value in life.aws.credentials(allow("*"), denied).items():
        monkeypatch.setenv(name, value)
    said = life.yard("train", "away", "--wait")
    note = f"not looked at: s3://{life.bucket}/tables/train/; a run with other data there has the same name\n"
    assert said.code == 0
    assert note in said.err
    life.put(rows=350)
    assert "has succeeded (--again repeats it)" in life.yard("train", "away").err
