"""The sample of a model in the data bucket."""

from dataclasses import replace

import pytest

from modelyard.manifest import Model
from modelyard.manifest.channel import Channel
from modelyard.manifest.data import Column, Data
from modelyard.manifest.reading import read_model
from modelyard.operations.aws import Aws
from modelyard.operations.bucket import DataBucket
from modelyard.operations.data.stored import StoredSample
from modelyard.operations.failures import Failure
from support.local_aws import SharedLocalAws
from support.synth import ROOT

COLUMNS = (Column(name="town", kind="text"), Column(name="kind", kind="text"), Column(name="rooms", kind="integer"))
HELD = "data/mine/ or s3://{}/mine/datasets/ must hold the datasets of mine .train, …., there is no such folder; put"


@pytest.fixture
def bucket(local_aws: SharedLocalAws, reached: Aws) -> DataBucket:
    return DataBucket(aws=reached, name=local_aws.bucket())


@pytest.fixture
def model() -> Model:
    churn = read_model(ROOT / "models" / "churn.toml")
    assert churn.training is not None
    training = replace(churn.training, channels={"train": Channel(path="datasets/train")}, baseline_dataset=None)
    plain = replace(churn, name="mine", training=training, monitoring=None, api=None, batch=None, serving=None)
    return replace(plain, data=Data(columns=COLUMNS, label="kind"))


def test_without_an_object_the_place_in_the_project_and_in_the_bucket_are_told(
    model: Model, bucket: DataBucket
) -> None:
    bucket.write(key="mine/datasets/train/notes.txt", content=b"no table")
    bucket.write(key="mine/datasets/train/empty.csv", content=b"")
    with pytest.raises(Failure, match=HELD.format(bucket.name)):
        StoredSample(model=model, bucket=bucket).traffic()


@pytest.mark.parametrize("name", ["a.csv", "../../../a.csv"])
def test_records_are_of_the_first_object_whatever_its_name(model: Model, bucket: DataBucket, name: str) -> None:
    bucket.write(key=f"mine/datasets/train/{name}", content=b'"Linz, Urfahr",flat,3\n')
    assert StoredSample(model=model, bucket=bucket).traffic() == (("flat", '"Linz, Urfahr",3'),)
    assert StoredSample(model=model, bucket=bucket, drifted=True).traffic() == (("flat", '"Linz, Urfahr",4'),)


def test_the_sample_that_is_named_comes_before_the_channels(model: Model, bucket: DataBucket) -> None:
    assert model.data is not None
    sampled = replace(model, data=replace(model.data, sample="datasets/sample.csv"))
    bucket.write(key="mine/datasets/train/a.csv", content=b"Graz,hut,1\n")
    bucket.write(key="mine/datasets/sample.csv", content=b"Wien,flat,2\n")
    assert StoredSample(model=sampled, bucket=bucket).traffic() == (("flat", "Wien,2"),)


def test_a_fault_names_the_object(model: Model, bucket: DataBucket) -> None:
    bucket.write(key="mine/datasets/train/a.csv", content=b"Graz,hut,many\n")
    with pytest.raises(Failure) as refused:
        StoredSample(model=model, bucket=bucket).traffic()
    assert str(refused.value).startswith(
        f"s3://{bucket.name}/mine/datasets/train/a.csv, line 1, column rooms, must be a whole number"
    )
