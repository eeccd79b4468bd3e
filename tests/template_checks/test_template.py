from typing import Any

import pytest

from modelyard.template_checks import RULES, check_templates
from modelyard.template_checks.template import Template, as_text, number, referred
from support.templates import sentences_of

TYPES = [
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Model",
    "AWS::SageMaker::DataQualityJobDefinition",
    "AWS::SageMaker::MonitoringSchedule",
    "AWS::SageMaker::ModelPackageGroup",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::IAM::Role",
    "AWS::IAM::Policy",
    "AWS::StepFunctions::StateMachine",
]


def test_the_rules_are_numbered_in_their_order() -> None:
    assert list(RULES) == sorted(RULES)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("properties", [None, [], {}, "text", 3, {"Fn::Transform": {"Name": "Properties"}}])
def test_properties_of_another_kind_end_in_no_traceback(kind: str, properties: Any) -> None:
    said = sentences_of(Odd={"Type": kind, "Properties": properties, "DeletionPolicy": "Retain"})

    assert all(sentence.startswith("S") for sentence in said)


@pytest.mark.parametrize("resources", [None, [], "text", 3])
def test_resources_of_another_kind_are_none(resources: Any) -> None:
    problems = check_templates([Template(name="stack", body={"Resources": resources})])

    assert problems == []


@pytest.mark.parametrize("body", [None, [], {}, {"Properties": {}}, ["Item", ["a", "b"], {}], {"Type": None}])
def test_a_resource_without_a_type_is_passed_over(body: Any) -> None:
    said = sentences_of(Odd=body)

    assert said == []


@pytest.mark.parametrize(
    ("value", "logical_id"),
    [
        ({"Ref": "Model"}, "Model"),
        ({"Fn::GetAtt": ["Model", "ModelName"]}, "Model"),
        ({"Fn::GetAtt": "Model.ModelName"}, "Model"),
        ({"Fn::GetAtt": []}, None),
        ({"Fn::GetAtt": None}, None),
        ({"Fn::ImportValue": "model"}, None),
        ({}, None),
        ("Model", None),
        (None, None),
        (["Model"], None),
    ],
)
def test_a_reference_means_the_resource_that_it_names(value: Any, logical_id: str | None) -> None:
    assert referred(value) == logical_id


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        (3, "3"),
        ({"Ref": "Bucket"}, '<Ref "Bucket">'),
        ({"Fn::Join": ["/", ["s3:/", {"Ref": "Bucket"}]]}, 's3://<Ref "Bucket">'),
        ({"Fn::Join": ["/", {"Ref": "Parts"}]}, '<Fn::Join ["/", {"Ref": "Parts"}]>'),
        ({"Fn::Sub": "s3://${Bucket}/a"}, 's3://<Ref "Bucket">/a'),
        ({"Fn::Sub": "${Endpoint.EndpointName}"}, '<Fn::GetAtt ["Endpoint", "EndpointName"]>'),
        ({"Fn::Sub": "${!Literal}"}, "${!Literal}"),
        ({"Fn::Sub": ["${A}", {"A": "b"}]}, '<Ref "A">'),
        ({"Fn::GetAtt": "Endpoint.EndpointName"}, '<Fn::GetAtt ["Endpoint", "EndpointName"]>'),
        ({"Fn::GetAtt": "Nested.Outputs.Name"}, '<Fn::GetAtt ["Nested", "Outputs.Name"]>'),
        ({}, "{}"),
    ],
)
def test_what_only_the_deploy_knows_stands_in_angle_brackets(value: Any, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("value", "read_as"),
    [
        (3, 3),
        ("3", 3),
        (3.0, 3),
        (3.5, None),
        (float("inf"), None),
        (float("nan"), None),
        ("three", None),
        ("", None),
        ({"Ref": "Count"}, None),
        (None, None),
        ([], None),
    ],
)
def test_a_number_may_be_written_as_a_text(value: Any, read_as: int | None) -> None:
    assert number(value) == read_as
