"""What the tests of the workflows share."""

import pytest

from support.state_machines import Interpreter


@pytest.fixture
def interpreter(monkeypatch: pytest.MonkeyPatch) -> Interpreter:
    """A real interpreter of definitions."""
    return Interpreter(monkeypatch)
