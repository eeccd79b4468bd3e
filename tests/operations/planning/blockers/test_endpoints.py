from modelyard.operations.costs.prices import shipped
from modelyard.operations.planning.plan import plan
from modelyard.operations.planning.revision import Revision
from modelyard.template_checks.template import Template
from support.plans import kinds
from support.templates import config, endpoint, resource, serverless, variant

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


def test_a_type_that_the_region_does_not_know_fails() -> None:
    template = Template(name="stack", body={"Resources": {"Experiment": resource("Experiment")}}, region="eu-central-2")
    head = Revision(name="new", templates=(template,))

    (found,) = plan(base=Revision(name="old", templates=()), head=head, prices=shipped()).blockers

    assert (found.kind, found.certain) == ("type is not in the region", True)
    assert "AWS::SageMaker::Experiment" in found.what
