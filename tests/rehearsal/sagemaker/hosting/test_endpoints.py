"""How endpoints come up, fail, heal, change their size and end."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.exceptions
import pytest

from modelyard.rehearsal.sagemaker.platform import Platform
from support.endpoints import Endpoints, variant
from support.local_aws import allow
from support.served_endpoint import Served

READ, LOG = allow("s3:GetObject", "s3:ListBucket"), allow("logs:*")


def refused(call: Callable[..., object], **members: Any) -> str:
    with pytest.raises(botocore.exceptions.ClientError) as refusal:
        call(**members)
    return str(refusal.value)


def test_a_model_that_does_not_load_fails_its_health_check(host: Endpoints) -> None:
    name = host.begin(host.config(variant(host.model("broken"))))
    described = host.settled(name)

    assert described["EndpointStatus"] == "Failed"
    assert described["FailureReason"] == (
        "The primary container for production variant primary did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )


def test_the_log_says_why_a_model_did_not_load(host: Endpoints) -> None:
    name = host.begin(host.config(variant(host.model("broken"))))
    host.settled(name)
    host.aws.connection.flush()
    events = host.aws.client("logs").filter_log_events(logGroupName=f"/aws/sagemaker/Endpoints/{name}")["events"]

    assert any("the weights are torn" in event["message"] for event in events)


def test_an_endpoint_that_failed_is_not_found_by_its_callers(host: Endpoints) -> None:
    name = host.begin(host.config(variant(host.model("broken"))))
    host.settled(name)

    assert f"Endpoint {name} of account" in refused(host.invoke, endpoint=name)


def test_an_artifact_that_went_away_is_named_in_the_reason(host: Endpoints) -> None:
    model = host.model()
    host.aws.client("s3").delete_object(Bucket=host.bucket, Key=f"{model}/model.tar.gz")
    described = host.settled(host.begin(host.config(variant(model))))

    assert described["EndpointStatus"] == "Failed"
    assert described["FailureReason"].startswith(
        'Failed to download model data for container "container_1" from URL: '
        f'"s3://{host.bucket}/{model}/model.tar.gz". Please ensure that'
    )


def test_code_that_the_role_may_not_read_fails_the_health_check_and_is_in_the_log(host: Endpoints) -> None:
    role = host.limited(READ | {"Resource": f"arn:aws:s3:::{host.bucket}/*"}, LOG)
    code = {"SAGEMAKER_PROGRAM": "serve.py", "SAGEMAKER_SUBMIT_DIRECTORY": "s3://elsewhere/sourcedir.tar.gz"}
    name = host.begin(host.config(variant(host.model(role=role, Environment=code))))

    assert "did not pass the ping health check" in host.settled(name)["FailureReason"]
    host.aws.connection.flush()
    events = host.aws.client("logs").filter_log_events(logGroupName=f"/aws/sagemaker/Endpoints/{name}")["events"]
    assert any("The code of the model could not be had" in event["message"] for event in events)


def test_code_that_an_isolated_model_would_download_fails_the_health_check_and_is_in_the_log(host: Endpoints) -> None:
    code = {"SAGEMAKER_PROGRAM": "serve.py", "SAGEMAKER_SUBMIT_DIRECTORY": "s3://elsewhere/sourcedir.tar.gz"}
    config = host.config(variant(host.model(Environment=code)), EnableNetworkIsolation=True)
    name = host.begin(config)

    assert "did not pass the ping health check" in host.settled(name)["FailureReason"]
    host.aws.connection.flush()
    events = host.aws.client("logs").filter_log_events(logGroupName=f"/aws/sagemaker/Endpoints/{name}")["events"]
    assert any("could not be had: Unable to locate credentials" in event["message"] for event in events)


def test_an_isolated_model_that_brings_its_code_serves_without_credentials(host: Endpoints) -> None:
    code = {
        "SAGEMAKER_PROGRAM": "serve.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "PIP_NO_BUILD_ISOLATION": "0",
    }
    name = host.endpoint(host.config(variant(host.model(Environment=code)), EnableNetworkIsolation=True))

    assert host.invoke(name) == "6.0"
    assert "KeyError: 'AWS_ACCESS_KEY_ID'" in refused(host.invoke, endpoint=name, body="key")


def test_a_role_that_may_not_write_captures_loses_them_and_the_log_says_so(host: Endpoints) -> None:
    role = host.limited(READ, LOG)
    config = {
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{host.bucket}/denied",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    name = host.endpoint(host.config(variant(host.model(role=role)), DataCaptureConfig=config))
    host.invoke(name)

    assert host.captured(name, under="denied") == []
    host.aws.connection.flush()
    events = host.aws.client("logs").filter_log_events(logGroupName=f"/aws/sagemaker/Endpoints/{name}")["events"]
    (lost,) = [event for event in events if "captured records are lost" in event["message"]]
    assert "AccessDenied" in lost["message"]


def test_a_role_that_may_not_write_logs_serves_all_the_same(host: Endpoints) -> None:
    name = host.endpoint(host.config(variant(host.model(role=host.limited(READ)))))
    host.aws.connection.flush()

    assert host.invoke(name) == "6.0"
    groups = host.aws.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/sagemaker/Endpoints/{name}")
    assert groups["logGroups"] == []


def test_an_instance_that_ends_under_load_is_replaced_and_the_others_answer(host: Endpoints) -> None:
    name = host.served(count=2)
    failures: list[str] = []
    ended = threading.Event()

    def load() -> None:
        runtime = host.runtime
        while not ended.is_set():
            try:
                runtime.invoke_endpoint(EndpointName=name, Body="1", ContentType="text/csv")
            except botocore.exceptions.ClientError as error:
                failures.append(str(error))

    with ThreadPoolExecutor(max_workers=4) as executor:
        running = [executor.submit(load) for _ in range(4)]
        time.sleep(0.5)
        before = host.pids(name)
        kill(host, name)
        host.until(lambda: len(host.pids(name)) == 2 and host.pids(name) != before)
        ended.set()
        for one in running:
            one.result()
    # The instance that was killed may have had a request from each of the four.
    assert len(failures) <= 4, failures


def kill(host: Endpoints, endpoint: str) -> None:
    """Have the model end the process of the instance that gets this; the request itself fails."""
    with pytest.raises(botocore.exceptions.ClientError):
        host.runtime.invoke_endpoint(EndpointName=endpoint, Body="die", ContentType="text/csv")


def test_a_request_that_ends_an_instance_is_not_sent_to_the_next_one(host: Endpoints) -> None:
    name = host.served(count=2)
    # Requests at once leave an idle connection to each instance.
    with ThreadPoolExecutor(max_workers=4) as executor:
        list(executor.map(lambda body: host.invoke(name, body), ["slow"] * 4))
    before = host.pids(name)
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        host.runtime.invoke_endpoint(EndpointName=name, Body="die", ContentType="text/csv")

    assert caught.value.response["Error"]["Code"] == "ModelError"
    assert host.invoke(name, "pid") in before


def test_the_only_instance_that_ends_is_replaced(host: Endpoints) -> None:
    name = host.served()
    before = host.pids(name)
    kill(host, name)
    host.until(lambda: bool(host.pids(name)))

    assert host.pids(name).isdisjoint(before)
    assert host.count(name) == 1


def test_weights_and_counts_are_changed_in_service(host: Endpoints) -> None:
    endpoint = host.endpoint(
        host.config(variant(host.model("2"), name="first"), variant(host.model("3"), name="second"))
    )
    host.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[
            {"VariantName": "first", "DesiredWeight": 0},
            {"VariantName": "second", "DesiredInstanceCount": 2},
        ],
    )

    first, second = host.settled(endpoint)["ProductionVariants"]
    assert first["CurrentWeight"] == 0
    assert (second["CurrentInstanceCount"], second["DesiredInstanceCount"]) == (2, 2)
    assert {host.invoke(endpoint, "1") for _ in range(10)} == {"3.0"}


def test_instances_that_go_finish_their_requests(host: Endpoints) -> None:
    endpoint = host.served(count=2)
    with ThreadPoolExecutor(max_workers=2) as executor:
        slow = [executor.submit(host.invoke, endpoint, "slow") for _ in range(2)]
        time.sleep(0.4)
        resize(host, endpoint, count=1)
        assert [one.result() for one in slow] == ["0", "0"]
    assert host.settled(endpoint)["ProductionVariants"][0]["CurrentInstanceCount"] == 1


def resize(host: Endpoints, endpoint: str, *, count: int) -> None:
    host.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[{"VariantName": "primary", "DesiredInstanceCount": count}],
    )


def test_an_endpoint_in_progress_is_not_changed_nor_deleted(host: Endpoints) -> None:
    name = host.begin(host.config(variant(host.model("slow"))))
    message = f'Cannot update in-progress endpoint "{host.describe(name)["EndpointArn"]}".'

    assert message in refused(host.sagemaker.delete_endpoint, EndpointName=name)
    assert message in refused(
        host.sagemaker.update_endpoint, EndpointName=name, EndpointConfigName=host.config(variant(host.model()))
    )


def test_what_fails_can_be_updated_to_what_does_not(host: Endpoints) -> None:
    name = host.begin(host.config(variant(host.model("broken"))))
    host.settled(name)
    host.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=host.config(variant(host.model())))

    described = host.settled(name)
    assert described["EndpointStatus"] == "InService"
    assert "FailureReason" not in described
    assert host.invoke(name) == "6.0"


def test_capacities_of_an_endpoint_that_failed_cannot_be_changed(host: Endpoints) -> None:
    name = host.begin(host.config(variant(host.model("broken"))))
    host.settled(name)
    change = [{"VariantName": "primary", "DesiredInstanceCount": 2}]
    message = refused(
        host.sagemaker.update_endpoint_weights_and_capacities, EndpointName=name, DesiredWeightsAndCapacities=change
    )

    assert "must be InService to be changed, it is Failed" in message


def test_a_name_that_is_taken_is_refused(host: Endpoints) -> None:
    config = host.config(variant(host.model()))
    name = host.endpoint(config)

    message = refused(host.sagemaker.create_endpoint, EndpointName=name, EndpointConfigName=config)
    assert f'Cannot create already existing endpoint "{host.describe(name)["EndpointArn"]}".' in message


def test_a_configuration_that_is_not_there_is_refused(host: Endpoints) -> None:
    message = refused(host.sagemaker.create_endpoint, EndpointName="new", EndpointConfigName="nobody")

    assert 'Could not find endpoint configuration "arn:aws:sagemaker:' in message


def test_an_endpoint_that_is_deleted_is_not_found_any_more(host: Endpoints) -> None:
    config = host.config(variant(host.model()))
    name = host.aws.name("endpoint")
    host.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    host.settled(name)
    host.sagemaker.delete_endpoint(EndpointName=name)
    host.sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})

    assert "Could not find endpoint" in refused(host.describe, endpoint=name)
    assert name not in host.endpoints()


def test_a_serverless_endpoint_is_made_called_and_described(host: Endpoints) -> None:
    serverless = {
        "VariantName": "primary",
        "ModelName": host.model(),
        "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1},
    }
    name = host.endpoint(host.config(serverless))

    (shown,) = host.describe(name)["ProductionVariants"]
    assert host.invoke(name) == "6.0"
    assert shown["CurrentServerlessConfig"] == {"MemorySizeInMB": 1024, "MaxConcurrency": 1}


def test_slow_requests_do_not_keep_other_calls_waiting(host: Endpoints) -> None:
    name = host.served()
    with ThreadPoolExecutor(max_workers=12) as executor:
        slow = [executor.submit(host.invoke, name, "slow") for _ in range(12)]
        time.sleep(0.3)
        started = time.monotonic()
        host.describe(name)
        assert time.monotonic() - started < 0.6
        assert {one.result() for one in slow} == {"0"}


def test_work_that_fails_for_another_reason_does_not_leave_an_endpoint_updating(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "modelyard.rehearsal.sagemaker.hosting.fleet_sets.FleetSet.start",
        lambda self: (_ for _ in ()).throw(OSError("full")),
    )
    served.serve()

    assert served.described["EndpointStatus"] == "Failed"
    assert served.described["FailureReason"] == "Internal failure: OSError('full')"


def test_closing_ends_an_endpoint_that_is_being_made(platform: Platform, served: Served) -> None:
    served.declare()
    served.endpoints.create_endpoint({"EndpointName": "churn", "EndpointConfigName": "config"})
    served.endpoints.close()

    assert list((platform.folder / "endpoints").rglob("weight")) == []
