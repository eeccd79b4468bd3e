"""The registered packages of a model."""

from collections.abc import Iterator, Mapping
from typing import Any

from modelyard.operations.aws import Aws


def packages_of(*, aws: Aws, group: str, artifact: str) -> Iterator[dict[str, Any]]:
    """Yield the descriptions of the packages of a group that hold an artifact, by its S3 URI."""
    sagemaker = aws.client("sagemaker")
    pages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
    for listed in pages.build_full_result()["ModelPackageSummaryList"]:
        package = sagemaker.describe_model_package(ModelPackageName=listed["ModelPackageArn"])
        if artifact in artifacts_of(package):
            yield package


def artifacts_of(package: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the S3 URIs of what a package serves, each once: of its containers, and of what an algorithm has made."""
    containers = package.get("InferenceSpecification", {}).get("Containers", [])
    sources = package.get("SourceAlgorithmSpecification", {}).get("SourceAlgorithms", [])
    return tuple(dict.fromkeys(one["ModelDataUrl"] for one in (*containers, *sources) if "ModelDataUrl" in one))
