"""A platform of the test's own process, for what only the local AWS itself can ask of its jobs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.containers.local_commands import LocalCommands
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Store
from support.jobs import JobRequests


@dataclass(frozen=True, kw_only=True)
class Borrowed:
    """The account's own credentials for every role: who may do what is tested with the service as a whole."""

    job_requests: JobRequests

    def role_client(self, *, role_arn: str, service: str, principal: str) -> Any:
        return self.job_requests.local_aws.client(service)

    def role_environment(self, *, role_arn: str, principal: str) -> Mapping[str, str]:
        return self.job_requests.local_aws.connection.variables()

    def require_of_role(
        self, *, role_arn: str, principal: str, action: str, resource: str, context: Mapping[str, str]
    ) -> None:
        return

    def own_client(self, *, service: str) -> Any:
        return self.job_requests.local_aws.client(service)


@contextmanager
def own_platform(job_requests: JobRequests, *, folder: Path) -> Iterator[Platform]:
    """Start a platform whose S3 is that of the rehearsal, and whose jobs work below a folder."""
    clock = Clock()
    yield Platform(
        clock=clock,
        store=Store(),
        identities=Borrowed(job_requests=job_requests),
        folder=folder,
        commands=LocalCommands(file=folder / "local_commands.toml"),
        account="111122223333",
        region="us-east-1",
    )
    clock.close()
