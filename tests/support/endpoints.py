"""Endpoints of a local AWS: models of a few lines, and everything that is asked of an endpoint."""

import io
import json
import tarfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from textwrap import dedent
from typing import Any

import botocore.exceptions

from support.local_aws import SharedLocalAws

PATIENCE_SECONDS = 90.0
# Multiplies a number by the weight in its archive; some bodies make it misbehave.
MODEL = """
    import os, pathlib, sys, time

    class Teapot(Exception):
        status_code = 418

    def model_fn(model_dir):
        weight = pathlib.Path(model_dir, "weight").read_text()
        if weight == "slow":
            time.sleep(3)
            weight = "1"
        if weight == "broken":
            raise RuntimeError("the weights are torn")
        print("loaded weight", weight, flush=True)
        return float(weight)

    def transform_fn(model, body, content_type, accept):
        if body == "die":
            os._exit(3)
        if body == "refuse":
            raise Teapot("short and stout")
        if body == "pid":
            return str(os.getpid()), "text/csv"
        if body == "slow":
            time.sleep(1)
            return "0", "text/csv"
        if body == "key":
            return os.environ["AWS_ACCESS_KEY_ID"], "text/csv"
        if body == "colour":
            return os.environ["COLOUR"], "text/csv"
        if model == 500 or body == "fail":
            raise RuntimeError("the model is lost")
        return f"{float(body) * model}", "text/csv; charset=utf-8"
"""


def archive(weight: str, *, program: str = MODEL) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in {"weight": weight, "code/serve.py": dedent(program)}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


@dataclass(kw_only=True)
class Endpoints:
    """An account in which endpoints are made; all of them end with the test."""

    aws: SharedLocalAws
    bucket: str
    role: str
    _made: list[str] = field(default_factory=list)

    @cached_property
    def sagemaker(self) -> Any:
        return self.aws.client("sagemaker")

    @cached_property
    def runtime(self) -> Any:
        return self.aws.client("sagemaker-runtime")

    def model(self, weight: str = "3", *, role: str | None = None, program: str = MODEL, **container: Any) -> str:
        name = self.aws.name("model")
        self.sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=role or self.role,
            PrimaryContainer=self.container(name, weight=weight, program=program) | container,
        )
        return name

    def pipeline(self, **weights: str) -> str:
        """A model of containers in a row by their names, each of which multiplies by its weight."""
        name = self.aws.name("model")
        containers = [
            self.container(f"{name}/{host}", weight=weight) | {"ContainerHostname": host}
            for host, weight in weights.items()
        ]
        self.sagemaker.create_model(ModelName=name, ExecutionRoleArn=self.role, Containers=containers)
        return name

    def container(self, place: str, *, weight: str, program: str = MODEL) -> dict[str, Any]:
        """A container of scikit-learn's whose archive lies at a place of the bucket."""
        key = f"{place}/model.tar.gz"
        self.aws.client("s3").put_object(Bucket=self.bucket, Key=key, Body=archive(weight, program=program))
        return {
            "Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3",
            "ModelDataUrl": f"s3://{self.bucket}/{key}",
            "Environment": {
                "SAGEMAKER_PROGRAM": "serve.py",
                "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
                "COLOUR": "red",
            },
        }

    def config(self, *variants: dict[str, Any], **members: Any) -> str:
        name = self.aws.name("config")
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=list(variants), **members)
        return name

    def begin(self, config: str, **members: Any) -> str:
        name = self.aws.name("endpoint")
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config, **members)
        self._made.append(name)
        return name

    def endpoint(self, config: str, **members: Any) -> str:
        name = self.begin(config, **members)
        settled = self.settled(name)
        assert settled["EndpointStatus"] == "InService", settled.get("FailureReason")
        return name

    def served(self, weight: str = "3", *, count: int = 1) -> str:
        return self.endpoint(self.config(variant(self.model(weight), count=count)))

    def describe(self, endpoint: str) -> Any:
        return self.sagemaker.describe_endpoint(EndpointName=endpoint)

    def settled(self, endpoint: str) -> Any:
        self.until(lambda: not self.describe(endpoint)["EndpointStatus"].endswith(("ing", "Back")))
        return self.describe(endpoint)

    def count(self, endpoint: str) -> int:
        return int(self.describe(endpoint)["ProductionVariants"][0]["CurrentInstanceCount"])

    def invoke(self, endpoint: str, body: str | bytes = "2", **members: Any) -> str:
        members = {"ContentType": "text/csv"} | members
        answer = self.runtime.invoke_endpoint(EndpointName=endpoint, Body=body, **members)
        return str(answer["Body"].read().decode())

    def pids(self, endpoint: str) -> set[str]:
        """Return the processes that answer, as far as twelve requests at once find them."""
        with ThreadPoolExecutor(max_workers=12) as executor:
            try:
                return set(executor.map(lambda _: self.invoke(endpoint, "pid"), range(12)))
            except botocore.exceptions.ClientError:
                return set()

    def objects(self, prefix: str) -> dict[str, str]:
        s3 = self.aws.client("s3")
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", ())]
        return {key: s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode() for key in keys}

    def captured(self, endpoint: str, *, under: str = "capture") -> list[Any]:
        self.aws.connection.flush()
        texts = self.objects(f"{under}/{endpoint}/").values()
        return [json.loads(line) for text in texts for line in text.splitlines()]

    def until(self, holds: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, "it did not come true in time"
            time.sleep(0.05)

    def limited(self, *statements: dict[str, Any]) -> str:
        return self.aws.role(statements=statements)

    def delete(self, endpoint: str) -> None:
        self.settled(endpoint)
        self.sagemaker.delete_endpoint(EndpointName=endpoint)
        self._made.remove(endpoint)
        self.until(lambda: endpoint not in self.endpoints())

    def end(self) -> None:
        for name in list(self._made):
            self.delete(name)

    def endpoints(self) -> Sequence[str]:
        pages = self.sagemaker.get_paginator("list_endpoints").paginate()
        return [item["EndpointName"] for page in pages for item in page["Endpoints"]]


def variant(model: str, *, name: str = "primary", count: int = 1, weight: float = 1) -> dict[str, Any]:
    return {
        "VariantName": name,
        "ModelName": model,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": count,
        "InitialVariantWeight": weight,
    }
