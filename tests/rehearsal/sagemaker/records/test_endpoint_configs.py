import pytest

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.endpoint_configs import EndpointConfigs
from modelyard.rehearsal.sagemaker.records.models import Models
from modelyard.rehearsal.sagemaker.store import Document

ARN = "arn:aws:sagemaker:eu-west-1:123456789012"
ROLE = "arn:aws:iam::123456789012:role/model"


def variant(**members: object) -> Document:
    return {"VariantName": "primary", "ModelName": "churn", "InstanceType": "ml.m9.huge", **members}


def config(*variants: Document, **members: object) -> Document:
    return {"EndpointConfigName": "Config-1", "ProductionVariants": list(variants), **members}


@pytest.fixture
def models(platform: Platform) -> Models:
    models = Models(platform=platform)
    models.create_model({"ModelName": "churn", "PrimaryContainer": {"Image": "image"}})
    return models


@pytest.fixture
def configs(platform: Platform, models: Models) -> EndpointConfigs:
    return EndpointConfigs(platform=platform)


def refusal(error: pytest.ExceptionInfo[ServiceError]) -> tuple[str, str]:
    return error.value.code, error.value.message


def test_a_configuration_is_described_with_its_capture_and_shadows(configs: EndpointConfigs) -> None:
    capture = {"InitialSamplingPercentage": 100, "DestinationS3Uri": "s3://bucket", "CaptureOptions": []}
    shadows = [variant(VariantName="shadow")]
    configs.create_endpoint_config(config(variant(), DataCaptureConfig=capture, ShadowProductionVariants=shadows))
    described = configs.describe_endpoint_config({"EndpointConfigName": "Config-1"})
    assert described["DataCaptureConfig"] == capture
    assert described["ShadowProductionVariants"][0]["VariantName"] == "shadow"
    assert described["EndpointConfigArn"] == f"{ARN}:endpoint-config/config-1"


def test_a_variant_weighs_one_unless_it_says_otherwise(configs: EndpointConfigs) -> None:
    configs.create_endpoint_config(config(variant(), variant(VariantName="none", InitialVariantWeight=0.0)))
    described = configs.describe_endpoint_config({"EndpointConfigName": "Config-1"})
    assert [one["InitialVariantWeight"] for one in described["ProductionVariants"]] == [1.0, 0.0]


def test_a_configuration_of_a_model_that_is_not_there_is_refused(configs: EndpointConfigs) -> None:
    with pytest.raises(ServiceError) as error:
        configs.create_endpoint_config(config(variant(ModelName="Other")))
    assert refusal(error) == ("ValidationException", f'Could not find model "{ARN}:model/other".')


def test_two_variants_of_one_name_are_refused(configs: EndpointConfigs) -> None:
    with pytest.raises(ServiceError, match="got primary more than once"):
        configs.create_endpoint_config(config(variant(), ShadowProductionVariants=[variant()]))


def test_a_configuration_is_not_made_twice(configs: EndpointConfigs) -> None:
    configs.create_endpoint_config(config(variant()))
    with pytest.raises(ServiceError, match="Cannot create already existing endpoint configuration"):
        configs.create_endpoint_config(config(variant()))


def test_configurations_are_listed(configs: EndpointConfigs) -> None:
    configs.create_endpoint_config(config(variant()))
    assert len(configs.list_endpoint_configs({})["EndpointConfigs"]) == 1


def test_a_deleted_configuration_is_gone(configs: EndpointConfigs) -> None:
    configs.create_endpoint_config(config(variant()))
    configs.delete_endpoint_config({"EndpointConfigName": "Config-1"})
    with pytest.raises(ServiceError) as error:
        configs.describe_endpoint_config({"EndpointConfigName": "Config-1"})
    message = f'Could not find endpoint configuration "{ARN}:endpoint-config/config-1".'
    assert refusal(error) == ("ValidationException", message)
