"""Chapters that deploy, by the real CDK CLI."""

from modelyard.rehearsal.play.scene import Scene


def bootstrap(scene: Scene, found: list[str]) -> None:
    """Make the roles and the bucket that the CDK CLI deploys with."""
    # Outside of the project: bootstrapping needs no app.
    scene.commands.cdk("bootstrap", f"aws://{scene.reach.account}/{scene.reach.region}", folder=scene.output)
    found.append("$ cdk bootstrap")


def deploy_training(scene: Scene, found: list[str]) -> None:
    """Deploy what needs no model yet."""
    scene.deploy()
    found += ["$ cdk deploy --all", _counted(scene)]
    scene.mailbox.subscribe(topic=scene.stack_output(part="foundation", key="AlertTopicArn"))


def deploy_rest(scene: Scene, found: list[str]) -> None:
    """Deploy what serves, scores and watches the promoted model, and prove that it does."""
    scene.deploy()
    found += ["$ cdk deploy --all", _counted(scene)]
    proofs = [line.strip() for line in scene.commands.yard("verify", scene.model).lines if " OK " in f" {line} "]
    found += ["$ yard verify " + scene.model, *(f"  {' '.join(line.split())}" for line in proofs)]


def _counted(scene: Scene) -> str:
    cloudformation = scene.client("cloudformation")
    stacks = [
        stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"] if stack["StackName"] != "CDKToolkit"
    ]
    counts = [len(cloudformation.describe_stack_resources(StackName=stack)["StackResources"]) for stack in stacks]
    return f"{len(stacks)} stacks with {sum(counts)} resources: {', '.join(sorted(stacks))}"
