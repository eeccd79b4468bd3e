"""Roles with all they may do in one place."""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from modelyard.constructs.access import Statement


class RoleWithPolicy(Construct):
    """A role: who may take it, and what it may do.

    The statements are part of the role itself, not a policy beside it: whatever refers to the role thus waits for its
    permissions too. SageMaker checks them when a Model is created, and a separate policy may come a moment too late.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        trust: Mapping[str, object],
        statements: Sequence[Statement],
        description: str,
        session_seconds: int | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        # The statements without repetitions: two kinds of job both ask for what Step Functions asks once.
        self.statements = tuple(one for place, one in enumerate(statements) if one not in statements[:place])
        self.resource = iam.CfnRole(
            self,
            "Resource",
            assume_role_policy_document={"Version": "2012-10-17", "Statement": [trust]},
            description=description,
            max_session_duration=session_seconds,
            policies=[
                iam.CfnRole.PolicyProperty(
                    policy_name="Access",
                    policy_document={
                        "Version": "2012-10-17",
                        "Statement": [statement.document for statement in self.statements],
                    },
                )
            ],
        )
        self.arn = self.resource.attr_arn


# SageMaker validates a role without saying for which account, and of API Gateway AWS documents nothing: whoever hands a
# role to either needs iam:PassRole for it.
WITHOUT_ACCOUNT = frozenset({"sagemaker.amazonaws.com", "apigateway.amazonaws.com"})


class ExecutionRole(RoleWithPolicy):
    """A role for one service."""

    def __init__(
        self, scope: Construct, construct_id: str, *, service: str, statements: Sequence[Statement], description: str
    ) -> None:
        # Those that say for which account they assume a role are held to it.
        statement: dict[str, object] = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": service},
        }
        if service not in WITHOUT_ACCOUNT:
            statement["Condition"] = {"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}}
        super().__init__(scope, construct_id, trust=statement, statements=statements, description=description)
