"""The last step: delete everything, and prove that nothing is left."""

from collections.abc import Iterator

from modelyard.scenario.context import ScenarioContext

_TOOLKIT = "CDKToolkit"


def delete_everything(context: ScenarioContext, lines: list[str]) -> None:
    """Delete the model's stacks and the stage's, its data included, and look for what is left."""
    context.workspace.allow_removal()
    # Asked twice, as the data cannot be made again: in stages.toml, and here.
    context.commands.cdk(*context.deploying("dev-foundation"), "--context", "destroy_data=dev")
    dry = context.commands.yard("teardown", "--history", "--destroy-data", "dev")
    lines += ['removal = "destroy" in stages.toml', "$ cdk deploy dev-foundation -c destroy_data=dev"]
    lines += [
        "$ yard teardown --history --destroy-data dev",
        f"  would do {len(dry.lines)} things, in the order AWS wants",
    ]
    context.commands.yard("teardown", "--history", "--destroy-data", "dev", "--yes")
    left = list(_left(context))
    context.require(not left, f"nothing must be left, there is {', '.join(left)}")
    lines += [
        "$ yard teardown --history --destroy-data dev --yes",
        "nothing is left: no stack, no endpoint, no schedule, no bucket",
    ]


def _left(context: ScenarioContext) -> Iterator[str]:
    """Yield what is still there, and should not be; jobs are records on AWS too, and cost nothing."""
    stacks = context.client("cloudformation").describe_stacks()["Stacks"]
    yield from (f"the stack {one['StackName']}" for one in stacks if one["StackName"] != _TOOLKIT)
    sagemaker = context.client("sagemaker")
    yield from (f"the endpoint {one['EndpointName']}" for one in sagemaker.list_endpoints()["Endpoints"])
    yield from (
        f"the configuration {one['EndpointConfigName']}" for one in sagemaker.list_endpoint_configs()["EndpointConfigs"]
    )
    yield from (f"the model {one['ModelName']}" for one in sagemaker.list_models()["Models"])
    schedules = sagemaker.list_monitoring_schedules()["MonitoringScheduleSummaries"]
    yield from (f"the schedule {one['MonitoringScheduleName']}" for one in schedules)
    apis = context.client("apigateway").get_rest_apis()["items"]
    yield from (f"the API {one['name']}" for one in apis)
    buckets = context.client("s3").list_buckets()["Buckets"]
    yield from (f"the bucket {one['Name']}" for one in buckets if not one["Name"].startswith("cdk-"))
    targets = context.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")
    yield from (f"the scalable target {one['ResourceId']}" for one in targets["ScalableTargets"])
    machines = context.client("stepfunctions").list_state_machines()["stateMachines"]
    yield from (f"the state machine {one['name']}" for one in machines)
    schedules = context.client("scheduler").list_schedules()["Schedules"]
    yield from (f"the schedule {one['Name']}" for one in schedules)
