"""Model packages: the versions of a model that somebody may approve, and the groups that count them."""

from modelyard.rehearsal.sagemaker.errors import ServiceError, invalid
from modelyard.rehearsal.sagemaker.listing import page
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document, Table

KIND, GROUP_KIND = "ModelPackage", "ModelPackageGroup"
POLICY = "_ResourcePolicy"
UPDATABLE = (
    "ModelApprovalStatus",
    "ModelPackageRegistrationType",
    "ApprovalDescription",
    "InferenceSpecification",
    "SourceUri",
    "ModelCard",
    "ModelLifeCycle",
)


class ModelPackageGroups:
    """The operations on groups of model packages.

    Source: CreateModelPackageGroup, DescribeModelPackageGroup, ListModelPackageGroups, DeleteModelPackageGroup,
    PutModelPackageGroupPolicy, GetModelPackageGroupPolicy and DeleteModelPackageGroupPolicy in the SageMaker API
    reference.
    """

    def __init__(self, *, platform: Platform) -> None:
        self._platform = platform

    @operation
    def create_model_package_group(self, request: Document) -> Document:
        """Keep a group.

        Raises:
            ServiceError: ValidationException, the name is taken.

        """
        name = request["ModelPackageGroupName"]
        arn = group_arn(platform=self._platform, name=name)
        with self._platform.store.lock:
            if self._table.find(name) is not None:
                raise invalid(f"Model Package Group already exists: {arn}")
            document = {
                **{key: value for key, value in request.items() if key != "Tags"},
                "ModelPackageGroupArn": arn,
                "ModelPackageGroupStatus": "Completed",
                "CreationTime": self._platform.clock.now(),
                "CreatedBy": {},
            }
            self._table.add(name, document)
        return {"ModelPackageGroupArn": arn}

    @operation
    def describe_model_package_group(self, request: Document) -> Document:
        """Return a group.

        Raises:
            ServiceError: ValidationException, there is no such group.

        """
        return dict(self._find(request))

    @operation
    def list_model_package_groups(self, request: Document) -> Document:
        """Return the groups that are asked for."""
        documents = self._table.documents()
        return page(request, documents, member="ModelPackageGroupSummaryList", name="ModelPackageGroupName")

    @operation
    def delete_model_package_group(self, request: Document) -> Document:
        """Forget a group without packages.

        Raises:
            ServiceError: ValidationException, there is no such group; ConflictException, it has packages.

        """
        name = self._find(request)["ModelPackageGroupName"]
        packages = self._platform.store.table(KIND).documents()
        if any(package.get("ModelPackageGroupName") == name for package in packages):
            arn = group_arn(platform=self._platform, name=name)
            message = f"Model Package Group cannot be deleted because it still contains Model Packages: {arn}"
            raise ServiceError(code="ConflictException", message=message)
        self._table.remove(name)
        return {}

    @operation
    def put_model_package_group_policy(self, request: Document) -> Document:
        """Give a group a policy, in the place of one that it has.

        Raises:
            ServiceError: ValidationException, there is no such group.

        """
        group = self._find(request)
        group[POLICY] = request["ResourcePolicy"]
        return {"ModelPackageGroupArn": group["ModelPackageGroupArn"]}

    @operation
    def get_model_package_group_policy(self, request: Document) -> Document:
        """Return a group's policy.

        Raises:
            ServiceError: ValidationException, there is no such group, or it has no policy.

        """
        return {"ResourcePolicy": self._with_policy(request)[POLICY]}

    @operation
    def delete_model_package_group_policy(self, request: Document) -> Document:
        """Take its policy from a group.

        Raises:
            ServiceError: ValidationException, there is no such group, or it has no policy.

        """
        del self._with_policy(request)[POLICY]
        return {}

    @property
    def _table(self) -> Table:
        return self._platform.store.table(GROUP_KIND)

    def _find(self, request: Document) -> Document:
        return find_group(platform=self._platform, name=request["ModelPackageGroupName"])

    def _with_policy(self, request: Document) -> Document:
        group = self._find(request)
        if POLICY not in group:
            raise invalid(f"Cannot find resource policy for: {group['ModelPackageGroupArn']}")
        return group


def group_arn(*, platform: Platform, name: str) -> str:
    """Return a group's ARN; SageMaker writes names in ARNs in lower case."""
    return platform.arn(kind="model-package-group", name=name.lower())


def find_group(*, platform: Platform, name: str) -> Document:
    """Return a group's document, by its name or its ARN.

    Raises:
        ServiceError: ValidationException, there is no such group.

    """
    table = platform.store.table(GROUP_KIND)
    named = {group_arn(platform=platform, name=one): one for one in table.names()}
    found = table.find(named.get(name, name))
    if found is None:
        arn = name if name.startswith("arn:") else group_arn(platform=platform, name=name)
        raise invalid(f"ModelPackageGroup {arn} does not exist.")
    return found


def package_arn(*, platform: Platform, name: str) -> str:
    """Return a package's ARN; SageMaker writes names in ARNs in lower case."""
    return platform.arn(kind="model-package", name=name.lower())


def find_package(*, platform: Platform, name: str) -> Document:
    """Return a package's document, by its name or its ARN.

    Raises:
        ServiceError: ValidationException, there is no such package.

    """
    arn = name if name.startswith("arn:") else package_arn(platform=platform, name=name)
    found = platform.store.table(KIND).find(arn)
    if found is None:
        raise invalid(f"ModelPackage {arn} does not exist.")
    return found


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
        if ("ModelPackageName" in request) == ("ModelPackageGroupName" in request):
            raise invalid(
                "A model package must have one of ModelPackageName and ModelPackageGroupName, got both or none; give "
                "one"
            )
        now = self._platform.clock.now()
        document = {
            **{key: value for key, value in request.items() if key not in ("Tags", "ClientToken")},
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
            "CreationTime": now,
            "LastModifiedTime": now,
        }
        with self._platform.store.lock:
            if "ModelPackageGroupName" in request:
                named = self._next_version(request)
            else:
                named = {"ModelPackageArn": self._arn(request["ModelPackageName"])}
            if self._table.find(named["ModelPackageArn"]) is not None:
                message = f"ModelPackage {named['ModelPackageArn']} already exists; choose another name"
                raise ServiceError(code="ConflictException", message=message)
            self._table.add(named["ModelPackageArn"], document | named)
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
        return find_package(platform=self._platform, name=name)

    def _arn(self, name: str) -> str:
        return package_arn(platform=self._platform, name=name)

    def _next_version(self, request: Document) -> Document:
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

    def _is_wanted(self, *, package: Document, request: Document) -> bool:
        if "ModelPackageGroupName" in request:
            group = find_group(platform=self._platform, name=request["ModelPackageGroupName"])
            return bool(package.get("ModelPackageGroupName") == group["ModelPackageGroupName"])
        kind = request.get("ModelPackageType", "Unversioned")
        return bool(kind == "Both" or ("ModelPackageVersion" in package) == (kind == "Versioned"))


def _extended(*, package: Document, request: Document) -> Document:
    """Return the members that an update adds to rather than replaces."""
    removed = request.get("CustomerMetadataPropertiesToRemove", [])
    kept = {key: value for key, value in package.get("CustomerMetadataProperties", {}).items() if key not in removed}
    added = request.get("AdditionalInferenceSpecificationsToAdd", [])
    return {
        "CustomerMetadataProperties": kept | request.get("CustomerMetadataProperties", {}),
        "AdditionalInferenceSpecifications": [*package.get("AdditionalInferenceSpecifications", []), *added],
    }
