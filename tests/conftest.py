"""What all tests share: the app, synthesized once."""

from __future__ import annotations

import pytest
from synthesized import Synthesized, synthesize


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """All stacks of all example models, those of models that nobody has promoted too."""
    return synthesize(tmp_path_factory.mktemp("preview"))
