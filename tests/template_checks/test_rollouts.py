from typing import Any

import pytest

from support.templates import config, endpoint, model, resource, role, sentences_of, variant

ALARMS = {"Alarms": [{"AlarmName": "dev-churn-errors"}]}
HALF = "at least 1, and at most 50 percent of the fleet"
LOOK = "cloudwatch:DescribeAlarms"
UNKNOWN = {"Fn::If": ["IsProd", 1, 2]}


def percent(value: Any) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def routing(kind: str = "CANARY", *, wait: Any = 300, **given: Any) -> dict[str, Any]:
    size = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}.get(kind, "CanarySize")
    sizes = {} if kind == "ALL_AT_ONCE" else {size: percent(25)}
    return {"Type": kind, "WaitIntervalInSeconds": wait, **sizes, **given}


def blue_green(traffic: Any = None, **given: Any) -> dict[str, Any]:
    return {"TrafficRoutingConfiguration": routing() if traffic is None else traffic, **given}


def rolling(**given: Any) -> dict[str, Any]:
    return {"MaximumBatchSize": percent(25), "WaitIntervalInSeconds": 300, **given}


def said_of_deployment(**deployment: Any) -> list[str]:
    given = {"AutoRollbackConfiguration": ALARMS, **deployment}
    return sentences_of(Config=config(), Endpoint=endpoint(DeploymentConfig=given))


@pytest.mark.parametrize(
    ("policies", "shown"),
    [
        ({}, "[]"),
        (
            {"BlueGreenUpdatePolicy": blue_green(), "RollingUpdatePolicy": rolling()},
            '["BlueGreenUpdatePolicy", "RollingUpdatePolicy"]',
        ),
    ],
)
def test_s09_refuses_no_policy_or_two(policies: dict[str, Any], shown: str) -> None:
    said = said_of_deployment(**policies)

    assert said == [
        "S09 Endpoint.DeploymentConfig must be one of BlueGreenUpdatePolicy and RollingUpdatePolicy, "
        f"got {shown} in stack; keep one"
    ]


@pytest.mark.parametrize(
    ("policy", "key", "shown"),
    [
        (blue_green(routing(CanarySize=percent(51))), "CanarySize", '{"Type": "CAPACITY_PERCENT", "Value": 51}'),
        (blue_green(routing(CanarySize=percent(0))), "CanarySize", '{"Type": "CAPACITY_PERCENT", "Value": 0}'),
        (blue_green({"Type": "CANARY", "WaitIntervalInSeconds": 300}), "CanarySize", "nothing"),
        (
            blue_green(routing("LINEAR", LinearStepSize=percent("60"))),
            "LinearStepSize",
            '{"Type": "CAPACITY_PERCENT", "Value": "60"}',
        ),
    ],
)
def test_s09_refuses_a_step_of_more_than_half_a_fleet(policy: dict[str, Any], key: str, shown: str) -> None:
    said = said_of_deployment(BlueGreenUpdatePolicy=policy)

    assert said == [
        f"S09 Endpoint.DeploymentConfig.BlueGreenUpdatePolicy.{key} must be {HALF}, "
        f"got {shown} in stack; move less at a time, or start with more instances"
    ]


@pytest.mark.parametrize(
    ("count", "size", "shown"),
    [
        (1, percent(50), '{"Type": "CAPACITY_PERCENT", "Value": 50}'),
        (2, {"Type": "INSTANCE_COUNT", "Value": 2}, '{"Type": "INSTANCE_COUNT", "Value": 2}'),
        (5, {"Type": "INSTANCE_COUNT", "Value": 3}, '{"Type": "INSTANCE_COUNT", "Value": 3}'),
    ],
)
def test_s09_refuses_a_step_of_which_the_smallest_variant_has_too_few_instances(
    count: int, size: dict[str, Any], shown: str
) -> None:
    policy = blue_green(routing(CanarySize=size))
    variants = [variant(InitialInstanceCount=9), variant(VariantName="small", InitialInstanceCount=count)]
    deployment = {"BlueGreenUpdatePolicy": policy, "AutoRollbackConfiguration": ALARMS}

    said = sentences_of(Config=config(*variants), Endpoint=endpoint(DeploymentConfig=deployment))

    assert said == [
        f"S09 Endpoint.DeploymentConfig.BlueGreenUpdatePolicy.CanarySize must be {HALF}, "
        f"got {shown} in stack; move less at a time, or start with more instances"
    ]


@pytest.mark.parametrize(
    ("counts", "size"),
    [
        ({"InitialInstanceCount": 2}, percent(50)),
        ({"InitialInstanceCount": 4}, {"Type": "INSTANCE_COUNT", "Value": 2}),
        ({"InitialInstanceCount": {"Ref": "Count"}}, {"Type": "INSTANCE_COUNT", "Value": 9}),
        ({"InitialInstanceCount": {"Ref": "Count"}}, percent(50)),
    ],
)
def test_s09_takes_a_step_of_which_the_fleet_has_enough(counts: dict[str, Any], size: dict[str, Any]) -> None:
    deployment = {
        "BlueGreenUpdatePolicy": blue_green(routing(CanarySize=size)),
        "AutoRollbackConfiguration": ALARMS,
    }

    said = sentences_of(Config=config(variant(**counts)), Endpoint=endpoint(DeploymentConfig=deployment))

    assert said == []


def test_s09_refuses_a_batch_of_more_than_half_a_fleet() -> None:
    said = said_of_deployment(RollingUpdatePolicy=rolling(MaximumBatchSize=percent(90)))

    assert said == [
        f"S09 Endpoint.DeploymentConfig.RollingUpdatePolicy.MaximumBatchSize must be {HALF}, "
        'got {"Type": "CAPACITY_PERCENT", "Value": 90} in stack; move less at a time, or start with more instances'
    ]


@pytest.mark.parametrize(
    ("deployment", "policy"),
    [
        ({"BlueGreenUpdatePolicy": blue_green({"Type": "ALL_AT_ONCE"})}, "BlueGreenUpdatePolicy"),
        ({"RollingUpdatePolicy": {"MaximumBatchSize": percent(25)}}, "RollingUpdatePolicy"),
    ],
)
def test_s09_refuses_a_policy_that_does_not_say_how_long_it_waits(deployment: dict[str, Any], policy: str) -> None:
    said = said_of_deployment(**deployment)

    assert said == [
        f"S09 Endpoint.DeploymentConfig.{policy}.WaitIntervalInSeconds must be "
        "given: the API requires it, though the schema does not, got nothing in stack; say how long a step is watched"
    ]


@pytest.mark.parametrize(
    ("policy", "least", "timeout"),
    [
        (blue_green(MaximumExecutionTimeoutInSeconds=599), 600, 599),
        (blue_green(MaximumExecutionTimeoutInSeconds=28_801), 600, 28_801),
        (blue_green(TerminationWaitInSeconds=600, MaximumExecutionTimeoutInSeconds=900), 901, 900),
        (blue_green(routing("LINEAR"), MaximumExecutionTimeoutInSeconds=900), 901, 900),
        (
            blue_green(routing("LINEAR", LinearStepSize=percent(30)), MaximumExecutionTimeoutInSeconds="900"),
            901,
            900,
        ),
        (blue_green(routing("ALL_AT_ONCE"), MaximumExecutionTimeoutInSeconds=599), 600, 599),
    ],
)
def test_s09_refuses_a_timeout_within_the_waits(policy: dict[str, Any], least: int, timeout: int) -> None:
    said = said_of_deployment(BlueGreenUpdatePolicy=policy)

    assert said == [
        f"S09 Endpoint.DeploymentConfig.MaximumExecutionTimeoutInSeconds must be between {least}, for all waits, "
        f"and 28800, got {timeout} in stack; raise it or wait less"
    ]


@pytest.mark.parametrize("rollback", [{}, {"Alarms": []}, {"Alarms": [{"AlarmName": "a"}] * 11}])
def test_s09_refuses_a_rollout_that_nothing_or_too_much_watches(rollback: dict[str, Any]) -> None:
    said = said_of_deployment(BlueGreenUpdatePolicy=blue_green(), AutoRollbackConfiguration=rollback)

    assert said == [
        "S09 Endpoint.DeploymentConfig.AutoRollbackConfiguration.Alarms must be "
        f"1 to 10 alarms: without one, waiting watches nothing, got {len(rollback.get('Alarms', []))} in stack; "
        "name alarms of the endpoint"
    ]


@pytest.mark.parametrize(
    "deployment",
    [
        {"BlueGreenUpdatePolicy": blue_green()},
        {"BlueGreenUpdatePolicy": blue_green(routing(CanarySize=percent(50)))},
        {"BlueGreenUpdatePolicy": blue_green(routing(CanarySize=percent(1)))},
        {"BlueGreenUpdatePolicy": blue_green(routing("LINEAR"), MaximumExecutionTimeoutInSeconds=901)},
        {"BlueGreenUpdatePolicy": blue_green(MaximumExecutionTimeoutInSeconds=600)},
        {"BlueGreenUpdatePolicy": blue_green(MaximumExecutionTimeoutInSeconds=28_800)},
        {"BlueGreenUpdatePolicy": blue_green(routing("ALL_AT_ONCE", wait=0))},
        {"BlueGreenUpdatePolicy": blue_green(routing("ALL_AT_ONCE", wait=600), MaximumExecutionTimeoutInSeconds=600)},
        {"RollingUpdatePolicy": rolling()},
        {"RollingUpdatePolicy": rolling(MaximumBatchSize=percent(50))},
        {"BlueGreenUpdatePolicy": blue_green(), "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}] * 10}},
    ],
)
def test_s09_takes_a_watched_policy_that_can_end(deployment: dict[str, Any]) -> None:
    said = said_of_deployment(**deployment)

    assert said == []


@pytest.mark.parametrize(
    "deployment",
    [
        {"BlueGreenUpdatePolicy": UNKNOWN},
        {"BlueGreenUpdatePolicy": blue_green(routing(CanarySize=UNKNOWN))},
        {"BlueGreenUpdatePolicy": blue_green(routing(CanarySize=percent(UNKNOWN)))},
        {"BlueGreenUpdatePolicy": blue_green(routing(wait=UNKNOWN), MaximumExecutionTimeoutInSeconds=600)},
        {"BlueGreenUpdatePolicy": blue_green({**routing(), "Type": UNKNOWN})},
        {
            "BlueGreenUpdatePolicy": blue_green(
                routing("LINEAR", wait=600, LinearStepSize=percent(UNKNOWN)), MaximumExecutionTimeoutInSeconds=600
            )
        },
        {"BlueGreenUpdatePolicy": blue_green(), "AutoRollbackConfiguration": UNKNOWN},
        {"BlueGreenUpdatePolicy": blue_green(), "AutoRollbackConfiguration": {"Alarms": UNKNOWN}},
        {"RollingUpdatePolicy": rolling(MaximumExecutionTimeoutInSeconds=UNKNOWN)},
        {"RollingUpdatePolicy": rolling(MaximumBatchSize=UNKNOWN)},
    ],
)
def test_s09_does_not_check_what_only_the_deploy_knows(deployment: dict[str, Any]) -> None:
    said = said_of_deployment(**deployment)

    assert said == []


def test_s09_refuses_a_role_that_may_not_look_at_the_alarms() -> None:
    deployment = {"BlueGreenUpdatePolicy": blue_green(), "AutoRollbackConfiguration": ALARMS}

    said = sentences_of(
        rule="S09",
        Config=config(),
        Endpoint=endpoint(DeploymentConfig=deployment),
        Model=model(),
        Role=role("s3:GetObject"),
    )

    assert said == [
        "S09 Role.Policies must be ones that allow cloudwatch:DescribeAlarms, by which a rollout is watched, "
        'got "none that does" in stack; allow it on the rollback alarms'
    ]


@pytest.mark.parametrize(
    "resources",
    [
        {"Role": role("s3:GetObject", LOOK)},
        {"Role": role("cloudwatch:*")},
        {"Role": role("CloudWatch:describe*")},
        {"Role": role("*")},
        {"Role": role("s3:GetObject", ManagedPolicyArns=["arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"])},
        {
            "Role": role("s3:GetObject"),
            "Policy": resource(
                "AWS::IAM::Policy",
                {"Roles": [{"Ref": "Role"}], "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": LOOK}]}},
            ),
        },
        {},
    ],
)
def test_s09_takes_a_role_that_may_look_at_the_alarms_or_is_not_known(resources: dict[str, Any]) -> None:
    deployment = {"BlueGreenUpdatePolicy": blue_green(), "AutoRollbackConfiguration": ALARMS}

    said = sentences_of(
        rule="S09", Config=config(), Endpoint=endpoint(DeploymentConfig=deployment), Model=model(), **resources
    )

    assert said == []


def test_s10_refuses_to_roll_several_variants() -> None:
    deployment = {"RollingUpdatePolicy": rolling(), "AutoRollbackConfiguration": ALARMS}

    said = sentences_of(
        Config=config(variant(), variant(VariantName="other")), Endpoint=endpoint(DeploymentConfig=deployment)
    )

    assert said == [
        "S10 Endpoint.DeploymentConfig.RollingUpdatePolicy must be left out for several variants, "
        'got ["primary", "other"] in stack; use a blue/green policy'
    ]


@pytest.mark.parametrize(
    ("variants", "policy"),
    [
        ([variant()], {"RollingUpdatePolicy": rolling()}),
        ([variant(), variant(VariantName="other")], {"BlueGreenUpdatePolicy": blue_green()}),
    ],
)
def test_s10_takes_one_variant_to_roll_or_several_to_shift(variants: list[Any], policy: dict[str, Any]) -> None:
    deployment = {"AutoRollbackConfiguration": ALARMS, **policy}

    said = sentences_of(Config=config(*variants), Endpoint=endpoint(DeploymentConfig=deployment))

    assert said == []


@pytest.mark.parametrize("deployment", [None, UNKNOWN, {}, [], "CANARY", {"Ref": "AWS::NoValue"}])
def test_an_endpoint_without_a_deployment_that_is_known_is_not_checked(deployment: Any) -> None:
    said = sentences_of(Config=config(), Endpoint=endpoint(DeploymentConfig=deployment))

    assert said == []
