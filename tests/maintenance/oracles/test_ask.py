"""What the three tools find, in the environment that `make oracles` has made for them: asked once for all."""

import json
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from maintenance.oracles.__main__ import ASK
from support.synth import ROOT

PYTHON = ROOT / ".oracles" / "bin" / "python"
BUCKET, OBJECT = "arn:aws:s3:::bucket", "arn:aws:s3:::bucket/key"
Found = Mapping[str, set[tuple[str, str, str]]]

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="parliament, policy_sentry and checkov: make oracles")


def allow(action: str, *, on: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": [action], "Resource": [on]}


STATEMENTS = {
    "right": allow("s3:GetObject", on=OBJECT),
    "right for all": allow("s3:ListAllMyBuckets", on="*"),
    "unknown action": allow("s3:GetObjekt", on=OBJECT),
    "other type": allow("s3:GetObject", on=BUCKET),
    "knows no resource": allow("s3:ListAllMyBuckets", on=BUCKET),
    "rights over permissions": allow("iam:PutRolePolicy", on="arn:aws:iam::123456789012:role/other"),
    "wildcard": allow("s3:PutBucketPol*", on=BUCKET),
    "denied": {**allow("s3:PutBucketPolicy", on=BUCKET), "Effect": "Deny"},
}
OPEN = {"Type": "AWS::S3::Bucket", "Properties": {"AccessControl": "PublicReadWrite"}}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Tool, check and detail of every finding, by the owner."""
    folder = tmp_path_factory.mktemp("asked")
    templates, policies = folder / "templates", folder / "policies.json"
    templates.mkdir()
    (templates / "dev-open.template.json").write_text(json.dumps({"Resources": {"Bucket": OPEN}}), encoding="utf-8")
    asked = [
        {"owner": owner, "document": {"Version": "2012-10-17", "Statement": [statement]}}
        for owner, statement in STATEMENTS.items()
    ]
    policies.write_text(json.dumps(asked), encoding="utf-8")
    said = subprocess.run([PYTHON, ASK, templates, policies], capture_output=True, text=True, check=True)
    findings: dict[str, set[tuple[str, str, str]]] = {owner: set() for owner in STATEMENTS}
    for one in json.loads(said.stdout):
        findings.setdefault(one["owner"], set()).add((one["tool"], one["check"], one["detail"]))
    return findings


@pytest.mark.parametrize("owner", ["right", "right for all"])
def test_what_is_right_is_no_finding(found: Found, owner: str) -> None:
    assert found[owner] == set()


def test_an_action_that_is_none_is_found_by_both(found: Found) -> None:
    checks = {one[:2] for one in found["unknown action"]}

    assert {("parliament", "UNKNOWN_ACTION"), ("policy_sentry", "UNKNOWN_ACTION")} <= checks


def test_a_resource_of_another_type_is_found_by_both(found: Found) -> None:
    findings = found["other type"]

    assert ("policy_sentry", "NO_RESOURCE_FITS", f"s3:GetObject on {BUCKET}") in findings
    assert ("policy_sentry", "NO_ACTION_FITS", BUCKET) in findings
    assert ("parliament", "RESOURCE_MISMATCH") in {one[:2] for one in findings}


def test_an_action_that_knows_no_resource_fits_none_but_all(found: Found) -> None:
    finding = ("policy_sentry", "NO_RESOURCE_FITS", f"s3:ListAllMyBuckets on {BUCKET}")

    assert finding in found["knows no resource"]


def test_rights_over_permissions_are_found_one_by_one(found: Found) -> None:
    findings = found["rights over permissions"]

    assert ("policy_sentry", "PERMISSIONS_MANAGEMENT", "iam:PutRolePolicy") in findings
    assert ("parliament", "PERMISSIONS_MANAGEMENT_ACTIONS", "iam:putrolepolicy") in findings


def test_a_wildcard_is_every_action_that_it_matches(found: Found) -> None:
    assert ("policy_sentry", "PERMISSIONS_MANAGEMENT", "s3:PutBucketPolicy") in found["wildcard"]


def test_what_a_policy_denies_is_no_right(found: Found) -> None:
    assert not [one for one in found["denied"] if one[0] == "policy_sentry"]


def test_a_resource_that_is_open_is_found_by_checkov(found: Found) -> None:
    assert ("checkov", "CKV_AWS_57") in {one[:2] for one in found["dev-open/Bucket"]}
