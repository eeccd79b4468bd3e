"""Who acts as whom: the account's own credentials, and those of the roles that services assume.

A role's credentials are given to a service only if the role's trust policy names it, and then every call that
is made with them is checked against the role's policies as any caller's is.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import botocore.config

from modelyard.rehearsal.clients import make_client
from modelyard.rehearsal.cloud.engine import MLFLOW_ENDPOINT
from modelyard.rehearsal.cloud.ministack import app, iam
from modelyard.rehearsal.sagemaker.errors import invalid

# By this the local AWS knows what its own services ask for.
OWN_AGENT = "modelyard-rehearsal-service"
CLIENT = botocore.config.Config(
    retries={"mode": "standard", "max_attempts": 2},
    max_pool_connections=32,
    read_timeout=120,
    user_agent_extra=OWN_AGENT,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """What signs a request."""

    key: str
    secret: str
    token: str | None = None

    def variables(self) -> dict[str, str]:
        """Return the variables by which any AWS client finds them."""
        variables = {"AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": self.secret}
        return variables if self.token is None else variables | {"AWS_SESSION_TOKEN": self.token}


@dataclass(kw_only=True)
class Identities:
    """The callers of one account in one region, all of whom come through the same gate."""

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
            # On AWS there is none: MLflow's client makes the address of an app's region by itself.
            MLFLOW_ENDPOINT: self.endpoint,
        }

    def assume(self, *, role_arn: str, principal: str) -> Credentials:
        """Return a role's credentials for a service, such as `sagemaker.amazonaws.com`.

        Raises:
            ServiceError: ValidationException, there is no such role or its trust policy does not name the service.

        """
        with self._lock:
            role = iam.find_role(role_arn=role_arn, principal=principal, account=self.account, region=self.region)
            if role is None:
                raise invalid(
                    f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
                    f"'{principal}' to assume the role."
                )
            session = self._sessions.get((role_arn, principal))
            # A role that was made anew has another id, and what it was before is no longer allowed anything.
            if session is None or session[1] != role["RoleId"] or iam.session_arn(session[0].key) is None:
                key, secret, token = iam.begin_session(role, account=self.account)
                session = (Credentials(key=key, secret=secret, token=token), role["RoleId"])
                self._sessions[role_arn, principal] = session
            return session[0]

    def forget_roles(self) -> None:
        """Forget who has acted as which role."""
        with self._lock:
            self._sessions.clear()
            self._clients = {names: client for names, client in self._clients.items() if names[1] == self.root.key}

    def require(
        self, *, credentials: Credentials, action: str, resource: str, context: Mapping[str, str] | None = None
    ) -> None:
        """Hold an action that a service does not ask for by a call of its own against a role's policies.

        Raises:
            ServiceError: AccessDeniedException.

        """
        with app.request_scope(self.account, self.region):
            iam.check_without_request(
                key=credentials.key, action=action, resource=resource, region=self.region, context=context
            )

    def require_of_role(
        self, *, role_arn: str, principal: str, action: str, resource: str, context: Mapping[str, str]
    ) -> None:
        """Do the same for what a service does as a role; raises as `assume` and `require` do."""
        credentials = self.assume(role_arn=role_arn, principal=principal)
        self.require(credentials=credentials, action=action, resource=resource, context=context)

    def _client(self, *, service: str, credentials: Credentials) -> Any:
        with self._lock:
            client = self._clients.get((service, credentials.key))
            if client is None:
                client = make_client(
                    service,
                    endpoint=self.endpoint,
                    region=self.region,
                    key=credentials.key,
                    secret=credentials.secret,
                    token=credentials.token,
                    config=CLIENT,
                )
                self._clients[service, credentials.key] = client
            return client
