"""By how much steps change a count, and what a policy of steps does to an endpoint when an alarm calls it."""

from typing import Any

import pytest

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.scaling.steps import Steps
from support.scaled import Scaled

OUT = [
    {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 20.0, "ScalingAdjustment": 1},
    {"MetricIntervalLowerBound": 20.0, "ScalingAdjustment": 3},
]
IN = [
    {"MetricIntervalLowerBound": -20.0, "MetricIntervalUpperBound": 0.0, "ScalingAdjustment": -1},
    {"MetricIntervalUpperBound": -20.0, "ScalingAdjustment": -2},
]


def steps(adjustments: Any = OUT, **config: Any) -> Steps:
    whole = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": adjustments} | config
    return Steps.of({"StepScalingPolicyConfiguration": whole})


@pytest.mark.parametrize(("difference", "desired"), [(-0.1, None), (0, 3), (19.9, 3), (20, 5), (1e9, 5)])
def test_above_the_threshold_a_step_begins_with_its_lower_bound(difference: float, desired: int | None) -> None:
    assert steps().desired(current=2, difference=difference, above=True) == desired


@pytest.mark.parametrize(("difference", "desired"), [(0.1, None), (0, 4), (-19.9, 4), (-20, 3), (-1e9, 3)])
def test_below_the_threshold_a_step_begins_with_its_upper_bound(difference: float, desired: int | None) -> None:
    assert steps(IN).desired(current=5, difference=difference, above=False) == desired


@pytest.mark.parametrize(
    ("percent", "current", "least", "desired"),
    [(25, 4, 1, 5), (25, 7, 1, 8), (10, 4, 1, 5), (25, 4, 2, 6), (-30, 9, 1, 7), (-10, 4, 1, 3), (200, 10, 1, 30)],
)
def test_a_percentage_is_rounded_towards_0_and_is_one_instance_at_least(
    percent: int, current: int, least: int, desired: int
) -> None:
    adjustment = [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": percent}]
    made = steps(adjustment, AdjustmentType="PercentChangeInCapacity", MinAdjustmentMagnitude=least)

    assert made.desired(current=current, difference=1, above=True) == desired


def test_an_exact_capacity_is_the_count_itself() -> None:
    assert steps(AdjustmentType="ExactCapacity").desired(current=9, difference=25, above=True) == 3


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"StepAdjustments": []}, "StepAdjustments must be given for a new step scaling policy, got none"),
        ({"AdjustmentType": None}, "AdjustmentType must be given for a new step scaling policy, got none"),
        (
            {"StepAdjustments": [OUT[0], OUT[1] | {"MetricIntervalLowerBound": 25.0}]},
            "StepAdjustments must neither overlap nor leave a gap, got 20 and 25 as the end of one and",
        ),
        (
            {"StepAdjustments": [OUT[0] | {"MetricIntervalUpperBound": 0.0}]},
            "MetricIntervalUpperBound must be above MetricIntervalLowerBound, got 0, 0",
        ),
    ],
)
def test_steps_that_do_not_fit_together_are_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        steps(**{"adjustments": OUT, **config})


class Stepped:
    """A scaled endpoint with a metric of its own, of which alarms call policies of steps."""

    def __init__(self, scaled: Scaled, *, high: int = 6) -> None:
        self.scaled = scaled
        self.metric = scaled.host.aws.name("Queue")
        scaled.register(high=high)

    def put(self, name: str, adjustments: Any, **config: Any) -> str:
        whole = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": adjustments, "Cooldown": 0} | config
        answer = self.scaled.client.put_scaling_policy(
            **self.scaled.members, PolicyName=name, PolicyType="StepScaling", StepScalingPolicyConfiguration=whole
        )
        assert answer["Alarms"] == []
        return str(answer["PolicyARN"])

    def alarm(self, arn: str, *, above: bool = True, threshold: float = 50) -> None:
        self.scaled.cloudwatch.put_metric_alarm(
            AlarmName=f"{self.metric}-{above}",
            Namespace="Test",
            MetricName=self.metric,
            Statistic="Average",
            Period=60,
            EvaluationPeriods=1,
            Threshold=threshold,
            ComparisonOperator="GreaterThanOrEqualToThreshold" if above else "LessThanOrEqualToThreshold",
            TreatMissingData="notBreaching",
            AlarmActions=[arn],
        )

    def measure(self, *values: float) -> None:
        """Have the metric one value after another, a minute each."""
        for value in values:
            data = [{"MetricName": self.metric, "Value": value, "Timestamp": self.scaled.host.aws.now()}]
            self.scaled.cloudwatch.put_metric_data(Namespace="Test", MetricData=data)
            self.scaled.rest(minutes=1)

    def end(self) -> None:
        self.scaled.cloudwatch.delete_alarms(AlarmNames=[f"{self.metric}-{above}" for above in (True, False)])


@pytest.fixture
def stepped(scaled: Scaled) -> Any:
    made = Stepped(scaled)
    yield made
    made.end()


def test_an_alarm_calls_its_policy_by_how_far_the_metric_is_beyond(stepped: Stepped) -> None:
    stepped.alarm(stepped.put("out", OUT, Cooldown=300))
    stepped.measure(55, 55)

    assert stepped.scaled.count == 2
    assert stepped.scaled.activities[0]["Cause"] == (
        f"monitor alarm {stepped.metric}-True in state ALARM triggered policy out"
    )


def test_while_a_cooldown_lasts_a_larger_step_adds_the_difference(stepped: Stepped) -> None:
    stepped.alarm(stepped.put("out", OUT, Cooldown=900))
    stepped.measure(55, 55, 55, 55)
    assert stepped.scaled.count == 2
    stepped.measure(90, 90, 90, 90)

    assert stepped.scaled.count == 4


def test_without_a_cooldown_an_alarm_calls_each_minute_up_to_the_maximum(stepped: Stepped) -> None:
    stepped.alarm(stepped.put("out", OUT))
    stepped.measure(55, 55, 55)
    more = stepped.scaled.count
    stepped.measure(*[90] * 4)

    assert more >= 3
    assert stepped.scaled.count == 6


def test_steps_take_instances_though_a_tracked_target_would_keep_them(stepped: Stepped) -> None:
    scaled = stepped.scaled
    scaled.register(low=3, high=6)
    assert scaled.count == 3
    scaled.register(low=1, high=6)
    own = {"Namespace": "Test", "MetricName": scaled.host.aws.name("None"), "Statistic": "Average"}
    scaled.client.put_scaling_policy(
        **scaled.members,
        PolicyName="tracking",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 10, "CustomizedMetricSpecification": own},
    )
    stepped.alarm(stepped.put("in", IN, Cooldown=300), above=False)
    stepped.measure(45, 45)

    assert scaled.count == 2


def test_of_two_policies_the_larger_capacity_is_taken(stepped: Stepped) -> None:
    arns = [
        stepped.put(name, [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": change}], Cooldown=900)
        for name, change in (("one", 1), ("two", 2))
    ]
    stepped.scaled.cloudwatch.put_metric_alarm(
        AlarmName=f"{stepped.metric}-False",
        Namespace="Test",
        MetricName=stepped.metric,
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=10,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[arns[1]],
    )
    stepped.alarm(arns[0])
    stepped.measure(60, 60)

    assert stepped.scaled.count == 3


def test_an_alarm_that_calls_nobody_changes_nothing(stepped: Stepped) -> None:
    stepped.put("out", OUT)
    stepped.scaled.cloudwatch.put_metric_alarm(
        AlarmName=f"{stepped.metric}-True",
        Namespace="Test",
        MetricName=stepped.metric,
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=50,
        ComparisonOperator="GreaterThanThreshold",
    )
    stepped.measure(90, 90)

    assert stepped.scaled.count == 1


def test_a_suspended_target_takes_no_step(stepped: Stepped) -> None:
    stepped.scaled.register(high=6, SuspendedState={"DynamicScalingOutSuspended": True})
    stepped.alarm(stepped.put("out", OUT))
    stepped.measure(90, 90)

    assert stepped.scaled.count == 1


def test_a_policy_of_steps_is_described_as_it_was_put(stepped: Stepped) -> None:
    arn = stepped.put("out", OUT, MetricAggregationType="Maximum")

    (policy,) = stepped.scaled.client.describe_scaling_policies(**stepped.scaled.members)["ScalingPolicies"]
    assert (policy["PolicyARN"], policy["PolicyType"], policy["Alarms"]) == (arn, "StepScaling", [])
    assert policy["StepScalingPolicyConfiguration"]["StepAdjustments"] == OUT
    assert policy["StepScalingPolicyConfiguration"]["MetricAggregationType"] == "Maximum"
