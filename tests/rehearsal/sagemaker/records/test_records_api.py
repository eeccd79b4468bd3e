"""The records as a client meets them: what is validated, kept and answered on the way."""

import io
import tarfile
from typing import Any

import botocore.exceptions
import pytest

from support.local_aws import SharedLocalAws, allow

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"


@pytest.fixture(scope="module")
def sagemaker(local_aws: SharedLocalAws) -> Any:
    return local_aws.client("sagemaker")


@pytest.fixture(scope="module")
def bucket(local_aws: SharedLocalAws) -> str:
    """A bucket with a model."""
    name, packed = local_aws.bucket(), io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz"):
        pass
    local_aws.client("s3").put_object(Bucket=name, Key="model.tar.gz", Body=packed.getvalue())
    return name


def create_model(sagemaker: Any, *, name: str, uri: str, role: str) -> None:
    container = {"Image": IMAGE, "ModelDataUrl": uri}
    sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=role)


def test_a_model_whose_role_reads_its_artifact_is_made(local_aws: SharedLocalAws, sagemaker: Any, bucket: str) -> None:
    role, name = local_aws.role(statements=[allow("s3:GetObject")]), local_aws.name("model")
    create_model(sagemaker, name=name, uri=f"s3://{bucket}/model.tar.gz", role=role)
    assert sagemaker.describe_model(ModelName=name)["ExecutionRoleArn"] == role


@pytest.mark.parametrize("key", ["model.tar.gz", "other.tar.gz", "model/"])
def test_a_model_whose_role_reads_nothing_is_refused(
    local_aws: SharedLocalAws, sagemaker: Any, bucket: str, key: str
) -> None:
    role = local_aws.role(statements=[allow("logs:PutLogEvents")])
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        create_model(sagemaker, name=local_aws.name("model"), uri=f"s3://{bucket}/{key}", role=role)
    assert f"Could not access model data at s3://{bucket}/{key}" in str(refused.value)


def test_a_model_without_an_artifact_is_refused(local_aws: SharedLocalAws, sagemaker: Any, bucket: str) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="Could not access model data"):
        create_model(sagemaker, name=local_aws.name("model"), uri=f"s3://{bucket}/other.tar.gz", role=local_aws.role())


def test_what_is_not_there_is_an_exception_of_its_own(sagemaker: Any) -> None:
    with pytest.raises(sagemaker.exceptions.ResourceNotFound, match=r"experiment/nowhere' does not exist\."):
        sagemaker.describe_experiment(ExperimentName="nowhere")


def test_tags_are_kept_from_the_start(local_aws: SharedLocalAws, sagemaker: Any) -> None:
    tags = [{"Key": "team", "Value": "blue"}]
    made = sagemaker.create_experiment(ExperimentName=local_aws.name("tagged"), Tags=tags)
    assert sagemaker.list_tags(ResourceArn=made["ExperimentArn"])["Tags"] == tags


def test_a_new_resource_has_no_tags_of_one_that_is_gone(local_aws: SharedLocalAws, sagemaker: Any) -> None:
    name = local_aws.name("again")
    sagemaker.create_experiment(ExperimentName=name, Tags=[{"Key": "team", "Value": "blue"}])
    sagemaker.delete_experiment(ExperimentName=name)
    made = sagemaker.create_experiment(ExperimentName=name)
    assert sagemaker.list_tags(ResourceArn=made["ExperimentArn"])["Tags"] == []


def test_a_package_is_approved_and_found(local_aws: SharedLocalAws, sagemaker: Any, bucket: str) -> None:
    group = local_aws.name("group")
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    inference = {
        "Containers": [{"Image": IMAGE, "ModelDataUrl": f"s3://{bucket}/model.tar.gz"}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    arn = sagemaker.create_model_package(ModelPackageGroupName=group, InferenceSpecification=inference)[
        "ModelPackageArn"
    ]
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    (found,) = sagemaker.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    assert (found["ModelPackageVersion"], found["ModelApprovalStatus"]) == (1, "Approved")
    assert sagemaker.describe_model_package(ModelPackageName=arn)["InferenceSpecification"] == inference


def test_a_group_with_packages_is_a_conflict(local_aws: SharedLocalAws, sagemaker: Any) -> None:
    group = local_aws.name("group")
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    sagemaker.create_model_package(ModelPackageGroupName=group)
    with pytest.raises(sagemaker.exceptions.ConflictException):
        sagemaker.delete_model_package_group(ModelPackageGroupName=group)


def test_a_job_of_an_experiment_that_is_not_there_does_not_start(local_aws: SharedLocalAws, sagemaker: Any) -> None:
    name = local_aws.name("process")
    with pytest.raises(botocore.exceptions.ClientError, match=r"experiment/nowhere' does not exist\."):
        sagemaker.create_processing_job(
            ProcessingJobName=name,
            AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": ["true"]},
            ProcessingResources={
                "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}
            },
            RoleArn=local_aws.role(),
            ExperimentConfig={"ExperimentName": "nowhere"},
        )
    assert sagemaker.list_processing_jobs(NameContains=name)["ProcessingJobSummaries"] == []


def test_a_metric_is_put_by_the_metrics_service(local_aws: SharedLocalAws, sagemaker: Any) -> None:
    name = local_aws.name("component")
    sagemaker.create_trial_component(TrialComponentName=name)
    point = {"MetricName": "auc", "Timestamp": local_aws.now(), "Value": 0.5}
    answer = local_aws.client("sagemaker-metrics").batch_put_metrics(TrialComponentName=name, MetricData=[point])
    (metric,) = sagemaker.describe_trial_component(TrialComponentName=name)["Metrics"]
    assert (answer["Errors"], metric["Last"]) == ([], 0.5)


def test_what_the_metrics_service_does_not_do_here_is_said(local_aws: SharedLocalAws) -> None:
    query = {
        "MetricName": "auc",
        "ResourceArn": "arn:aws:sagemaker:us-east-1:111122223333:experiment-trial-component/x",
        "MetricStat": "Max",
        "Period": "OneHour",
        "XAxisType": "Timestamp",
    }
    with pytest.raises(botocore.exceptions.ClientError, match="BatchGetMetrics is not part of the rehearsal"):
        local_aws.client("sagemaker-metrics").batch_get_metrics(MetricQueries=[query])
