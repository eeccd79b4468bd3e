"""Which artifacts an endpoint's configuration serves."""

from collections.abc import Mapping
from typing import Any

from modelyard.operations.aws import Aws


def served_artifacts(*, aws: Aws, config: str) -> dict[str, str]:
    """Return the S3 URI of each variant's artifact, or the ARN of its package.

    Of a pipeline it is the artifact of the last container, the model itself.
    """
    sagemaker = aws.client("sagemaker")
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    found = {}
    for variant in variants:
        model = sagemaker.describe_model(ModelName=variant["ModelName"])
        container = own_container(model)
        found[variant["VariantName"]] = container.get("ModelPackageName", container.get("ModelDataUrl", ""))
    return found


def own_container(model: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the container of a model's own, of what DescribeModel tells: others stand before it."""
    found: Mapping[str, Any] = model["Containers"][-1] if model.get("Containers") else model["PrimaryContainer"]
    return found
