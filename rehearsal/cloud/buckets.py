"""What a template says of a bucket beside its name, which MiniStack's engine leaves out, and what it means.

The configurations are put through S3's own API. A bucket that encrypts with a key of KMS's is read and written
only by those who may use the key, as on AWS: a role without `kms:Decrypt` is told so.

Source: "AWS::S3::Bucket" in the CloudFormation template reference; "Using server-side encryption with AWS KMS
keys" in the S3 user guide.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from ministack import app as ministack
from ministack.core.iam_evaluator import enforce
from ministack.core.responses import get_region
from ministack.core.router import extract_access_key_id
from ministack.services import s3
from ministack.services.cloudformation import provisioners, stacks

from modelyard.rehearsal.cloud.identities import Identities, refusal_of
from modelyard.rehearsal.sagemaker.store import Document

BUCKET = "AWS::S3::Bucket"
BY_DEFAULT = "ApplyServerSideEncryptionByDefault"
KEY = re.compile(r"<KMSMasterKeyID>(.+?)</KMSMasterKeyID>")
NEEDED: Mapping[str, str] = {"GET": "kms:Decrypt", "HEAD": "kms:Decrypt", "PUT": "kms:GenerateDataKey"}


class Buckets:
    """The buckets of all templates."""

    def __init__(self, *, identities: Identities) -> None:
        self._identities = identities

    def install(self) -> None:
        """Have MiniStack's engine configure buckets wholly, and its S3 ask for the keys."""
        on_thread = stacks._runs_on_worker_thread
        stacks._runs_on_worker_thread = lambda type_: type_ == BUCKET or on_thread(type_)
        handlers = provisioners._RESOURCE_HANDLERS[BUCKET]
        provisioners._RESOURCE_HANDLERS[BUCKET] = handlers | {
            "create": self._then_configured(handlers["create"], properties_at=1),
            "update": self._then_configured(handlers["update"], properties_at=2),
        }
        answer = ministack.SERVICE_HANDLERS["s3"]
        ministack.SERVICE_HANDLERS["s3"] = _asking_for_keys(answer)

    def _then_configured(self, make: Any, *, properties_at: int) -> Any:
        def made(*arguments: Any) -> Any:
            name, attributes = make(*arguments)
            self._configure(name=name, properties=arguments[properties_at])
            return name, attributes

        return made

    def _configure(self, *, name: str, properties: Document) -> None:
        client = self._identities.own_client(service="s3")
        if "BucketEncryption" in properties:
            self._encrypt(client=client, name=name, encryption=properties["BucketEncryption"])
        if "LifecycleConfiguration" in properties:
            rules = [_lifecycle(rule) for rule in properties["LifecycleConfiguration"]["Rules"]]
            client.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
        if "OwnershipControls" in properties:
            client.put_bucket_ownership_controls(Bucket=name, OwnershipControls=properties["OwnershipControls"])
        if "LoggingConfiguration" in properties:
            logging = _logging(properties["LoggingConfiguration"])
            client.put_bucket_logging(Bucket=name, BucketLoggingStatus={"LoggingEnabled": logging})
        if "Tags" in properties:
            client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": properties["Tags"]})

    def _encrypt(self, *, client: Any, name: str, encryption: Document) -> None:
        rules = [_encryption(rule) for rule in encryption["ServerSideEncryptionConfiguration"]]
        # AWS's own key of an account, which needs no permission, has no name that MiniStack would take.
        if any("KMSMasterKeyID" in rule[BY_DEFAULT] or rule[BY_DEFAULT]["SSEAlgorithm"] == "AES256" for rule in rules):
            client.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})


def _encryption(rule: Document) -> Document:
    default: Document = {BY_DEFAULT: rule["ServerSideEncryptionByDefault"]}
    return default | {name: rule[name] for name in ("BucketKeyEnabled",) if name in rule}


def _lifecycle(rule: Document) -> Document:
    kept: Document = {name: rule[name] for name in ("Status", "AbortIncompleteMultipartUpload") if name in rule}
    kept |= {"ID": rule["Id"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "ExpirationInDays" in rule:
        kept["Expiration"] = {"Days": rule["ExpirationInDays"]}
    if "NoncurrentVersionExpiration" in rule:
        kept["NoncurrentVersionExpiration"] = rule["NoncurrentVersionExpiration"]
    return kept


def _logging(configuration: Document) -> Document:
    prefix = configuration.get("LogFilePrefix", "")
    return {"TargetBucket": configuration["DestinationBucketName"], "TargetPrefix": prefix}


def _asking_for_keys(answer: Any) -> Any:
    async def asked(method: str, path: str, headers: Any, body: bytes, query: Any, *others: Any) -> Any:
        refusal = await asyncio.to_thread(_key_refusal, method=method, path=path, headers=headers, query=query)
        if refusal is not None:
            return 403, {"Content-Type": "application/xml"}, _xml(refusal)
        return await answer(method, path, headers, body, query, *others)

    return asked


def _key_refusal(*, method: str, path: str, headers: Any, query: Any) -> str | None:
    """Return why the caller may not use the key of the bucket whose object it asks for, or None."""
    bucket, _, key = path.lstrip("/").partition("/")
    found = KEY.search(s3._bucket_encryption.get(bucket) or "")
    action = NEEDED.get(method)
    if not key or found is None or action is None:
        return None
    region, caller = get_region(), extract_access_key_id(headers, query)
    context = {"kms:viaservice": f"s3.{region}.amazonaws.com"}
    refused = enforce(caller, action, "kms", region, resource_arn=found[1], service_context=context)
    return refusal_of(refused, action=action, resource=found[1])


def _xml(message: str) -> bytes:
    return f"<Error><Code>AccessDenied</Code><Message>{escape(message)}</Message></Error>".encode()
