import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
TRAINING: dict[str, dict[str, Any]] = {
    path.stem: tomllib.loads(path.read_text())["training"] for path in sorted((REPOSITORY / "models").glob("*.toml"))
}
SCRIPTED = sorted(name for name, training in TRAINING.items() if "script" in training)


def script_of(name: str) -> str:
    path: str = TRAINING[name]["script"]
    return (REPOSITORY / "training_scripts" / path).read_text()


def hyperparameters_of(name: str) -> set[str]:
    training = TRAINING[name]
    trials = [trial["hyperparameters"] for trial in training.get("trials", [])]
    ranges = training.get("tuning", {}).get("ranges", {})
    return set(training.get("hyperparameters", {})) | set(ranges) | {key for trial in trials for key in trial}


@pytest.mark.parametrize("name", SCRIPTED)
def test_a_manifest_sets_only_hyperparameters_that_its_script_knows(name: str) -> None:
    known = set(re.findall(r'add_argument\("--(\w+)"', script_of(name)))

    assert hyperparameters_of(name) - known == set()


@pytest.mark.parametrize("name", SCRIPTED)
def test_a_manifest_gives_its_script_every_channel_that_it_reads(name: str) -> None:
    read = set(re.findall(r"SM_CHANNEL_([A-Z]+)", script_of(name)))

    assert {channel.upper() for channel in TRAINING[name]["channels"]} == read


@pytest.mark.parametrize("name", SCRIPTED)
def test_a_manifest_scrapes_by_expressions_that_its_workload_is_tested_with(name: str) -> None:
    tested = (REPOSITORY / "tests/training_scripts/conftest.py").read_text()

    assert [regex for regex in TRAINING[name]["metrics"].values() if f'r"{regex}"' not in tested] == []
