"""The life of one model in a project of its own, told by `yard` and the CDK's command to the tests' local AWS."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.local_aws import SharedLocalAws
from support.projects import cdk, make_project
from support.yard import Ran, run_yard


@dataclass(kw_only=True)
class ProjectLife:
    """A project, its stage in the account, its model, and what was said on the way."""

    folder: Path
    aws: SharedLocalAws
    stage: str
    model: str
    said: dict[str, Ran] = field(default_factory=dict)

    @property
    def manifest(self) -> Path:
        return self.folder / "models" / f"{self.model}.toml"

    def yard(self, *arguments: str) -> Ran:
        return run_yard(*arguments, stage=self.stage)

    def note(self, name: str, *arguments: str) -> None:
        """Remember what a command says."""
        self.said[name] = self.yard(*arguments)

    def cdk(self, *words: str) -> None:
        cdk(*words, folder=self.folder, stage=self.stage, environment=os.environ)

    def deploy(self, *stacks: str) -> None:
        """Deploy these stacks, or all."""
        self.cdk("deploy", *(stacks if stacks else ("--all",)), "--require-approval", "never")


@contextmanager
def project_life(
    folder: Path, *, aws: SharedLocalAws, stage: str, model: str, manifests: Mapping[str, str]
) -> Iterator[ProjectLife]:
    """Make a project and go there, with the account's variables."""
    make_project(folder, stage=stage, manifests=manifests)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in aws.connection.variables().items():
            patch.setenv(name, value)
        patch.setenv("CDK_VALIDATION", "false")
        patch.chdir(folder)
        yield ProjectLife(folder=folder, aws=aws, stage=stage, model=model)
