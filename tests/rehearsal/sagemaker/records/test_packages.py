import pytest

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.packages import ModelPackageGroups, ModelPackages
from modelyard.rehearsal.sagemaker.store import Document

ARN = "arn:aws:sagemaker:eu-west-1:123456789012"
GROUP = {"ModelPackageGroupName": "Churn"}
FIRST = {"ModelPackageName": f"{ARN}:model-package/churn/1"}


@pytest.fixture
def groups(platform: Platform) -> ModelPackageGroups:
    groups = ModelPackageGroups(platform=platform)
    groups.create_model_package_group({**GROUP, "ModelPackageGroupDescription": "of customers"})
    return groups


@pytest.fixture
def packages(platform: Platform, groups: ModelPackageGroups) -> ModelPackages:
    packages = ModelPackages(platform=platform)
    metrics = {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://bucket/m.json"}}}
    packages.create_model_package({**GROUP, "ModelMetrics": metrics, "CustomerMetadataProperties": {"auc": "0.9"}})
    return packages


def listed(packages: ModelPackages, **request: str) -> list[str]:
    answer = packages.list_model_packages({"SortOrder": "Ascending", **request})
    return [one["ModelPackageArn"].rpartition(":model-package/")[2] for one in answer["ModelPackageSummaryList"]]


def test_a_group_is_described(groups: ModelPackageGroups) -> None:
    described = groups.describe_model_package_group(GROUP)
    assert described["ModelPackageGroupArn"] == f"{ARN}:model-package-group/churn"
    assert described["ModelPackageGroupStatus"] == "Completed"
    assert (
        groups.describe_model_package_group({"ModelPackageGroupName": described["ModelPackageGroupArn"]}) == described
    )


def test_a_group_is_not_made_twice(groups: ModelPackageGroups) -> None:
    with pytest.raises(ServiceError, match="Model Package Group already exists") as error:
        groups.create_model_package_group(GROUP)
    assert error.value.code == "ValidationException"


def test_a_group_that_is_not_there_is_refused(groups: ModelPackageGroups) -> None:
    with pytest.raises(ServiceError) as error:
        groups.describe_model_package_group({"ModelPackageGroupName": "other"})
    assert error.value.message == f"ModelPackageGroup {ARN}:model-package-group/other does not exist."


def test_groups_are_listed(groups: ModelPackageGroups) -> None:
    (group,) = groups.list_model_package_groups({"NameContains": "chu"})["ModelPackageGroupSummaryList"]
    assert group["ModelPackageGroupName"] == "Churn"


def test_a_group_with_packages_is_not_deleted(groups: ModelPackageGroups, packages: ModelPackages) -> None:
    with pytest.raises(ServiceError, match="still contains Model Packages") as error:
        groups.delete_model_package_group(GROUP)
    assert error.value.code == "ConflictException"


def test_a_group_without_packages_is_deleted(groups: ModelPackageGroups, packages: ModelPackages) -> None:
    packages.delete_model_package(FIRST)
    groups.delete_model_package_group(GROUP)
    assert groups.list_model_package_groups({})["ModelPackageGroupSummaryList"] == []


def test_a_group_keeps_a_policy(groups: ModelPackageGroups) -> None:
    groups.put_model_package_group_policy({**GROUP, "ResourcePolicy": "{}"})
    assert groups.get_model_package_group_policy(GROUP) == {"ResourcePolicy": "{}"}
    groups.delete_model_package_group_policy(GROUP)
    with pytest.raises(ServiceError, match="Cannot find resource policy for"):
        groups.get_model_package_group_policy(GROUP)


def test_the_packages_of_a_group_are_counted(packages: ModelPackages) -> None:
    second = packages.create_model_package(GROUP)
    assert second == {"ModelPackageArn": f"{ARN}:model-package/churn/2"}
    assert packages.describe_model_package({"ModelPackageName": second["ModelPackageArn"]})["ModelPackageVersion"] == 2


def test_a_number_is_not_given_again(packages: ModelPackages) -> None:
    packages.delete_model_package(FIRST)
    assert packages.create_model_package(GROUP)["ModelPackageArn"].endswith("/2")


def test_a_package_is_described_with_its_metrics(packages: ModelPackages) -> None:
    described = packages.describe_model_package(FIRST)
    assert described["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"] == "s3://bucket/m.json"
    assert described["ModelPackageStatus"] == "Completed"
    assert described["ModelPackageGroupName"] == "Churn"


def test_a_package_waits_for_approval_unless_it_says_otherwise(packages: ModelPackages) -> None:
    packages.create_model_package({**GROUP, "ModelApprovalStatus": "Approved"})
    assert listed(packages, **GROUP, ModelApprovalStatus="PendingManualApproval") == ["churn/1"]
    assert listed(packages, **GROUP, ModelApprovalStatus="Approved") == ["churn/2"]


def test_a_package_is_approved(packages: ModelPackages) -> None:
    arn = FIRST["ModelPackageName"]
    packages.update_model_package({"ModelPackageArn": arn, "ModelApprovalStatus": "Approved"})
    assert packages.describe_model_package(FIRST)["ModelApprovalStatus"] == "Approved"


def test_an_update_adds_to_a_packages_properties(packages: ModelPackages) -> None:
    arn = FIRST["ModelPackageName"]
    packages.update_model_package({"ModelPackageArn": arn, "CustomerMetadataProperties": {"run": "r1"}})
    assert packages.describe_model_package(FIRST)["CustomerMetadataProperties"] == {"auc": "0.9", "run": "r1"}
    packages.update_model_package({"ModelPackageArn": arn, "CustomerMetadataPropertiesToRemove": ["auc"]})
    assert packages.describe_model_package(FIRST)["CustomerMetadataProperties"] == {"run": "r1"}


def test_a_package_may_have_a_name_of_its_own(packages: ModelPackages) -> None:
    made = packages.create_model_package({"ModelPackageName": "alone"})
    assert made == {"ModelPackageArn": f"{ARN}:model-package/alone"}
    assert packages.describe_model_package({"ModelPackageName": "alone"})["ModelPackageName"] == "alone"


def test_packages_are_listed_by_kind(packages: ModelPackages) -> None:
    packages.create_model_package({"ModelPackageName": "alone"})
    assert listed(packages) == ["alone"]
    assert listed(packages, ModelPackageType="Versioned") == ["churn/1"]
    assert listed(packages, ModelPackageType="Both") == ["churn/1", "alone"]


def test_a_packages_name_is_not_taken_twice(packages: ModelPackages) -> None:
    packages.create_model_package({"ModelPackageName": "alone"})
    with pytest.raises(ServiceError, match="already exists") as error:
        packages.create_model_package({"ModelPackageName": "alone"})
    assert error.value.code == "ConflictException"


@pytest.mark.parametrize("naming", [{}, {**GROUP, "ModelPackageName": "alone"}])
def test_a_package_has_a_group_or_a_name(packages: ModelPackages, naming: Document) -> None:
    with pytest.raises(ServiceError, match="must have one of ModelPackageName and ModelPackageGroupName"):
        packages.create_model_package(naming)


def test_a_package_that_is_not_there_is_refused(packages: ModelPackages) -> None:
    with pytest.raises(ServiceError) as error:
        packages.describe_model_package({"ModelPackageName": "other"})
    assert error.value.message == f"ModelPackage {ARN}:model-package/other does not exist."
