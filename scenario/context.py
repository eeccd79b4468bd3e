"""What all steps of the scenario share."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from modelyard.manifest import Model
from modelyard.rehearsal.session import Connection
from modelyard.scenario.commands import Commands, Output
from modelyard.scenario.data import ModelData
from modelyard.scenario.webhook import SnsWebhookReceiver
from modelyard.scenario.workspace import STAGE, Workspace


class ScenarioFailed(Exception):
    """A step had another result than it must have."""


@dataclass(kw_only=True)
class ScenarioContext:
    """The model, its data, and the commands that act on it in the local AWS.

    `model` is the manifest before a step changed it. `output` is the user's: it gets what is to be looked at later.
    """

    model: Model
    data: ModelData
    connection: Connection
    workspace: Workspace
    commands: Commands
    alerts: SnsWebhookReceiver
    output: Path

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    @cached_property
    def endpoint(self) -> str:
        """The endpoint's name."""
        return self.stack_output(part="serving", key="EndpointName")

    @property
    def variants(self) -> list[str]:
        """The names of the endpoint's variants; none without [serving]."""
        return [] if self.model.serving is None else [variant.name for variant in self.model.serving.variants]

    def relative(self, path: Path) -> str:
        """Return a path as a user would type it."""
        return os.path.relpath(path)

    def stack(self, part: str) -> str:
        """Return the name of the stack of one of the model's tables, or of the foundation."""
        return f"{STAGE}-foundation" if part == "foundation" else f"{STAGE}-{self.model.slug}-{part}"

    def completed_trials(self) -> list[str]:
        """Return the trials of the newest run that completed, the best first."""
        board = json.loads(self.commands.yard("--json", "leaderboard", self.name).text)
        return [row["name"] for row in board["trials"] if row["status"] == "Completed"]

    def client(self, service: str) -> Any:
        """Return a boto3 client."""
        return self.connection.client(service)

    def stack_output(self, *, part: str, key: str) -> str:
        """Return an output of one of the model's stacks, or of the foundation."""
        (stack,) = self.client("cloudformation").describe_stacks(StackName=self.stack(part))["Stacks"]
        return str(next(output["OutputValue"] for output in stack["Outputs"] if output["OutputKey"] == key))

    def deploy(self, *stacks: str, expect: Sequence[int] = (0,)) -> Output:
        """Run `cdk deploy` of some stacks or of all."""
        return self.commands.cdk(*self.deploy_arguments(*stacks), expect=expect)

    def deploy_arguments(self, *stacks: str) -> tuple[str, ...]:
        """Return the arguments with which `cdk` deploys some stacks or all."""
        chosen = stacks if stacks else ("--all",)
        return ("deploy", *chosen, "--context", f"model={self.name}", "--require-approval", "never")

    def require(self, condition: bool, sentence: str) -> None:  # noqa: FBT001 - reads as a sentence
        """Do nothing where a condition holds.

        Raises:
            ScenarioFailed: it does not hold.

        """
        if not condition:
            raise ScenarioFailed(sentence)

    def until(self, holds: Callable[[], bool], *, minutes: int, step: float = 60) -> bool:
        """Move the clock on until something holds, for some minutes at most, and return whether it does."""
        for _ in range(round(minutes * 60 / step)):
            if holds():
                return True
            self.connection.advance(seconds=step)
        return holds()
