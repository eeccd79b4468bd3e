"""The alarms of an endpoint's variants: errors, latency, and no invocations."""

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from modelyard.manifest.serving import Alarms

NAMESPACE = "AWS/SageMaker"
MICROSECONDS = 1000
MINUTE = 60


class EndpointAlarms(Construct):
    """The alarms of an endpoint, by its literal name.

    The endpoint's rollback needs the alarms' names and the alarms the endpoint's: its name is fixed, so the alarms
    come first. A silent endpoint breaches nothing, or its silence would roll every deployment back.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint: str,
        variants: Sequence[str],
        thresholds: Alarms,
        topic_arn: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self._endpoint = endpoint
        self._topic_arn = topic_arn
        self.rollback: list[cloudwatch.CfnAlarm] = []
        self.silence: list[cloudwatch.CfnAlarm] = []
        for variant in variants:
            # Each invocation counts 1 or 0 (developer guide, "Monitor with CloudWatch"): the average is the share.
            self.rollback.append(
                self._alarm(
                    f"{variant}Errors",
                    variant=variant,
                    description=f"{thresholds.error_percent:g} % of the invocations of {variant} or more "
                    "are answered with 5xx",
                    metric="Invocation5XXErrors",
                    statistic="Average",
                    threshold=thresholds.error_percent / 100,
                )
            )
            self.rollback.append(
                self._alarm(
                    f"{variant}Latency",
                    variant=variant,
                    description=f"One of a hundred invocations of {variant} takes {thresholds.latency_ms} ms or more "
                    "in the model",
                    metric="ModelLatency",
                    extended_statistic="p99",
                    threshold=thresholds.latency_ms * MICROSECONDS,
                )
            )
            if thresholds.no_invocations_minutes > 0:
                self.silence.append(
                    self._alarm(
                        f"{variant}Silence",
                        variant=variant,
                        description=f"Nobody has called {variant} for {thresholds.no_invocations_minutes} minutes",
                        metric="Invocations",
                        statistic="Sum",
                        threshold=1,
                        comparison="LessThanThreshold",
                        missing="breaching",
                        minutes=thresholds.no_invocations_minutes,
                    )
                )

    @property
    def rollback_names(self) -> list[str]:
        """The names by which SageMaker watches a rollout."""
        return [alarm.ref for alarm in self.rollback]

    @property
    def rollback_arns(self) -> list[str]:
        """The ARNs, for the role that may look at them."""
        return [alarm.attr_arn for alarm in self.rollback]

    def _alarm(
        self,
        construct_id: str,
        *,
        variant: str,
        description: str,
        metric: str,
        threshold: float,
        statistic: str | None = None,
        extended_statistic: str | None = None,
        comparison: str = "GreaterThanOrEqualToThreshold",
        missing: str = "notBreaching",
        minutes: int = 3,
    ) -> cloudwatch.CfnAlarm:
        dimensions = {"EndpointName": self._endpoint, "VariantName": variant}
        return cloudwatch.CfnAlarm(
            self,
            construct_id,
            alarm_description=description,
            namespace=NAMESPACE,
            metric_name=metric,
            dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name=n, value=v) for n, v in dimensions.items()],
            statistic=statistic,
            extended_statistic=extended_statistic,
            period=MINUTE,
            evaluation_periods=minutes,
            threshold=threshold,
            comparison_operator=comparison,
            treat_missing_data=missing,
            alarm_actions=[self._topic_arn],
            ok_actions=[self._topic_arn],
        )
