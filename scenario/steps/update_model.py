"""Steps in which the model that serves changes: for another one, and for a bad one."""

from itertools import islice

from modelyard.scenario.commands import Output, Running
from modelyard.scenario.context import ScenarioContext
from modelyard.scenario.failing_models import failing_model

_LOOK_SECONDS = 0.25
_STEP_SECONDS = 30.0
_RATE = 25
_LONGEST_SECONDS = 120


def canary(context: ScenarioContext, lines: list[str]) -> None:
    """Promote another trial, see what would move, and deploy it as a canary with traffic on."""
    trial = context.completed_trials()[1]
    context.commands.yard("promote", context.model, "--trial", trial, "--force")
    diff = context.commands.cdk("diff", "--context", f"model={context.model}", f"{context.stack_prefix}-serving")
    (context.output / "diff.txt").write_text("\n".join([*diff.lines, *diff.errors]), encoding="utf-8")
    moved = [line.strip() for line in (*diff.lines, *diff.errors) if line.strip().startswith("[") and "AWS::" in line]
    lines += [f"$ yard promote {context.model} --trial {trial}; cdk diff", *(f"  {line}" for line in moved)]
    _deploy_with_traffic(context)
    lines += ["$ cdk deploy, with traffic on", f"serves now: {_served(context)}"]


def rolled_back(context: ScenarioContext, lines: list[str]) -> None:
    """Deploy a model that answers with errors: its alarm rings while it bakes, and the one before stays."""
    before = _served(context)
    artifact = failing_model(context)
    context.workspace.set_line("model", value=artifact)
    output = _deploy_with_traffic(context, expect=(1,))
    lines += [f"$ cdk deploy of {artifact}", *_reasons(output)]
    context.require(_served(context) == before, f"the model before must serve on, {_served(context)} does")
    lines.append(f"serves on: {before}")


def _deploy_with_traffic(context: ScenarioContext, *, expect: tuple[int, ...] = (0,)) -> Output:
    traffic = ("traffic", context.model, "--rate", str(_RATE), "--duration", str(_LONGEST_SECONDS))
    deploy = ("cdk", *context.deploying(f"{context.stack_prefix}-serving"), "--exclusively", "--no-color")
    with context.commands.start_yard(*traffic), context.commands.start(*deploy) as running:
        _move_on_while_baking(context, running)
        return context.commands.finish(running, expect=expect)


def _move_on_while_baking(context: ScenarioContext, deploy: Running) -> None:
    """Skip what a new fleet bakes, which is minutes, while requests go on."""
    sagemaker = context.client("sagemaker")
    while deploy.wait(timeout=_LOOK_SECONDS) is None:
        status = sagemaker.describe_endpoint(EndpointName=context.endpoint)["EndpointStatus"]
        if status in ("Updating", "RollingBack"):
            context.reach.advance(seconds=_STEP_SECONDS)


def _served(context: ScenarioContext) -> str:
    sagemaker = context.client("sagemaker")
    config = sagemaker.describe_endpoint(EndpointName=context.endpoint)["EndpointConfigName"]
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    model = sagemaker.describe_model(ModelName=variants[0]["ModelName"])["PrimaryContainer"]
    return "/".join(str(model["ModelDataUrl"]).split("/")[-4:-2])


def _reasons(output: Output) -> list[str]:
    """Return what CloudFormation gave as reasons."""
    failed = (line for line in (*output.lines, *output.errors) if "UPDATE_FAILED" in line)
    return [f"  {line.rpartition('returned message: ')[2].strip()}" for line in islice(failed, 1)]
