"""Model packages: the versions of a model that somebody may approve, in groups."""

from modelyard.rehearsal.sagemaker.errors import ServiceError, invalid
from modelyard.rehearsal.sagemaker.listing import page
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.package_groups import find_group
from modelyard.rehearsal.sagemaker.store import Document, Table

KIND = "ModelPackage"
UPDATABLE = (
    "ModelApprovalStatus",
    "ModelPackageRegistrationType",
    "ApprovalDescription",
    "InferenceSpecification",
    "SourceUri",
    "ModelCard",
    "ModelLifeCycle",
)


class ModelPackages:
    """The operations on model packages.

    Source: CreateModelPackage, DescribeModelPackage, ListModelPackages, UpdateModelPackage and DeleteModelPackage in
    the SageMaker API reference.
    """

    def __init__(self, *, platform: Platform) -> None:
        self._platform = platform

    @operation
    def create_model_package(self, request: Document) -> Document:
        """Keep a package: the next version of a group, or one that has a name of its own.

        Raises:
            ServiceError: ValidationException, it has both a group and a name, or neither; or the group is not there;
                ConflictException, the name is taken.

        """
        _check_naming(request)
        with self._platform.store.lock:
            named = self._version(request) if "ModelPackageGroupName" in request else self._named(request)
            if self._table.find(named["ModelPackageArn"]) is not None:
                message = f"ModelPackage {named['ModelPackageArn']} already exists; choose another name"
                raise ServiceError(code="ConflictException", message=message)
            self._table.add(named["ModelPackageArn"], self._document(request) | named)
        return {"ModelPackageArn": named["ModelPackageArn"]}

    @operation
    def describe_model_package(self, request: Document) -> Document:
        """Return a package, by its name or its ARN.

        Raises:
            ServiceError: ValidationException, there is no such package.

        """
        return dict(self._find(request["ModelPackageName"]))

    @operation
    def list_model_packages(self, request: Document) -> Document:
        """Return the packages that are asked for: of a group, its versions; otherwise those without versions.

        Raises:
            ServiceError: ValidationException, there is no such group.

        """
        found = [one for one in self._table.documents() if self._is_wanted(package=one, request=request)]
        if "ModelApprovalStatus" in request:
            found = [one for one in found if one.get("ModelApprovalStatus") == request["ModelApprovalStatus"]]
        return page(request, found, member="ModelPackageSummaryList", name="ModelPackageName")

    @operation
    def update_model_package(self, request: Document) -> Document:
        """Approve or reject a package, or give it other members; properties are added to those that it has.

        Raises:
            ServiceError: ValidationException, there is no such package.

        """
        with self._platform.store.lock:
            package = self._find(request["ModelPackageArn"])
            package |= {key: request[key] for key in UPDATABLE if key in request}
            package |= _extended(package=package, request=request)
            package["LastModifiedTime"] = self._platform.clock.now()
        return {"ModelPackageArn": package["ModelPackageArn"]}

    @operation
    def delete_model_package(self, request: Document) -> Document:
        """Forget a package; its version number is not given again.

        Raises:
            ServiceError: ValidationException, there is no such package.

        """
        self._table.remove(self._find(request["ModelPackageName"])["ModelPackageArn"])
        return {}

    @property
    def _table(self) -> Table:
        return self._platform.store.table(KIND)

    def _find(self, name: str) -> Document:
        arn = name if name.startswith("arn:") else self._arn(name)
        found = self._table.find(arn)
        if found is None:
            raise invalid(f"ModelPackage {arn} does not exist.")
        return found

    def _arn(self, name: str) -> str:
        return self._platform.arn(kind="model-package", name=name.lower())

    def _version(self, request: Document) -> Document:
        group = find_group(platform=self._platform, name=request["ModelPackageGroupName"])
        group["_LastVersion"] = group.get("_LastVersion", 0) + 1
        name, version = group["ModelPackageGroupName"], group["_LastVersion"]
        approval = request.get("ModelApprovalStatus", "PendingManualApproval")
        return {
            "ModelPackageName": f"{name}/{version}",
            "ModelPackageGroupName": name,
            "ModelPackageVersion": version,
            "ModelPackageArn": self._arn(f"{name}/{version}"),
            "ModelApprovalStatus": approval,
        }

    def _named(self, request: Document) -> Document:
        return {"ModelPackageArn": self._arn(request["ModelPackageName"])}

    def _document(self, request: Document) -> Document:
        now = self._platform.clock.now()
        return {
            **{key: value for key, value in request.items() if key not in ("Tags", "ClientToken")},
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
            "CreationTime": now,
            "LastModifiedTime": now,
        }

    def _is_wanted(self, *, package: Document, request: Document) -> bool:
        if "ModelPackageGroupName" in request:
            group = find_group(platform=self._platform, name=request["ModelPackageGroupName"])
            return bool(package.get("ModelPackageGroupName") == group["ModelPackageGroupName"])
        kind = request.get("ModelPackageType", "Unversioned")
        return bool(kind == "Both" or ("ModelPackageVersion" in package) == (kind == "Versioned"))


def _check_naming(request: Document) -> None:
    if ("ModelPackageName" in request) == ("ModelPackageGroupName" in request):
        raise invalid(
            "A model package must have one of ModelPackageName and ModelPackageGroupName, got both or none; give one"
        )


def _extended(*, package: Document, request: Document) -> Document:
    """Return the members that an update adds to rather than replaces."""
    removed = request.get("CustomerMetadataPropertiesToRemove", [])
    kept = {key: value for key, value in package.get("CustomerMetadataProperties", {}).items() if key not in removed}
    added = request.get("AdditionalInferenceSpecificationsToAdd", [])
    return {
        "CustomerMetadataProperties": kept | request.get("CustomerMetadataProperties", {}),
        "AdditionalInferenceSpecifications": [*package.get("AdditionalInferenceSpecifications", []), *added],
    }
