"""How one configuration takes the place of another, and gives it back."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.endpoints import Endpoints, variant
from support.served_endpoint import Served

MINUTE = 60


def blue_green(kind: str = "ALL_AT_ONCE", *, wait: int = 0, alarms: tuple[str, ...] = (), **members: Any) -> Any:
    routing = {key: members.pop(key) for key in ("CanarySize", "LinearStepSize") if key in members}
    policy = {"TrafficRoutingConfiguration": {"Type": kind, "WaitIntervalInSeconds": wait} | routing} | members
    config: dict[str, Any] = {"BlueGreenUpdatePolicy": policy}
    if alarms:
        config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in alarms]}
    return config


def update(host: Endpoints, endpoint: str, weight: str, *, count: int = 1, **members: Any) -> str:
    config = host.config(variant(host.model(weight), count=count))
    host.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config, **members)
    return config


def answers(host: Endpoints, endpoint: str, *, requests: int = 40) -> Counter[str]:
    return Counter(host.invoke(endpoint, "1") for _ in range(requests))


def started(host: Endpoints, endpoint: str) -> Callable[[], bool]:
    """Tell whether the new fleet of an endpoint has all its instances."""

    def holds() -> bool:
        pending = host.describe(endpoint).get("PendingDeploymentSummary", {}).get("ProductionVariants", ())
        return any(one["CurrentInstanceCount"] == one["DesiredInstanceCount"] for one in pending)

    return holds


def alarm(host: Endpoints, *, threshold: float = 0.5) -> str:
    """Make an alarm on a metric that a test puts itself."""
    name = host.aws.name("alarm")
    host.aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="Test",
        MetricName=name,
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=threshold,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    return name


def fire(host: Endpoints, name: str) -> None:
    data = [{"MetricName": name, "Value": 1.0, "Timestamp": host.aws.now()}]
    host.aws.client("cloudwatch").put_metric_data(Namespace="Test", MetricData=data)


def test_an_update_without_a_deployment_config_moves_everything_at_once(host: Endpoints) -> None:
    endpoint = host.served("2")
    config = update(host, endpoint, "3")
    described = host.settled(endpoint)

    assert described["EndpointConfigName"] == config
    assert answers(host, endpoint) == {"3.0": 40}
    assert "FailureReason" not in described
    assert "PendingDeploymentSummary" not in described


def test_the_old_configuration_answers_while_the_new_one_comes_up(host: Endpoints) -> None:
    endpoint = host.served("2")
    config = update(host, endpoint, "slow")
    described = host.describe(endpoint)

    assert described["EndpointStatus"] == "Updating"
    assert described["EndpointConfigName"] != config
    assert described["PendingDeploymentSummary"]["EndpointConfigName"] == config
    assert described["PendingDeploymentSummary"]["ProductionVariants"][0]["InstanceType"] == "ml.m5.large"
    assert host.invoke(endpoint, "1") == "2.0"
    assert host.settled(endpoint)["EndpointConfigName"] == config


def test_a_canary_gets_its_part_until_it_has_baked_and_then_everything(host: Endpoints) -> None:
    endpoint = host.served("2", count=2)
    size = {"Type": "CAPACITY_PERCENT", "Value": 50}
    canary = blue_green("CANARY", wait=5 * MINUTE, CanarySize=size, TerminationWaitInSeconds=2 * MINUTE)
    update(host, endpoint, "3", count=2, DeploymentConfig=canary)
    host.until(started(host, endpoint))
    host.until(lambda: host.invoke(endpoint, "1") == "3.0")

    first = answers(host, endpoint)
    assert 5 < first["3.0"] < 35
    host.aws.advance(seconds=5 * MINUTE + 5)
    assert answers(host, endpoint) == {"3.0": 40}
    host.aws.advance(seconds=5 * MINUTE)
    assert host.describe(endpoint)["EndpointStatus"] == "Updating"
    host.aws.advance(seconds=2 * MINUTE + 5)
    described = host.settled(endpoint)
    assert described["EndpointStatus"] == "InService"
    assert described["LastDeploymentConfig"] == canary


def test_linear_steps_follow_each_other_on_the_clock(host: Endpoints) -> None:
    endpoint = host.served("2", count=2)
    linear = blue_green("LINEAR", wait=2 * MINUTE, LinearStepSize={"Type": "INSTANCE_COUNT", "Value": 1})
    update(host, endpoint, "3", count=2, DeploymentConfig=linear)
    host.until(started(host, endpoint))
    host.aws.advance(seconds=2 * MINUTE + 5)

    assert answers(host, endpoint) == {"3.0": 40}
    host.aws.advance(seconds=2 * MINUTE + 5)
    assert host.settled(endpoint)["EndpointStatus"] == "InService"


def test_an_alarm_brings_the_old_configuration_back(host: Endpoints) -> None:
    endpoint, name = host.served("2"), alarm(host)
    before = host.describe(endpoint)["EndpointConfigName"]
    update(host, endpoint, "3", DeploymentConfig=blue_green(wait=10 * MINUTE, alarms=(name,)))
    host.until(started(host, endpoint))
    fire(host, name)
    host.aws.advance(seconds=3 * MINUTE)

    described = host.settled(endpoint)
    assert described["EndpointStatus"] == "InService"
    assert described["EndpointConfigName"] == before
    assert described["FailureReason"] == (
        f"The deployment was rolled back, as these alarms are in ALARM state: {name}."
    )
    assert answers(host, endpoint) == {"2.0": 40}


def test_an_alarm_on_the_endpoints_own_errors_brings_a_bad_model_down(host: Endpoints) -> None:
    endpoint, name = host.served("2"), host.aws.name("errors")
    host.aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Dimensions=[{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": "primary"}],
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0.05,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    update(host, endpoint, "500", DeploymentConfig=blue_green(wait=10 * MINUTE, alarms=(name,)))
    host.until(started(host, endpoint))
    host.until(lambda: failing(host, endpoint))
    host.aws.advance(seconds=3 * MINUTE)

    assert name in host.settled(endpoint)["FailureReason"]
    assert answers(host, endpoint) == {"2.0": 40}


def failing(host: Endpoints, endpoint: str) -> bool:
    try:
        host.invoke(endpoint, "1")
    except host.runtime.exceptions.ModelError:
        return True
    return False


def test_an_alarm_that_fires_already_ends_the_update_before_it_begins(host: Endpoints) -> None:
    endpoint, name = host.served("2"), alarm(host)
    host.aws.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="by hand")
    update(host, endpoint, "3", DeploymentConfig=blue_green(wait=MINUTE, alarms=(name,)))

    assert name in host.settled(endpoint)["FailureReason"]
    assert host.invoke(endpoint, "1") == "2.0"


def test_a_new_model_that_does_not_load_leaves_the_old_one_in_service(host: Endpoints) -> None:
    endpoint = host.served("2")
    before = host.describe(endpoint)["EndpointConfigName"]
    update(host, endpoint, "broken")
    described = host.settled(endpoint)

    assert described["EndpointStatus"] == "InService"
    assert described["EndpointConfigName"] == before
    assert "did not pass the ping health check" in described["FailureReason"]
    assert host.invoke(endpoint, "1") == "2.0"


def test_a_failure_is_forgotten_with_the_next_update(host: Endpoints) -> None:
    endpoint = host.served("2")
    update(host, endpoint, "broken")
    host.settled(endpoint)
    update(host, endpoint, "3")

    assert "FailureReason" not in host.settled(endpoint)


def test_an_update_that_takes_longer_than_its_limit_is_rolled_back(host: Endpoints) -> None:
    endpoint = host.served("2")
    config = blue_green(wait=20 * MINUTE, MaximumExecutionTimeoutInSeconds=10 * MINUTE)
    update(host, endpoint, "3", DeploymentConfig=config)
    host.until(started(host, endpoint))
    host.aws.advance(seconds=15 * MINUTE)

    assert "took longer than 600 seconds" in host.settled(endpoint)["FailureReason"]
    assert host.invoke(endpoint, "1") == "2.0"


def test_a_rolling_update_replaces_instances_batch_by_batch(host: Endpoints) -> None:
    endpoint = host.served("2", count=2)
    policy = {"MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1}, "WaitIntervalInSeconds": 2 * MINUTE}
    update(host, endpoint, "3", count=2, DeploymentConfig={"RollingUpdatePolicy": policy})
    host.until(started(host, endpoint))
    host.until(lambda: host.invoke(endpoint, "1") == "3.0")

    assert set(answers(host, endpoint)) == {"2.0", "3.0"}
    host.aws.advance(seconds=2 * MINUTE + 5)
    host.until(lambda: answers(host, endpoint) == {"3.0": 40})
    host.aws.advance(seconds=2 * MINUTE + 5)
    described = host.settled(endpoint)
    assert described["EndpointStatus"] == "InService"
    assert described["ProductionVariants"][0]["CurrentInstanceCount"] == 2


def test_a_rolling_update_that_fails_gives_back_the_instances_it_took(host: Endpoints) -> None:
    endpoint, name = host.served("2", count=2), alarm(host)
    policy = {"MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1}, "WaitIntervalInSeconds": 2 * MINUTE}
    config = {"RollingUpdatePolicy": policy, "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name}]}}
    update(host, endpoint, "3", count=2, DeploymentConfig=config)
    host.until(started(host, endpoint))
    host.aws.advance(seconds=2 * MINUTE + 5)
    fire(host, name)
    host.aws.advance(seconds=2 * MINUTE)

    described = host.settled(endpoint)
    assert name in described["FailureReason"]
    assert described["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    assert answers(host, endpoint) == {"2.0": 40}


@pytest.mark.parametrize(
    ("excluded", "count", "weight"),
    [((), 2, 5.0), (("DesiredInstanceCount",), 1, 5.0), (("DesiredWeight",), 2, 1.0)],
)
def test_counts_and_weights_are_kept_but_for_those_excluded(
    host: Endpoints, excluded: tuple[str, ...], count: int, weight: float
) -> None:
    endpoint = host.served("2")
    change = {"VariantName": "primary", "DesiredInstanceCount": 2, "DesiredWeight": 5}
    host.sagemaker.update_endpoint_weights_and_capacities(EndpointName=endpoint, DesiredWeightsAndCapacities=[change])
    host.settled(endpoint)
    kinds = [{"VariantPropertyType": kind} for kind in excluded]
    update(host, endpoint, "3", RetainAllVariantProperties=True, ExcludeRetainedVariantProperties=kinds)

    (shown,) = host.settled(endpoint)["ProductionVariants"]
    assert (shown["CurrentInstanceCount"], shown["CurrentWeight"]) == (count, weight)


def test_the_last_deployment_config_can_be_used_again(host: Endpoints) -> None:
    endpoint = host.served("2")
    config = blue_green(wait=0)
    update(host, endpoint, "3", DeploymentConfig=config)
    host.settled(endpoint)
    update(host, endpoint, "2", RetainDeploymentConfig=True)

    assert host.settled(endpoint)["LastDeploymentConfig"] == config


def test_no_request_fails_while_an_update_goes_on(host: Endpoints) -> None:
    endpoint = host.served("2")
    update(host, endpoint, "3")
    seen: set[str] = set()
    while host.describe(endpoint)["EndpointStatus"] == "Updating":
        seen |= set(answers(host, endpoint, requests=5))

    assert seen <= {"2.0", "3.0"}
    assert host.invoke(endpoint, "1") == "3.0"


def test_a_rolling_update_whose_way_back_is_barred_says_so(served: Served, tmp_path: Path) -> None:
    served.serve(count=2)
    served.roll()
    # The first step is over when the clock moves on; then neither a new nor an old instance comes up any more.
    served.platform.clock.advance(seconds=1)
    (tmp_path / "s3" / "weight").write_text("broken")
    served.platform.clock.advance(seconds=61)

    assert served.described["EndpointStatus"] == "UpdateRollbackFailed"
    assert "did not pass the ping health check" in served.described["FailureReason"]
