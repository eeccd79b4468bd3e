"""The functions of a user's script that answer requests, for the endpoint and for batch transform alike."""

from pathlib import Path

import aws_cdk as cdk

from modelyard.constructs.published_file import publish_scripts
from modelyard.constructs.stored_model import ServingScript
from modelyard.manifest import Model


def serving_script(*, stack: cdk.Stack, model: Model, scripts: Path, outdir: Path) -> ServingScript | None:
    """Return the script's archive and program, or nothing for a container that needs none."""
    script = model.serving_script
    if script is None:
        return None
    archive = publish_scripts(stack=stack, folder=(scripts / script).parent, outdir=outdir)
    return ServingScript(archive=archive, program=Path(script).name)
