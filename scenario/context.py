"""What all steps of the scenario share."""

import json
import os
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from modelyard.rehearsal.session import Reach
from modelyard.scenario.commands import Commands
from modelyard.scenario.webhook import SnsWebhookReceiver
from modelyard.scenario.workspace import Workspace


class ScenarioFailed(Exception):
    """Something else came of a step than the scenario says."""


@dataclass(kw_only=True)
class ScenarioContext:
    """The model that is played, where and by which commands. `output` is the user's: what is to be looked at later."""

    model: str
    reach: Reach
    workspace: Workspace
    commands: Commands
    alerts: SnsWebhookReceiver
    output: Path

    @cached_property
    def declared(self) -> dict[str, Any]:
        """The manifest as it was before the scenario changed it."""
        with self.workspace.manifest.open("rb") as file:
            return tomllib.load(file)

    @cached_property
    def endpoint(self) -> str:
        """The endpoint's name."""
        return self.stack_output(part="serving", key="EndpointName")

    @property
    def variants(self) -> list[str]:
        """The names of the endpoint's variants."""
        return [variant["name"] for variant in self.declared["serving"]["variants"]]

    def shown(self, path: Path) -> str:
        """Return a path as a user would type it."""
        return os.path.relpath(path)

    @property
    def stack_prefix(self) -> str:
        """What the names of the model's stacks begin with."""
        return f"dev-{self.model.replace('_', '-')}"

    def example_file(self, name: str) -> Path:
        """Return one of the files that the example's maker writes, such as `batch/batch.csv`."""
        folder = self.workspace.folder / "example-data"
        if not folder.exists():
            kind = "churn" if self.model.startswith("churn") else "digits"
            self.commands.run(sys.executable, "-m", "modelyard.operations.datasets", kind, "--output", str(folder))
        return folder / name

    def completed_trials(self) -> list[str]:
        """Return the trials of the newest run that ended well, the best first."""
        board = json.loads(self.commands.yard("--json", "leaderboard", self.model).text)
        return [row["name"] for row in board["trials"] if row["status"] == "Completed"]

    def client(self, service: str) -> Any:
        """Return a boto3 client."""
        return self.reach.client(service)

    def stack_output(self, *, part: str, key: str) -> str:
        """Return an output of one of the model's stacks, or of the foundation."""
        stack = "dev-foundation" if part == "foundation" else f"{self.stack_prefix}-{part}"
        (found,) = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return str(next(one["OutputValue"] for one in found["Outputs"] if one["OutputKey"] == key))

    def deploy(self, *stacks: str, expect: tuple[int, ...] = (0,)) -> Any:
        """Run `cdk deploy` of some stacks or of all."""
        return self.commands.cdk(*self.deploying(*stacks), expect=expect)

    def deploying(self, *stacks: str) -> tuple[str, ...]:
        """Return the words of a `cdk deploy` after `cdk`."""
        chosen = stacks if stacks else ("--all",)
        return ("deploy", *chosen, "--context", f"model={self.model}", "--require-approval", "never")

    def require(self, condition: bool, said: str) -> None:  # noqa: FBT001 - reads as a sentence
        """Raise ScenarioFailed with a sentence unless a condition holds."""
        if not condition:
            raise ScenarioFailed(said)

    def until(self, holds: Callable[[], bool], *, minutes: int, step: float = 60) -> bool:
        """Move the clock on until something holds, for some minutes at most, and return whether it does."""
        for _ in range(round(minutes * 60 / step)):
            if holds():
                return True
            self.reach.advance(seconds=step)
        return holds()
