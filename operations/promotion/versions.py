"""The versions of a model's group in the registry, and which run each was registered by."""

from collections.abc import Iterator
from dataclasses import dataclass

from modelyard.operations.aws import Aws

APPROVED = "Approved"


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """A registered version; `run` and `trial` are what made it, None where something else did."""

    arn: str
    number: int
    approval: str
    run: str | None
    trial: str | None


def versions(*, aws: Aws, group: str, approval: str | None = None) -> Iterator[Version]:
    """Yield the versions of a group, newest first: all of them, or those of one approval status."""
    sagemaker = aws.client("sagemaker")
    only = {} if approval is None else {"ModelApprovalStatus": approval}
    pages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group, **only)
    listed = pages.build_full_result()["ModelPackageSummaryList"]
    for one in sorted(listed, key=lambda package: int(package["ModelPackageVersion"]), reverse=True):
        metadata = package_metadata(aws=aws, arn=one["ModelPackageArn"])
        yield Version(
            arn=one["ModelPackageArn"],
            number=int(one["ModelPackageVersion"]),
            approval=one["ModelApprovalStatus"],
            run=metadata.get("run"),
            trial=metadata.get("trial"),
        )


def has_group(*, aws: Aws, group: str) -> bool:
    """Return whether a group is there: that of a training stack, or of a first import."""
    pages = aws.client("sagemaker").get_paginator("list_model_package_groups").paginate(NameContains=group)
    listed = pages.build_full_result()["ModelPackageGroupSummaryList"]
    return group in [one["ModelPackageGroupName"] for one in listed]


def package_metadata(*, aws: Aws, arn: str) -> dict[str, str]:
    """Return what the one who registered a package noted of it: a run notes itself, its trial and its objective."""
    described = aws.client("sagemaker").describe_model_package(ModelPackageName=arn)
    found: dict[str, str] = described.get("CustomerMetadataProperties", {})
    return found
