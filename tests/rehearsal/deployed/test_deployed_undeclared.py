"""A deployed model whose manifest was deleted, as every command of an operator shows it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.operations.cli.main import main
from support.deployed_examples import DeployedExamples
from support.local_aws import allow
from support.synth import synthesize
from support.yard import Ran

FOREST = [f"dev-churn-forest-{part}" for part in ("monitoring", "serving", "training")]
DENY = {"Effect": "Deny"}
Run = Callable[..., Ran]


@pytest.fixture(scope="module")
def models(deployed: DeployedExamples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The promoted manifests without one of those that are deployed."""
    folder = tmp_path_factory.mktemp("deleted") / "models"
    shutil.copytree(deployed.commands.log.parent / "models", folder)
    (folder / "churn_forest.toml").unlink()
    return folder


@pytest.fixture(scope="module")
def head(models: Path) -> Path:
    folder = models.parent / "app"
    synthesize(folder, models=models, preview=False)
    return folder


@pytest.fixture
def run(
    deployed: DeployedExamples, models: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    for name, value in deployed.aws.connection.variables().items():
        monkeypatch.setenv(name, value)

    def run_(*arguments: str) -> Ran:
        code = main([*arguments, "--models", str(models)])
        said = capsys.readouterr()
        return Ran(code=code, out=said.out, err=said.err)

    return run_


def test_the_plan_names_the_stacks_that_no_deploy_deletes_with_their_price(run: Run, head: Path) -> None:
    document = run("plan", "--head", str(head), "--json").document
    stacks = {one["stack"]: one for one in document["undeclared"]}
    assert sorted(stacks) == FOREST
    assert {one["model"] for one in stacks.values()} == {"churn_forest"}
    assert stacks["dev-churn-forest-serving"]["running"] == ["endpoint dev-churn-forest"]
    assert stacks["dev-churn-forest-serving"]["least"] > 0
    assert document["costs"] == []


def test_the_plan_of_whoever_may_not_list_stacks_says_that_it_does_not_know(
    run: Run, deployed: DeployedExamples, head: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in deployed.aws.credentials(allow("*"), allow("cloudformation:ListStacks") | DENY).items():
        monkeypatch.setenv(name, value)
    said = run("plan", "--head", str(head), "--markdown")
    assert said.code == 0
    assert "* no stacks but those of the app: **unknown**, stacks may not be listed" in said.out


@pytest.mark.parametrize("options", [(), ("--markdown",)], ids=["screen", "Markdown"])
def test_the_plan_shows_what_the_endpoint_without_a_manifest_costs(
    run: Run, head: Path, options: tuple[str, ...]
) -> None:
    said = run("plan", "--head", str(head), *options)
    (line,) = [one for one in said.out.splitlines() if "endpoint dev" in one.replace("\\", "")]
    assert said.code == 0
    assert "3 no longer in the app" in said.out
    assert "churn" in line
    assert any(cell.strip("| ").replace(".", "").replace(",", "").isdigit() for cell in line.split())


def test_the_plan_of_one_model_takes_no_other_for_undeclared(run: Run, models: Path) -> None:
    folder = models.parent / "one"
    synthesize(folder, models=models, model="churn", preview=False)
    document = run("plan", "--head", str(folder), "--json").document
    assert sorted(one["stack"] for one in document["undeclared"]) == FOREST


def test_the_quotas_name_what_counts_with_the_others(run: Run, head: Path) -> None:
    document = run("quota", "--head", str(head), "--json").document
    (endpoints,) = [one for one in document["lines"] if one["what"] == "endpoints"]
    assert endpoints["others"] == 1
    assert sorted(one["stack"] for one in document["undeclared"]) == FOREST


def test_the_status_is_a_line_for_it_too(run: Run) -> None:
    said = run("status")
    assert "churn_forest" in said.out
    assert "endpoint dev-churn-forest" in said.out
    assert said.err == "next: yard teardown churn_forest\n"


def test_its_checks_are_paused_and_its_runs_stopped_before_its_stacks_go(run: Run) -> None:
    would = run("teardown", "churn-forest", "--json").document["would"]
    assert would[0] == "pause dev-churn-forest-data-quality"
    assert "stop what runs of dev-churn-forest-training" in would
    deleted = [one for one in would if one.startswith("delete ")]
    assert deleted == [f"delete the stack {name}" for name in FOREST]
