"""What scaling asks of the endpoint that it scales."""

from collections.abc import Iterator

from modelyard.manifest.problems import NOTHING, Problem
from modelyard.shared.cron import cron_faults
from modelyard.template_checks.endpoints import variants_of
from modelyard.template_checks.template import Resource, Template, as_text, number, referred, table, tables

TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
ENDPOINT = "AWS::SageMaker::Endpoint"


def scaled_variants_keep_their_count(template: Template) -> Iterator[Problem | None]:
    """S08: bounds that hold at any time, instances that can be scaled, and a count that a deploy does not reset.

    Nor does a policy of steps do anything that no alarm calls: Application Auto Scaling makes alarms for others alone.
    """
    actions = [one.properties.get("AlarmActions") for one in template.resources("AWS::CloudWatch::Alarm")]
    called = {referred(action) for listed in actions if isinstance(listed, list) for action in listed}
    for policy in template.resources("AWS::ApplicationAutoScaling::ScalingPolicy"):
        yield policy.problem_if(
            policy.properties.get("PolicyType") == "StepScaling" and policy.logical_id not in called,
            key="PolicyType",
            allowed="TargetTrackingScaling, or among the AlarmActions of an alarm",
            got="StepScaling",
            hint="nothing would call it: give it an alarm",
        )
    for target in template.resources(TARGET):
        if target.properties.get("ServiceNamespace") == "sagemaker":
            least, most = _capacities(target)
            yield target.problem_if(
                least is not None and (least < 1 or (most is not None and least > most)),
                key="MinCapacity",
                allowed=f"between 1 and MaxCapacity ({most})",
                got=least,
                hint="choose it within the bounds",
            )
            yield from _scheduled(target)
            yield from _endpoint(template, target=target)


def scaling_uses_its_own_role(template: Template) -> Iterator[Problem | None]:
    """S20: for SageMaker, Application Auto Scaling has a role of its own."""
    for target in template.resources(TARGET):
        yield target.problem_if(
            target.properties.get("ServiceNamespace") == "sagemaker" and "RoleARN" in target.properties,
            key="RoleARN",
            allowed="left out: a service-linked role is used",
            got=target.properties.get("RoleARN"),
            hint="remove it",
        )


def _scheduled(target: Resource) -> Iterator[Problem | None]:
    """What a scheduled action changes, and that its bounds hold and no other has its name."""
    actions = tables(target.properties.get("ScheduledActions"))
    names = [action.get("ScheduledActionName") for action in actions]
    for action in actions:
        name = action.get("ScheduledActionName")
        bounds = table(action.get("ScalableTargetAction"))
        least, most = number(bounds.get("MinCapacity")), number(bounds.get("MaxCapacity"))
        yield target.problem_if(
            not bounds or (least is not None and (least < 1 or (most is not None and least > most))),
            key=f"ScheduledActions.{name}.ScalableTargetAction",
            allowed="a MinCapacity of 1 or more, a MaxCapacity not below it, or one of the two",
            got=dict(bounds),
            hint="say which bounds hold from then on",
        )
        faults = list(cron_faults(expression)) if (expression := str(action.get("Schedule"))).startswith("cron") else []
        yield target.problem_if(
            bool(faults),
            key=f"ScheduledActions.{name}.Schedule",
            allowed="an expression that Application Auto Scaling takes",
            got=expression,
            hint="; ".join(faults),
        )
    yield target.problem_if(
        any(names.count(name) > 1 for name in names),
        key="ScheduledActions",
        allowed="of different names",
        got=names,
        hint="the later one would take the place of the earlier",
    )


def _endpoint(template: Template, *, target: Resource) -> Iterator[Problem | None]:
    scaled = as_text(target.properties.get("ResourceId", ""))
    endpoints = (
        one
        for one in template.resources(ENDPOINT)
        if f'"{one.logical_id}"' in scaled or scaled.startswith(f"endpoint/{one.properties.get('EndpointName')}/")
    )
    endpoint = next(endpoints, None)
    if endpoint is None:
        return
    yield endpoint.problem_if(
        endpoint.properties.get("RetainAllVariantProperties") is not True,
        key="RetainAllVariantProperties",
        allowed="true while the endpoint is scaled",
        got=endpoint.properties.get("RetainAllVariantProperties", NOTHING),
        hint="every deploy would else reset the count of instances",
    )
    config = template.resource(referred(endpoint.properties.get("EndpointConfigName")) or "")
    for variant in variants_of(config) if config is not None else ():
        if scaled.endswith(f"/variant/{variant.get('VariantName')}"):
            instance, count = str(variant.get("InstanceType", "")), number(variant.get("InitialInstanceCount"))
            yield target.problem_if(
                instance.startswith("ml.t"),
                key="ResourceId",
                allowed="a variant whose instances can be scaled, which burstable ones cannot",
                got=instance,
                hint="choose another instance type",
            )
            least, most = _capacities(target)
            yield target.problem_if(
                count is not None and ((least is not None and count < least) or (most is not None and count > most)),
                key="MinCapacity",
                allowed=f"at most the variant's InitialInstanceCount ({count}), and MaxCapacity at least",
                got=[least, most],
                hint="start within the bounds",
            )


def _capacities(target: Resource) -> tuple[int | None, int | None]:
    return number(target.properties.get("MinCapacity")), number(target.properties.get("MaxCapacity"))
