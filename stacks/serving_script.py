"""The functions of a user's script that answer requests, for the endpoint and for batch transform alike."""

from pathlib import Path

from modelyard.constructs.published_file import publish_scripts
from modelyard.constructs.stored_model import ServingScript
from modelyard.manifest import Model
from modelyard.shared.container_families import CodePlace
from modelyard.stacks.stage_stack import StageStack


def serving_script(*, stack: StageStack, model: Model, scripts: Path, outdir: Path) -> ServingScript | None:
    """Return the script's archive and program, the program alone where the model's archive holds it, or nothing."""
    script, family = model.serving_script, model.serving_family
    if model.packed_program is not None:
        return ServingScript(program=model.packed_program, family=family)
    if script is None:
        return None
    program = Path(script).name
    if family is not None and family.code_place is CodePlace.ARTIFACT:
        return ServingScript(program=program, family=family)
    archive = publish_scripts(
        stack=stack, folder=(scripts / script).parent, outdir=outdir, bootstrap_key=stack.stage.bootstrap_key
    )
    return ServingScript(program=program, archive=archive, family=family)
