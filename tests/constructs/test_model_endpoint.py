"""Endpoints and their configuration."""

from typing import Any

import pytest
from aws_cdk import aws_iam as iam

from modelyard.constructs.container_image import ContainerImage
from modelyard.constructs.endpoint_alarms import EndpointAlarms
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.model_endpoint import CaptureTarget, ModelEndpoint
from modelyard.constructs.stored_model import ModelContainer, StoredArtifact, StoredModel
from modelyard.constructs.variant_scaling import VariantScaling
from modelyard.manifest.rollout import Rollout
from modelyard.manifest.scaling import Scaling
from modelyard.manifest.serving import Capture, Serverless, Serving, Variant
from support.small_stack import KEY_ARN, TOPIC_ARN, SmallStack

SCALING = Scaling(min=2, max=4, invocations_per_instance=750)


def endpoint(small: SmallStack, **declared: Any) -> ModelEndpoint:
    stack = small.stack
    keys = {"variants": (Variant(name="primary", model="churn/model.tar.gz"),), "instance": "ml.m5.large", **declared}
    serving = Serving(**{key: value for key, value in keys.items() if value is not None})
    image = ContainerImage(stack, "Image", container="xgboost:3.2-0", image_scope="inference", instance="ml.m5.large")
    role = ExecutionRole(stack, "Role", service="sagemaker.amazonaws.com", statements=[], description="Loads models")
    artifact = StoredArtifact.promoted(artifact="churn/model.tar.gz", bucket="data")
    models = {
        variant.name: StoredModel(
            stack,
            f"{variant.name}Model",
            container=ModelContainer(image=image, artifact=artifact, script=None),
            role=role,
        )
        for variant in serving.all_variants
    }
    alarms = EndpointAlarms(
        stack,
        "Alarms",
        endpoint="dev-churn",
        variants=[variant.name for variant in serving.variants],
        thresholds=serving.alarms,
        topic_arn=TOPIC_ARN,
    )
    capture = CaptureTarget(uri="s3://data/churn/capture", key_arn=KEY_ARN)
    return ModelEndpoint(
        stack, "Endpoint", name="dev-churn", serving=serving, models=models, capture=capture, alarms=alarms
    )


def test_the_endpoint_has_a_fixed_name_and_its_configuration_none(small: SmallStack) -> None:
    endpoint(small)

    synthesized = small.synthesize()
    assert synthesized.one("Small", "SageMaker::Endpoint")["EndpointName"] == "dev-churn"
    assert "EndpointConfigName" not in synthesized.one("Small", "SageMaker::EndpointConfig")


def test_a_variant_begins_with_its_instances_and_its_weight(small: SmallStack) -> None:
    endpoint(small, instance_count=3)

    (variant,) = small.one("SageMaker::EndpointConfig")["ProductionVariants"]
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.m5.large", 3)
    assert variant["InitialVariantWeight"] == 1


def test_nothing_is_captured_unless_it_is_declared(small: SmallStack) -> None:
    endpoint(small)

    assert "DataCaptureConfig" not in small.one("SageMaker::EndpointConfig")


def test_captures_are_encrypted_and_sampled(small: SmallStack) -> None:
    endpoint(small, capture=Capture(sampling_percentage=20))

    capture = small.one("SageMaker::EndpointConfig")["DataCaptureConfig"]
    assert (capture["InitialSamplingPercentage"], capture["KmsKeyId"]) == (20, KEY_ARN)
    assert capture["DestinationS3Uri"] == "s3://data/churn/capture"


def test_a_serverless_variant_has_no_instances(small: SmallStack) -> None:
    endpoint(small, instance=None, serverless=Serverless(memory_mb=2048, max_concurrency=5))

    (variant,) = small.one("SageMaker::EndpointConfig")["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    assert "InstanceType" not in variant


def test_a_serverless_endpoint_has_no_rollout_and_no_key_of_disks(small: SmallStack) -> None:
    endpoint(small, instance=None, serverless=Serverless(memory_mb=2048, max_concurrency=5))

    synthesized = small.synthesize()
    assert "DeploymentConfig" not in synthesized.one("Small", "SageMaker::Endpoint")
    assert "KmsKeyId" not in synthesized.one("Small", "SageMaker::EndpointConfig")


def test_disks_are_encrypted_with_the_key(small: SmallStack) -> None:
    endpoint(small)

    assert small.one("SageMaker::EndpointConfig")["KmsKeyId"] == KEY_ARN


def test_instances_that_encrypt_their_own_disks_are_given_no_key(small: SmallStack) -> None:
    endpoint(small, instance="ml.m5d.large")

    assert "KmsKeyId" not in small.one("SageMaker::EndpointConfig")


@pytest.mark.parametrize(("strategy", "routing"), [("canary", "CANARY"), ("linear", "LINEAR")])
def test_a_blue_green_rollout_moves_a_share_first(small: SmallStack, strategy: Any, routing: str) -> None:
    endpoint(small, rollout=Rollout(strategy=strategy, percent=25))

    policy = small.one("SageMaker::Endpoint")["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    shifted = policy["TrafficRoutingConfiguration"]
    assert shifted["Type"] == routing
    sizes = [value for key, value in shifted.items() if key.endswith("Size")]
    assert sizes == [{"Type": "CAPACITY_PERCENT", "Value": 25}]


def test_the_alarms_roll_a_deployment_back(small: SmallStack) -> None:
    endpoint(small)

    watched = small.one("SageMaker::Endpoint")["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    assert watched == [{"AlarmName": "<AlarmsprimaryErrors>"}, {"AlarmName": "<AlarmsprimaryLatency>"}]


def test_an_endpoint_that_scales_keeps_its_instances_and_not_its_weights(small: SmallStack) -> None:
    endpoint(small, scaling=SCALING)

    properties = small.one("SageMaker::Endpoint")
    assert properties["RetainAllVariantProperties"] is True
    assert properties["ExcludeRetainedVariantProperties"] == [{"VariantPropertyType": "DesiredWeight"}]


def test_a_grant_allows_to_call_this_endpoint_and_nothing_else(small: SmallStack) -> None:
    caller = iam.Role(small.stack, "Caller", assumed_by=iam.AccountRootPrincipal())

    endpoint(small).grant_invoke(caller)

    (statement,) = small.one("IAM::Policy")["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("sagemaker:InvokeEndpoint", "<Endpoint>")


def test_a_variant_scales_between_its_bounds(small: SmallStack) -> None:
    VariantScaling(small.stack, "Scaling", endpoint=endpoint(small, scaling=SCALING), variant="primary", bounds=SCALING)

    target = small.one("ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 4)
    assert target["ResourceId"] == "endpoint/<Endpoint.EndpointName>/variant/primary"


def test_scaling_follows_its_target(small: SmallStack) -> None:
    VariantScaling(small.stack, "Scaling", endpoint=endpoint(small, scaling=SCALING), variant="primary", bounds=SCALING)

    tracked = small.one("ApplicationAutoScaling::ScalingPolicy")["TargetTrackingScalingPolicyConfiguration"]
    assert tracked["TargetValue"] == 750
