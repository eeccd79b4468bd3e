"""A life that is played three times in a local AWS: what its record holds, and which differences are found."""

import contextlib
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from modelyard.operations.certification.comparison import Comparison, compared
from modelyard.operations.certification.record import Record, read_record
from modelyard.operations.cli.main import main
from modelyard.operations.datasets.churn import ChurnTable
from modelyard.rehearsal.session import Rehearsal
from modelyard.scenario.reference import main as reference
from modelyard.scenario.reference import moved_clock
from support.altered_answers import Plant, altered
from support.plants import plants
from support.projects import cdk, make_project
from support.synth import ROOT
from support.yard import Ran

# Three whole lives: what they are made of, `yard`'s and the certification's parts, is played by other tests too.
pytestmark = pytest.mark.week
PLANTED = plants()
# A model of little: fewer rounds and trials, and one instance that takes over all at once.
SHORTENED = (
    ("num_round = 100", "num_round = 5"),
    ("min = 2", "min = 1"),
    ('strategy = "canary", percent = 25, ', ""),
    (
        '[[training.trials]]\nname = "sampled"\nhyperparameters = { max_depth = 5, eta = 0.2, subsample = 0.8 }\n',
        "",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Lives:
    """The records of two unchanged lives, and of one whose AWS differs in each planted way."""

    said: Ran
    file: Path
    unchanged: Record
    again: Record
    planted: Record
    plants: list[Plant]


def certify(*arguments: str) -> Ran:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["certify", *arguments, "--models", "models"])
    return Ran(code=code, out=out.getvalue(), err=err.getvalue())


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Lives:
    text = (ROOT / "models" / "churn.toml").read_text()
    for before, after in SHORTENED:
        assert before in text
        text = text.replace(before, after)
    folder = make_project(tmp_path_factory.mktemp("lives") / "project", stage="dev", manifests={"churn": text})
    ChurnTable(rows=400).write(folder=folder / "data" / "churn")
    said = {name: live(folder, name=name, chosen=chosen) for name, chosen in (("unchanged", []), ("planted", PLANTED))}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("CDK_VALIDATION", "false")
        # The command that makes what others' records are compared with, all of it in processes of its own.
        assert reference(["churn", "--output", "again.json"]) == 0
    return Lives(
        said=said["unchanged"],
        file=folder / "unchanged.json",
        **{name: read_record(folder / f"{name}.json") for name in (*said, "again")},
        plants=PLANTED,
    )


def live(folder: Path, *, name: str, chosen: list[Plant]) -> Ran:
    """Play a life in an account of its own."""
    with Rehearsal() as rehearsal, pytest.MonkeyPatch.context() as patch, moved_clock(rehearsal.connection):
        for variable, value in rehearsal.connection.variables().items():
            patch.setenv(variable, value)
        patch.setenv("CDK_VALIDATION", "false")
        patch.chdir(folder)
        cdk("bootstrap", folder=folder, stage="dev", environment=os.environ)
        with altered(chosen):
            return certify("run", "churn", "--yes", "--json", "--output", f"{name}.json")


@pytest.fixture(scope="module")
def comparison(lives: Lives) -> Comparison:
    return compared(theirs=lives.planted, ours=lives.unchanged)


def test_a_life_comes_to_its_end_and_leaves_nothing(lives: Lives) -> None:
    document = lives.said.document
    assert (lives.said.code, document["ended"], document["left"]) == (0, "whole", []), lives.said.err
    assert document["resources"] > 40


def test_every_step_is_done_and_has_calls_or_events(lives: Lives) -> None:
    assert [(step.name, step.outcome) for step in lives.unchanged.steps if not (step.calls or step.events)] == []
    assert {step.outcome for step in lives.unchanged.steps} == {"done"}


def test_two_unchanged_lives_show_no_difference(lives: Lives) -> None:
    found = compared(theirs=lives.again, ours=lives.unchanged)
    assert [str(one) for one in found.differences] == []
    assert found.compared["calls"] > 100
    assert found.compared["events"] > 200


def test_more_than_twenty_differences_are_planted(lives: Lives) -> None:
    assert len(lives.plants) >= 20
    assert [plant.name for plant in lives.plants if plant.altered == 0] == []


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.name.replace(" ", "-"))
def test_a_planted_difference_is_found_by_its_resource_and_property(comparison: Comparison, plant: Plant) -> None:
    assert any(explains(plant, difference) for difference in comparison.differences)


def test_no_difference_is_found_that_nobody_planted(comparison: Comparison, lives: Lives) -> None:
    invented = [one for one in comparison.differences if not any(explains(plant, one) for plant in lives.plants)]
    assert [str(one) for one in invented] == []


def test_the_record_holds_nothing_of_the_account(lives: Lives) -> None:
    written = lives.file.read_text()
    secrets = ["111122223333", "us-east-1", "certify-churn", "certify-foundation", "arn:aws", "127.0.0.1", "s3://"]
    assert [secret for secret in secrets if secret in written] == []


def explains(plant: Plant, difference: Any) -> bool:
    return bool(difference.resource == plant.resource and difference.property.startswith(plant.property))


def test_the_command_compares_two_files_and_ends_with_what_it_found(lives: Lives, tmp_path: Path) -> None:
    same = certify("compare", str(lives.file.with_name("again.json")), str(lives.file), "--json")
    assert (same.code, same.document["differences"]) == (0, [])
    other = certify("compare", str(lives.file.with_name("planted.json")), str(lives.file), "--json")
    assert other.code == 2
    assert {one["resource"] for one in other.document["differences"]} >= {plant.resource for plant in lives.plants}
    assert json.loads(lives.file.read_text())["version"] == 1
