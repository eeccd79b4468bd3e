"""Where all data of a stage lie: one bucket under one key."""

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

DAYS_TO_ABORT = 7
DAYS_OF_OLD_VERSIONS = 90
DAYS_OF_ACCESS_LOGS = 365


class DataStore(Construct):
    """An encrypted, versioned bucket that only TLS reaches, its key, and the log of who came.

    Nothing of it is deleted with the stack unless `removal` says so, and a bucket that holds anything never is.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        removal: cdk.RemovalPolicy,
        days_kept: Mapping[str, int],
    ) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.CfnKey(
            self,
            "Key",
            description="Encrypts the models' data, jobs, endpoints and alerts",
            enable_key_rotation=True,
            key_policy=_key_policy(),
        )
        self.access_logs = self._access_logs()
        self.bucket = self._bucket(days_kept=days_kept)
        for resource in (self.key, self.access_logs, self.bucket):
            resource.apply_removal_policy(removal)
        self._log_policy()
        s3.CfnBucketPolicy(
            self,
            "BucketPolicy",
            bucket=self.bucket.ref,
            policy_document=_document([_only_tls(bucket_arn=self.bucket.attr_arn)]),
        )

    def _bucket(self, *, days_kept: Mapping[str, int]) -> s3.CfnBucket:
        # What ends by itself: stale uploads, old versions, and what a model keeps for a time, told by prefix.
        old = s3.CfnBucket.NoncurrentVersionExpirationProperty(noncurrent_days=DAYS_OF_OLD_VERSIONS)
        lifecycle = [
            s3.CfnBucket.RuleProperty(
                id="AbortStaleUploads", status="Enabled", abort_incomplete_multipart_upload=_abort()
            ),
            s3.CfnBucket.RuleProperty(id="ExpireOldVersions", status="Enabled", noncurrent_version_expiration=old),
            *(
                s3.CfnBucket.RuleProperty(
                    id=f"Expire {prefix}", status="Enabled", prefix=f"{prefix}/", expiration_in_days=days
                )
                for prefix, days in days_kept.items()
            ),
        ]
        by_key = s3.CfnBucket.ServerSideEncryptionByDefaultProperty(
            sse_algorithm="aws:kms", kms_master_key_id=self.key.attr_arn
        )
        rule = s3.CfnBucket.ServerSideEncryptionRuleProperty(
            bucket_key_enabled=True, server_side_encryption_by_default=by_key
        )
        return s3.CfnBucket(
            self,
            "Bucket",
            bucket_encryption=s3.CfnBucket.BucketEncryptionProperty(server_side_encryption_configuration=[rule]),
            versioning_configuration=s3.CfnBucket.VersioningConfigurationProperty(status="Enabled"),
            public_access_block_configuration=_no_public_access(),
            ownership_controls=_owner_only(),
            lifecycle_configuration=s3.CfnBucket.LifecycleConfigurationProperty(rules=lifecycle),
            logging_configuration=s3.CfnBucket.LoggingConfigurationProperty(
                destination_bucket_name=self.access_logs.ref, log_file_prefix="data/"
            ),
            notification_configuration=s3.CfnBucket.NotificationConfigurationProperty(
                event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
            ),
        )

    def _access_logs(self) -> s3.CfnBucket:
        """S3 writes access logs with its own key only (S3 user guide, "Enabling server access logging")."""
        by_s3 = s3.CfnBucket.ServerSideEncryptionByDefaultProperty(sse_algorithm="AES256")
        rule = s3.CfnBucket.ServerSideEncryptionRuleProperty(server_side_encryption_by_default=by_s3)
        expire = s3.CfnBucket.RuleProperty(
            id="ExpireLogs",
            status="Enabled",
            expiration_in_days=DAYS_OF_ACCESS_LOGS,
            abort_incomplete_multipart_upload=_abort(),
        )
        return s3.CfnBucket(
            self,
            "AccessLogs",
            bucket_encryption=s3.CfnBucket.BucketEncryptionProperty(server_side_encryption_configuration=[rule]),
            public_access_block_configuration=_no_public_access(),
            ownership_controls=_owner_only(),
            lifecycle_configuration=s3.CfnBucket.LifecycleConfigurationProperty(rules=[expire]),
        )

    def _log_policy(self) -> None:
        """Named neither by the data bucket's ARN, which would make each wait for the other, nor by everyone's."""
        deliver = {
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"{self.access_logs.attr_arn}/data/*",
            "Condition": {"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
        }
        s3.CfnBucketPolicy(
            self,
            "AccessLogsPolicy",
            bucket=self.access_logs.ref,
            policy_document=_document([_only_tls(bucket_arn=self.access_logs.attr_arn), deliver]),
        )


def _key_policy() -> dict[str, Any]:
    """The account rules the key by IAM; alarms may use it, which publish to the encrypted topic, and logs.

    Source: CloudWatch user guide, "Amazon SNS encryption", whose statement has no condition; CloudWatch Logs user
    guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
    """
    account = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{cdk.Aws.PARTITION}:iam::{cdk.Aws.ACCOUNT_ID}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    alerts = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": "*",
    }
    # What CloudWatch Logs needs, for the log groups of APIs and of state machines alone.
    groups = f"arn:{cdk.Aws.PARTITION}:logs:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:log-group"
    names = ("/aws/apigateway/*", "API-Gateway-Execution-Logs_*", "/aws/vendedlogs/states/*")
    named = [f"{groups}:{name}" for name in names]
    return _document(
        [
            account,
            alerts,
            {
                "Effect": "Allow",
                "Principal": {"Service": f"logs.{cdk.Aws.REGION}.amazonaws.com"},
                "Action": [
                    "kms:Encrypt",
                    "kms:Decrypt",
                    "kms:ReEncryptFrom",
                    "kms:ReEncryptTo",
                    "kms:GenerateDataKey",
                    "kms:GenerateDataKeyWithoutPlaintext",
                    "kms:DescribeKey",
                ],
                "Resource": "*",
                "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": named}},
            },
        ]
    )


def _only_tls(*, bucket_arn: str) -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _abort() -> s3.CfnBucket.AbortIncompleteMultipartUploadProperty:
    return s3.CfnBucket.AbortIncompleteMultipartUploadProperty(days_after_initiation=DAYS_TO_ABORT)


def _no_public_access() -> s3.CfnBucket.PublicAccessBlockConfigurationProperty:
    return s3.CfnBucket.PublicAccessBlockConfigurationProperty(
        block_public_acls=True, block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True
    )


def _owner_only() -> s3.CfnBucket.OwnershipControlsProperty:
    rule = s3.CfnBucket.OwnershipControlsRuleProperty(object_ownership="BucketOwnerEnforced")
    return s3.CfnBucket.OwnershipControlsProperty(rules=[rule])


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}
