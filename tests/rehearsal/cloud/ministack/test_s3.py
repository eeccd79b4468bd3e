"""Buckets that a template makes, and the key that whoever reads or writes them must be allowed to use."""

import json
from dataclasses import dataclass
from typing import Any

import botocore.exceptions
import pytest

from support.local_aws import SharedLocalAws, allow

S3 = allow("s3:*")


@dataclass(frozen=True, kw_only=True)
class Encrypted:
    """A bucket of a stack, which encrypts with a key of the account's."""

    aws: SharedLocalAws
    name: str
    key: str

    def as_role(self, *statements: dict[str, Any]) -> Any:
        return self.aws.assumed("s3", *statements)


@pytest.fixture(scope="module")
def bucket(local_aws: SharedLocalAws) -> Encrypted:
    cloudformation, stack = local_aws.client("cloudformation"), local_aws.name("encrypted")
    key = local_aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    cloudformation.create_stack(StackName=stack, TemplateBody=template(name=f"{stack}-bucket", key=key))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    local_aws.client("s3").put_object(Bucket=f"{stack}-bucket", Key="data", Body=b"1,2")
    return Encrypted(aws=local_aws, name=f"{stack}-bucket", key=key)


def template(*, name: str, key: str) -> str:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    properties = {
        "BucketName": name,
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": default}]},
        "Tags": [{"Key": "stage", "Value": "dev"}],
    }
    return json.dumps({"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties}}})


@pytest.mark.parametrize(("call", "action"), [("get_object", "kms:Decrypt"), ("put_object", "kms:GenerateDataKey")])
def test_a_role_that_may_not_use_the_key_is_refused_by_name(bucket: Encrypted, call: str, action: str) -> None:
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        getattr(bucket.as_role(S3), call)(Bucket=bucket.name, Key="data")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert f"is not authorized to perform: {action} on resource: {bucket.key}" in str(refused.value)
    assert "assumed-role/test-role-" in str(refused.value)


def test_a_role_that_may_decrypt_reads(bucket: Encrypted) -> None:
    client = bucket.as_role(S3, allow("kms:Decrypt", on=bucket.key))
    assert client.get_object(Bucket=bucket.name, Key="data")["Body"].read() == b"1,2"


def test_to_decrypt_is_not_to_encrypt(bucket: Encrypted) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="kms:GenerateDataKey"):
        bucket.as_role(S3, allow("kms:Decrypt")).put_object(Bucket=bucket.name, Key="new", Body=b"")


def test_a_key_that_may_be_used_by_s3_alone_is_used_by_s3(bucket: Encrypted) -> None:
    by_s3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    client = bucket.as_role(S3, allow("kms:Decrypt") | {"Condition": by_s3})
    assert client.get_object(Bucket=bucket.name, Key="data")["ContentLength"] == 3


def test_to_list_needs_no_key(bucket: Encrypted) -> None:
    assert bucket.as_role(S3).list_objects_v2(Bucket=bucket.name)["KeyCount"] == 1


def test_a_bucket_has_the_tags_of_its_template(bucket: Encrypted) -> None:
    tags = bucket.aws.client("s3").get_bucket_tagging(Bucket=bucket.name)["TagSet"]
    assert tags == [{"Key": "stage", "Value": "dev"}]


@pytest.mark.parametrize("call", ["put_object", "copy_object", "create_multipart_upload"])
def test_encryption_by_kms_without_a_key_is_by_aws_s_own(local_aws: SharedLocalAws, call: str) -> None:
    s3, bucket = local_aws.client("s3"), local_aws.bucket()
    s3.put_object(Bucket=bucket, Key="source", Body=b"1")
    source = {"CopySource": f"{bucket}/source"} if call == "copy_object" else {}
    made = getattr(s3, call)(Bucket=bucket, Key="data", ServerSideEncryption="aws:kms", **source)
    assert made["ServerSideEncryption"] == "aws:kms"
    assert made["SSEKMSKeyId"].startswith("arn:aws:kms:us-east-1:111122223333:key/")


def test_a_key_that_is_named_is_kept(local_aws: SharedLocalAws) -> None:
    s3, bucket = local_aws.client("s3"), local_aws.bucket()
    key = local_aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    made = s3.put_object(Bucket=bucket, Key="a", Body=b"1", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    assert made["SSEKMSKeyId"] == key
