"""Groups of model packages: one for a model, whose versions it counts."""

from modelyard.rehearsal.sagemaker.errors import ServiceError, invalid
from modelyard.rehearsal.sagemaker.listing import page
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document, Table

KIND = "ModelPackageGroup"
POLICY = "_ResourcePolicy"


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
            self._table.add(name, self._document(request=request, arn=arn))
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
        packages = self._platform.store.table("ModelPackage").documents()
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
        return self._platform.store.table(KIND)

    def _find(self, request: Document) -> Document:
        return find_group(platform=self._platform, name=request["ModelPackageGroupName"])

    def _with_policy(self, request: Document) -> Document:
        group = self._find(request)
        if POLICY not in group:
            raise invalid(f"Cannot find resource policy for: {group['ModelPackageGroupArn']}")
        return group

    def _document(self, *, request: Document, arn: str) -> Document:
        return {
            **{key: value for key, value in request.items() if key != "Tags"},
            "ModelPackageGroupArn": arn,
            "ModelPackageGroupStatus": "Completed",
            "CreationTime": self._platform.clock.now(),
            "CreatedBy": {},
        }


def group_arn(*, platform: Platform, name: str) -> str:
    """Return a group's ARN; SageMaker writes names in ARNs in lower case."""
    return platform.arn(kind="model-package-group", name=name.lower())


def find_group(*, platform: Platform, name: str) -> Document:
    """Return a group's document, by its name or its ARN.

    Raises:
        ServiceError: ValidationException, there is no such group.

    """
    table = platform.store.table(KIND)
    named = {group_arn(platform=platform, name=one): one for one in table.names()}
    found = table.find(named.get(name, name))
    if found is None:
        arn = name if name.startswith("arn:") else group_arn(platform=platform, name=name)
        raise invalid(f"ModelPackageGroup {arn} does not exist.")
    return found
