from collections.abc import Iterator

import pytest
from deployed import Deployed, deploy

from modelyard.rehearsal.session import Rehearsal
from rehearsed import Rehearsed


@pytest.fixture(scope="package")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """All stacks in an account of their own: what is ignored is told of an account's whole life."""
    with Rehearsal() as rehearsal:
        yield deploy(aws=Rehearsed(connection=rehearsal.connection), folder=tmp_path_factory.mktemp("deployed"))
