from typing import Any

import pytest

from support.templates import config, definition, model, resource, role, sentences_of

DEFINITIONS = ["DataQuality", "ModelBias", "ModelExplainability", "ModelQuality"]
REPLACED = "left out: every change replaces the resource"


@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("ModelName", model(ModelName="churn")),
        ("EndpointConfigName", config(EndpointConfigName="churn")),
        *(("JobDefinitionName", definition(kind, JobDefinitionName="churn")) for kind in DEFINITIONS),
    ],
)
def test_s01_refuses_a_name_that_blocks_replacement(key: str, body: dict[str, Any]) -> None:
    said = sentences_of(Named=body, rule="S01")

    assert said == [f'S01 Named.{key} must be {REPLACED}, got "churn" in stack; let CloudFormation name it']


@pytest.mark.parametrize(
    "name",
    [
        {"Fn::Sub": "${AWS::StackName}-config-20261122"},
        {"Fn::Join": ["-", ["churn", {"Ref": "TrainingJob"}]]},
    ],
)
def test_s01_refuses_a_configuration_whose_name_is_stamped_at_synth_or_by_its_job(name: Any) -> None:
    said = sentences_of(Config=config(EndpointConfigName=name), rule="S01")

    assert len(said) == 1


@pytest.mark.parametrize("body", [model(), config(), definition()])
def test_s01_takes_what_cloudformation_names(body: dict[str, Any]) -> None:
    said = sentences_of(Unnamed=body, Role=role(), rule="S01")

    assert said == []


def test_s01_takes_a_name_that_is_taken_away_again() -> None:
    said = sentences_of(Config=config(EndpointConfigName={"Ref": "AWS::NoValue"}))

    assert said == []


@pytest.mark.parametrize(
    ("kind", "key", "longest"),
    [
        ("Endpoint", "EndpointName", 63),
        ("MonitoringSchedule", "MonitoringScheduleName", 63),
        ("ModelPackageGroup", "ModelPackageGroupName", 63),
        ("Experiment", "ExperimentName", 120),
    ],
)
@pytest.mark.parametrize("name", ["", "the_churn", "-churn", "churn-", "too long"])
def test_s03_refuses_a_name_that_the_api_does_not_take(kind: str, key: str, longest: int, name: str) -> None:
    name = "x" * (longest + 1) if name == "too long" else name
    shown = f'"{name}"' if len(name) < 60 else '"' + "x" * 58 + "…"

    said = sentences_of(Named=resource(kind, {key: name}), rule="S03")

    assert said == [
        f"S03 Named.{key} must be 1 to {longest} letters, digits and inner hyphens, got {shown} in stack; shorten it"
    ]


@pytest.mark.parametrize(
    ("kind", "key", "name"),
    [
        ("Endpoint", "EndpointName", "x" * 63),
        ("MonitoringSchedule", "MonitoringScheduleName", "x"),
        ("Experiment", "ExperimentName", "x" * 120),
        ("Endpoint", "EndpointName", {"Ref": "Name"}),
    ],
)
def test_s03_takes_a_name_that_the_api_takes(kind: str, key: str, name: Any) -> None:
    said = sentences_of(Named=resource(kind, {key: name}), rule="S03")

    assert said == []


@pytest.mark.parametrize(
    "kind", [*(f"{kind}JobDefinition" for kind in DEFINITIONS), "FeatureGroup", "ProcessingJob", "Project"]
)
def test_s15_refuses_a_tag_whose_change_replaces_the_resource(kind: str) -> None:
    said = sentences_of(Tagged=resource(kind, {"Tags": []}), rule="S15")

    assert said == [
        "S15 Tagged.Tags must be left out: a changed tag replaces the resource, got [] in stack; "
        "exclude the type where tags are added"
    ]


@pytest.mark.parametrize("kind", ["Endpoint", "Model", "MonitoringSchedule"])
def test_s15_takes_a_tag_that_can_change(kind: str) -> None:
    said = sentences_of(Tagged=resource(kind, {"Tags": [{"Key": "stage", "Value": "dev"}]}), rule="S15")

    assert said == []


@pytest.mark.parametrize("kind", ["Experiment", "ModelPackageGroup"])
@pytest.mark.parametrize(
    ("beside", "shown"),
    [({}, "nothing"), ({"DeletionPolicy": "Delete"}, '"Delete"'), ({"DeletionPolicy": None}, "null")],
)
def test_s16_refuses_to_delete_what_a_deletion_fails_on(kind: str, beside: dict[str, Any], shown: str) -> None:
    said = sentences_of(Kept=resource(kind, **beside))

    assert said == [
        "S16 Kept.DeletionPolicy must be Retain: with what was made in it, it cannot be deleted, "
        f"got {shown} in stack; retain it, and delete it by hand when it is empty"
    ]


@pytest.mark.parametrize("policy", ["Retain", "RetainExceptOnCreate"])
def test_s16_takes_what_is_retained(policy: str) -> None:
    said = sentences_of(Kept=resource("ModelPackageGroup", DeletionPolicy=policy))

    assert said == []
