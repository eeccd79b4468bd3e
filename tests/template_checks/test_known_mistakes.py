"""Mistakes that published deployments of SageMaker have made, each of which a rule names."""

from typing import Any

import pytest

from support.templates import (
    capture,
    config,
    definition,
    endpoint,
    model,
    resource,
    role,
    schedule,
    sentences_of,
    serverless,
    target,
    variant,
)


def rules_of(said: list[str]) -> list[str]:
    return [sentence.partition(" ")[0] for sentence in said]


def test_a_configuration_whose_name_has_the_time_of_synth() -> None:
    said = sentences_of(Config=config(EndpointConfigName="churn-config-2026-11-22-10-15"))

    assert rules_of(said) == ["S01"]


def test_a_model_that_must_be_renamed_by_hand_at_each_change() -> None:
    said = sentences_of(Model=model(ModelName="churn-v2"))

    assert rules_of(said) == ["S01"]


@pytest.mark.parametrize("kind", ["DataQuality", "ModelQuality", "ModelBias", "ModelExplainability"])
def test_a_job_definition_of_a_fixed_name_that_no_change_can_replace(kind: str) -> None:
    said = sentences_of(Definition=definition(kind, JobDefinitionName="org-dev-dq"))

    assert rules_of(said) == ["S01"]


def test_a_variant_that_is_named_after_its_model_and_so_changes_with_it() -> None:
    said = sentences_of(Config=config(variant(VariantName={"Fn::GetAtt": ["Model", "ModelName"]})))

    assert rules_of(said) == ["S02"]


def test_a_capture_asked_of_a_serverless_endpoint() -> None:
    said = sentences_of(Config=config(serverless(), DataCaptureConfig=capture()))

    assert rules_of(said) == ["S05"]


def test_a_scaled_endpoint_that_every_deploy_sets_back() -> None:
    said = sentences_of(Config=config(), Endpoint=endpoint(), Target=target())

    assert rules_of(said) == ["S08"]


def test_a_guarded_deployment_that_no_alarm_can_roll_back() -> None:
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 300}
    deployment = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}

    said = sentences_of(Config=config(), Endpoint=endpoint(DeploymentConfig=deployment))

    assert rules_of(said) == ["S09"]


def test_a_schedule_in_the_form_of_another_service() -> None:
    said = sentences_of(Schedule=schedule("rate(1 day)"))

    assert rules_of(said) == ["S11"]


def test_a_monitor_of_an_endpoint_that_captures_nothing() -> None:
    said = sentences_of(Config=config(), Endpoint=endpoint(), Definition=definition())

    assert rules_of(said) == ["S12"]


def test_a_model_that_is_made_before_its_role_may_read_the_artifact() -> None:
    policy = resource("AWS::IAM::Policy", {"Roles": [{"Ref": "Role"}]})

    said = sentences_of(Model=model(), Role=role(), Policy=policy)

    assert rules_of(said) == ["S13"]


def test_a_network_that_is_deleted_while_the_endpoints_interfaces_are_in_it() -> None:
    vpc = {"Subnets": [{"Ref": "First"}, {"Ref": "Second"}]}
    subnets: dict[str, Any] = {name: resource("AWS::EC2::Subnet") for name in ("First", "Second")}

    said = sentences_of(Model=model(VpcConfig=vpc), **subnets)

    assert rules_of(said) == ["S14"]


def test_a_group_of_models_that_a_deletion_of_the_stack_fails_on() -> None:
    said = sentences_of(Group=resource("ModelPackageGroup", DeletionPolicy="Delete"))

    assert rules_of(said) == ["S16"]


def test_a_table_of_image_accounts_that_gives_one_region_the_registry_of_another() -> None:
    image = "131013547314.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-model-monitor-analyzer"

    said = sentences_of(region="ca-central-1", Model=model(PrimaryContainer={"Image": image}))

    assert rules_of(said) == ["S19"]
