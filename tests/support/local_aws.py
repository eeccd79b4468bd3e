"""A rehearsal that tests share: its clients, and roles and buckets of their own."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from modelyard.rehearsal.clients import make_client
from modelyard.rehearsal.session import Connection

ANYTHING = ({"Effect": "Allow", "Action": "*", "Resource": "*"},)


def allow(*actions: str, on: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on}


@dataclass(kw_only=True)
class SharedLocalAws:
    """One that runs, shared by the tests of a session: names must be a test's own."""

    connection: Connection
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def client(self, service: str) -> Any:
        return self.connection.client(service)

    def advance(self, *, seconds: float) -> datetime:
        return self.connection.advance(seconds=seconds)

    def now(self) -> datetime:
        return self.connection.now()

    def name(self, prefix: str) -> str:
        return f"{prefix}-{next(self._numbers)}"

    def bucket(self) -> str:
        name = self.name("test-bucket")
        self.client("s3").create_bucket(Bucket=name)
        return name

    def role(
        self,
        *,
        statements: Sequence[dict[str, Any]] = ANYTHING,
        service: str = "sagemaker.amazonaws.com",
    ) -> str:
        """Make a role that a service may assume, with these statements, and return its ARN."""
        return self._role(statements=statements, principal={"Service": service})

    def assumed(self, service: str, *statements: dict[str, Any]) -> Any:
        """Return a client of a role with these statements, which the account's own user has assumed."""
        key, secret, token = self.credentials(*statements).values()
        place = {"endpoint": self.connection.endpoint, "region": self.connection.region}
        return make_client(service, **place, key=key, secret=secret, token=token)

    def credentials(self, *statements: dict[str, Any]) -> dict[str, str]:
        """Return the variables of a session of a role with these statements."""
        arn = self._role(statements=statements, principal={"AWS": f"arn:aws:iam::{self.connection.account}:root"})
        given = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
        }

    def _role(self, *, statements: Sequence[dict[str, Any]], principal: dict[str, str]) -> str:
        name, iam = self.name("test-role"), self.client("iam")
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy([trust]))
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="Access", PolicyDocument=_policy(statements))
        return str(made["Role"]["Arn"])


def _policy(statements: Sequence[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
