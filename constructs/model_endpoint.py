"""The endpoint: its variants, what it captures, and how it moves to a new configuration."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from modelyard.constructs.endpoint_alarms import EndpointAlarms
from modelyard.constructs.stored_model import StoredModel
from modelyard.manifest.rollout import Rollout
from modelyard.manifest.serving import Capture, Serving, Variant
from modelyard.shared.instance_types import has_local_disk

Config = sagemaker.CfnEndpointConfig
Deployment = sagemaker.CfnEndpoint


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptureTarget:
    """Where captures go, and the key they are encrypted with."""

    uri: str
    key_arn: str


class ModelEndpoint(Construct):
    """An endpoint of a fixed name, whose configuration is replaced beneath it.

    The name is what clients, alarms, captures and scaling know it by, and is never changed; the configuration has
    none, so that each change makes a new one, to which the endpoint moves as the manifest's rollout says.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        serving: Serving,
        models: dict[str, StoredModel],
        capture: CaptureTarget,
        alarms: EndpointAlarms,
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = name
        # One key for all variants, or none where a variant's instances encrypt their own disks: AWS once refused it for
        # those, and now says that it does nothing (API reference, CreateEndpointConfig, KmsKeyId). Nor for a serverless
        # endpoint, which has no disk that the key could be for.
        instances = [serving.instance_of(variant=variant) for variant in serving.all_variants]
        keyless = serving.serverless is not None or any(has_local_disk(instance=instance) for instance in instances)
        # A shadow gets copies of the requests, in the proportion of its weight, and its answers are thrown away.
        shadows = [_variant(serving=serving, variant=v, models=models) for v in (serving.shadow,) if v is not None]
        self.config = Config(
            self,
            "Config",
            production_variants=[_variant(serving=serving, variant=v, models=models) for v in serving.variants],
            shadow_production_variants=shadows if shadows else None,
            data_capture_config=_capture(capture=serving.capture, target=capture),
            kms_key_id=None if keyless else capture.key_arn,
        )
        # Scaling owns the count of instances, the manifest the weights.
        weight = Deployment.VariantPropertyProperty(variant_property_type="DesiredWeight")
        self.resource = sagemaker.CfnEndpoint(
            self,
            "Resource",
            endpoint_name=name,
            endpoint_config_name=self.config.attr_endpoint_config_name,
            # SageMaker has its guardrails neither for serverless endpoints nor for products of the Marketplace.
            deployment_config=(
                None
                if serving.serverless is not None or serving.is_bought
                else _deployment(rollout=serving.rollout, alarms=alarms.rollback_names)
            ),
            retain_all_variant_properties=True if serving.scaling is not None else None,
            exclude_retained_variant_properties=None if serving.scaling is None else [weight],
        )

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow the grantee to call this endpoint and nothing else."""
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=["sagemaker:InvokeEndpoint"], resource_arns=[self.resource.ref]
        )


def _variant(*, serving: Serving, variant: Variant, models: dict[str, StoredModel]) -> Config.ProductionVariantProperty:
    model = models[variant.name].name
    if serving.serverless is not None:
        return Config.ProductionVariantProperty(
            variant_name=variant.name,
            model_name=model,
            initial_variant_weight=1,
            serverless_config=Config.ServerlessConfigProperty(
                memory_size_in_mb=serving.serverless.memory_mb,
                max_concurrency=serving.serverless.max_concurrency,
                provisioned_concurrency=serving.serverless.provisioned_concurrency,
            ),
        )
    return Config.ProductionVariantProperty(
        variant_name=variant.name,
        model_name=model,
        initial_variant_weight=variant.weight,
        initial_instance_count=serving.initial_count,
        instance_type=serving.instance_of(variant=variant),
        container_startup_health_check_timeout_in_seconds=serving.startup_timeout_seconds,
        model_data_download_timeout_in_seconds=serving.startup_timeout_seconds,
    )


def _capture(*, capture: Capture | None, target: CaptureTarget) -> Config.DataCaptureConfigProperty | None:
    if capture is None:
        return None
    content_types = Config.CaptureContentTypeHeaderProperty(
        csv_content_types=list(capture.csv), json_content_types=list(capture.json)
    )
    return Config.DataCaptureConfigProperty(
        enable_capture=True,
        initial_sampling_percentage=capture.sampling_percentage,
        destination_s3_uri=target.uri,
        kms_key_id=target.key_arn,
        capture_options=[Config.CaptureOptionProperty(capture_mode=mode) for mode in capture.mode],
        capture_content_type_header=content_types,
    )


def _deployment(*, rollout: Rollout, alarms: Sequence[str]) -> Deployment.DeploymentConfigProperty:
    watch = Deployment.AutoRollbackConfigProperty(alarms=[Deployment.AlarmProperty(alarm_name=name) for name in alarms])
    if rollout.strategy == "rolling":
        return Deployment.DeploymentConfigProperty(
            auto_rollback_configuration=watch,
            rolling_update_policy=Deployment.RollingUpdatePolicyProperty(
                maximum_batch_size=_share(rollout=rollout),
                wait_interval_in_seconds=rollout.bake_minutes * 60,
                maximum_execution_timeout_in_seconds=rollout.timeout_seconds,
            ),
        )
    kinds = {"all-at-once": "ALL_AT_ONCE", "canary": "CANARY", "linear": "LINEAR"}
    routing = Deployment.TrafficRoutingConfigProperty(
        type=kinds[rollout.strategy],
        wait_interval_in_seconds=rollout.bake_minutes * 60,
        canary_size=_share(rollout=rollout) if rollout.strategy == "canary" else None,
        linear_step_size=_share(rollout=rollout) if rollout.strategy == "linear" else None,
    )
    return Deployment.DeploymentConfigProperty(
        auto_rollback_configuration=watch,
        blue_green_update_policy=Deployment.BlueGreenUpdatePolicyProperty(
            traffic_routing_configuration=routing,
            termination_wait_in_seconds=rollout.bake_minutes * 60,
            maximum_execution_timeout_in_seconds=rollout.timeout_seconds,
        ),
    )


def _share(*, rollout: Rollout) -> Deployment.CapacitySizeProperty:
    return Deployment.CapacitySizeProperty(type="CAPACITY_PERCENT", value=rollout.share)
