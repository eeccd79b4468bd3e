import pytest

from modelyard.operations.planning.rendering import markdown
from support.plans import predict
from support.templates import config, endpoint, target, variant


def test_a_price_that_is_not_known_is_not_nothing() -> None:
    old = {"Config": config(), "Endpoint": endpoint()}
    new = {"Config": config(variant(InstanceType="ml.p5.48xlarge")), "Endpoint": endpoint()}
    assert "unknown: the table of prices lacks an instance type" in markdown(predict(old, new))


def test_scaling_bounds_are_what_an_endpoint_costs() -> None:
    base = {"Config": config(), "Endpoint": endpoint()}
    (cost,) = predict({**base, "Target": target(MinCapacity=2)}, {**base, "Target": target(MinCapacity=1)}).costs
    assert cost.least == pytest.approx(-730 * 0.115)
    assert cost.most == 0
