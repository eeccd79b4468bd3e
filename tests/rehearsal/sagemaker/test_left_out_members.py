"""Whatever a request leaves out that AWS can do without is done without, or refused by its name: nothing is a 500."""

import contextlib
import copy
import importlib
import inspect
import itertools
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

import modelyard.rehearsal.sagemaker as package
from modelyard.rehearsal.clients import make_client
from modelyard.rehearsal.sagemaker.operations import MARK
from support.jobs import ANALYZER, XGBOOST, JobRequests, packed
from support.local_aws import SharedLocalAws

ENDPOINT = "/opt/ml/processing/input/endpoint"
CLUSTER = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}}
SIZE = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}
TAGS = [{"Key": "a", "Value": "b"}]
OPERATIONS = {
    "CreateDataQualityJobDefinition",
    "CreateEndpoint",
    "CreateEndpointConfig",
    "CreateExperiment",
    "CreateHyperParameterTuningJob",
    "CreateModel",
    "CreateModelBiasJobDefinition",
    "CreateModelExplainabilityJobDefinition",
    "CreateModelPackage",
    "CreateModelPackageGroup",
    "CreateModelQualityJobDefinition",
    "CreateMonitoringSchedule",
    "CreateProcessingJob",
    "CreateTrainingJob",
    "CreateTransformJob",
    "CreateTrial",
    "CreateTrialComponent",
}
STOPPED = {"CreateHyperParameterTuningJob", "CreateProcessingJob", "CreateTrainingJob", "CreateTransformJob"}


@pytest.fixture(scope="module")
def job_requests(local_aws: SharedLocalAws) -> JobRequests:
    return JobRequests(local_aws=local_aws, bucket=local_aws.bucket())


@pytest.fixture(scope="module")
def sagemaker(local_aws: SharedLocalAws) -> Any:
    """A client that sends whatever it is given."""
    place = local_aws.connection
    config = Config(parameter_validation=False, retries={"max_attempts": 0})
    return make_client(
        "sagemaker", endpoint=place.endpoint, region=place.region, key=place.account, secret=place.secret, config=config
    )


@pytest.fixture(scope="module")
def requests(job_requests: JobRequests, sagemaker: Any) -> dict[str, dict[str, Any]]:
    """A request of each operation that makes something, with as many members as belong together."""
    role, uri, name = job_requests.role(), job_requests.uri, job_requests.local_aws.name("left-out")
    archive = job_requests.put("model.tar.gz", packed({"weights": "1"}))
    job_requests.put("rows/rows.csv", "1,2\n")
    container = {"Image": XGBOOST, "ModelDataUrl": archive, "Environment": {"A": "b"}}
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer=container)
    sagemaker.create_experiment(ExperimentName=name)
    sagemaker.create_model_package_group(ModelPackageGroupName=name)
    key = job_requests.local_aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
    variant = {"VariantName": "one", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": uri("captured"),
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
    }
    sagemaker.create_endpoint_config(
        EndpointConfigName=f"{name}-watched", ProductionVariants=[variant], DataCaptureConfig=capture
    )
    sagemaker.create_endpoint(EndpointName=f"{name}-watched", EndpointConfigName=f"{name}-watched")
    training = job_requests.training("print(1)", metrics=[("score", "score=(.*)")], role=role) | {
        "CheckpointConfig": {"S3Uri": uri("checkpoints"), "LocalPath": "/opt/ml/checkpoints"},
        "Environment": {"A": "b"},
        "ExperimentConfig": {"ExperimentName": name, "TrialComponentDisplayName": "fit"},
        "RetryStrategy": {"MaximumRetryAttempts": 1},
        "Tags": TAGS,
    }
    tuned = {member: training[member] for member in ("AlgorithmSpecification", "RoleArn", "InputDataConfig")} | {
        "OutputDataConfig": {"S3OutputPath": uri("tuned")},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "StaticHyperParameters": training["HyperParameters"],
    }
    ranges = {"ParameterRanges": {"IntegerParameterRanges": [{"Name": "d", "MinValue": "1", "MaxValue": "2"}]}}
    search = {
        "Strategy": "Random",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "score"},
        "ResourceLimits": {"MaxParallelTrainingJobs": 1, "MaxNumberOfTrainingJobs": 1},
        **ranges,
    }
    watched = {
        "EndpointInput": {
            "EndpointName": f"{name}-watched",
            "LocalPath": ENDPOINT,
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
            "InferenceAttribute": "0",
        }
    }
    results = {
        "MonitoringOutputs": [{"S3Output": {"S3Uri": uri("results"), "LocalPath": "/opt/ml/processing/output"}}],
    }
    limits = {"ConstraintsResource": {"S3Uri": uri("constraints.json")}}
    definition = {
        "JobResources": CLUSTER,
        "RoleArn": role,
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        "NetworkConfig": {"EnableNetworkIsolation": False},
        "Tags": TAGS,
    }
    inline = {
        "MonitoringInputs": [watched],
        "MonitoringOutputConfig": results,
        "MonitoringResources": CLUSTER,
        "MonitoringAppSpecification": {"ImageUri": ANALYZER},
        "RoleArn": role,
    }
    return {
        "CreateTrainingJob": training,
        "CreateProcessingJob": job_requests.processing("print(1)", role=role)
        | {"StoppingCondition": {"MaxRuntimeInSeconds": 60}, "Environment": {"A": "b"}, "Tags": TAGS},
        "CreateTransformJob": {
            "TransformJobName": "",
            "ModelName": name,
            "TransformInput": {
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri("rows/")}},
                "ContentType": "text/csv",
                "SplitType": "Line",
            },
            "TransformOutput": {"S3OutputPath": uri("scored"), "AssembleWith": "Line", "Accept": "text/csv"},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            "DataProcessing": {"InputFilter": "$[1:]", "OutputFilter": "$", "JoinSource": "Input"},
            "ModelClientConfig": {"InvocationsTimeoutInSeconds": 60, "InvocationsMaxRetries": 1},
        },
        "CreateHyperParameterTuningJob": {
            "HyperParameterTuningJobName": "",
            "HyperParameterTuningJobConfig": search,
            "TrainingJobDefinition": tuned
            | {"HyperParameterTuningResourceConfig": {"InstanceConfigs": [SIZE], "VolumeKmsKeyId": key}},
        },
        "CreateModel": {"ModelName": "", "ExecutionRoleArn": role, "PrimaryContainer": container, "Tags": TAGS},
        "CreateEndpointConfig": {
            "EndpointConfigName": "",
            "ProductionVariants": [variant | {"InitialVariantWeight": 1.0}],
            "DataCaptureConfig": capture,
            "Tags": TAGS,
        },
        "CreateExperiment": {"ExperimentName": "", "DisplayName": "a", "Description": "b", "Tags": TAGS},
        "CreateTrial": {"TrialName": "", "ExperimentName": name, "DisplayName": "a"},
        "CreateTrialComponent": {
            "TrialComponentName": "",
            "Status": {"PrimaryStatus": "InProgress", "Message": "a"},
            "Parameters": {"depth": {"NumberValue": 1.0}},
            "InputArtifacts": {"rows": {"MediaType": "text/csv", "Value": uri("rows")}},
        },
        "CreateModelPackageGroup": {"ModelPackageGroupName": "", "ModelPackageGroupDescription": "a"},
        "CreateModelPackage": {
            "ModelPackageGroupName": name,
            "ModelPackageDescription": "a",
            "InferenceSpecification": {
                "Containers": [{"Image": XGBOOST, "ModelDataUrl": archive}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
            "ModelApprovalStatus": "Approved",
            "ModelMetrics": {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": uri("s")}}},
        },
        "CreateDataQualityJobDefinition": {
            "JobDefinitionName": "",
            "DataQualityBaselineConfig": limits,
            "DataQualityAppSpecification": {"ImageUri": ANALYZER, "Environment": {"A": "b"}},
            "DataQualityJobInput": watched,
            "DataQualityJobOutputConfig": results,
        }
        | definition,
        "CreateModelQualityJobDefinition": {
            "JobDefinitionName": "",
            "ModelQualityBaselineConfig": limits,
            "ModelQualityAppSpecification": {"ImageUri": ANALYZER, "ProblemType": "Regression"},
            "ModelQualityJobInput": watched | {"GroundTruthS3Input": {"S3Uri": uri("truth")}},
            "ModelQualityJobOutputConfig": results,
        }
        | definition,
        "CreateModelBiasJobDefinition": {
            "JobDefinitionName": "",
            "ModelBiasAppSpecification": {"ImageUri": ANALYZER, "ConfigUri": uri("config.json")},
            "ModelBiasJobInput": watched | {"GroundTruthS3Input": {"S3Uri": uri("truth")}},
            "ModelBiasJobOutputConfig": results,
        }
        | definition,
        "CreateModelExplainabilityJobDefinition": {
            "JobDefinitionName": "",
            "ModelExplainabilityAppSpecification": {"ImageUri": ANALYZER, "ConfigUri": uri("config.json")},
            "ModelExplainabilityJobInput": watched,
            "ModelExplainabilityJobOutputConfig": results,
        }
        | definition,
        "CreateMonitoringSchedule": {
            "MonitoringScheduleName": "",
            "MonitoringScheduleConfig": {
                "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
                "MonitoringJobDefinition": inline,
                "MonitoringType": "DataQuality",
            },
        },
        "CreateEndpoint": {
            "EndpointName": "",
            "EndpointConfigName": name,
            "DeploymentConfig": {
                "BlueGreenUpdatePolicy": {
                    "TrafficRoutingConfiguration": {
                        "Type": "CANARY",
                        "WaitIntervalInSeconds": 1,
                        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
                    },
                    "TerminationWaitInSeconds": 1,
                },
                "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}]},
            },
        },
    }


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where each member of a request is, at any depth."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in members:
        yield (*path, key)
        yield from paths(item, (*path, key))


def without(request: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    changed = copy.deepcopy(request)
    inner: Any = changed
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return changed


def sent(sagemaker: Any, operation: str, request: dict[str, Any], *, name: str) -> str | None:
    """Send a request under a name of its own, stop what it started, and return what was refused, if anything."""
    named = next(
        (key for key in request if key in (f"{operation.removeprefix('Create')}Name", "JobDefinitionName")), ""
    )
    try:
        getattr(sagemaker, xform_name(operation))(**request | ({named: name} if named else {}))
    except ClientError as error:
        return "{Code}: {Message}".format(**error.response["Error"])
    if operation in STOPPED:
        with contextlib.suppress(ClientError):  # it has ended already
            getattr(sagemaker, xform_name(operation.replace("Create", "Stop")))(**{named: name})
    return None


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_no_member_that_is_left_out_is_an_internal_error(
    operation: str, requests: dict[str, dict[str, Any]], sagemaker: Any
) -> None:
    request, numbers = requests[operation], itertools.count()
    left_out = {
        path: sent(sagemaker, operation, without(request, path), name=f"left-out-{operation[6:14]}-{next(numbers)}")
        for path in paths(request)
    }
    wrong = {path: said for path, said in left_out.items() if said and not said.startswith("ValidationException: ")}
    assert wrong == {}


@pytest.mark.parametrize("operation", sorted(OPERATIONS - {"CreateEndpoint"}))
def test_with_all_its_members_a_request_is_taken(
    operation: str, requests: dict[str, dict[str, Any]], sagemaker: Any
) -> None:
    assert sent(sagemaker, operation, requests[operation], name=f"whole-{operation[6:14]}") is None


def test_each_operation_that_makes_something_is_tried() -> None:
    modules = [
        importlib.import_module(one.name) for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    classes = [one for module in modules for one in vars(module).values() if inspect.isclass(one)]
    marked = {name for one in classes for name, member in vars(one).items() if getattr(member, MARK, False)}
    assert {name for name in marked if name.startswith("create_")} == {xform_name(name) for name in OPERATIONS}
