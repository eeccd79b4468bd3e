"""The app: which stacks there are, from the manifests and the stage that the command line names.

cdk synth                       the stage dev, all models
cdk deploy -c stage=prod --all
cdk diff -c model=churn "dev-churn-*"
cdk synth -c preview=true       also what nobody has promoted yet, to be looked at and not deployed
cdk synth -c models=FOLDER      the models of another folder; stages.toml and training_scripts/ beside it, if there are
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import aws_cdk as cdk

from modelyard.drift.escaping import LAYOUT, for_terminal
from modelyard.manifest import Refused, beside, named_folder
from modelyard.stacks.assembly import Declarations, build_app, check_assembly

# As seen from where the command runs, so that errors name files as the user would.
ROOT = Path(os.path.relpath(Path(__file__).parent))


def main() -> None:
    """Synthesize, or say in a sentence for each problem why not."""
    app = cdk.App()
    try:
        built = build_app(app, declarations=_declarations(app), validate=os.environ.get("CDK_VALIDATION") != "false")
        check_assembly(app.synth(), region=built.stage.region)
    except Refused as refused:
        sys.exit(for_terminal(str(refused), kept=LAYOUT))


def _declarations(app: cdk.App) -> Declarations:
    named = _given(app, "models")
    models = ROOT / "models" if named is None else named_folder(named)
    return Declarations(
        models=models,
        stages=beside(models, name="stages.toml", root=ROOT),
        scripts=beside(models, name="training_scripts", root=ROOT),
        stage=_asked(app, "stage", otherwise="dev"),
        model=_given(app, "model"),
        preview=_asked(app, "preview", otherwise="false") == "true",
        destroy_data=_given(app, "destroy_data"),
    )


def _asked(app: cdk.App, key: str, *, otherwise: str) -> str:
    given = _given(app, key)
    return otherwise if given is None else given


def _given(app: cdk.App, key: str) -> str | None:
    """A value of `-c key=value`, which is a text, or of cdk.json, which may be true."""
    value = app.node.try_get_context(key)
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    main()
