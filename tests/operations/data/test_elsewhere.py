"""Channels that read a bucket of one's own."""

from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from modelyard.manifest import Model
from modelyard.manifest.channel import Channel
from modelyard.manifest.data import Column, Data
from modelyard.manifest.reading import read_model
from modelyard.operations.aws import Aws
from modelyard.operations.bucket import DataBucket
from modelyard.operations.data.elsewhere import places_of, tags_at
from modelyard.operations.data.examples import datasets_of
from modelyard.operations.data.own import OwnData
from modelyard.operations.data.pushing import planned
from modelyard.operations.data.schema import declared, problems
from modelyard.operations.data.stored import StoredSample
from modelyard.operations.failures import Failure
from modelyard.shared.s3_uri import S3Uri
from support.local_aws import SharedLocalAws, allow
from support.synth import ROOT


@pytest.fixture
def bucket(local_aws: SharedLocalAws, reached: Aws) -> DataBucket:
    return DataBucket(aws=reached, name=local_aws.bucket())


@pytest.fixture
def own(local_aws: SharedLocalAws, reached: Aws) -> DataBucket:
    return DataBucket(aws=reached, name=local_aws.bucket())


def model(*, train: str, baseline: str | None = None, sample: str | None = None) -> Model:
    churn = read_model(ROOT / "models" / "churn.toml")
    assert churn.training is not None
    training = replace(churn.training, channels={"train": Channel(path=train)}, baseline_dataset=baseline)
    plain = replace(churn, name="mine", training=training, monitoring=None, api=None, batch=None, serving=None)
    columns = (Column(name="town", kind="text"), Column(name="kind", kind="text"))
    return replace(plain, data=Data(columns=columns, label="kind", sample=sample))


def test_a_place_is_called_by_its_key_in_the_manifest(bucket: DataBucket) -> None:
    places = places_of(model(train="s3://mine/train"), bucket=bucket)
    assert places == {"training.channels.train": S3Uri(bucket="mine", key="train/")}
    assert places_of(model(train="datasets/train"), bucket=bucket) == {}


def test_the_data_bucket_is_no_bucket_of_one_s_own(bucket: DataBucket) -> None:
    with pytest.raises(Failure) as refused:
        places_of(model(train=f"s3://{bucket.name}/mine/datasets/train/"), bucket=bucket)
    assert str(refused.value).startswith(
        "training.channels.train.path must be a path such as datasets/train for data in the data bucket, got s3://"
    )


def test_the_objects_of_a_folder_are_seen_with_tags_that_change_with_their_content(own: DataBucket) -> None:
    place = S3Uri(bucket=own.name, key="train/")
    for key, content in {
        "train/": b"",
        "train/a.csv": b"1",
        "train/day=1/b.csv": b"2",
        "train_old/c.csv": b"3",
    }.items():
        own.write(key=key, content=content)
    before = tags_at(place, aws=own.aws)
    own.write(key="train/a.csv", content=b"4")
    after = tags_at(place, aws=own.aws)
    assert before is not None
    assert after is not None
    assert [uri for uri, _ in before] == [f"s3://{own.name}/train/a.csv", f"s3://{own.name}/train/day=1/b.csv"]
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, True]


def test_an_object_is_seen_where_no_other_begins_as_it_does(own: DataBucket) -> None:
    place = S3Uri(bucket=own.name, key="a.csv")
    own.write(key="a.csv", content=b"1")
    tags = tags_at(place, aws=own.aws)
    assert tags is not None
    assert [uri for uri, _ in tags] == [str(place)]
    own.write(key="a.csv.bak", content=b"1")
    with pytest.raises(
        Failure, match=rf"{place} must be the only object that begins so, .* s3://{own.name}/a.csv.bak;"
    ):
        tags_at(place, aws=own.aws)


def test_a_bucket_that_is_not_there_is_missed_by_name(reached: Aws) -> None:
    with pytest.raises(Failure, match=r"There is no bucket nobodys, which s3://nobodys/train/ names; correct the man"):
        tags_at(S3Uri(bucket="nobodys", key="train/"), aws=reached)


def test_a_place_without_objects_is_refused(own: DataBucket) -> None:
    with pytest.raises(Failure, match=rf"There are no data at s3://{own.name}/train/; put them there yourself: yard"):
        tags_at(S3Uri(bucket=own.name, key="train/"), aws=own.aws)


def test_what_may_not_be_listed_is_not_seen(local_aws: SharedLocalAws, own: DataBucket) -> None:
    own.write(key="train/a.csv", content=b"1")
    given = local_aws.credentials(allow("s3:GetObject"))

    class Stranger(Aws):
        def client(self, service: str, *, connections: int = 10) -> object:
            del connections
            session = boto3.session.Session(*given.values(), local_aws.connection.region)
            return session.client(service, endpoint_url=local_aws.connection.endpoint)

    assert tags_at(S3Uri(bucket=own.name, key="train/"), aws=Stranger()) is None


def test_no_file_of_the_folder_stands_for_a_place_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "a.csv").write_text("no such column\n")
    assert problems(declared(model=model(train="s3://mine/train/"), folder=tmp_path)) == []


def test_records_are_of_the_datasets_that_are_left(bucket: DataBucket) -> None:
    bucket.write(key="mine/datasets/sample.csv", content=b"Linz,flat\n")
    sampled = model(train="s3://mine/train/", sample="datasets/sample.csv")
    assert StoredSample(model=sampled, bucket=bucket).traffic() == (("flat", "Linz"),)


def test_where_none_is_left_a_sentence_says_what_to_give(bucket: DataBucket) -> None:
    alone = model(train="s3://mine/train/")
    said = r"mine is trained on s3://mine/train/ alone, from which no records are taken; give a file of records: --data"
    for source in (StoredSample(model=alone, bucket=bucket), OwnData(model=alone, folder=ROOT / "models")):
        with pytest.raises(Failure, match=said):
            source.traffic()


def test_where_all_data_lie_elsewhere_nothing_is_pushed_and_no_folder_is_missed(
    bucket: DataBucket, tmp_path: Path
) -> None:
    alone = model(train="s3://mine/train/")
    assert alone.training is not None
    stranger = replace(alone, training=replace(alone.training, script="mine/train.py"))
    with datasets_of(stranger, root=tmp_path) as folder:
        assert planned(model=stranger, folder=folder, bucket=bucket, into=tmp_path).pushes == ()
