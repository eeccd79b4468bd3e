"""What the three tools find, in the environment that `make oracles` has made for them."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from maintenance.oracles.__main__ import ASK
from support.synth import ROOT

PYTHON = ROOT / ".oracles" / "bin" / "python"
OBJECT = "arn:aws:s3:::bucket/key"

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="parliament, policy_sentry and checkov: make oracles")


def found(tmp_path: Path, *statements: dict[str, Any], **resources: Any) -> set[tuple[str, str, str]]:
    """Tool, check and detail of every finding; of checkov without its own sentence."""
    templates, policies = tmp_path / "templates", tmp_path / "policies.json"
    templates.mkdir()
    (templates / "dev-stack.template.json").write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    documents = [{"Version": "2012-10-17", "Statement": [one]} for one in statements]
    asked = [{"owner": "dev-stack/Role", "document": document} for document in documents]
    policies.write_text(json.dumps(asked), encoding="utf-8")
    said = subprocess.run([PYTHON, ASK, templates, policies], capture_output=True, text=True, check=True)
    return {(one["tool"], one["check"], one["detail"]) for one in json.loads(said.stdout)}


def allow(action: str, *, on: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": [action], "Resource": [on]}


def test_what_is_right_is_no_finding(tmp_path: Path) -> None:
    assert found(tmp_path, allow("s3:GetObject", on=OBJECT), allow("s3:ListAllMyBuckets", on="*")) == set()


def test_an_action_that_is_none_is_found_by_both(tmp_path: Path) -> None:
    assert {one[:2] for one in found(tmp_path, allow("s3:GetObjekt", on=OBJECT))} >= {
        ("parliament", "UNKNOWN_ACTION"),
        ("policy_sentry", "UNKNOWN_ACTION"),
    }


def test_a_resource_of_another_type_is_found_by_both(tmp_path: Path) -> None:
    bucket = "arn:aws:s3:::bucket"

    findings = found(tmp_path, allow("s3:GetObject", on=bucket))

    assert ("policy_sentry", "NO_RESOURCE_FITS", f"s3:GetObject on {bucket}") in findings
    assert ("policy_sentry", "NO_ACTION_FITS", bucket) in findings
    assert ("parliament", "RESOURCE_MISMATCH") in {one[:2] for one in findings}


def test_an_action_that_knows_no_resource_fits_none_but_all(tmp_path: Path) -> None:
    findings = found(tmp_path, allow("s3:ListAllMyBuckets", on="arn:aws:s3:::bucket"))

    assert ("policy_sentry", "NO_RESOURCE_FITS", "s3:ListAllMyBuckets on arn:aws:s3:::bucket") in findings


def test_rights_over_permissions_are_found_one_by_one(tmp_path: Path) -> None:
    statement = {**allow("iam:PutRolePolicy", on="arn:aws:iam::123456789012:role/other")}

    findings = found(tmp_path, statement)

    assert ("policy_sentry", "PERMISSIONS_MANAGEMENT", "iam:PutRolePolicy") in findings
    assert ("parliament", "PERMISSIONS_MANAGEMENT_ACTIONS", "iam:putrolepolicy") in findings


def test_what_a_policy_denies_is_no_right(tmp_path: Path) -> None:
    deny = {**allow("s3:PutBucketPolicy", on="arn:aws:s3:::bucket"), "Effect": "Deny"}

    assert not [one for one in found(tmp_path, deny) if one[0] == "policy_sentry"]


def test_a_resource_that_is_open_is_found_by_checkov(tmp_path: Path) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"AccessControl": "PublicReadWrite"}}

    assert ("checkov", "CKV_AWS_57") in {one[:2] for one in found(tmp_path, Bucket=bucket)}
