from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.containers.local_commands import LocalCommands
from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Store

START = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)


class Nobody:
    """An account in which there is no role: for what the service does without acting as anybody."""

    def role_client(self, *, role_arn: str, service: str, principal: str) -> Any:
        raise invalid(f"{principal} cannot assume {role_arn}")

    def role_environment(self, *, role_arn: str, principal: str) -> Mapping[str, str]:
        raise invalid(f"{principal} cannot assume {role_arn}")

    def require_of_role(
        self, *, role_arn: str, principal: str, action: str, resource: str, context: Mapping[str, str]
    ) -> None:
        return

    def own_client(self, *, service: str) -> Any:
        raise AssertionError(service)


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock(start=START)
    yield clock
    clock.close()


@pytest.fixture
def platform(clock: Clock, tmp_path: Path) -> Platform:
    return Platform(
        clock=clock,
        store=Store(),
        identities=Nobody(),
        folder=tmp_path,
        commands=LocalCommands(file=tmp_path / "local_commands.toml"),
        account="123456789012",
        region="eu-west-1",
    )
