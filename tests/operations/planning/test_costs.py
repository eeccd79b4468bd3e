from typing import Any

import pytest

from modelyard.operations.planning.rendering import markdown
from support.plans import predict
from support.templates import config, endpoint, target, variant


def test_a_price_that_is_not_known_is_not_nothing() -> None:
    old = {"Config": config(), "Endpoint": endpoint()}
    new = {"Config": config(variant(InstanceType="ml.p5.48xlarge")), "Endpoint": endpoint()}
    assert "unknown: the table of prices lacks it, or its count is the data" in markdown(predict(old, new))


def test_scaling_bounds_are_what_an_endpoint_costs() -> None:
    base = {"Config": config(), "Endpoint": endpoint()}
    (cost,) = predict({**base, "Target": target(MinCapacity=2)}, {**base, "Target": target(MinCapacity=1)}).costs
    assert cost.least == pytest.approx(-730 * 0.115)
    assert cost.most == 0


def test_a_calendar_counts_by_how_long_its_bounds_hold() -> None:
    night = {"Schedule": "cron(0 18 * * ? *)", "ScalableTargetAction": {"MinCapacity": 1, "MaxCapacity": 1}}
    day = {"Schedule": "cron(0 12 * * ? *)", "ScalableTargetAction": {"MinCapacity": 2, "MaxCapacity": 4}}
    actions = [one | {"ScheduledActionName": name} for name, one in (("night", night), ("day", day))]
    base = {"Config": config(), "Endpoint": endpoint()}
    (cost,) = predict(
        {**base, "Target": target(MinCapacity=2)}, {**base, "Target": target(MinCapacity=2, ScheduledActions=actions)}
    ).costs

    assert cost.least == pytest.approx(-0.75 * 730 * 0.115)
    assert cost.most == pytest.approx(-3 * 0.75 * 730 * 0.115)


def test_metrics_of_features_are_named_though_their_number_is_not_known() -> None:
    old = {"Definition": definition("Disabled")}
    (cost,) = predict(old, {"Definition": definition("Enabled")}).costs
    assert (cost.what, cost.least, cost.most) == ("metrics of features", None, None)


def definition(switch: str) -> dict[str, Any]:
    environment = {"publish_cloudwatch_metrics": switch}
    application = {"ImageUri": "image", "Environment": environment}
    return {
        "Type": "AWS::SageMaker::DataQualityJobDefinition",
        "Properties": {"DataQualityAppSpecification": application},
    }


def test_every_alarm_costs_and_two_of_each_scaling() -> None:
    alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"EvaluationPeriods": 1}}
    policy = {
        "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
        "Properties": {"PolicyName": "p", "PolicyType": "TargetTrackingScaling"},
    }
    (cost,) = predict({}, {"Alarm": alarm, "Policy": policy}).costs
    assert cost.what == "alarms"
    assert cost.least == pytest.approx(3 * 0.10)
