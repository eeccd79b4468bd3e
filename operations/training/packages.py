"""The registered packages of a model."""

from collections.abc import Iterator
from typing import Any

from modelyard.operations.aws import Aws


def packages_of(*, aws: Aws, group: str, artifact: str) -> Iterator[dict[str, Any]]:
    """Yield the descriptions of the packages of a group that hold an artifact, by its S3 URI."""
    sagemaker = aws.client("sagemaker")
    pages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
    for listed in pages.build_full_result()["ModelPackageSummaryList"]:
        package = sagemaker.describe_model_package(ModelPackageName=listed["ModelPackageArn"])
        containers = package.get("InferenceSpecification", {}).get("Containers", [])
        if artifact in [one.get("ModelDataUrl") for one in containers]:
            yield package
