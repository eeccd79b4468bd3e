"""Roles for tokens of an issuer."""

from modelyard.constructs.access import allow
from modelyard.constructs.federated_role import FederatedRole
from support.small_stack import SmallStack


def test_a_token_must_have_the_audience_and_the_subject_to_the_letter(small: SmallStack) -> None:
    FederatedRole(
        small.stack,
        "Role",
        provider_arn="arn:aws:iam::111111111111:oidc-provider/token.example.com",
        issuer="token.example.com",
        audience="sts.amazonaws.com",
        subject="repo:owner/name:ref:refs/heads/main",
        statements=[allow("s3:GetObject", on=["arn:aws:s3:::data/a"])],
        description="Deploys the stage",
        session_seconds=3600,
    )

    role = small.one("IAM::Role")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Condition"] == {
        "StringEquals": {
            "token.example.com:aud": "sts.amazonaws.com",
            "token.example.com:sub": "repo:owner/name:ref:refs/heads/main",
        }
    }
    assert role["MaxSessionDuration"] == 3600
