"""MiniStack's S3: whose a bucket is, its keys, and what a template says of a bucket beside its name.

MiniStack's engine leaves the configurations out; they are put through S3's own API. A bucket that encrypts with a key
of KMS's is read and written only by those who may use the key, as on AWS: a role without `kms:Decrypt` is told so.

Source: "AWS::S3::Bucket" in the CloudFormation template reference; "Using server-side encryption with AWS KMS
keys" in the S3 user guide.
"""

import asyncio
import re
import uuid
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import s3

from modelyard.rehearsal.cloud.identities import Identities
from modelyard.rehearsal.cloud.ministack import app, cloudformation, iam
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.store import Document

BY_DEFAULT = "ApplyServerSideEncryptionByDefault"
KEY = re.compile(r"<KMSMasterKeyID>(.+?)</KMSMasterKeyID>")
ALGORITHM = "x-amz-server-side-encryption"
KEY_ID = f"{ALGORITHM}-aws-kms-key-id"
OF_OBJECTS = (
    "_object_versions",
    "_object_tags",
    "_object_acl",
    "_object_retention",
    "_object_legal_hold",
    "_multipart_uploads",
)
NEEDED: Mapping[str, str] = {"GET": "kms:Decrypt", "HEAD": "kms:Decrypt", "PUT": "kms:GenerateDataKey"}


def install(*, identities: Identities) -> None:
    """Have templates configure buckets wholly, and S3 ask for the keys."""
    # Signatures of URLs are verified at the gate.
    s3._verify_presigned_sigv4 = lambda *_: None
    _name_managed_key(managed_key(account=identities.account, region=identities.region))

    def configure_with_own(name: str, properties: Document) -> None:
        configure(identities.own_client(service="s3"), bucket=name, properties=properties)

    cloudformation.extend("AWS::S3::Bucket", after=configure_with_own)
    app.wrap_handler("s3", require_keys)


def managed_key(*, account: str, region: str) -> str:
    """Return the ARN of AWS's own key for S3 in an account, `aws/s3`, which nobody needs a permission for."""
    return f"arn:aws:kms:{region}:{account}:key/{uuid.uuid5(uuid.NAMESPACE_URL, f'{account}/{region}/aws/s3')}"


def _name_managed_key(arn: str) -> None:
    """Have `aws:kms` without a key mean AWS's own: MiniStack refuses what names none."""
    resolve = s3._resolve_sse_write_headers

    def resolve_with_a_key(headers: Mapping[str, str], bucket: str) -> Any:
        unnamed = headers.get(ALGORITHM) == "aws:kms" and not headers.get(KEY_ID)
        return resolve({**headers, KEY_ID: arn} if unnamed else headers, bucket)

    s3._resolve_sse_write_headers = resolve_with_a_key


def is_bucket(name: str) -> bool:
    """Whether there is a bucket of this name, in any account."""
    return s3._bucket_owner_account(name) is not None


def saved_objects() -> Document:
    """Return what MiniStack keeps of objects, which it leaves out of the state of its buckets, by account and name."""
    contents = {name: bucket["objects"] for name, bucket in s3._buckets._data.items()}
    return {"contents": contents} | {name: dict(getattr(s3, name)._data) for name in OF_OBJECTS}


def restore_objects(saved: Document) -> None:
    """Put objects into the buckets that were restored."""
    for name, objects in saved["contents"].items():
        s3._buckets._data[name]["objects"] = objects
    for name in OF_OBJECTS:
        getattr(s3, name)._data.update(saved[name])


def bucket_sizes() -> list[Document]:
    """Return the buckets of the account, each with how many objects it has and how many bytes they are."""
    sizes = []
    for name, bucket in s3._buckets.items():
        objects = list(bucket["objects"].values())
        sizes.append({"name": name, "objects": len(objects), "bytes": sum(item["size"] for item in objects)})
    return sizes


def configure(client: Any, *, bucket: str, properties: Document) -> None:
    """Put what a template says of a bucket through S3's API."""
    if "BucketEncryption" in properties:
        rules = []
        for rule in properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]:
            bucket_key = {name: rule[name] for name in ("BucketKeyEnabled",) if name in rule}
            rules.append({BY_DEFAULT: rule["ServerSideEncryptionByDefault"], **bucket_key})
        # AWS's own key of an account, which needs no permission, has no name that MiniStack would take.
        if any("KMSMasterKeyID" in rule[BY_DEFAULT] or rule[BY_DEFAULT]["SSEAlgorithm"] == "AES256" for rule in rules):
            client.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
    if "LifecycleConfiguration" in properties:
        rules = [lifecycle_rule(rule) for rule in properties["LifecycleConfiguration"]["Rules"]]
        client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    if "OwnershipControls" in properties:
        client.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=properties["OwnershipControls"])
    if "LoggingConfiguration" in properties:
        configuration = properties["LoggingConfiguration"]
        target = {
            "TargetBucket": configuration["DestinationBucketName"],
            "TargetPrefix": configuration.get("LogFilePrefix", ""),
        }
        client.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": target})
    if "Tags" in properties:
        client.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": properties["Tags"]})


def lifecycle_rule(rule: Document) -> Document:
    """Return a rule of a template as S3's API takes it."""
    same = ("Status", "AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration")
    expiration = {"Expiration": {"Days": rule["ExpirationInDays"]}} if "ExpirationInDays" in rule else {}
    kept = {name: rule[name] for name in same if name in rule}
    return {"ID": rule["Id"], "Filter": {"Prefix": rule.get("Prefix", "")}} | kept | expiration


def require_keys(answer: app.Handler) -> app.Handler:
    """Return a handler that refuses an object to whoever may not use its bucket's key."""

    def require_key(*, method: str, path: str, headers: Any, query: Any) -> None:
        bucket, _, key = path.lstrip("/").partition("/")
        encrypted_with = KEY.search(s3._bucket_encryption.get(bucket) or "")
        if not key or encrypted_with is None or method not in NEEDED:
            return
        caller = app.extract_access_key_id(headers, query)
        context = {"kms:viaservice": f"s3.{app.get_region()}.amazonaws.com"}
        iam.check(key=caller, action=NEEDED[method], resource=encrypted_with[1], context=context)

    async def answer_if_allowed(method: str, path: str, headers: Any, body: bytes, query: Any, *others: Any) -> Any:
        try:
            await asyncio.to_thread(require_key, method=method, path=path, headers=headers, query=query)
        except ServiceError as error:
            text = f"<Error><Code>AccessDenied</Code><Message>{escape(error.message)}</Message></Error>"
            return 403, {"Content-Type": "application/xml"}, text.encode()
        return await answer(method, path, headers, body, query, *others)

    return answer_if_allowed
