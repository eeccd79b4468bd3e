"""How an endpoint's way to another configuration is said, and between which two sides it goes."""

from typing import Any

import pytest

from modelyard.operations.planning.endpoints import before_after
from modelyard.operations.planning.rendering import markdown
from support.plans import predict
from support.templates import config, endpoint, variant


def rolled(new: dict[str, Any], **given: Any) -> str:
    """What is said of an endpoint that gets another configuration."""
    old = {"Config": config(variant(InstanceType="ml.c5.large")), "Endpoint": endpoint(**given)}
    return markdown(predict(old, {"Config": new, "Endpoint": endpoint(**given)}))


def test_an_update_without_a_config_bakes_nothing() -> None:
    text = rolled(config())
    assert "dev-churn moves by blue/green, all at once. It does not bake" in text
    assert "It begins again with 2 instances" in text


def test_a_linear_update_is_said_with_its_steps() -> None:
    routing = {"Type": "LINEAR", "WaitIntervalInSeconds": 90, "LinearStepSize": {"Type": "INSTANCE_COUNT", "Value": 1}}
    text = rolled(config(), DeploymentConfig={"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}})
    assert "linear: 1 instance at a time (2 steps). It bakes 3 min in all (2 x 1 min 30 s)" in text
    assert "and no alarm watches it" in text


def test_an_endpoint_that_is_new_has_no_two_sides() -> None:
    (stack,) = predict({}, {"Endpoint": endpoint()}).comparison.stacks
    with pytest.raises(ValueError, match="Endpoint must be in both templates of stack, got one"):
        before_after(stack, change=stack.changes[0])
