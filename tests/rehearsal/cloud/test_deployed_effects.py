"""What is said of the properties of stacks, of which some are in the table and others are anybody's."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from modelyard.rehearsal.cloud.deployed_effects import NOT_KNOWN, DeployedEffects
from modelyard.rehearsal.deployed_properties import DeployedProperties
from support.local_aws import SharedLocalAws
from support.templates import resource

TOPIC = "AWS::SNS::Topic"
READ = "It was read; its effect was not compared with AWS's."
# A property that is done, one of the same type that nobody has looked at, and a machine whose definition is a text.
OWN = {
    "Topic": resource(TOPIC, {"Tags": [{"Key": "a", "Value": "b"}], "SignatureVersion": "2"}),
    "Machine": resource("AWS::StepFunctions::StateMachine", {"DefinitionString": "{}"}),
    "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
}
# One of them is not made.
QUEUES = """
Conditions: {Never: {"Fn::Equals": [a, b]}}
Resources:
  Queue: {Type: 'AWS::SQS::Queue', Properties: {DelaySeconds: 5, RedriveAllowPolicy: {}}}
  Large: {Type: 'AWS::SQS::Queue', Condition: Never, Properties: {MaximumMessageSize: 9999}}
"""


def effects(*resources: Mapping[str, Any], unread: Mapping[str, Sequence[str]] | None = None) -> DeployedProperties:
    templates = [{"Resources": one} for one in resources]
    found = DeployedEffects(templates=lambda: templates, unread=lambda: unread or {}).document()
    return DeployedProperties(counts=found["counts"], limited=found["limited"])


def test_a_property_without_a_row_is_not_called_done() -> None:
    found = effects({"Topic": resource(TOPIC, {"SignatureVersion": "2"})})
    (limited,) = found.limited
    assert limited == {"type": TOPIC, "property": "SignatureVersion", "effect": NOT_KNOWN, "sentence": READ}


def test_a_property_without_a_row_that_nothing_has_read_is_ignored() -> None:
    unread = {TOPIC: ["SignatureVersion"]}
    (limited,) = effects({"Topic": resource(TOPIC, {"SignatureVersion": "2"})}, unread=unread).limited
    assert (limited["effect"], limited["sentence"]) == ("ignored", "Nothing has read it.")


def test_properties_are_counted_once_in_all_stacks_and_those_that_are_done_are_not_told() -> None:
    found = effects(OWN, OWN)
    assert found.summary == "3 properties of the stacks here: 1 done, 2 not known"
    assert [one["property"] for one in found.limited] == ["SignatureVersion", "DefinitionString"]


def test_without_a_stack_there_is_nothing_to_say() -> None:
    assert effects().lines == ["There is no stack here"]


@pytest.mark.parametrize(
    "template",
    [
        {},
        {"Resources": {"Topic": {"Type": TOPIC, "Properties": None}}},
        {"Resources": {"Fn::ForEach::Topics": ["Name", ["a", "b"], {}]}},
        {"Resources": {"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"Definition": {}}}}},
    ],
    ids=["a stack that is about to be made", "no properties", "a loop", "a definition without states"],
)
def test_a_template_of_any_form_is_looked_at(template: dict[str, Any]) -> None:
    found = DeployedEffects(templates=lambda: [template], unread=dict).document()
    assert sum(found["counts"].values()) <= 1


def test_what_is_limited_stands_below_its_type() -> None:
    title, *rest = effects(OWN).lines
    assert title.endswith("not known")
    assert rest == [
        "",
        TOPIC,
        f"  not known  SignatureVersion: {READ}",
        "",
        "AWS::StepFunctions::StateMachine",
        f"  not known  DefinitionString: {READ}",
    ]


def test_of_a_stack_of_ones_own_what_there_is_is_told_until_it_is_deleted(local_aws: SharedLocalAws) -> None:
    stacks, name = local_aws.client("cloudformation"), local_aws.name("own")
    stacks.create_stack(StackName=name, TemplateBody=QUEUES)
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    standing = [line for line in local_aws.connection.properties().lines if " DelaySeconds: " in line]
    left_out = [line for line in local_aws.connection.properties().lines if " MaximumMessageSize: " in line]
    stacks.delete_stack(StackName=name)
    stacks.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})

    assert standing == [f"  not known  DelaySeconds: {READ}"]
    assert left_out == []
    assert "AWS::SQS::Queue" not in local_aws.connection.properties().lines
