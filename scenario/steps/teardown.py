"""The last step: say what of the stacks has no effect here, delete everything, and look whether anything is left."""

from collections.abc import Iterator

from modelyard.scenario.context import ScenarioContext
from modelyard.scenario.own_buckets import remove_own_buckets
from modelyard.scenario.workspace import STAGE

TOOLKIT = "CDKToolkit"
EFFECTS = "effects.txt"


def delete_everything(context: ScenarioContext, lines: list[str]) -> None:
    """Delete the project's own stacks, the model's and the stage's, its data included, and look for leftovers."""
    properties = context.connection.properties()
    (context.output / EFFECTS).write_text("\n".join([*properties.lines, ""]), encoding="utf-8")
    lines += [properties.summary, f"look at it: {context.relative(context.output / EFFECTS)}"]
    own = list(_own_stacks(context))
    if own:
        context.commands.cdk("destroy", *own, "--force", "--context", f"model={context.name}")
        lines.append(f"$ cdk destroy {' '.join(own)}")
    context.workspace.allow_removal()
    # Asked twice, as the data cannot be made again: in stages.toml, and here.
    context.commands.cdk(*context.deploy_arguments(context.stack("foundation")), "--context", f"destroy_data={STAGE}")
    teardown = ("teardown", "--history", "--destroy-data", STAGE)
    dry = context.commands.yard(*teardown)
    lines += [
        'removal = "destroy" in stages.toml',
        f"$ cdk deploy {context.stack('foundation')} -c destroy_data={STAGE}",
        f"$ yard {' '.join(teardown)}",
        f"  would do {len(dry.lines)} things, in the order AWS wants",
    ]
    context.commands.yard(*teardown, "--yes")
    lines.append(f"$ yard {' '.join(teardown)} --yes")
    lines += remove_own_buckets(context)
    left = list(_leftovers(context))
    context.require(not left, f"nothing must be left, there is {', '.join(left)}")
    lines.append("nothing is left: no stack, no endpoint, no schedule, no bucket")


def _own_stacks(context: ScenarioContext) -> Iterator[str]:
    """Yield the stacks that the project has beside Modelyard's, the newest first: `yard teardown` leaves them alone."""
    stacks = context.client("cloudformation").describe_stacks()["Stacks"]
    ours = (context.stack("foundation"), f"{STAGE}-fleet", TOOLKIT)
    for stack in sorted(stacks, key=lambda stack: stack["CreationTime"], reverse=True):
        name = stack["StackName"]
        if name not in ours and not name.startswith(context.stack("")):
            yield name


def _leftovers(context: ScenarioContext) -> Iterator[str]:
    """Yield what is still there, and should not be; jobs are records on AWS too, and cost nothing."""
    stacks = context.client("cloudformation").describe_stacks()["Stacks"]
    yield from (f"the stack {stack['StackName']}" for stack in stacks if stack["StackName"] != TOOLKIT)
    sagemaker = context.client("sagemaker")
    yield from (f"the endpoint {endpoint['EndpointName']}" for endpoint in sagemaker.list_endpoints()["Endpoints"])
    configs = sagemaker.list_endpoint_configs()["EndpointConfigs"]
    yield from (f"the configuration {config['EndpointConfigName']}" for config in configs)
    yield from (f"the model {model['ModelName']}" for model in sagemaker.list_models()["Models"])
    schedules = sagemaker.list_monitoring_schedules()["MonitoringScheduleSummaries"]
    yield from (f"the schedule {schedule['MonitoringScheduleName']}" for schedule in schedules)
    apps = sagemaker.list_mlflow_apps()["Summaries"]
    yield from (f"the MLflow App {app['Name']}" for app in apps)
    apis = context.client("apigateway").get_rest_apis()["items"]
    yield from (f"the API {api['name']}" for api in apis)
    buckets = context.client("s3").list_buckets()["Buckets"]
    yield from (f"the bucket {bucket['Name']}" for bucket in buckets if not bucket["Name"].startswith("cdk-"))
    targets = context.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")
    yield from (f"the scalable target {target['ResourceId']}" for target in targets["ScalableTargets"])
    machines = context.client("stepfunctions").list_state_machines()["stateMachines"]
    yield from (f"the state machine {machine['name']}" for machine in machines)
    schedules = context.client("scheduler").list_schedules()["Schedules"]
    yield from (f"the schedule {schedule['Name']}" for schedule in schedules)
