"""An endpoint that Application Auto Scaling scales."""

from typing import Any

import botocore.exceptions
import pytest

from support.endpoints import Endpoints

MINUTE = 60


class Scaled:
    """An endpoint of one instance, and its variant as Application Auto Scaling names it."""

    def __init__(self, host: Endpoints) -> None:
        self.host = host
        self.endpoint = host.served("2")
        self.client = host.aws.client("application-autoscaling")
        self.cloudwatch = host.aws.client("cloudwatch")
        self.members = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{self.endpoint}/variant/primary",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        }

    def register(self, *, low: int = 1, high: int = 3, **members: Any) -> Any:
        return self.client.register_scalable_target(**self.members, MinCapacity=low, MaxCapacity=high, **members)

    def follow(self, *, target: float = 10, **config: Any) -> Any:
        kind = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
        whole = {"TargetValue": target, "PredefinedMetricSpecification": kind} | config
        return self.client.put_scaling_policy(
            **self.members,
            PolicyName="tracking",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=whole,
        )

    def load(self, *, minutes: int, requests: int) -> None:
        for _ in range(minutes):
            for _ in range(requests):
                self.host.invoke(self.endpoint)
            self.host.aws.advance(seconds=MINUTE)

    def rest(self, *, minutes: int) -> None:
        self.host.aws.advance(seconds=minutes * MINUTE)

    @property
    def count(self) -> int:
        (shown,) = self.host.settled(self.endpoint)["ProductionVariants"]
        return int(shown["CurrentInstanceCount"])

    @property
    def activities(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.describe_scaling_activities(**self.members)["ScalingActivities"]
        return found

    @property
    def alarms(self) -> list[str]:
        prefix = f"TargetTracking-endpoint/{self.endpoint}/"
        found = self.cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]
        return sorted(alarm["AlarmName"] for alarm in found)


def refusal(call: Any, **members: Any) -> Any:
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        call(**members)
    return refused.value.response["Error"]
