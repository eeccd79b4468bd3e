"""Steps in which another model takes the endpoint over: a better one, and one that fails."""

from itertools import islice

from modelyard.operations.served_artifacts import own_container
from modelyard.scenario.commands import Output
from modelyard.scenario.context import ScenarioContext
from modelyard.scenario.failing_models import upload_failing_model

POLL_SECONDS = 0.25
ADVANCE_SECONDS = 60.0
RATE = 25
LONGEST_SECONDS = 120


def canary(context: ScenarioContext, lines: list[str]) -> None:
    """Promote another trial, look at the difference, and deploy it as a canary with traffic on."""
    trials = context.completed_trials()
    context.require(len(trials) > 1, "two trials must have completed for one to take the other's place, one did")
    context.commands.yard("promote", context.name, "--trial", trials[1], "--force")
    diff = context.commands.cdk("diff", "--context", f"model={context.name}", context.stack("serving"))
    printed = (*diff.lines, *diff.errors)
    (context.output / "diff.txt").write_text("\n".join(printed), encoding="utf-8")
    changed = [line.strip() for line in printed if line.strip().startswith("[") and "AWS::" in line]
    lines += [f"$ yard promote {context.name} --trial {trials[1]}; cdk diff", *(f"  {line}" for line in changed)]
    _deploy_with_traffic(context)
    lines += ["$ cdk deploy, with traffic on", f"serves now: {_served(context)}"]


def rolled_back(context: ScenarioContext, lines: list[str]) -> None:
    """Deploy a model that answers with errors: its alarm fires while it bakes, and the one before stays."""
    before = _served(context)
    artifact = upload_failing_model(context)
    context.workspace.set_value("serving.variants", "model", index=0, value=artifact)
    output = _deploy_with_traffic(context, expect=(1,))
    lines.append(f"$ cdk deploy of {artifact}")
    failed = (line for line in (*output.lines, *output.errors) if "UPDATE_FAILED" in line)
    lines += [f"  {line.rpartition('returned message: ')[2].strip()}" for line in islice(failed, 1)]
    context.require(_served(context) == before, f"the model before must serve on, {_served(context)} does")
    lines.append(f"serves on: {before}")


def _deploy_with_traffic(context: ScenarioContext, *, expect: tuple[int, ...] = (0,)) -> Output:
    traffic = ("traffic", context.name, "--rate", str(RATE), "--duration", str(LONGEST_SECONDS))
    deploy = ("cdk", *context.deploy_arguments(context.stack("serving")), "--exclusively", "--no-color")
    with context.commands.start_yard(*traffic), context.commands.start(*deploy) as running:
        # Skip the minutes for which a new fleet bakes, while requests go on.
        sagemaker = context.client("sagemaker")
        while running.wait(timeout=POLL_SECONDS) is None:
            status = sagemaker.describe_endpoint(EndpointName=context.endpoint)["EndpointStatus"]
            if status in ("Updating", "RollingBack"):
                context.connection.advance(seconds=ADVANCE_SECONDS)
        return context.commands.finish(running, expect=expect)


def _served(context: ScenarioContext) -> str:
    sagemaker = context.client("sagemaker")
    config = sagemaker.describe_endpoint(EndpointName=context.endpoint)["EndpointConfigName"]
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    model = own_container(sagemaker.describe_model(ModelName=variants[0]["ModelName"]))
    return "/".join(str(model["ModelDataUrl"]).split("/")[-4:-2])
