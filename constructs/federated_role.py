"""A role that the jobs of a pipeline take with the tokens that their own platform signs."""

from collections.abc import Sequence

from constructs import Construct

from modelyard.constructs.access import Statement
from modelyard.constructs.execution_role import RoleWithPolicy


class FederatedRole(RoleWithPolicy):
    """A role for tokens of one issuer, meant for one audience, about one subject: each to the letter.

    `provider_arn` is the identity provider that the account has for the issuer, a host; `session_seconds` is how long
    its credentials last at most.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        provider_arn: str,
        issuer: str,
        audience: str,
        subject: str,
        statements: Sequence[Statement],
        description: str,
        session_seconds: int | None = None,
    ) -> None:
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": provider_arn},
            "Condition": {"StringEquals": {f"{issuer}:aud": audience, f"{issuer}:sub": subject}},
        }
        super().__init__(
            scope,
            construct_id,
            trust=trust,
            statements=statements,
            description=description,
            session_seconds=session_seconds,
        )
