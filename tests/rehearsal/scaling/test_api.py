"""Application Auto Scaling's operations, and what its policies do to an endpoint."""

from typing import Any

import pytest

from support.endpoints import Endpoints, variant
from support.scaled import MINUTE, Scaled, refusal


def test_a_target_is_described_as_it_was_registered(scaled: Scaled) -> None:
    arn = scaled.register()["ScalableTargetARN"]

    (target,) = scaled.client.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[scaled.members["ResourceId"]]
    )["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 3)
    assert target["ScalableTargetARN"] == arn
    assert target["SuspendedState"]["DynamicScalingOutSuspended"] is False


def test_registering_again_changes_what_is_given_alone(scaled: Scaled) -> None:
    first = scaled.register()
    again = scaled.client.register_scalable_target(**scaled.members, MaxCapacity=2)

    (target,) = scaled.client.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[scaled.members["ResourceId"]]
    )["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 2)
    assert first["ScalableTargetARN"] == again["ScalableTargetARN"]


def test_a_count_below_the_minimum_is_brought_inside(scaled: Scaled) -> None:
    scaled.register(low=2)

    assert scaled.count == 2
    (activity,) = scaled.activities
    assert activity["Cause"] == "minimum capacity was set to 2"
    assert activity["Description"] == "Setting desired instance count to 2."
    assert activity["StatusCode"] == "Successful"
    assert activity["StatusMessage"] == (
        "Successfully set desired instance count to 2. Change successfully fulfilled by sagemaker."
    )


def test_a_count_above_the_maximum_is_brought_inside(scaled: Scaled) -> None:
    scaled.register(low=2)
    assert scaled.count == 2
    scaled.register(low=1, high=1)

    assert scaled.count == 1


def test_a_policy_makes_two_alarms_and_takes_them_with_it(scaled: Scaled) -> None:
    scaled.register()
    answer = scaled.follow()

    high, low = scaled.alarms
    assert "-AlarmHigh-" in high
    assert "-AlarmLow-" in low
    assert sorted(alarm["AlarmName"] for alarm in answer["Alarms"]) == [high, low]
    scaled.client.delete_scaling_policy(**scaled.members, PolicyName="tracking")
    assert scaled.alarms == []


def test_a_policy_that_must_not_scale_in_has_no_alarm_for_it(scaled: Scaled) -> None:
    scaled.register()
    scaled.follow(DisableScaleIn=True)

    (alarm,) = scaled.alarms
    assert "-AlarmHigh-" in alarm


def test_a_policy_that_is_put_again_keeps_its_arn_and_gets_new_alarms(scaled: Scaled) -> None:
    scaled.register()
    first, before = scaled.follow(), scaled.alarms
    again = scaled.follow(target=20)

    assert first["PolicyARN"] == again["PolicyARN"]
    assert len(scaled.alarms) == 2
    assert scaled.alarms != before


def test_deregistering_takes_the_policies_too(scaled: Scaled) -> None:
    scaled.register()
    scaled.follow()
    scaled.client.deregister_scalable_target(**scaled.members)

    found = scaled.client.describe_scaling_policies(**scaled.members)
    assert found["ScalingPolicies"] == []
    assert scaled.alarms == []


def test_load_above_the_target_scales_out_and_rest_scales_in_again(scaled: Scaled) -> None:
    scaled.register()
    scaled.follow(ScaleOutCooldown=MINUTE, ScaleInCooldown=5 * MINUTE)
    scaled.load(minutes=4, requests=25)

    assert scaled.count == 3
    assert scaled.activities[0]["Cause"] == (
        f"monitor alarm {scaled.alarms[0]} in state ALARM triggered policy tracking"
    )
    scaled.rest(minutes=20)
    assert scaled.count == 1
    assert "-AlarmLow-" in scaled.activities[0]["Cause"]


def test_two_minutes_of_load_do_not_scale_out(scaled: Scaled) -> None:
    scaled.rest(minutes=2)
    scaled.register()
    scaled.follow()
    scaled.load(minutes=2, requests=15)
    scaled.rest(minutes=2)

    assert scaled.count == 1


def test_no_more_instances_than_the_maximum(scaled: Scaled) -> None:
    scaled.register(high=2)
    scaled.follow(target=2)
    scaled.load(minutes=4, requests=15)

    assert scaled.count == 2


def test_a_suspended_target_does_not_scale_out(scaled: Scaled) -> None:
    scaled.register(SuspendedState={"DynamicScalingOutSuspended": True})
    scaled.follow(target=2)
    scaled.load(minutes=4, requests=8)

    assert scaled.count == 1


def test_a_metric_of_ones_own_scales_out(scaled: Scaled) -> None:
    name = scaled.host.aws.name("Load")
    custom = {"Namespace": "Test", "MetricName": name, "Statistic": "Average"}
    scaled.register()
    kind = {"TargetValue": 10, "CustomizedMetricSpecification": custom}
    scaled.client.put_scaling_policy(
        **scaled.members,
        PolicyName="tracking",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=kind,
    )
    for _ in range(4):
        data = [{"MetricName": name, "Value": 19.0, "Timestamp": scaled.host.aws.now()}]
        scaled.cloudwatch.put_metric_data(Namespace="Test", MetricData=data)
        scaled.rest(minutes=1)

    assert scaled.count == 2


def test_a_count_that_cannot_be_set_is_a_failed_activity(scaled: Scaled) -> None:
    scaled.register()
    host = scaled.host
    config = host.describe(scaled.endpoint)["EndpointConfigName"]
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 5 * MINUTE}
    host.sagemaker.update_endpoint(
        EndpointName=scaled.endpoint,
        EndpointConfigName=config,
        DeploymentConfig={"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}},
    )
    scaled.register(low=2)

    assert scaled.activities[0]["StatusCode"] == "Failed"
    assert "Cannot update in-progress endpoint" in scaled.activities[0]["StatusMessage"]
    host.until(lambda: "PendingDeploymentSummary" in host.describe(scaled.endpoint))
    host.until(
        lambda: (
            host.describe(scaled.endpoint)["PendingDeploymentSummary"]["ProductionVariants"][0]["CurrentInstanceCount"]
            == 1
        )
    )
    scaled.rest(minutes=6)


def test_a_variant_that_is_not_there_cannot_be_registered(scaled: Scaled) -> None:
    resource = {"ResourceId": f"endpoint/{scaled.endpoint}/variant/nobody"}
    error = refusal(scaled.client.register_scalable_target, **(scaled.members | resource), MinCapacity=1, MaxCapacity=2)

    assert error["Code"] == "ValidationException"
    assert "SageMaker endpoint variant doesn't exist" in error["Message"]


def test_a_variant_of_burstable_instances_cannot_be_registered(host: Endpoints) -> None:
    endpoint = host.endpoint(host.config(variant(host.model()) | {"InstanceType": "ml.t2.medium"}))
    error = refusal(
        host.aws.client("application-autoscaling").register_scalable_target,
        ServiceNamespace="sagemaker",
        ResourceId=f"endpoint/{endpoint}/variant/primary",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        MinCapacity=1,
        MaxCapacity=2,
    )

    assert error["Message"].startswith("Auto scaling is not supported for burstable instances, got ml.t2.medium")


def test_the_instance_type_of_a_scaled_variant_cannot_be_changed(scaled: Scaled) -> None:
    scaled.register()
    sagemaker, host = scaled.host.sagemaker, scaled.host
    larger = host.config(variant(host.model()) | {"InstanceType": "ml.m5.xlarge"})
    error = refusal(sagemaker.update_endpoint, EndpointName=scaled.endpoint, EndpointConfigName=larger)

    assert error["Message"].startswith("An Application AutoScaling scalable target exists for variant primary")
    scaled.client.deregister_scalable_target(**scaled.members)
    sagemaker.update_endpoint(EndpointName=scaled.endpoint, EndpointConfigName=larger)


def test_a_deleted_endpoint_takes_its_targets_policies_and_alarms_with_it(host: Endpoints) -> None:
    scaled = Scaled(host)
    scaled.register()
    scaled.follow()
    host.delete(scaled.endpoint)

    assert scaled.alarms == []
    asked = {"ServiceNamespace": "sagemaker", "ResourceIds": [scaled.members["ResourceId"]]}
    assert scaled.client.describe_scalable_targets(**asked)["ScalableTargets"] == []


def test_a_new_target_needs_both_bounds(scaled: Scaled) -> None:
    error = refusal(scaled.client.register_scalable_target, **scaled.members, MinCapacity=1)

    assert error["Message"] == "MaxCapacity must be given to register a new scalable target, got none"


def test_bounds_the_wrong_way_round_are_refused(scaled: Scaled) -> None:
    error = refusal(scaled.client.register_scalable_target, **scaled.members, MinCapacity=2, MaxCapacity=1)

    assert error["Message"] == "Maximum capacity cannot be less than minimum capacity, got 1 and 2"


def test_a_policy_needs_a_target(scaled: Scaled) -> None:
    error = refusal(scaled.follow)

    assert error["Code"] == "ObjectNotFoundException"
    assert error["Message"].startswith("No scalable target found for service namespace: sagemaker, resource ID: ")


def test_what_is_not_there_cannot_be_removed(scaled: Scaled) -> None:
    assert refusal(scaled.client.deregister_scalable_target, **scaled.members)["Code"] == "ObjectNotFoundException"
    policy = refusal(scaled.client.delete_scaling_policy, **scaled.members, PolicyName="tracking")
    assert "No scaling policy found" in policy["Message"]


def test_a_policy_of_another_kind_is_refused(scaled: Scaled) -> None:
    scaled.register()
    put = scaled.client.put_scaling_policy

    kind = refusal(put, **scaled.members, PolicyName="foreseen", PolicyType="PredictiveScaling")
    assert kind["Message"] == (
        "PolicyType must be TargetTrackingScaling or StepScaling in a rehearsal, got PredictiveScaling"
    )
    bare = refusal(put, **scaled.members, PolicyName="bare", PolicyType="TargetTrackingScaling")
    assert bare["Message"] == "TargetTrackingScalingPolicyConfiguration must be given, got none"


def track(scaled: Scaled, name: str, *, metric: str, **config: Any) -> None:
    """Hold a metric of one's own at 10."""
    own = {"Namespace": "Test", "MetricName": metric, "Statistic": "Average"}
    scaled.client.put_scaling_policy(
        **scaled.members,
        PolicyName=name,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 10, "CustomizedMetricSpecification": own} | config,
    )


def measure(scaled: Scaled, *, minutes: int, **values: float) -> None:
    """Have metrics the same values for some minutes."""
    for _ in range(minutes):
        now = scaled.host.aws.now()
        data = [{"MetricName": name, "Value": value, "Timestamp": now} for name, value in values.items()]
        scaled.cloudwatch.put_metric_data(Namespace="Test", MetricData=data)
        scaled.rest(minutes=1)


@pytest.mark.parametrize(("config", "busy", "count"), [({}, 9.5, 2), ({}, 1.0, 1), ({"DisableScaleIn": True}, 9.5, 1)])
def test_instances_go_when_all_policies_that_may_take_some_agree(
    scaled: Scaled, config: dict[str, bool], busy: float, count: int
) -> None:
    idle, other = (scaled.host.aws.name(name) for name in ("Idle", "Other"))
    scaled.register(low=2)
    assert scaled.count == 2
    scaled.register()
    track(scaled, "idle", metric=idle)
    track(scaled, "other", metric=other, **config)
    measure(scaled, minutes=18, **{idle: 1.0, other: busy})

    assert scaled.count == count


def test_of_policies_that_track_targets_the_one_that_asks_for_most_is_followed(scaled: Scaled) -> None:
    less, more = (scaled.host.aws.name(name) for name in ("Less", "More"))
    scaled.register(high=6)
    track(scaled, "less", metric=less, ScaleOutCooldown=900)
    track(scaled, "more", metric=more, ScaleOutCooldown=900)
    measure(scaled, minutes=5, **{less: 19.0, more: 45.0})

    assert scaled.count == 5
