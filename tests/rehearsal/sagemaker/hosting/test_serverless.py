"""Serverless variants: what they exclude, how many requests they answer, and what they show of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.hosting.serverless import (
    KEPT,
    ServerlessCapacity,
    ServerlessSettings,
    ThrottledError,
    check_serverless,
)
from modelyard.rehearsal.scaling.policy_evaluator import PolicyEvaluator
from modelyard.rehearsal.scaling.tracking import Resource
from support.served_endpoint import Served

SETTINGS = {"MemorySizeInMB": 2048, "MaxConcurrency": 1}
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def variant(**members: Any) -> dict[str, Any]:
    return {"VariantName": "primary", "ModelName": "model", "ServerlessConfig": SETTINGS, **members}


def serve(served: Served, **settings: int) -> None:
    served.declare()
    config = served.platform.store.table("EndpointConfig").get("config")
    config["ProductionVariants"] = [variant(ServerlessConfig=SETTINGS | settings)]
    served.endpoints.create_endpoint({"EndpointName": "churn", "EndpointConfigName": "config"})
    steps = served.endpoints.find("churn").steps
    assert steps is not None
    assert steps.wait(timeout=60)


@pytest.mark.parametrize(
    ("config", "model", "feature"),
    [
        ({"ProductionVariants": [variant(), variant(VariantName="other")]}, {}, "several production variants"),
        ({"ProductionVariants": [variant(InstanceType="ml.m5.large")]}, {}, "InstanceType"),
        ({"DataCaptureConfig": {"EnableCapture": True}}, {}, "DataCaptureConfig"),
        ({"ShadowProductionVariants": [variant(VariantName="shadow")]}, {}, "ShadowProductionVariants"),
        ({"AsyncInferenceConfig": {}}, {}, "AsyncInferenceConfig"),
        ({}, {"EnableNetworkIsolation": True}, "EnableNetworkIsolation"),
        ({}, {"VpcConfig": {"Subnets": ["subnet-1"]}}, "VpcConfig"),
        ({}, {"PrimaryContainer": {"ModelDataSource": {}}}, "a model with ModelDataSource"),
        ({}, {"Containers": [{}, {}]}, "an inference pipeline"),
    ],
)
def test_what_serverless_inference_excludes_is_refused(
    config: dict[str, Any], model: dict[str, Any], feature: str
) -> None:
    with pytest.raises(ServiceError, match=f"Serverless Inference does not support .*{feature}") as refused:
        check_serverless({"ProductionVariants": [variant()]} | config, models=[model])

    assert refused.value.code == "ValidationException"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"MemorySizeInMB": 1500}, "MemorySizeInMB must be a multiple of 1024, got 1500"),
        ({"ProvisionedConcurrency": 2}, r"ProvisionedConcurrency must be at most MaxConcurrency \(1\), got 2"),
    ],
)
def test_sizes_that_do_not_exist_are_refused(settings: dict[str, int], sentence: str) -> None:
    with pytest.raises(ServiceError, match=sentence):
        check_serverless({"ProductionVariants": [variant(ServerlessConfig=SETTINGS | settings)]}, models=[])


def test_a_configuration_of_instances_may_have_all_of_it() -> None:
    instances = {"VariantName": "primary", "InstanceType": "ml.m5.large"}

    check_serverless(
        {"ProductionVariants": [instances], "DataCaptureConfig": {}}, models=[{"EnableNetworkIsolation": True}]
    )


def test_a_request_beyond_the_concurrency_is_throttled() -> None:
    capacity = ServerlessCapacity(settings=ServerlessSettings.read(SETTINGS), now=lambda: NOON)

    with capacity.request(), pytest.raises(ThrottledError, match="1 requests are being answered"), capacity.request():
        raise AssertionError("it was let in")

    with capacity.request() as is_cold:
        assert not is_cold


def test_a_container_is_warm_until_nobody_has_called_it_for_a_while() -> None:
    moment = [NOON]
    capacity = ServerlessCapacity(settings=ServerlessSettings.read(SETTINGS), now=lambda: moment[0])

    seen = []
    for passed in (timedelta(0), timedelta(seconds=1), KEPT):
        moment[0] += passed
        with capacity.request() as is_cold:
            seen.append(is_cold)

    assert seen == [True, False, True]


def test_provisioned_concurrency_is_always_warm() -> None:
    settings = ServerlessSettings(memory_mb=1024, max_concurrency=2, provisioned_concurrency=1)
    capacity = ServerlessCapacity(settings=settings, now=lambda: NOON)

    with capacity.request() as first, capacity.request() as second:
        assert (first, second) == (False, True)


def test_a_serverless_endpoint_answers_and_shows_its_settings(served: Served) -> None:
    serve(served, ProvisionedConcurrency=1)

    (shown,) = served.described["ProductionVariants"]
    assert served.ask().body == b"2.0"
    assert shown["CurrentServerlessConfig"] == SETTINGS | {"ProvisionedConcurrency": 1}
    assert shown["CurrentInstanceCount"] == 0
    assert "InstanceType" not in shown


def test_the_first_request_has_a_start_in_its_metrics_and_the_second_none(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(served)
    counted: list[Any] = []
    monkeypatch.setattr(served.endpoints.telemetry.metrics, "add", counted.append)

    served.ask()
    served.ask()

    first, second = (invocation.metrics() for invocation in counted)
    assert first["OverheadLatency"] >= first["ModelSetupTime"] > 0
    assert "ModelSetupTime" not in second


def test_a_caller_beyond_the_concurrency_gets_a_throttling_exception(served: Served) -> None:
    serve(served)
    with ThreadPoolExecutor(max_workers=4) as executor:
        answers = [answer.result() for answer in [executor.submit(served.ask, "slow") for _ in range(4)]]

    throttled = [answer for answer in answers if answer.status == 429]
    assert len(throttled) == 3
    assert throttled[0].headers["x-amzn-errortype"] == "ThrottlingException"


def test_guardrails_are_refused_for_a_serverless_endpoint(served: Served) -> None:
    serve(served)
    policy = {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}}
    names = {"EndpointName": "churn", "EndpointConfigName": "config"}
    deployment = {"DeploymentConfig": {"BlueGreenUpdatePolicy": policy}}

    for ask in (served.endpoints.create_endpoint, served.endpoints.update_endpoint):
        with pytest.raises(ServiceError, match="DeploymentConfig is for endpoints of instances"):
            ask(names | deployment)


def test_an_endpoint_of_instances_cannot_become_serverless(served: Served) -> None:
    served.serve()
    served.platform.store.table("EndpointConfig").add(
        "other", {"EndpointConfigName": "other", "ProductionVariants": [variant()]}
    )

    with pytest.raises(ServiceError, match="cannot be updated to serverless"):
        served.endpoints.update_endpoint({"EndpointName": "churn", "EndpointConfigName": "other"})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"DesiredInstanceCount": 2}, "Variant primary is serverless: it has no instances"),
        ({"ServerlessUpdateConfig": {"MaxConcurrency": 2}}, "ServerlessUpdateConfig is not rehearsed"),
    ],
)
def test_there_is_no_count_of_instances_to_change(served: Served, change: dict[str, Any], sentence: str) -> None:
    serve(served)

    with pytest.raises(ServiceError, match=sentence):
        served.endpoints.update_endpoint_weights_and_capacities(
            {"EndpointName": "churn", "DesiredWeightsAndCapacities": [{"VariantName": "primary", **change}]}
        )


def test_instances_that_are_not_there_cannot_be_scaled(served: Served) -> None:
    serve(served)
    evaluator = PolicyEvaluator(platform=served.platform, endpoints=served.endpoints)

    with pytest.raises(ServiceError, match="Variant primary is serverless: it has no DesiredInstanceCount"):
        evaluator.check_can_scale(Resource(endpoint="churn", variant="primary"))
