"""Of several ways to say one thing each is carried out or refused, and two at once are refused."""

import copy
from types import EllipsisType
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from support.jobs import XGBOOST, JobRequests
from support.local_aws import SharedLocalAws
from support.whole_requests import ENDPOINT, SIZE, creations, named, unchecked

GROUP = {"InstanceGroupName": "a", "InstanceType": "ml.m5.large", "InstanceCount": 1}
PREFIX = {"S3Uri": "s3://bucket/model/", "S3DataType": "S3Prefix", "CompressionType": "None"}
FILES = {
    "FileSystemId": "fs-0123456789a",
    "FileSystemAccessMode": "ro",
    "FileSystemType": "EFS",
    "DirectoryPath": "/",
}
DATASET = {"DatasetArn": "arn:aws:sagemaker:us-east-1:111122223333:hub-content/a/DataSet/b/1"}
BATCH = {
    "DataCapturedDestinationS3Uri": "s3://bucket/captured",
    "DatasetFormat": {"Csv": {"Header": True}},
    "LocalPath": ENDPOINT,
}
STEP = {"Type": "CAPACITY_PERCENT", "Value": 50}
# Where in the request of an operation are which alternatives; `...` is what the whole request has there.
Alternative = dict[str, Any | EllipsisType]
ALTERNATIVES: list[tuple[str, tuple[str | int, ...], list[Alternative]]] = [
    ("CreateModel", (), [{"PrimaryContainer": ...}, {"Containers": [{"Image": XGBOOST}]}]),
    ("CreateModel", ("PrimaryContainer",), [{"ModelDataUrl": ...}, {"ModelDataSource": {"S3DataSource": PREFIX}}]),
    ("CreateModel", ("PrimaryContainer",), [{"Image": ...}, {"ModelPackageName": "package"}]),
    ("CreateTrainingJob", ("AlgorithmSpecification",), [{"TrainingImage": ...}, {"AlgorithmName": "algorithm"}]),
    (
        "CreateTrainingJob",
        ("InputDataConfig", 0, "DataSource"),
        [{"S3DataSource": ...}, {"FileSystemDataSource": FILES}, {"DatasetSource": DATASET}],
    ),
    (
        "CreateTrainingJob",
        ("ResourceConfig",),
        [{"InstanceType": ..., "InstanceCount": ...}, {"InstanceGroups": [GROUP]}],
    ),
    (
        "CreateHyperParameterTuningJob",
        ("TrainingJobDefinition",),
        [{"HyperParameterTuningResourceConfig": ...}, {"ResourceConfig": SIZE}],
    ),
    (
        "CreateHyperParameterTuningJob",
        ("TrainingJobDefinition", "HyperParameterTuningResourceConfig"),
        [{"InstanceConfigs": ...}, SIZE],
    ),
    (
        "CreateEndpointConfig",
        ("ProductionVariants", 0),
        [
            {"InstanceType": ..., "InitialInstanceCount": ...},
            {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}},
            {"InstancePools": [{"InstanceType": "ml.m5.large", "Priority": 1}]},
        ],
    ),
    (
        "CreateEndpoint",
        ("DeploymentConfig",),
        [
            {"BlueGreenUpdatePolicy": ...},
            {"RollingUpdatePolicy": {"MaximumBatchSize": STEP, "WaitIntervalInSeconds": 1}},
        ],
    ),
    (
        "CreateEndpoint",
        ("DeploymentConfig", "BlueGreenUpdatePolicy", "TrafficRoutingConfiguration"),
        [{"CanarySize": ...}, {"LinearStepSize": STEP}],
    ),
    (
        "CreateProcessingJob",
        ("ProcessingInputs", 0),
        [{"S3Input": ...}, {"DatasetDefinition": {"LocalPath": "/opt/ml/processing/in", "InputMode": "File"}}],
    ),
    (
        "CreateProcessingJob",
        ("ProcessingOutputConfig", "Outputs", 0),
        [{"S3Output": ...}, {"FeatureStoreOutput": {"FeatureGroupName": "group"}}],
    ),
    (
        "CreateDataQualityJobDefinition",
        ("DataQualityJobInput",),
        [{"EndpointInput": ...}, {"BatchTransformInput": BATCH}],
    ),
    (
        "CreateModelQualityJobDefinition",
        ("ModelQualityJobInput",),
        [{"EndpointInput": ...}, {"BatchTransformInput": BATCH}],
    ),
    ("CreateModelBiasJobDefinition", ("ModelBiasJobInput",), [{"EndpointInput": ...}, {"BatchTransformInput": BATCH}]),
    (
        "CreateModelExplainabilityJobDefinition",
        ("ModelExplainabilityJobInput",),
        [{"EndpointInput": ...}, {"BatchTransformInput": BATCH}],
    ),
    (
        "CreateMonitoringSchedule",
        ("MonitoringScheduleConfig",),
        [{"MonitoringJobDefinition": ...}, {"MonitoringJobDefinitionName": "nobody"}],
    ),
    (
        "CreateMonitoringSchedule",
        ("MonitoringScheduleConfig", "MonitoringJobDefinition", "MonitoringInputs", 0),
        [{"EndpointInput": ...}, {"BatchTransformInput": BATCH}],
    ),
    ("CreateModelPackage", (), [{"ModelPackageGroupName": ...}, {"ModelPackageName": "alone"}]),
    ("CreateTrialComponent", ("Parameters", "depth"), [{"NumberValue": ...}, {"StringValue": "a"}]),
]


@pytest.fixture(scope="module")
def sagemaker(local_aws: SharedLocalAws) -> Any:
    return unchecked(local_aws, "sagemaker")


@pytest.fixture(scope="module")
def requests(local_aws: SharedLocalAws, sagemaker: Any) -> dict[str, dict[str, Any]]:
    return creations(JobRequests(local_aws=local_aws, bucket=local_aws.bucket()), sagemaker)


def with_alternatives(
    request: dict[str, Any], path: tuple[str | int, ...], *, of: list[Alternative], chosen: list[Alternative]
) -> Any:
    """A request in which of some alternatives the chosen ones are given."""
    changed = copy.deepcopy(request)
    inner: Any = changed
    for key in path:
        inner = inner[key]
    whole = dict(inner)
    for alternative in of:
        for member in alternative:
            inner.pop(member, None)
    for alternative in chosen:
        inner |= {member: whole[member] if value is ... else value for member, value in alternative.items()}
    return changed


@pytest.mark.parametrize(("operation", "path", "alternatives"), ALTERNATIVES)
def test_one_of_several_ways_is_carried_out_or_refused_and_two_are_refused(
    operation: str,
    path: tuple[str | int, ...],
    alternatives: list[Alternative],
    requests: dict[str, dict[str, Any]],
    sagemaker: Any,
    local_aws: SharedLocalAws,
) -> None:
    def sent(*chosen: Alternative) -> str | None:
        request = with_alternatives(requests[operation], path, of=alternatives, chosen=list(chosen))
        own = {named(operation): local_aws.name("way")} if named(operation) in requests[operation] else {}
        try:
            getattr(sagemaker, xform_name(operation))(**request | own)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return None

    first, *others = alternatives
    assert {sent(one) for one in alternatives} <= {None, "ValidationException", "ResourceNotFound"}
    assert {sent(first, other) for other in others} == {"ValidationException"}
