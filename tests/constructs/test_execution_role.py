"""Roles with their policy."""

import pytest

from modelyard.constructs.access import allow
from modelyard.constructs.execution_role import ExecutionRole
from support.small_stack import SmallStack

READ = allow("s3:GetObject", on=["arn:aws:s3:::data/a"])


def add(small: SmallStack, *, service: str = "states.amazonaws.com", times: int = 1) -> None:
    ExecutionRole(small.stack, "Role", service=service, statements=[READ] * times, description="Reads an object")


def test_the_statements_are_part_of_the_role(small: SmallStack) -> None:
    add(small)

    (policy,) = small.one("IAM::Role")["Policies"]
    assert policy["PolicyDocument"]["Statement"] == [READ.document]


def test_a_statement_that_is_given_twice_stands_once(small: SmallStack) -> None:
    add(small, times=2)

    (policy,) = small.one("IAM::Role")["Policies"]
    assert len(policy["PolicyDocument"]["Statement"]) == 1


def test_the_service_takes_the_role_for_this_account_alone(small: SmallStack) -> None:
    add(small)

    (trust,) = small.one("IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "states.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "<AccountId>"}}


@pytest.mark.parametrize("service", ["sagemaker.amazonaws.com", "apigateway.amazonaws.com"])
def test_a_service_that_does_not_say_for_which_account_is_held_to_none(small: SmallStack, service: str) -> None:
    add(small, service=service)

    (trust,) = small.one("IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    assert "Condition" not in trust
