"""Channels: paths of the data bucket, and places in buckets of one's own."""

from typing import Any

import pytest

from modelyard.manifest.channel import LONGEST_URI, Channel
from modelyard.manifest.problems import Invalid
from modelyard.shared.s3_uri import S3Uri

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def refused(**values: Any) -> str:
    with pytest.raises(Invalid) as error:
        Channel(**values)
    return str(error.value)


def test_a_path_is_of_the_data_bucket() -> None:
    assert Channel(path="datasets/train").elsewhere is None


@pytest.mark.parametrize("path", ["", "/train", "train/", "a//b", "../train", "a/../b", "a b"])
def test_a_channel_refuses_what_is_no_path_below_the_model(path: str) -> None:
    with pytest.raises(Invalid) as refused:
        Channel(path=path)

    assert str(refused.value) == (
        f'path must be a path such as datasets/train, got "{path}"; '
        "leave out s3://, the bucket and slashes at either end"
    )


@pytest.mark.parametrize("path", ["train", "datasets/train", "datasets/train.csv", "a..b/c_d-e.f"])
def test_a_channel_takes_a_path_below_the_model(path: str) -> None:
    channel = Channel(path=path)

    assert channel.path == path


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("s3://mine/train/", "train/"),
        ("s3://mine/tables/train", "tables/train/"),
        ("s3://mine/tables/train.csv", "tables/train.csv"),
        ("s3://mine/v1.2/", "v1.2/"),
        ("s3://mine/day=2026-11-27/a,b:c+ü@d/", "day=2026-11-27/a,b:c+ü@d/"),
    ],
)
def test_an_uri_is_of_a_folder_unless_its_last_part_has_a_dot(path: str, key: str) -> None:
    assert Channel(path=path).elsewhere == S3Uri(bucket="mine", key=key)


@pytest.mark.parametrize(
    "path",
    [
        "s3://mine",
        "s3://mine/",
        "s3://mine//train/",
        "s3://mine/train//",
        "s3://mine/../other/",
        "s3://mine/a/./b/",
        "s3://mine/train*",
        "s3://mine/train?/",
        "s3://mine/$a/",
        "s3://mine/a b/",
        "s3://Mine/train/",
        "s3://a/train/",
        "s3:///train/",
        "s3://10.0.0.1/train/",
    ],
)
def test_an_uri_that_names_no_single_place_is_refused(path: str) -> None:
    said = "path must be the s3:// URI of a folder or an object, of letters, digits and . / = + @ , : _ -, such as"
    assert refused(path=path).startswith(said)


def test_an_uri_is_as_long_as_the_api_takes_it_with_the_slash_of_a_folder() -> None:
    longest = "s3://mine/" + "x" * (LONGEST_URI - len("s3://mine/"))
    assert len(str(Channel(path=longest).elsewhere)) == 1024
    assert refused(path=f"{longest}x").startswith("path must be at most 1023 characters, got 1024")


def test_a_key_belongs_to_a_place_elsewhere() -> None:
    assert Channel(path="s3://mine/train/", key=KEY).key == KEY
    assert refused(path="datasets/train", key=KEY).startswith(
        "key must be left out for a path of the data bucket, whose key is known, got"
    )


@pytest.mark.parametrize("key", ["alias/mine", "1234abcd", f"{KEY}/*", "arn:aws:kms:eu-west-1:123456789012:alias/mine"])
def test_a_key_is_named_by_its_arn(key: str) -> None:
    assert refused(path="s3://mine/train/", key=key).startswith("key must be the ARN of a key of KMS, got")
