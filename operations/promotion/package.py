"""A model package that is to be served: what a manifest says of it, and which version somebody has approved."""

from dataclasses import dataclass

from botocore.exceptions import ClientError

from modelyard.manifest.package import ARN, is_versioned
from modelyard.operations.aws import Aws
from modelyard.operations.failures import Failure, sentence_of
from modelyard.operations.promotion.versions import APPROVED, versions
from modelyard.operations.training.packages import artifacts_of
from modelyard.shared.container_families import SUBMIT_DIRECTORY
from modelyard.shared.s3_uri import is_s3_uri

COMPLETED = "Completed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    """A package by its ARN, with the images that a role pulls for it, and the artifacts that it reads."""

    arn: str
    images: tuple[str, ...]
    artifacts: tuple[str, ...]

    @property
    def is_versioned(self) -> bool:
        """Whether it is a version of a group."""
        return is_versioned(self.arn)


def servable_package(*, aws: Aws, arn: str) -> Package:
    """Return a package that a model can be made of.

    Raises:
        Failure: it is not there, is not made yet, is not approved, has an artifact of another form than an archive, or
            a container that would download its script, which one of an isolated network cannot.
    """
    if ARN.fullmatch(arn) is None:
        raise Failure(f"--package must be the ARN of a model package, got {arn}; find it in the registry")
    try:
        found = aws.client("sagemaker").describe_model_package(ModelPackageName=arn)
    except ClientError as error:
        raise Failure(f"--package {arn} cannot be read: {sentence_of(error)}") from error
    if found["ModelPackageStatus"] != COMPLETED:
        raise Failure(
            f"{arn} must be {COMPLETED} to be served, it is {found['ModelPackageStatus']}; see why, or wait: "
            f"aws sagemaker describe-model-package --model-package-name {arn}"
        )
    if is_versioned(arn) and found.get("ModelApprovalStatus") != APPROVED:
        raise Failure(
            f"{arn} must be {APPROVED} to be served, it is {found.get('ModelApprovalStatus')}; approve it in the "
            "registry first: aws sagemaker update-model-package"
        )
    containers = found.get("InferenceSpecification", {}).get("Containers", [])
    for container in containers:
        directory = container.get("Environment", {}).get(SUBMIT_DIRECTORY, "")
        if is_s3_uri(directory):
            raise Failure(
                f"{arn} has a container that downloads its script from {directory}, which the isolated network of a "
                "package's containers forbids; promote the run that made it, or register it with code/ in its archive"
            )
        if "ModelDataSource" in container:
            raise Failure(
                f"{arn} has a container with a ModelDataSource, for which no role is written here; register it with a "
                "ModelDataUrl, the URI of a model.tar.gz"
            )
    return Package(
        arn=found["ModelPackageArn"],
        # SageMaker pulls a product's images itself.
        images=tuple(dict.fromkeys(one["Image"] for one in containers if "ProductId" not in one)),
        artifacts=artifacts_of(found),
    )


def approved_run(*, aws: Aws, group: str) -> tuple[str, str]:
    """Return run and trial of the newest version of a group that somebody has approved.

    Raises:
        Failure: none is approved, or none of a run of ours.
    """
    newest = next(versions(aws=aws, group=group, approval=APPROVED), None)
    if newest is None:
        raise Failure(f"No version of {group} is {APPROVED}; approve one: aws sagemaker update-model-package")
    if newest.run is None or newest.trial is None:
        raise Failure(
            f"{newest.arn}, the newest that is {APPROVED}, names no run and trial that made it; serve it as it is: "
            f"--package {newest.arn}"
        )
    return newest.run, newest.trial
