"""Who acts as whom: the account's own credentials, and those of the roles that services assume.

A role's credentials are given to a service only if the role's trust policy names it, and then every call that
is made with them is checked against the role's policies by the front door, as any caller's is.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import botocore.config
from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import (
    AuthError,
    EvalContext,
    enforce,
    evaluate_trust_policy,
    resolve_principal,
)
from ministack.core.responses import get_account_id, request_scope
from ministack.services import iam, sts

from modelyard.rehearsal.sagemaker.errors import ServiceError, denied, invalid

SECONDS = 12 * 3600
CLIENT = botocore.config.Config(
    retries={"mode": "standard", "max_attempts": 2}, max_pool_connections=32, read_timeout=120
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """What signs a request."""

    key: str
    secret: str
    token: str | None = None

    def variables(self) -> dict[str, str]:
        """Return the variables by which any AWS client finds them."""
        found = {"AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": self.secret}
        return found if self.token is None else found | {"AWS_SESSION_TOKEN": self.token}


@dataclass(kw_only=True)
class Identities:
    """The callers of one account in one region, all of whom reach the same front door."""

    account: str
    region: str
    endpoint: str
    root: Credentials
    _sessions: dict[tuple[str, str], tuple[Credentials, str]] = field(default_factory=dict)
    _clients: dict[tuple[str, ...], Any] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def own_client(self, *, service: str) -> Any:
        """Return a client with the account's own credentials."""
        return self._client(service=service, credentials=self.root)

    def role_client(self, *, role_arn: str, service: str, principal: str) -> Any:
        """Return a client with a role's credentials; raises as `assume` does."""
        return self._client(service=service, credentials=self.assume(role_arn=role_arn, principal=principal))

    def role_environment(self, *, role_arn: str, principal: str) -> Mapping[str, str]:
        """Return the variables by which a process acts as a role; raises as `assume` does."""
        return self.assume(role_arn=role_arn, principal=principal).variables() | {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def assume(self, *, role_arn: str, principal: str) -> Credentials:
        """Return a role's credentials for a service, such as `sagemaker.amazonaws.com`.

        Raises:
            ServiceError: ValidationException, there is no such role or its trust policy does not name the service.

        """
        with self._lock:
            role = self._trusted(role_arn=role_arn, principal=principal)
            known = self._sessions.get((role_arn, principal))
            # A role that was made anew has another id, and what it was before is no longer allowed anything.
            if known is None or known[1] != role["RoleId"] or known[0].key not in sts._sessions:
                known = (self._session(role), role["RoleId"])
                self._sessions[role_arn, principal] = known
            return known[0]

    def require(
        self, *, credentials: Credentials, action: str, resource: str, context: Mapping[str, str] | None = None
    ) -> None:
        """Hold an action that a service does not ask for by a call of its own against a role's policies.

        Raises:
            ServiceError: AccessDeniedException.

        """
        with request_scope(self.account, self.region):
            refused = _evaluated(credentials.key, action=action, resource=resource, region=self.region, context=context)
        if refused is not None:
            raise denied(refused)

    def require_of_role(
        self, *, role_arn: str, principal: str, action: str, resource: str, context: Mapping[str, str]
    ) -> None:
        """Do the same for what a service does as a role; raises as `assume` and `require` do."""
        credentials = self.assume(role_arn=role_arn, principal=principal)
        self.require(credentials=credentials, action=action, resource=resource, context=context)

    def _client(self, *, service: str, credentials: Credentials) -> Any:
        with self._lock:
            known = self._clients.get((service, credentials.key))
            if known is None:
                known = self._clients[service, credentials.key] = self._made(service=service, credentials=credentials)
            return known

    def _made(self, *, service: str, credentials: Credentials) -> Any:
        # A session of its own: the default one would read the profile of whoever started the process.
        session = boto3.session.Session(
            aws_access_key_id=credentials.key,
            aws_secret_access_key=credentials.secret,
            aws_session_token=credentials.token,
            region_name=self.region,
        )
        return session.client(service, endpoint_url=self.endpoint, config=CLIENT)

    def _trusted(self, *, role_arn: str, principal: str) -> dict[str, Any]:
        role = iam._roles.get_scoped(self.account, None, role_arn.rpartition("/")[2])
        if role is None or role.get("Arn") != role_arn:
            raise invalid(
                f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
                f"'{principal}' to assume the role."
            )
        context = EvalContext(
            principal_arn=principal,
            principal_type="Service",
            principal_account=self.account,
            action="sts:AssumeRole",
            resource_arn=role_arn,
            region=self.region,
            service_context={"aws:sourceaccount": self.account},
        )
        if not evaluate_trust_policy(_naming(role["AssumeRolePolicyDocument"], principal), principal, context):
            raise invalid(
                f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
                f"'{principal}' to assume the role."
            )
        return dict(role)

    def _session(self, role: Mapping[str, Any]) -> Credentials:
        given = Credentials(key=sts._gen_session_access_key(), secret=sts._gen_secret(), token=sts._gen_session_token())
        sts.register_session(
            given.key,
            {
                "Arn": f"arn:aws:sts::{self.account}:assumed-role/{role['RoleName']}/SageMaker",
                "UserId": f"{role['RoleId']}:SageMaker",
                "SecretAccessKey": given.secret,
                "SessionToken": given.token,
                "AccountId": self.account,
                "PrincipalType": "AssumedRole",
            },
        )
        return given


def _naming(document: Any, principal: str) -> dict[str, Any]:
    """Return of a trust policy what it says of a service; MiniStack's evaluator knows no services as callers."""
    policy = json.loads(document) if isinstance(document, str) else document
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    said = [statement for statement in statements if principal in _services(statement.get("Principal"))]
    return {"Statement": [statement | {"Principal": "*"} for statement in said]}


def _services(principal: Any) -> list[str]:
    named = principal.get("Service", []) if isinstance(principal, dict) else []
    return [named] if isinstance(named, str) else list(named)


def _evaluated(key: str, *, action: str, resource: str, region: str, context: Mapping[str, str] | None) -> str | None:
    """Return why a caller that is known already may not do something, or None."""
    principal = resolve_principal(key, get_account_id())
    if isinstance(principal, AuthError):
        return str(principal.message)
    if principal.policies is None:
        return None
    asked = EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=resource,
        region=region,
        principal_keys=principal.keys,
        service_context={} if context is None else {name.lower(): value for name, value in context.items()},
    )
    # Asked of the module: whoever records what is decided has put something around it.
    if iam_evaluator.evaluate(asked, principal.policies, *principal.limits).decision == "Allow":
        return None
    return not_authorized(caller=principal.arn, action=action, resource=resource)


def not_authorized(*, caller: str, action: str, resource: str) -> str:
    """Return AWS's sentence for what no policy allows."""
    return (
        f"User: {caller} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action"
    )


def refusal_of(refused: Any, *, action: str, resource: str) -> str | None:
    """Return why what MiniStack's `enforce` refuses is not to be done, or None if it refuses nothing."""
    if refused is None:
        return None
    if isinstance(refused, AuthError):
        return str(refused.message)
    return not_authorized(caller=refused.principal_arn, action=action, resource=resource)


def checked(*, key: str, action: str, resource: str, context: Mapping[str, str], region: str) -> None:
    """Hold a request that is being answered against its caller's policies.

    Raises:
        ServiceError: AccessDeniedException, or the code of what is wrong with the credentials.

    """
    refused = enforce(
        key, action, action.partition(":")[0], region, resource_arn=resource, service_context=dict(context)
    )
    if refused is None:
        return
    if isinstance(refused, AuthError):
        raise ServiceError(code=refused.code, message=refused.message, status=403)
    raise denied(not_authorized(caller=refused.principal_arn, action=action, resource=resource))
