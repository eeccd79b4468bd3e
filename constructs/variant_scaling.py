"""A variant's own count of instances: between bounds, by policies and a calendar."""

from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from modelyard.constructs.model_endpoint import ModelEndpoint
from modelyard.constructs.scaling_metrics import factor_of, resolved
from modelyard.manifest.scaling import PREDEFINED_POLICY, Scaling
from modelyard.manifest.scaling_policies import StepScaling, Tracking
from modelyard.manifest.scaling_schedule import ScheduledAction

DIMENSION = "sagemaker:variant:DesiredInstanceCount"
MINUTE = 60
Policy = scaling.CfnScalingPolicy


class VariantScaling(Construct):
    """Between the manifest's bounds, as many instances as hold the tracked metrics at their targets or steps ask for.

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
        # What a metric of the variant is known by.
        self._dimensions = {"EndpointName": endpoint.resource.attr_endpoint_name, "VariantName": variant}
        if bounds.metric is not None and bounds.target is not None:
            predefined = Policy.PredefinedMetricSpecificationProperty(predefined_metric_type=bounds.metric)
            self._track(
                "Policy",
                name=PREDEFINED_POLICY,
                config=Policy.TargetTrackingScalingPolicyConfigurationProperty(
                    target_value=bounds.target,
                    predefined_metric_specification=predefined,
                    scale_in_cooldown=bounds.scale_in_cooldown,
                    scale_out_cooldown=bounds.scale_out_cooldown,
                    disable_scale_in=bounds.disable_scale_in,
                ),
            )
        for tracking in bounds.tracking:
            self._track(f"{tracking.name}Tracking", name=tracking.name, config=self._customized(tracking))
        for steps in bounds.steps:
            self._step(steps, variant=variant)

    def _track(
        self, construct_id: str, *, name: str, config: Policy.TargetTrackingScalingPolicyConfigurationProperty
    ) -> None:
        Policy(
            self,
            construct_id,
            policy_name=name,
            policy_type="TargetTrackingScaling",
            scaling_target_id=self.target.ref,
            target_tracking_scaling_policy_configuration=config,
        )

    def _customized(self, tracking: Tracking) -> Policy.TargetTrackingScalingPolicyConfigurationProperty:
        metric = resolved(tracking.metric, dimensions=self._dimensions)
        return Policy.TargetTrackingScalingPolicyConfigurationProperty(
            target_value=tracking.target * factor_of(tracking.metric),
            customized_metric_specification=Policy.CustomizedMetricSpecificationProperty(
                namespace=metric.namespace,
                metric_name=metric.name,
                statistic=metric.statistic,
                dimensions=[
                    Policy.MetricDimensionProperty(name=name, value=value) for name, value in metric.dimensions.items()
                ],
                unit=metric.unit,
            ),
            scale_in_cooldown=tracking.scale_in_cooldown,
            scale_out_cooldown=tracking.scale_out_cooldown,
            disable_scale_in=tracking.disable_scale_in,
        )

    def _step(self, steps: StepScaling, *, variant: str) -> None:
        """Make a policy, and the alarm that calls it: of steps Application Auto Scaling makes none."""
        metric, factor = resolved(steps.metric, dimensions=self._dimensions), factor_of(steps.metric)
        policy = Policy(
            self,
            f"{steps.name}Steps",
            policy_name=steps.name,
            policy_type="StepScaling",
            scaling_target_id=self.target.ref,
            step_scaling_policy_configuration=Policy.StepScalingPolicyConfigurationProperty(
                adjustment_type=steps.adjustment,
                cooldown=steps.cooldown,
                metric_aggregation_type="Average",
                min_adjustment_magnitude=steps.min_change,
                step_adjustments=_adjustments(steps, factor=factor),
            ),
        )
        above = steps.breach == "above"
        cloudwatch.CfnAlarm(
            self,
            f"{steps.name}Alarm",
            alarm_description=f"Calls the steps {steps.name} of {variant}",
            namespace=metric.namespace,
            metric_name=metric.name,
            dimensions=[
                cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
                for name, value in metric.dimensions.items()
            ],
            statistic=metric.statistic,
            unit=metric.unit,
            period=MINUTE,
            evaluation_periods=steps.minutes,
            threshold=steps.threshold * factor,
            comparison_operator="GreaterThanOrEqualToThreshold" if above else "LessThanOrEqualToThreshold",
            # What was not measured is no reason to change anything.
            treat_missing_data="notBreaching",
            alarm_actions=[policy.attr_arn],
        )


def _adjustments(steps: StepScaling, *, factor: int) -> list[Policy.StepAdjustmentProperty]:
    """Return the steps between bounds, which are of the metric less the threshold: below it they are negative."""
    starts = [step.distance * factor for step in steps.changes]
    intervals: list[tuple[float | None, float | None]] = list(zip(starts, [*starts[1:], None], strict=True))
    if steps.breach == "below":
        intervals = [(None if end is None else -end, None if start is None else -start) for start, end in intervals]
    return [
        Policy.StepAdjustmentProperty(
            metric_interval_lower_bound=lower, metric_interval_upper_bound=upper, scaling_adjustment=step.change
        )
        for (lower, upper), step in zip(intervals, steps.changes, strict=True)
    ]


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
