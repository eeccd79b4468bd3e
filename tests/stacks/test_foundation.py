"""The stack that holds state."""

from pathlib import Path
from typing import Any

import pytest

from modelyard.manifest import Refused
from support.synth import Synthesized, synthesize

STACK = "dev-foundation"
ONLY_TLS = {"Bool": {"aws:SecureTransport": "false"}}


def rules(app: Synthesized) -> dict[str, dict[str, Any]]:
    """The data bucket's lifecycle rules by id."""
    return {rule["Id"]: rule for rule in app.one(STACK, "S3::Bucket", "DataBucket")["LifecycleConfiguration"]["Rules"]}


def test_the_key_is_rotated(app: Synthesized) -> None:
    assert app.one(STACK, "KMS::Key")["EnableKeyRotation"] is True


def test_the_key_is_ruled_by_the_account_and_usable_by_alarms_and_logs(app: Synthesized) -> None:
    assert app.one(STACK, "KMS::Key")["KeyPolicy"]["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:<Partition>:iam::<AccountId>:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "*",
        },
        {
            "Effect": "Allow",
            "Principal": {"Service": "logs.<Region>.amazonaws.com"},
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
            "Condition": {
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": [
                        "arn:<Partition>:logs:<Region>:<AccountId>:log-group:/aws/apigateway/*",
                        "arn:<Partition>:logs:<Region>:<AccountId>:log-group:API-Gateway-Execution-Logs_*",
                        "arn:<Partition>:logs:<Region>:<AccountId>:log-group:/aws/vendedlogs/states/*",
                    ]
                }
            },
        },
    ]


def test_the_data_bucket_is_encrypted_with_the_key(app: Synthesized) -> None:
    (rule,) = app.one(STACK, "S3::Bucket", "DataBucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "<DataKey.Arn>"}
    assert rule["BucketKeyEnabled"] is True


def test_the_data_bucket_keeps_versions(app: Synthesized) -> None:
    assert app.one(STACK, "S3::Bucket", "DataBucket")["VersioningConfiguration"] == {"Status": "Enabled"}


@pytest.mark.parametrize("bucket", ["DataBucket", "DataAccessLogs"])
def test_no_bucket_can_be_made_public(app: Synthesized, bucket: str) -> None:
    assert app.one(STACK, "S3::Bucket", bucket)["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }


@pytest.mark.parametrize("bucket", ["DataBucket", "DataAccessLogs"])
def test_objects_belong_to_the_bucket_s_owner(app: Synthesized, bucket: str) -> None:
    assert app.one(STACK, "S3::Bucket", bucket)["OwnershipControls"] == {
        "Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]
    }


@pytest.mark.parametrize("bucket", ["DataBucket", "DataAccessLogs"])
def test_buckets_answer_over_tls_only(app: Synthesized, bucket: str) -> None:
    policies = [app.one(STACK, "S3::BucketPolicy", name) for name in ("DataBucketPolicy", "DataAccessLogsPolicy")]
    (policy,) = [one["PolicyDocument"] for one in policies if one["Bucket"] == f"<{bucket}>"]

    assert policy["Statement"][0] == {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3:*",
        "Resource": [f"<{bucket}.Arn>", f"<{bucket}.Arn>/*"],
        "Condition": ONLY_TLS,
    }


def test_access_to_the_data_is_logged(app: Synthesized) -> None:
    assert app.one(STACK, "S3::Bucket", "DataBucket")["LoggingConfiguration"] == {
        "DestinationBucketName": "<DataAccessLogs>",
        "LogFilePrefix": "data/",
    }


def test_only_s3_of_this_account_writes_access_logs(app: Synthesized) -> None:
    policy = app.one(STACK, "S3::BucketPolicy", "DataAccessLogsPolicy")["PolicyDocument"]

    assert policy["Statement"][1] == {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "<DataAccessLogs.Arn>/data/*",
        "Condition": {"StringEquals": {"aws:SourceAccount": "<AccountId>"}},
    }


def test_access_logs_are_encrypted_with_s3_s_own_key_for_it_takes_no_other(app: Synthesized) -> None:
    (rule,) = app.one(STACK, "S3::Bucket", "DataAccessLogs")["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}


def test_access_logs_expire_after_a_year(app: Synthesized) -> None:
    (rule,) = app.one(STACK, "S3::Bucket", "DataAccessLogs")["LifecycleConfiguration"]["Rules"]

    assert rule == {
        "Id": "ExpireLogs",
        "Status": "Enabled",
        "ExpirationInDays": 365,
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }


@pytest.mark.parametrize("model", ["churn", "churn_forest", "mnist_tf", "mnist_torch"])
@pytest.mark.parametrize("folder", ["capture", "ground-truth", "merged", "monitoring/merge", "checkpoints"])
def test_captures_their_copies_their_labels_and_checkpoints_of_each_model_expire(
    app: Synthesized, model: str, folder: str
) -> None:
    assert rules(app)[f"Expire {model}/{folder}"] == {
        "Id": f"Expire {model}/{folder}",
        "Status": "Enabled",
        "Prefix": f"{model}/{folder}/",
        "ExpirationInDays": 90,
    }


# Artifacts, prepared data, baselines, reports and scored files: no payload that was captured.
KEPT = ("training", "preprocessing", "baseline", "monitoring", "transform")


def written(app: Synthesized) -> set[str]:
    """Each prefix of the data bucket that a role of any stack may write below, without what is not known of it."""
    statements = [
        statement
        for stack in app.templates
        for role in app.resources(stack, "IAM::Role")
        for statement in app.statements(stack, role)
    ]
    resources = [arn for one in statements if "s3:PutObject" in one["Action"] for arn in one["Resource"]]
    return {one.removeprefix("<bucket-arn>/").partition("*")[0] for one in resources if one.startswith("<bucket-arn>/")}


def test_all_that_any_role_writes_expires_or_is_kept_on_purpose(app: Synthesized) -> None:
    expiring = [rule["Prefix"] for rule in rules(app).values() if "ExpirationInDays" in rule]
    prefixes = written(app)
    endless = {prefix for prefix in prefixes if not prefix.startswith(tuple(expiring))}
    assert {prefix.split("/")[1] for prefix in endless} == set(KEPT)
    assert {prefix.split("/")[1] for prefix in prefixes - endless} >= {
        "capture",
        "ground-truth",
        "merged",
        "monitoring",
    }


def test_what_a_retired_model_has_captured_goes_on_expiring(tmp_path: Path) -> None:
    stages = tmp_path / "stages.toml"
    stages.write_text('[dev]\nretired_models = ["old"]\n')
    app = synthesize(tmp_path / "out", stages=stages)
    assert {rule["Prefix"] for rule in rules(app).values() if rule["Id"].startswith("Expire old/")} == {
        f"old/{folder}/" for folder in ("capture", "ground-truth", "merged", "monitoring/merge", "checkpoints")
    }


def test_stale_uploads_are_aborted(app: Synthesized) -> None:
    assert rules(app)["AbortStaleUploads"] == {
        "Id": "AbortStaleUploads",
        "Status": "Enabled",
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }


def test_old_versions_expire(app: Synthesized) -> None:
    assert rules(app)["ExpireOldVersions"] == {
        "Id": "ExpireOldVersions",
        "Status": "Enabled",
        "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
    }


def test_the_bucket_tells_of_new_objects(app: Synthesized) -> None:
    assert app.one(STACK, "S3::Bucket", "DataBucket")["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }


def test_alerts_are_encrypted_with_the_key(app: Synthesized) -> None:
    assert app.one(STACK, "SNS::Topic")["KmsMasterKeyId"] == "<DataKey.Arn>"


def test_alerts_are_published_over_tls_and_by_this_account_s_alarms(app: Synthesized) -> None:
    policy = app.one(STACK, "SNS::TopicPolicy")

    assert policy["Topics"] == ["<Alerts>"]
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "sns:Publish",
            "Resource": "<Alerts>",
            "Condition": ONLY_TLS,
        },
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": "<Alerts>",
            "Condition": {"StringEquals": {"aws:SourceAccount": "<AccountId>"}},
        },
    ]


def test_nobody_is_written_to_without_an_address(app: Synthesized) -> None:
    assert app.resources(STACK, "SNS::Subscription") == {}


def test_an_address_in_the_stage_is_subscribed(tmp_path: Path) -> None:
    stages = tmp_path / "stages.toml"
    stages.write_text('[dev]\nalert_email = "ml@example.com"\n')

    app = synthesize(tmp_path / "out", stages=stages, model="mnist_tf")

    assert app.one(STACK, "SNS::Subscription") == {
        "TopicArn": "<Alerts>",
        "Protocol": "email",
        "Endpoint": "ml@example.com",
    }


@pytest.mark.parametrize(
    ("kind", "name"), [("KMS::Key", "DataKey"), ("S3::Bucket", "DataBucket"), ("S3::Bucket", "DataAccessLogs")]
)
def test_state_outlives_its_stack(app: Synthesized, kind: str, name: str) -> None:
    resource = app.resources(STACK, kind)[name]

    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


@pytest.mark.parametrize(
    ("removal", "destroy_data", "policy"),
    [
        ("retain", None, "Retain"),
        ("destroy", None, "Retain"),
        ("retain", "dev", "Retain"),
        ("destroy", "dev", "Delete"),
    ],
)
def test_data_may_go_only_when_asked_twice(tmp_path: Path, removal: str, destroy_data: str | None, policy: str) -> None:
    stages = tmp_path / "stages.toml"
    stages.write_text(f'[dev]\nremoval = "{removal}"\n')

    app = synthesize(tmp_path / "out", stages=stages, model="mnist_tf", destroy_data=destroy_data)

    assert app.resources(STACK, "S3::Bucket")["DataBucket"]["DeletionPolicy"] == policy


def test_the_second_key_must_name_the_stage(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        synthesize(tmp_path, destroy_data="prod")

    assert str(refused.value) == (
        'the option -c destroy_data must be the stage that is synthesized (dev) or left out, got "prod"; '
        "name the stage whose data may go"
    )


def test_outputs_name_what_the_operator_needs(app: Synthesized) -> None:
    assert app.outputs(STACK) == {
        "DataBucketName": "<DataBucket>",
        "DataKeyArn": "<DataKey.Arn>",
        "AlertTopicArn": "<Alerts>",
    }


def test_the_logical_ids_of_stateful_resources_stay(app: Synthesized) -> None:
    stateful = ("AWS::KMS::Key", "AWS::S3::Bucket", "AWS::SNS::Topic")
    resources = app.templates[STACK]["Resources"]

    assert {logical_id: body["Type"] for logical_id, body in resources.items() if body["Type"] in stateful} == {
        "DataKey64DE107E": "AWS::KMS::Key",
        "DataAccessLogs5039178E": "AWS::S3::Bucket",
        "DataBucket80AFC3B6": "AWS::S3::Bucket",
        "Alerts91F83244": "AWS::SNS::Topic",
    }


def test_the_names_of_what_other_stacks_import_stay(app: Synthesized) -> None:
    exports = [one["Export"]["Name"] for one in app.templates[STACK]["Outputs"].values() if "Export" in one]

    assert exports == [
        "dev-foundation:ExportsOutputRefDataBucket80AFC3B6621CD048",
        "dev-foundation:ExportsOutputFnGetAttDataBucket80AFC3B6ArnC5FF31DA",
        "dev-foundation:ExportsOutputFnGetAttDataKey64DE107EArnE2098908",
        "dev-foundation:ExportsOutputRefAlerts91F83244F0271852",
    ]
