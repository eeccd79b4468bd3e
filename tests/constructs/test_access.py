"""Statements of policies."""

import pytest

from modelyard.constructs.access import allow, list_data, pull_image, read_elsewhere, write_data
from modelyard.shared.s3_uri import S3Uri


def test_a_statement_becomes_a_policy_document() -> None:
    statement = allow("s3:GetObject", on=["arn:aws:s3:::data/a"])

    assert statement.document == {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::data/a"]}


def test_a_condition_is_part_of_the_document() -> None:
    condition = {"StringEquals": {"cloudwatch:namespace": "N"}}

    assert allow("a:B", on=["arn:aws:a:::b"], when=condition).document["Condition"] == condition


def test_a_wildcard_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match=r"safe_because must be given for \*, got nothing"):
        allow("s3:GetObject", on=["*"])


def test_listing_is_held_to_prefixes_by_a_condition() -> None:
    statement = list_data(bucket_arn="arn:aws:s3:::data", prefixes=["churn/capture/"])

    assert statement.document["Condition"] == {"StringLike": {"s3:prefix": ["churn/capture/*"]}}


def test_writing_is_held_to_what_lies_below_the_prefixes() -> None:
    statement = write_data(bucket_arn="arn:aws:s3:::data", prefixes=["churn/monitoring"])

    assert statement.resources == ("arn:aws:s3:::data/churn/monitoring/*",)


def test_an_image_is_pulled_from_the_named_repository_alone() -> None:
    token, pull = pull_image("arn:aws:ecr:eu-west-1:1:repository/sklearn")

    assert token.actions == ("ecr:GetAuthorizationToken",)
    assert pull.resources == ("arn:aws:ecr:eu-west-1:1:repository/sklearn",)


def test_one_object_of_another_bucket_is_read_and_no_other_that_begins_as_it_does() -> None:
    listing, reading = read_elsewhere(S3Uri(bucket="mine", key="tables/a.csv"), key_arn=None)

    assert listing.document["Condition"] == {"StringEquals": {"s3:prefix": ["tables/a.csv"]}}
    assert [resource.rpartition(":")[2] for resource in reading.resources] == ["mine/tables/a.csv"]
