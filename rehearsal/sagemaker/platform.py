"""What every part of the service stands on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.containers.local_commands import LocalCommands
from modelyard.rehearsal.containers.networks import Network
from modelyard.rehearsal.sagemaker.store import Document, Store


class Identities(Protocol):
    """Who may act as whom."""

    def role_client(self, *, role_arn: str, service: str, principal: str) -> Any:
        """Return a client with a role's credentials; ServiceError if the role does not trust the principal."""

    def role_environment(self, *, role_arn: str, principal: str) -> Mapping[str, str]:
        """Return the variables by which a process acts as a role."""

    def own_client(self, *, service: str) -> Any:
        """Return a client with the account's own credentials."""

    def require_of_role(
        self, *, role_arn: str, principal: str, action: str, resource: str, context: Mapping[str, str]
    ) -> None:
        """Hold an action against a role's policies; ServiceError if they do not allow it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Platform:
    """What the service's parts share.

    `endpoint` is the address of the local AWS, `folder` is where the trees of jobs and endpoints lie while they run,
    `commands` says what stands for images that AWS did not make; `emit` puts an event on the account's bus, given its
    type, the ARN of what it is about, and that one's description.
    """

    clock: Clock
    store: Store
    identities: Identities
    folder: Path
    commands: LocalCommands
    account: str
    region: str
    endpoint: str = "http://127.0.0.1"
    principal: str = "sagemaker.amazonaws.com"
    emit: Callable[[str, str, Document], None] = lambda _type, _arn, _detail: None

    def role_client(self, *, role_arn: str, service: str) -> Any:
        """Return a boto3 client that acts as a role and as nobody else.

        Raises:
            ServiceError: ValidationException, there is no such role or it does not trust SageMaker.

        """
        return self.identities.role_client(role_arn=role_arn, service=service, principal=self.principal)

    def role_environment(self, *, role_arn: str, network: Network) -> Mapping[str, str]:
        """Return the AWS_* variables by which a container's process acts as its role; none where it is isolated.

        Raises:
            ServiceError: as `role_client` does.

        """
        if network is Network.NONE:
            return {}
        return self.identities.role_environment(role_arn=role_arn, principal=self.principal)

    def own_client(self, service: str) -> Any:
        """Return a boto3 client for what the service does by itself, such as writing its metrics."""
        return self.identities.own_client(service=service)

    def require(self, *, role_arn: str, action: str, resource: str, context: Mapping[str, str]) -> None:
        """Hold a role to what the service does in its name without a call that could be seen here.

        Raises:
            ServiceError: AccessDeniedException, or the role does not trust SageMaker.

        """
        self.identities.require_of_role(
            role_arn=role_arn, principal=self.principal, action=action, resource=resource, context=context
        )

    def arn(self, *, kind: str, name: str) -> str:
        """Return the ARN of a resource of SageMaker's, such as kind `training-job`."""
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{kind}/{name}"
