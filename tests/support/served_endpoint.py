"""An endpoint in this process, for what cannot be brought about from outside."""

from typing import Any

from modelyard.rehearsal.sagemaker.hosting.endpoints import Endpoints
from modelyard.rehearsal.sagemaker.hosting.runtime import Runtime, RuntimeAnswer
from modelyard.rehearsal.sagemaker.platform import Platform
from support.endpoints import variant


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
        self.create()

    def create(self) -> None:
        """Bring up what is declared, or fail."""
        self.endpoints.create_endpoint({"EndpointName": "churn", "EndpointConfigName": "config"})
        steps = self.endpoints.find("churn").steps
        assert steps is not None
        assert steps.wait(timeout=60)

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
