from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.containers.local_commands import LocalCommands
from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Store
from support.endpoints import MODEL, Endpoints
from support.local_aws import SharedLocalAws
from support.served_endpoint import Served


@pytest.fixture(scope="module")
def host(local_aws: SharedLocalAws) -> Iterator[Endpoints]:
    """An account in which a module's tests make endpoints."""
    made = Endpoints(aws=local_aws, bucket=local_aws.bucket(), role=local_aws.role())
    yield made
    made.end()


class Nobody:
    """Identities of an account in which nothing is asked of S3 or CloudWatch; what is put is let go."""

    def role_client(self, *, role_arn: str, service: str, principal: str) -> Any:
        if role_arn == "arn:untrusted":
            raise invalid("the role does not trust sagemaker.amazonaws.com")
        return Silent()

    def role_environment(self, *, role_arn: str, principal: str) -> Mapping[str, str]:
        return {}

    def require_of_role(
        self, *, role_arn: str, principal: str, action: str, resource: str, context: Mapping[str, str]
    ) -> None:
        return

    def own_client(self, *, service: str) -> Any:
        return Silent()


class Silent:
    """A client whose every call is answered with nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda **_: None


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    """A platform in this process, for what cannot be brought about from outside."""
    clock = Clock()
    yield Platform(
        clock=clock,
        store=Store(),
        identities=Nobody(),
        folder=tmp_path,
        commands=LocalCommands(file=tmp_path / "local_commands.toml"),
        account="111122223333",
        region="us-east-1",
    )
    clock.close()


@pytest.fixture
def served(platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """An endpoint of one instance, in this process."""
    folder = tmp_path / "s3"
    (folder / "code").mkdir(parents=True)
    (folder / "code" / "serve.py").write_text(dedent(MODEL))
    (folder / "weight").write_text("2")
    monkeypatch.setattr("modelyard.rehearsal.sagemaker.hosting.launching.download", lambda **_: folder)
    made = Served(platform)
    yield made
    made.runtime.close()
    made.endpoints.close()
