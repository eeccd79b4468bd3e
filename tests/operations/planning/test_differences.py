"""What a deploy of small templates would do, as far as no local AWS can show it, and how that is said."""

from typing import Any

import pytest

from modelyard.operations.costs.prices import shipped
from modelyard.operations.planning.differences import Action
from modelyard.operations.planning.endpoints import before_after
from modelyard.operations.planning.plan import plan
from modelyard.operations.planning.rendering import markdown
from modelyard.operations.planning.revision import Revision
from modelyard.operations.planning.schemas import schema_of
from modelyard.operations.planning.values import imports_of, references, settled
from modelyard.operations.planning.wording import duration
from modelyard.template_checks.template import Template
from support.plans import predict
from support.templates import config, definition, endpoint, resource, schedule, target, variant

TOPIC = "AWS::SNS::Topic"
ROLLING = {"RollingUpdatePolicy": {"MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1}}}


def kinds(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(one.kind, one.certain) for one in predict(old, new).blockers]


def revision(**stacks: Any) -> Revision:
    """Stacks of these resources."""
    templates = tuple(Template(name=name, body={"Resources": found}) for name, found in stacks.items())
    return Revision(name="revision", templates=templates)


def rolled(new: dict[str, Any], **given: Any) -> str:
    """What is said of an endpoint that gets another configuration."""
    old = {"Config": config(variant(InstanceType="ml.c5.large")), "Endpoint": endpoint(**given)}
    return markdown(predict(old, {"Config": new, "Endpoint": endpoint(**given)}))


def test_another_type_under_the_same_logical_id_is_refused() -> None:
    old, new = {"One": resource(TOPIC)}, {"One": resource("AWS::S3::Bucket")}
    assert kinds(old, new) == [("type changes", True)]


def test_metadata_and_dependencies_alone_change_nothing() -> None:
    new = resource(TOPIC, Metadata={"aws:cdk:path": "elsewhere"}, DependsOn=["Other"])
    assert predict({"One": resource(TOPIC)}, {"One": new}).changes == ()


def test_the_cdk_s_own_note_is_not_heeded() -> None:
    old, new = resource("AWS::CDK::Metadata", {"Analytics": "a"}), resource("AWS::CDK::Metadata", {"Analytics": "b"})
    assert predict({"Note": old}, {"Note": new}).changes == ()


def test_a_type_without_a_schema_may_be_replaced_or_not() -> None:
    old, new = resource("Company::Own::Thing", {"Size": 1}), resource("Company::Own::Thing", {"Size": 2})
    (change,) = predict({"Thing": old}, {"Thing": new}).changes
    assert change.action is Action.UNKNOWN


def test_a_map_s_entry_changes_what_looks_it_up() -> None:
    found = {"One": resource(TOPIC, {"DisplayName": {"Fn::FindInMap": ["Names", "here", "title"]}})}
    maps = [{"Mappings": {"Names": {"here": {"title": title}}}} for title in ("old", "new")]
    (change,) = predict(found, found, base=maps[0], head=maps[1]).changes
    assert change.properties == ("DisplayName",)


def test_another_entry_of_a_map_changes_nothing() -> None:
    found = {"One": resource(TOPIC, {"DisplayName": {"Fn::FindInMap": ["Names", "here", "title"]}})}
    maps = [{"Mappings": {"Names": {"here": {"title": "old"}, "there": {"title": title}}}} for title in ("old", "new")]
    assert predict(found, found, base=maps[0], head=maps[1]).changes == ()


def test_an_export_changes_when_what_it_names_is_replaced() -> None:
    role = {"Role": resource("AWS::IAM::Role", {"Path": "/a/"})}
    other = {"Role": resource("AWS::IAM::Role", {"Path": "/b/"})}
    output = {"Outputs": {"Out": {"Value": {"Ref": "Role"}, "Export": {"Name": "role"}}}}
    assert predict(role, other, base=output, head=output).blockers == ()  # nobody imports it


def test_a_renamed_variant_may_fail_under_guardrails() -> None:
    old = {"Config": config(), "Endpoint": endpoint(DeploymentConfig=ROLLING)}
    new = {"Config": config(variant(VariantName="other")), "Endpoint": endpoint(DeploymentConfig=ROLLING)}
    assert kinds(old, new) == [("variant names differ", False)]


def test_a_rolling_update_of_several_variants_may_fail() -> None:
    both = [config(variant(), variant(VariantName="other", InitialInstanceCount=count)) for count in (1, 2)]
    old, new = ({"Config": one, "Endpoint": endpoint(DeploymentConfig=ROLLING)} for one in both)
    assert kinds(old, new) == [("rolling with several variants", False)]


def test_a_bucket_that_goes_with_its_stack_may_stay() -> None:
    topic = {"One": resource(TOPIC)}
    assert kinds(topic | {"Bucket": resource("AWS::S3::Bucket")}, topic) == [("not empty", False)]


def test_a_running_check_is_certain_only_when_one_runs() -> None:
    old = {"Definition": definition(), "Schedule": schedule()}
    new = {"Definition": definition(RoleArn="other"), "Schedule": schedule()}
    running = predict(old, new, running=frozenset({"dev-churn-data-quality"}))
    assert [(one.kind, one.certain) for one in running.blockers] == [("running check", True)]
    assert kinds(old, new) == [("running check", False)]


GROUP = {"Group": resource("ModelPackageGroup", {"ModelPackageGroupName": "churn"})}


def test_a_new_name_is_free() -> None:
    assert kinds({}, GROUP) == []


def test_a_name_that_goes_from_one_stack_to_another_is_taken_until_the_first_is_deployed() -> None:
    base = revision(one=GROUP, two={})
    found = plan(base=base, head=revision(one={}, two=GROUP), prices=shipped()).blockers
    assert ("name is taken", "two", False) in [(one.kind, one.stack, one.certain) for one in found]


def test_a_name_that_another_stack_keeps_is_taken() -> None:
    found = plan(base=revision(one=GROUP, two={}), head=revision(one=GROUP, two=GROUP), prices=shipped()).blockers
    assert [(one.kind, one.stack, one.certain) for one in found] == [("name is taken", "two", True)]


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


def test_a_price_that_is_not_known_is_not_nothing() -> None:
    old = {"Config": config(), "Endpoint": endpoint()}
    new = {"Config": config(variant(InstanceType="ml.p5.48xlarge")), "Endpoint": endpoint()}
    assert "unknown: the table of prices lacks an instance type" in markdown(predict(old, new))


def test_scaling_bounds_are_what_an_endpoint_costs() -> None:
    base = {"Config": config(), "Endpoint": endpoint()}
    (cost,) = predict({**base, "Target": target(MinCapacity=2)}, {**base, "Target": target(MinCapacity=1)}).costs
    assert cost.least == pytest.approx(-730 * 0.115)
    assert cost.most == 0


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        ("AWS::SageMaker::DataQualityJobDefinition", "JobDefinitionName"),
        ("AWS::Scheduler::Schedule", "Name"),
        ("AWS::S3::Bucket", "BucketName"),
        ("AWS::IAM::Policy", None),
    ],
)
def test_a_type_is_named_by_its_create_only_name(type_: str, name: str | None) -> None:
    schema = schema_of(type_)
    assert schema is not None
    assert schema.named_by == name


def test_references_are_found_however_deep() -> None:
    value = {"a": [{"Ref": "One"}, {"Fn::Sub": ["${Two.Arn} ${own}", {"own": {"Fn::GetAtt": "Three.Arn"}}]}]}
    assert references(value) == {"One", "Two", "Three"}


def test_imports_are_those_by_a_literal_name() -> None:
    assert imports_of({"a": {"Fn::ImportValue": "one"}, "b": {"Fn::ImportValue": {"Ref": "Name"}}}) == {"one"}


def test_a_join_of_texts_is_the_text() -> None:
    assert settled({"Fn::Join": ["-", ["a", "b"]]}, template=Template(name="stack", body={})) == "a-b"


@pytest.mark.parametrize(("seconds", "said"), [(0, "no time"), (45, "45 s"), (300, "5 min"), (90, "1 min 30 s")])
def test_seconds_are_said_exactly(seconds: int, said: str) -> None:
    assert duration(seconds) == said
