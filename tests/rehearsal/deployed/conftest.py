from collections.abc import Iterator

import pytest

from modelyard.rehearsal.session import Rehearsal
from support.deployed_examples import DeployedExamples, deploy
from support.local_aws import SharedLocalAws


@pytest.fixture(scope="package")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedExamples]:
    """All stacks in an account of their own: what is ignored is told of an account's whole life."""
    with Rehearsal() as rehearsal:
        yield deploy(aws=SharedLocalAws(connection=rehearsal.connection), folder=tmp_path_factory.mktemp("deployed"))
