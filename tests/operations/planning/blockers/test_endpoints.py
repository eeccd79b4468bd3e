from support.plans import kinds
from support.templates import config, endpoint, serverless, variant

ROLLING = {"RollingUpdatePolicy": {"MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1}}}


def test_an_endpoint_of_instances_never_becomes_serverless() -> None:
    old = {"Config": config(), "Endpoint": endpoint()}
    new = {"Config": config(serverless()), "Endpoint": endpoint()}
    assert ("instances become serverless", True) in kinds(old, new)


def test_a_serverless_endpoint_may_get_instances() -> None:
    old = {"Config": config(serverless()), "Endpoint": endpoint()}
    new = {"Config": config(), "Endpoint": endpoint()}
    assert kinds(old, new) == []


def test_a_renamed_variant_may_fail_under_guardrails() -> None:
    old = {"Config": config(), "Endpoint": endpoint(DeploymentConfig=ROLLING)}
    new = {"Config": config(variant(VariantName="other")), "Endpoint": endpoint(DeploymentConfig=ROLLING)}
    assert kinds(old, new) == [("variant names differ", False)]


def test_a_rolling_update_of_several_variants_may_fail() -> None:
    both = [config(variant(), variant(VariantName="other", InitialInstanceCount=count)) for count in (1, 2)]
    old, new = ({"Config": one, "Endpoint": endpoint(DeploymentConfig=ROLLING)} for one in both)
    assert kinds(old, new) == [("rolling with several variants", False)]
