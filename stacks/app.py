"""What `app.py` is made of: Modelyard's stacks in an app that takes stacks of one's own beside them."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import aws_cdk as cdk

from modelyard.drift.escaping import LAYOUT, for_terminal
from modelyard.manifest import Refused, beside, named_folder
from modelyard.stacks.assembly import Declarations, build_app, check_assembly
from modelyard.stacks.stage_stack import StageStack

S = TypeVar("S", bound=StageStack)


class Modelyard:
    """The stacks of one stage for what a folder declares: `models/`, `stages.toml` and `training_scripts/`.

    The app's context chooses: `-c stage=prod`, `-c model=churn`, `-c preview=true`, `-c models=FOLDER`,
    `-c destroy_data=STAGE`. With `validate` every policy check is added, which takes seconds.

    Raises:
        manifest.Refused: a declaration cannot be taken.
    """

    def __init__(self, app: cdk.App, *, folder: Path, validate: bool = True) -> None:
        # As seen from where the command runs, so that errors name files as the user would.
        root = Path(os.path.relpath(folder))
        named = _context(app, "models")
        models = root / "models" if named is None else named_folder(named)
        stage = _context(app, "stage")
        declarations = Declarations(
            models=models,
            stages=beside(models, name="stages.toml", root=root),
            scripts=beside(models, name="training_scripts", root=root),
            stage="dev" if stage is None else stage,
            model=_context(app, "model"),
            preview=_context(app, "preview") == "true",
            destroy_data=_context(app, "destroy_data"),
        )
        built = build_app(app, declarations=declarations, validate=validate)
        self.app = app
        self.stage = built.stage
        self.models = built.models
        self.stacks: Mapping[str, StageStack] = {stack.stack_name: stack for stack in built.stacks}

    def find(self, kind: type[S], *, model: str | None = None) -> S | None:
        """Return the stack of a kind, of one model where the kind has one for each; None while it is not deployed.

        A stack that serves is there from the promotion of a model on, or with `-c preview=true`.
        """
        found = (stack for stack in self.stacks.values() if isinstance(stack, kind) and stack.model_name == model)
        return next(found, None)

    def synth(self) -> None:
        """Write the templates, and hold them, yours too, to the rules that no schema knows.

        Raises:
            manifest.Refused: a template breaks one of them.
        """
        check_assembly(self.app.synth(), region=self.stage.region)


def run(build: Callable[[cdk.App], Modelyard]) -> None:
    """Synthesize the app that a function builds, or end with a sentence for each problem that says why not."""
    try:
        build(cdk.App()).synth()
    except Refused as refused:
        sys.exit(for_terminal(str(refused), kept=LAYOUT))


def _context(app: cdk.App, key: str) -> str | None:
    """A value of `-c key=value`, which is a text, or of cdk.json, which may be true."""
    value: Any = app.node.try_get_context(key)
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
