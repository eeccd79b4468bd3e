"""What all tests share: the app, synthesized once."""

from __future__ import annotations

import pytest
from hypothesis import settings
from synthesized import Synthesized, synthesize

# What `--hypothesis-profile=many` names: see test_any_manifest.py.
settings.register_profile("many", max_examples=2000)


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """All stacks of all example models, those of models that nobody has promoted too."""
    return synthesize(tmp_path_factory.mktemp("preview"))
