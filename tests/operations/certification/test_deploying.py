"""The CDK CLI of a life: with which words it is started, and that it ends with whoever waits for it."""

import os
import sys
from pathlib import Path

import pytest

from modelyard.operations.certification.deploying import Cdk
from modelyard.operations.certification.workspace import make_workspace
from modelyard.operations.failures import Failure
from modelyard.operations.project import Project
from support import processes
from support.synth import ROOT


@pytest.fixture
def cdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cdk:
    """A CLI in an otherwise empty project."""
    root, folder = tmp_path / "project", tmp_path / "workspace"
    (root / "node_modules" / ".bin").mkdir(parents=True)
    folder.mkdir()
    monkeypatch.setenv("PATH", os.defpath)
    workspace = make_workspace(project=Project(models=ROOT / "models"), name="churn", folder=folder)
    return Cdk(root=root, workspace=workspace, region="eu-west-1")


def write_program(cdk: Cdk, text: str) -> None:
    program = cdk.root / "node_modules" / ".bin" / "cdk"
    program.write_text(f"#!{sys.executable}\nimport os, sys, time\n{text}\n")
    program.chmod(0o755)


@pytest.fixture
def no_cdk_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment that runs the tests has a CLI beside its Python."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))


def test_it_deploys_the_stacks_of_the_stage_for_the_copied_manifest(cdk: Cdk) -> None:
    write_program(cdk, "print(sys.argv[1:], os.environ['AWS_REGION'], os.getcwd()); sys.exit(1)")
    said = cdk.deploy("certify-foundation", look=lambda: None)
    assert said is not None
    assert "'deploy', 'certify-foundation', '--exclusively', '--context', 'stage=certify'" in said
    assert f"'models={cdk.workspace.manifest.parent}'" in said
    assert "'destroy_data=certify'" in said
    assert f"eu-west-1 {cdk.root}" in said


def test_a_deployment_that_succeeds_says_nothing(cdk: Cdk) -> None:
    write_program(cdk, "print('done')")
    assert cdk.deploy("certify-foundation", look=lambda: None) is None


def test_what_looks_on_ends_the_cli(cdk: Cdk) -> None:
    write_program(cdk, f"open({str(cdk.root / 'started')!r}, 'w'); time.sleep(60)")

    def look() -> None:
        if (cdk.root / "started").exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cdk.deploy("certify-foundation", look=look)
    assert processes.naming(cdk.root) == []


@pytest.mark.usefixtures("no_cdk_of_ours")
def test_without_a_cli_it_says_so(cdk: Cdk) -> None:
    with pytest.raises(Failure, match="cdk must be on the PATH or in the project's node_modules, it is in neither"):
        cdk.deploy("certify-foundation", look=lambda: None)
