"""The logs of an API, and the role by which they are written."""

import aws_cdk as cdk
import pytest

from modelyard.constructs.rest_api.logs import ACCESS, ApiLogs, LogRole
from support.small_stack import KEY_ARN, SmallStack


def test_the_role_of_the_account_is_kept_unless_removal_says_otherwise(small: SmallStack) -> None:
    LogRole(small.stack, "Logs", removal=cdk.RemovalPolicy.RETAIN)

    synthesized = small.synthesize()
    for kind in ("IAM::Role", "ApiGateway::Account"):
        (body,) = synthesized.resources("Small", kind).values()
        assert body["DeletionPolicy"] == "Retain"


def test_both_log_groups_are_encrypted_and_end(small: SmallStack) -> None:
    ApiLogs(small.stack, "Logs", name="dev-churn", rest_api="a1", stage="live", days=30, key_arn=KEY_ARN)

    groups = [body["Properties"] for body in small.resources("Logs::LogGroup").values()]
    assert len(groups) == 2
    assert {(group["RetentionInDays"], group["KmsKeyId"]) for group in groups} == {(30, KEY_ARN)}


@pytest.mark.parametrize("name", ["body", "requestBody", "responseBody", "authorization"])
def test_what_was_sent_or_answered_is_not_logged(name: str) -> None:
    assert name not in ACCESS
