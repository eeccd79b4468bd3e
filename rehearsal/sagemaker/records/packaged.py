"""A model's containers, where a model package names them."""

from modelyard.rehearsal.sagemaker.errors import ServiceError, invalid
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.packages import find_package, package_arn
from modelyard.rehearsal.sagemaker.store import Document

PACKAGE = "ModelPackageName"
# What CreateModel takes beside a package (ContainerDefinition); its containers have the rest.
BESIDE = frozenset({PACKAGE, "Environment"})
# Of a package's container, what a model's has too.
TAKEN = ("Image", "ModelDataUrl", "ModelDataSource", "Environment", "ContainerHostname")


def packaged_containers(*, platform: Platform, container: Document) -> list[Document]:
    """Return the containers of the package that a container of CreateModel names, with its variables added to theirs.

    Raises:
        ServiceError: ValidationException, the package is not of this account's registry here, is a version that nobody
            has approved, has no containers, or is named beside what it has in it.

    """
    name = container[PACKAGE]
    given = sorted(container.keys() - BESIDE)
    if given:
        raise invalid(f"{PACKAGE} must be given without {' and '.join(given)}, which the package has; leave them out")
    own = package_arn(platform=platform, name=name.rpartition("model-package/")[2])
    if name.startswith("arn:") and name.lower() != own:
        raise invalid(
            f"{PACKAGE} must be of this account's registry here, got {name}: a package of another account or region, "
            "or of the AWS Marketplace, cannot be run on this machine; rehearse with a package of your own"
        )
    try:
        package = find_package(platform=platform, name=name)
    except ServiceError as error:
        raise invalid(f"{error.message} Nothing of AWS's registry is here: register it again") from error
    approval = package.get("ModelApprovalStatus")
    if "ModelPackageVersion" in package and approval != "Approved":
        raise invalid(
            f"Model Package {package['ModelPackageArn']} must be Approved for a model to be made of it, got {approval}"
            "; approve it with UpdateModelPackage"
        )
    containers = package.get("InferenceSpecification", {}).get("Containers", [])
    if not containers:
        raise invalid(f"Model Package {package['ModelPackageArn']} has no InferenceSpecification to make a model of")
    return [
        {key: one[key] for key in TAKEN if key in one}
        | {"Environment": {**one.get("Environment", {}), **container.get("Environment", {})}}
        for one in containers
    ]
