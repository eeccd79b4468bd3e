"""Steps that deploy, by the real CDK CLI."""

from modelyard.scenario.context import ScenarioContext
from modelyard.scenario.data import promoted_files


def bootstrap(context: ScenarioContext, lines: list[str]) -> None:
    """Make the roles and the bucket that the CDK CLI deploys with."""
    # Outside of the project: bootstrapping needs no app.
    context.commands.cdk(
        "bootstrap", f"aws://{context.connection.account}/{context.connection.region}", folder=context.output
    )
    lines.append("$ cdk bootstrap")


def deploy_training(context: ScenarioContext, lines: list[str]) -> None:
    """Deploy what needs no model yet; without [training] that is the foundation, to which copies are uploaded."""
    stacks = () if context.model.training is not None else (context.stack("foundation"),)
    context.deploy(*stacks)
    lines += [f"$ cdk deploy {' '.join(stacks) if stacks else '--all'}", _stack_summary(context)]
    context.alerts.subscribe(topic=context.stack_output(part="foundation", key="AlertTopicArn"))
    if context.model.training is None:
        bucket = context.stack_output(part="foundation", key="DataBucketName")
        project = context.workspace.project
        for key, file in promoted_files(model=context.model, project=project).items():
            context.client("s3").upload_file(Filename=str(file), Bucket=bucket, Key=key)
            lines.append(f"$ aws s3 cp {file.relative_to(project)} s3://{bucket}/{key}")


def deploy_rest(context: ScenarioContext, lines: list[str]) -> None:
    """Deploy what serves, scores and watches the promoted model, and verify that it does."""
    context.deploy()
    lines += ["$ cdk deploy --all", _stack_summary(context)]
    if context.model.serving is None:
        return
    verified = context.commands.yard("verify", context.name)
    checks = [line.strip() for line in verified.lines if " OK " in f" {line} "]
    lines += [f"$ yard verify {context.name}", *(f"  {' '.join(line.split())}" for line in checks)]


def _stack_summary(context: ScenarioContext) -> str:
    cloudformation = context.client("cloudformation")
    stacks = [
        stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"] if stack["StackName"] != "CDKToolkit"
    ]
    counts = [len(cloudformation.describe_stack_resources(StackName=stack)["StackResources"]) for stack in stacks]
    return f"{len(stacks)} stacks with {sum(counts)} resources: {', '.join(sorted(stacks))}"
