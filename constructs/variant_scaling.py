"""A variant's own count of instances, held by target tracking."""

from aws_cdk import aws_applicationautoscaling as scaling
from constructs import Construct

from modelyard.constructs.model_endpoint import ModelEndpoint
from modelyard.manifest.scaling import Scaling
from modelyard.manifest.scaling_schedule import ScheduledAction

DIMENSION = "sagemaker:variant:DesiredInstanceCount"

# The console shows a policy of this name, and no other, as the variant's own.
POLICY_NAME = "SageMakerEndpointInvocationScalingPolicy"


class VariantScaling(Construct):
    """Between the manifest's bounds, as many instances as hold the tracked metric at its target.

    No role is given: Application Auto Scaling uses its own for SageMaker, which it makes when first needed.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, endpoint: ModelEndpoint, variant: str, bounds: Scaling
    ) -> None:
        super().__init__(scope, construct_id)
        self.target = scaling.CfnScalableTarget(
            self,
            "Target",
            service_namespace="sagemaker",
            scalable_dimension=DIMENSION,
            resource_id=f"endpoint/{endpoint.resource.attr_endpoint_name}/variant/{variant}",
            min_capacity=bounds.min,
            max_capacity=bounds.max,
            scheduled_actions=[_scheduled(action) for action in bounds.schedule] or None,
        )
        metric = scaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(predefined_metric_type=bounds.metric)
        self.policy = scaling.CfnScalingPolicy(
            self,
            "Policy",
            policy_name=POLICY_NAME,
            policy_type="TargetTrackingScaling",
            scaling_target_id=self.target.ref,
            target_tracking_scaling_policy_configuration=scaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
                target_value=bounds.target,
                predefined_metric_specification=metric,
                scale_in_cooldown=bounds.scale_in_cooldown,
                scale_out_cooldown=bounds.scale_out_cooldown,
                disable_scale_in=bounds.disable_scale_in,
            ),
        )


def _scheduled(action: ScheduledAction) -> scaling.CfnScalableTarget.ScheduledActionProperty:
    # A rate is of no time zone.
    zone = None if action.expression.startswith("rate") else action.timezone
    return scaling.CfnScalableTarget.ScheduledActionProperty(
        scheduled_action_name=action.name,
        schedule=action.expression,
        timezone=zone,
        scalable_target_action=scaling.CfnScalableTarget.ScalableTargetActionProperty(
            min_capacity=action.min, max_capacity=action.max
        ),
    )
