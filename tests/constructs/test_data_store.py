"""The data bucket, its key and the log of who came."""

from typing import Any

import aws_cdk as cdk
import pytest

from modelyard.constructs.data_store import DataStore
from support.small_stack import SmallStack


def add(small: SmallStack, *, removal: cdk.RemovalPolicy = cdk.RemovalPolicy.RETAIN) -> None:
    DataStore(small.stack, "Data", removal=removal, days_kept={"churn/capture": 30, "churn/checkpoints": 40})


def test_the_bucket_is_encrypted_with_the_key(small: SmallStack) -> None:
    add(small)

    (rule,) = small.one("S3::Bucket", "DataBucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "<DataKey.Arn>"}


@pytest.mark.parametrize("bucket", ["DataBucket", "DataAccessLogs"])
def test_a_bucket_is_not_public(small: SmallStack, bucket: str) -> None:
    add(small)

    block = small.one("S3::Bucket", bucket)["PublicAccessBlockConfiguration"]
    assert len(block) == 4
    assert all(block.values())


def test_versions_are_kept(small: SmallStack) -> None:
    add(small)

    assert small.one("S3::Bucket", "DataBucket")["VersioningConfiguration"] == {"Status": "Enabled"}


def test_what_is_kept_for_a_time_expires(small: SmallStack) -> None:
    add(small)

    rules: list[dict[str, Any]] = small.one("S3::Bucket", "DataBucket")["LifecycleConfiguration"]["Rules"]
    days = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule}
    assert days == {"churn/capture/": 30, "churn/checkpoints/": 40}


def test_the_key_rotates(small: SmallStack) -> None:
    add(small)

    assert small.one("KMS::Key")["EnableKeyRotation"] is True


@pytest.mark.parametrize("bucket", ["DataBucketPolicy", "DataAccessLogsPolicy"])
def test_a_bucket_is_reached_by_tls_alone(small: SmallStack, bucket: str) -> None:
    add(small)

    denied = small.one("S3::BucketPolicy", bucket)["PolicyDocument"]["Statement"][0]
    assert (denied["Effect"], denied["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


@pytest.mark.parametrize(
    ("removal", "policy"), [(cdk.RemovalPolicy.RETAIN, "Retain"), (cdk.RemovalPolicy.DESTROY, "Delete")]
)
def test_nothing_goes_with_the_stack_unless_removal_says_so(
    small: SmallStack, removal: cdk.RemovalPolicy, policy: str
) -> None:
    add(small, removal=removal)

    synthesized = small.synthesize()
    kept = {**synthesized.resources("Small", "S3::Bucket"), **synthesized.resources("Small", "KMS::Key")}
    assert {body["DeletionPolicy"] for body in kept.values()} == {policy}
