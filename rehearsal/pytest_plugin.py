"""Fixtures of pytest: a local AWS for a session, and for each test an account in which there is nothing.

pytest finds them by the distribution's entry point; nothing is to be imported or configured.
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import boto3

    from modelyard.rehearsal.session import Connection, Rehearsal


@pytest.fixture(scope="session")
def local_aws_server() -> "Iterator[Rehearsal]":
    """The process of a local AWS, which ends with the session; each process of pytest-xdist has its own."""
    # Here and not above: pytest imports this module in every project whose environment has it.
    from modelyard.rehearsal.session import Rehearsal

    with Rehearsal(by_name=True) as server:
        yield server


@pytest.fixture(scope="session")
def local_aws_session(local_aws_server: "Rehearsal") -> "boto3.Session":
    """A session of boto3 for all tests: a new one would read AWS's models of its services anew."""
    import boto3

    connection = local_aws_server.connection
    with pytest.MonkeyPatch.context() as patch:
        _enter_environment(connection, patch)
        return boto3.Session(
            aws_access_key_id=connection.account,
            aws_secret_access_key=connection.secret,
            region_name=connection.region,
        )


@pytest.fixture
def local_aws(
    local_aws_server: "Rehearsal", local_aws_session: "boto3.Session", monkeypatch: pytest.MonkeyPatch
) -> "Connection":
    """A clean account, and an environment in which clients of AWS reach it and nothing else.

    `boto3.client("sagemaker")` in the code under test reaches it as it is. The clock stays where the test before has
    left it.
    """
    connection = local_aws_server.connection
    connection.reset()
    _enter_environment(connection, monkeypatch)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", local_aws_session)
    return connection


def _enter_environment(connection: "Connection", patch: pytest.MonkeyPatch) -> None:
    environment = connection.environment(os.environ)
    for name in set(os.environ) - set(environment):
        patch.delenv(name)
    for name, value in environment.items():
        patch.setenv(name, value)
