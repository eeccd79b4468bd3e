"""Requests that no container answers, and work on an endpoint that fails for no reason of the model's."""

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hosts import MODEL, variant

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.hosting import artifacts, instances
from modelyard.rehearsal.sagemaker.hosting.endpoints import Endpoints
from modelyard.rehearsal.sagemaker.hosting.plans import read_plan
from modelyard.rehearsal.sagemaker.hosting.runtime import Runtime, RuntimeAnswer
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.shared.s3_uri import S3Uri


class Served:
    """An endpoint `churn`, whose model lies in S3 as far as `download` knows."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.endpoints = Endpoints(platform=platform)
        self.runtime = Runtime(platform=platform, endpoints=self.endpoints)

    def declare(self, *, model: dict[str, Any] | None = None, **changes: Any) -> None:
        container = {
            "Image": "image",
            "ModelDataUrl": "s3://bucket/m",
            "Environment": {"SAGEMAKER_PROGRAM": "serve.py"},
        }
        document = {"ModelName": "model", "ExecutionRoleArn": "arn:role", "PrimaryContainer": container}
        self.platform.store.table("Model").add("model", document | (model or {}))
        config = {"EndpointConfigName": "config", "ProductionVariants": [variant("model") | changes]}
        self.platform.store.table("EndpointConfig").add("config", config)

    def serve(self, *, count: int = 1) -> None:
        self.declare(InitialInstanceCount=count)
        self.endpoints.create_endpoint({"EndpointName": "churn", "EndpointConfigName": "config"})
        course = self.endpoints.find("churn").course
        assert course is not None
        assert course.wait(timeout=60)

    def roll(self) -> None:
        """Update to the same configuration, one instance after the other, a minute each."""
        policy = {"MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1}, "WaitIntervalInSeconds": 60}
        request = {"EndpointName": "churn", "EndpointConfigName": "config"}
        self.endpoints.update_endpoint(request | {"DeploymentConfig": {"RollingUpdatePolicy": policy}})

    @property
    def described(self) -> dict[str, Any]:
        return self.endpoints.describe_endpoint({"EndpointName": "churn"})

    def ask(self, body: str = "1", **headers: str) -> RuntimeAnswer:
        return self.runtime.invoke(endpoint="churn", body=body.encode(), headers={"Content-Type": "text/csv"} | headers)


@pytest.fixture
def served(platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """An endpoint of one instance, in this process."""
    folder = tmp_path / "s3"
    (folder / "code").mkdir(parents=True)
    (folder / "code" / "serve.py").write_text(dedent(MODEL))
    (folder / "weight").write_text("2")
    monkeypatch.setattr("modelyard.rehearsal.sagemaker.hosting.launching.download", lambda **_: folder)
    made = Served(platform)
    yield made
    made.runtime.close()
    made.endpoints.close()


def test_a_container_that_does_not_answer_in_time_is_a_model_error(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.serve()
    monkeypatch.setattr(instances, "ANSWER_SECONDS", 0.2)
    answer = served.ask("slow")
    document = json.loads(answer.body)

    assert (answer.status, answer.headers["x-amzn-errortype"]) == (424, "ModelError")
    assert document["OriginalStatusCode"] == 0
    assert document["Message"].startswith(
        'Received server error (0) from primary with message "Your invocation timed out while waiting for a response '
        "from container primary. Review the latency metrics for each container in Amazon CloudWatch, resolve the issue"
    )


def test_a_container_that_breaks_off_is_a_model_error(served: Served) -> None:
    served.serve()
    answer = served.ask("die")

    assert answer.status == 424
    assert json.loads(answer.body)["OriginalStatusCode"] == 500


def test_without_an_instance_the_service_is_unavailable(served: Served) -> None:
    served.serve()
    serving = served.endpoints.find("churn").serving
    assert serving is not None
    serving.stop(grace=1)
    answer = served.ask()

    assert (answer.status, answer.headers["x-amzn-errortype"]) == (503, "ServiceUnavailable")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [("refuse", 418, "CLIENT_ERROR_FROM_MODEL"), ("fail", 500, "INTERNAL_FAILURE_FROM_MODEL")],
)
def test_whose_fault_a_model_error_is_stands_in_its_code(served: Served, body: str, status: int, code: str) -> None:
    served.serve()
    document = json.loads(served.ask(body).body)

    assert (document["OriginalStatusCode"], document["ErrorCode"]) == (status, code)


def test_headers_count_in_any_case(served: Served) -> None:
    served.serve()
    answer = served.ask("1", **{"X-AMZN-SageMaker-Target-Variant": "primary"})

    assert (answer.status, answer.body) == (200, b"2.0")
    assert answer.headers["x-Amzn-Invoked-Production-Variant"] == "primary"


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


def test_a_rolling_update_whose_way_back_is_barred_says_so(served: Served, tmp_path: Path) -> None:
    served.serve(count=2)
    served.roll()
    # The first step is over when the clock moves on; then neither a new nor an old instance comes up any more.
    served.platform.clock.advance(seconds=1)
    (tmp_path / "s3" / "weight").write_text("broken")
    served.platform.clock.advance(seconds=61)

    assert served.described["EndpointStatus"] == "UpdateRollbackFailed"
    assert "did not pass the ping health check" in served.described["FailureReason"]


def test_closing_ends_an_endpoint_that_is_being_made(platform: Platform, served: Served) -> None:
    served.declare()
    served.endpoints.create_endpoint({"EndpointName": "churn", "EndpointConfigName": "config"})
    served.endpoints.close()

    assert list((platform.folder / "endpoints").rglob("weight")) == []


def test_a_disk_that_does_not_take_the_model_fails_the_endpoint(served: Served) -> None:
    (served.platform.folder / "endpoints").touch()
    served.serve()

    assert served.described["EndpointStatus"] == "Failed"
    assert served.described["FailureReason"] == (
        "The files of production variant primary could not be written: "
        "a file is where it needs a folder; rename one of the two."
    )


@pytest.mark.parametrize(
    ("model", "changes", "sentence"),
    [
        ({"Containers": [{}, {}]}, {}, "Model model must have one container: inference pipelines are not rehearsed"),
        (
            {"PrimaryContainer": {"Environment": {"SAGEMAKER_SUBMIT_DIRECTORY": "s3://B/code"}}},
            {},
            "SAGEMAKER_SUBMIT_DIRECTORY: an S3 URI must name a bucket",
        ),
        ({}, {"ModelName": None}, "Variant primary must name a model: inference components are not rehearsed"),
    ],
)
def test_what_is_not_rehearsed_is_refused_before_anything_starts(
    served: Served, model: dict[str, Any], changes: dict[str, Any], sentence: str
) -> None:
    served.declare(model=model)
    config = served.platform.store.table("EndpointConfig").get("config")
    for member in changes:
        del config["ProductionVariants"][0][member]

    with pytest.raises(ServiceError, match=sentence):
        read_plan(store=served.platform.store, config="config", arn="arn")


def test_an_uncompressed_model_is_read_from_its_prefix(served: Served) -> None:
    source = {"S3Uri": "s3://bucket/model/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    container = {"Image": "image", "ModelDataSource": {"S3DataSource": source}}
    served.declare(model={"PrimaryContainer": container})

    plan = read_plan(store=served.platform.store, config="config", arn="arn")
    assert plan.variants[0].model.archive == S3Uri(bucket="bucket", key="model/")


class Objects:
    """A bucket that lists and gives what it holds."""

    def __init__(self, **objects: str) -> None:
        self.objects = objects

    def get_paginator(self, name: str) -> "Objects":
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> list[dict[str, Any]]:  # noqa: N803 - boto3's
        return [{"Contents": [{"Key": key} for key in self.objects if key.startswith(Prefix)]}, {}]

    def download_file(self, bucket: str, key: str, target: str) -> None:
        Path(target).write_text(self.objects[key])


def test_everything_under_a_prefix_is_fetched_into_its_folders(tmp_path: Path) -> None:
    client = Objects(**{"model/": "", "model/weight": "2", "model/code/serve.py": "pass", "other": "no"})
    folder = artifacts.download(client=client, uri=S3Uri(bucket="bucket", key="model/"), folder=tmp_path / "to")

    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == {
        "weight",
        "code/serve.py",
    }


def test_a_prefix_with_nothing_under_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(artifacts.ArtifactError, match="s3://bucket/model/: there is no object under this prefix"):
        artifacts.download(client=Objects(), uri=S3Uri(bucket="bucket", key="model/"), folder=tmp_path)
