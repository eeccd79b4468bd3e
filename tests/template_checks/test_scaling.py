from typing import Any

import pytest

from support.templates import config, endpoint, resource, sentences_of, target, variant

RETAINED = endpoint(RetainAllVariantProperties=True)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"MinCapacity": 0}, "between 1 and MaxCapacity (4), got 0"),
        ({"MinCapacity": 5}, "between 1 and MaxCapacity (4), got 5"),
        ({"MinCapacity": "0", "MaxCapacity": "4"}, "between 1 and MaxCapacity (4), got 0"),
    ],
)
def test_s08_refuses_bounds_that_do_not_hold(given: dict[str, Any], shown: str) -> None:
    said = sentences_of(Target=target(**given))

    assert said == [f"S08 Target.MinCapacity must be {shown} in stack; choose it within the bounds"]


@pytest.mark.parametrize(("given", "shown"), [({}, "nothing"), ({"RetainAllVariantProperties": False}, "false")])
def test_s08_refuses_a_scaled_endpoint_whose_count_every_deploy_resets(given: dict[str, Any], shown: str) -> None:
    said = sentences_of(Config=config(), Endpoint=endpoint(**given), Target=target())

    assert said == [
        "S08 Endpoint.RetainAllVariantProperties must be true while the endpoint is scaled, "
        f"got {shown} in stack; every deploy would else reset the count of instances"
    ]


@pytest.mark.parametrize("instance", ["ml.t2.medium", "ml.t2.large"])
def test_s08_refuses_to_scale_a_burstable_instance(instance: str) -> None:
    said = sentences_of(Config=config(variant(InstanceType=instance)), Endpoint=RETAINED, Target=target())

    assert said == [
        "S08 Target.ResourceId must be a variant whose instances can be scaled, which burstable ones cannot, "
        f'got "{instance}" in stack; choose another instance type'
    ]


@pytest.mark.parametrize(("count", "bounds"), [(1, (2, 4)), (5, (2, 4))])
def test_s08_refuses_a_variant_that_starts_outside_its_bounds(count: int, bounds: tuple[int, int]) -> None:
    least, most = bounds

    said = sentences_of(
        Config=config(variant(InitialInstanceCount=count)),
        Endpoint=RETAINED,
        Target=target(MinCapacity=least, MaxCapacity=most),
    )

    assert said == [
        f"S08 Target.MinCapacity must be at most the variant's InitialInstanceCount ({count}), "
        f"and MaxCapacity at least, got [{least}, {most}] in stack; start within the bounds"
    ]


@pytest.mark.parametrize(
    "place",
    [
        "endpoint/dev-churn/variant/primary",
        {"Fn::Sub": "endpoint/${Endpoint.EndpointName}/variant/primary"},
        {"Fn::Join": ["/", ["endpoint", {"Fn::GetAtt": "Endpoint.EndpointName"}, "variant", "primary"]]},
    ],
)
def test_s08_finds_the_endpoint_however_the_target_names_it(place: Any) -> None:
    said = sentences_of(Config=config(), Endpoint=endpoint(), Target=target(ResourceId=place))

    assert len(said) == 1


@pytest.mark.parametrize("bounds", [(1, 4), (2, 2), ("1", "4"), ({"Ref": "Min"}, {"Ref": "Max"}), (None, None)])
def test_s08_takes_a_variant_that_starts_within_its_bounds(bounds: tuple[Any, Any]) -> None:
    least, most = bounds

    said = sentences_of(Config=config(), Endpoint=RETAINED, Target=target(MinCapacity=least, MaxCapacity=most))

    assert said == []


@pytest.mark.parametrize(
    "given",
    [
        {"ServiceNamespace": "ecs", "MinCapacity": 0},
        {"ResourceId": "endpoint/of-another-stack/variant/primary"},
        {"ResourceId": {"Fn::ImportValue": "target"}},
        {"ResourceId": {}},
        {"ResourceId": {"Fn::Join": {"Ref": "Parts"}}},
        {"ResourceId": None},
    ],
)
def test_s08_asks_nothing_of_what_it_does_not_see(given: dict[str, Any]) -> None:
    said = sentences_of(Config=config(), Endpoint=endpoint(), Target=target(**given))

    assert said == []


def scheduled(*bounds: dict[str, Any], names: tuple[str, ...] = ("day", "night"), **given: Any) -> dict[str, Any]:
    actions = [
        {"ScheduledActionName": name, "Schedule": "cron(0 7 ? * * *)", "ScalableTargetAction": one} | given
        for name, one in zip(names, bounds, strict=False)
    ]
    return target(ScheduledActions=actions)


@pytest.mark.parametrize("bounds", [{}, {"MinCapacity": 0}, {"MinCapacity": 3, "MaxCapacity": 2}])
def test_s08_refuses_a_scheduled_action_whose_bounds_do_not_hold(bounds: dict[str, Any]) -> None:
    (said,) = sentences_of(Target=scheduled(bounds))

    assert said.startswith(
        "S08 Target.ScheduledActions.day.ScalableTargetAction must be a MinCapacity of 1 or more, a MaxCapacity not "
        "below it, or one of the two, got {"
    )


def test_s08_refuses_a_scheduled_action_at_no_time() -> None:
    said = sentences_of(Target=scheduled({"MinCapacity": 2}, Schedule="cron(0 24 ? * * *)"))

    assert said == [
        "S08 Target.ScheduledActions.day.Schedule must be an expression that Application Auto Scaling takes, "
        'got "cron(0 24 ? * * *)" in stack; hours must be of 0 to 23, got 24'
    ]


def test_s08_refuses_two_scheduled_actions_of_one_name() -> None:
    said = sentences_of(Target=scheduled({"MinCapacity": 2}, {"MinCapacity": 1}, names=("day", "day")))

    assert said == [
        'S08 Target.ScheduledActions must be of different names, got ["day", "day"] in stack; '
        "the later one would take the place of the earlier"
    ]


@pytest.mark.parametrize("bounds", [{"MinCapacity": 1}, {"MaxCapacity": 9}, {"MinCapacity": {"Ref": "Min"}}])
def test_s08_takes_scheduled_actions_whose_bounds_hold(bounds: dict[str, Any]) -> None:
    assert sentences_of(Target=scheduled(bounds, {"MinCapacity": 2, "MaxCapacity": 2})) == []


POLICY = resource("AWS::ApplicationAutoScaling::ScalingPolicy", {"PolicyName": "slow", "PolicyType": "StepScaling"})


def alarm(*actions: Any) -> dict[str, Any]:
    return resource("AWS::CloudWatch::Alarm", {"EvaluationPeriods": 1, "AlarmActions": list(actions)})


@pytest.mark.parametrize("others", [{}, {"Alarm": alarm({"Ref": "Topic"})}, {"Alarm": alarm()}])
def test_s08_refuses_steps_that_no_alarm_calls(others: dict[str, Any]) -> None:
    said = [one for one in sentences_of(Policy=POLICY, **others) if one.startswith("S08")]

    assert said == [
        "S08 Policy.PolicyType must be TargetTrackingScaling, or among the AlarmActions of an alarm, "
        'got "StepScaling" in stack; nothing would call it: give it an alarm'
    ]


def test_s08_takes_steps_that_an_alarm_calls() -> None:
    said = sentences_of(Policy=POLICY, Alarm=alarm({"Ref": "Topic"}, {"Ref": "Policy"}))

    assert [one for one in said if one.startswith("S08")] == []


def test_s20_refuses_a_role_where_scaling_has_its_own() -> None:
    said = sentences_of(Target=target(RoleARN="arn:aws:iam::123456789012:role/scaling"))

    assert said == [
        "S20 Target.RoleARN must be left out: a service-linked role is used, "
        'got "arn:aws:iam::123456789012:role/scaling" in stack; remove it'
    ]


def test_s20_takes_a_role_where_another_service_is_scaled() -> None:
    properties = {"ServiceNamespace": "elasticmapreduce", "RoleARN": "arn:aws:iam::123456789012:role/scaling"}

    said = sentences_of(Target=resource("AWS::ApplicationAutoScaling::ScalableTarget", properties))

    assert said == []


def test_s20_takes_a_target_without_a_role() -> None:
    said = sentences_of(Target=target())

    assert said == []
