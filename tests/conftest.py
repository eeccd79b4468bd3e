"""What all tests share: the app, synthesized once."""

import signal
from collections.abc import Iterator
from functools import cache

import pytest
from botocore.loaders import JSONFileLoader
from hypothesis import settings

from modelyard.rehearsal.session import Rehearsal
from support.local_aws import SharedLocalAws
from support.synth import Synthesized, synthesize

# Prints how many attacks were tried, also where tests run in several processes.
pytest_plugins = ["support.attempts"]

SLOW = (
    "test_diabetes",
    "test_wine",
    "test_orchard",
    "test_moods",
    "test_tickets",
    "test_lives",
    "test_mnist",
    "test_plans",
    "test_life_of_a_model",
    "test_propose",
    "test_predicted_deploys",
    "test_changed_manifests",
    "test_upgrades",
    "test_any_manifest",
    "test_app",
    "test_regexes",
    "test_recipe",
    "test_deployed_coverage",
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


@pytest.fixture(scope="session", autouse=True)
def models_of_services_are_read_once() -> Iterator[None]:
    """Keep what botocore reads of AWS's services: each session reads it anew, and so does each `yard` of a test."""
    original = JSONFileLoader.load_file
    read = cache(lambda path: original(JSONFileLoader(), path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", lambda _loader, path: read(path))
        yield


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """All stacks of all example models, those of models that nobody has promoted too."""
    return synthesize(tmp_path_factory.mktemp("preview"))


@pytest.fixture(scope="session")
def local_aws() -> Iterator[SharedLocalAws]:
    """The local AWS, started once for all tests that ask for it."""
    with Rehearsal() as rehearsal:
        yield SharedLocalAws(connection=rehearsal.connection)
