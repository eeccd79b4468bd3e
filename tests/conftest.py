"""What all tests share: the app, synthesized once."""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from modelyard.rehearsal.session import Rehearsal
from support.local_aws import SharedLocalAws
from support.synth import Synthesized, synthesize

# Prints how many attacks were tried, also where tests run in several processes.
pytest_plugins = ["support.attempts"]

SLOW = (
    "test_upgrades",
    "test_any_manifest",
    "test_regexes",
    "test_predicted_deploys",
    "test_recipe",
    "test_deployed_coverage",
    "test_lives",
    "test_rehearsed",
    "test_watched",
)
# A shell starts what it puts into the background with interruptions ignored, and so would all that the tests start be.
signal.signal(signal.SIGINT, signal.default_int_handler)
# A test that fails because the machine is busy says nothing.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
# What `--hypothesis-profile=many` names: see test_any_manifest.py.
settings.register_profile("many", max_examples=2000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take minutes, so that none of them is what the other processes wait for at the end."""
    items.sort(key=lambda item: not item.path.name.startswith(SLOW))


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """All stacks of all example models, those of models that nobody has promoted too."""
    return synthesize(tmp_path_factory.mktemp("preview"))


@pytest.fixture(scope="session")
def local_aws() -> Iterator[SharedLocalAws]:
    """The local AWS, started once for all tests that ask for it."""
    with Rehearsal() as rehearsal:
        yield SharedLocalAws(connection=rehearsal.connection)
