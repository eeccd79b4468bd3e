"""What differs between two small templates, as far as no local AWS can show it."""

from modelyard.operations.planning.differences import Action
from support.plans import predict
from support.templates import resource

TOPIC = "AWS::SNS::Topic"


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
