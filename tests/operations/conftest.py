"""`yard` as an operator runs it, against the local AWS that all tests share."""

from collections.abc import Iterator

import pytest

from modelyard.operations.aws import Aws
from modelyard.operations.cli.main import main
from support.local_aws import SharedLocalAws
from support.recorded_http import RecordedServer
from support.yard import Ran, Yard


@pytest.fixture
def yard(local_aws: SharedLocalAws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Yard:
    for name, value in local_aws.connection.variables().items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> Ran:
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Ran(code=code, out=said.out, err=said.err)

    return run


@pytest.fixture
def reached(local_aws: SharedLocalAws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """The way of an operator to the local AWS."""
    for name, value in local_aws.connection.variables().items():
        monkeypatch.setenv(name, value)
    return Aws()


@pytest.fixture
def server() -> Iterator[RecordedServer]:
    """A server on the loopback that answers as a test says."""
    made = RecordedServer()
    yield made
    made.server.shutdown()
    made.server.server_close()
