"""Chapters in which the model that serves changes: for another one, and for a bad one."""

from itertools import islice

from modelyard.rehearsal.play.bad_models import bad_model
from modelyard.rehearsal.play.commands import Output, Running
from modelyard.rehearsal.play.scene import Scene

_LOOK_SECONDS = 0.25
_STEP_SECONDS = 30.0
_RATE = 25
_LONGEST_SECONDS = 120


def canary(scene: Scene, found: list[str]) -> None:
    """Promote another trial, see what would move, and deploy it as a canary with traffic on."""
    trial = scene.completed_trials()[1]
    scene.commands.yard("promote", scene.model, "--trial", trial, "--force")
    diff = scene.commands.cdk("diff", "--context", f"model={scene.model}", f"{scene.stack_prefix}-serving")
    (scene.output / "diff.txt").write_text("\n".join([*diff.lines, *diff.errors]), encoding="utf-8")
    moved = [line.strip() for line in (*diff.lines, *diff.errors) if line.strip().startswith("[") and "AWS::" in line]
    found += [f"$ yard promote {scene.model} --trial {trial}; cdk diff", *(f"  {line}" for line in moved)]
    _deploy_with_traffic(scene)
    found += ["$ cdk deploy, with traffic on", f"serves now: {_served(scene)}"]


def rolled_back(scene: Scene, found: list[str]) -> None:
    """Deploy a model that answers with errors: its alarm rings while it bakes, and the one before stays."""
    before = _served(scene)
    artifact = bad_model(scene)
    scene.workspace.set_line("model", value=artifact)
    output = _deploy_with_traffic(scene, expect=(1,))
    found += [f"$ cdk deploy of {artifact}", *_reasons(output)]
    scene.require(_served(scene) == before, f"the model before must serve on, {_served(scene)} does")
    found.append(f"serves on: {before}")


def _deploy_with_traffic(scene: Scene, *, expect: tuple[int, ...] = (0,)) -> Output:
    traffic = ("traffic", scene.model, "--rate", str(_RATE), "--duration", str(_LONGEST_SECONDS))
    deploy = ("cdk", *scene.deploying(f"{scene.stack_prefix}-serving"), "--exclusively", "--no-color")
    with scene.commands.start_yard(*traffic), scene.commands.start(*deploy) as running:
        _move_on_while_baking(scene, running)
        return scene.commands.finish(running, expect=expect)


def _move_on_while_baking(scene: Scene, deploy: Running) -> None:
    """Skip what a new fleet bakes, which is minutes, while requests go on."""
    sagemaker = scene.client("sagemaker")
    while deploy.wait(timeout=_LOOK_SECONDS) is None:
        status = sagemaker.describe_endpoint(EndpointName=scene.endpoint)["EndpointStatus"]
        if status in ("Updating", "RollingBack"):
            scene.reach.advance(seconds=_STEP_SECONDS)


def _served(scene: Scene) -> str:
    sagemaker = scene.client("sagemaker")
    config = sagemaker.describe_endpoint(EndpointName=scene.endpoint)["EndpointConfigName"]
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    model = sagemaker.describe_model(ModelName=variants[0]["ModelName"])["PrimaryContainer"]
    return "/".join(str(model["ModelDataUrl"]).split("/")[-4:-2])


def _reasons(output: Output) -> list[str]:
    """Return what CloudFormation gave as reasons."""
    failed = (line for line in (*output.lines, *output.errors) if "UPDATE_FAILED" in line)
    return [f"  {line.rpartition('returned message: ')[2].strip()}" for line in islice(failed, 1)]
