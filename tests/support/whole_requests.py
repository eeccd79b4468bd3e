"""Requests of the operations of SageMaker, whole: with as many members as belong together."""

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from botocore.config import Config

from modelyard.rehearsal.clients import make_client
from modelyard.rehearsal.sagemaker.request_members import table
from support.jobs import ANALYZER, XGBOOST, JobRequests, packed
from support.local_aws import SharedLocalAws

ENDPOINT = "/opt/ml/processing/input/endpoint"
CLUSTER = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}}
SIZE = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}
TAGS = [{"Key": "a", "Value": "b"}]
MOMENT = datetime(2026, 11, 22, tzinfo=UTC)


def unchecked(local_aws: SharedLocalAws, service: str) -> Any:
    """A client that sends whatever it is given."""
    place = local_aws.connection
    config = Config(parameter_validation=False, retries={"max_attempts": 0})
    return make_client(
        service, endpoint=place.endpoint, region=place.region, key=place.account, secret=place.secret, config=config
    )


def creations(job_requests: JobRequests, sagemaker: Any) -> dict[str, dict[str, Any]]:
    """A request of each operation that makes something; the names are to be filled in."""
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
    written = {"S3Uri": uri("written"), "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    topic, told = "arn:aws:sns:us-east-1:111122223333:told", ["SUCCESS_NOTIFICATION_TOPIC"]
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
        | {
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            "Environment": {"A": "b"},
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": "written", "S3Output": written}]},
            "Tags": TAGS,
        },
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
        "CreateAutoMLJobV2": {
            "AutoMLJobName": "",
            "AutoMLJobInputDataConfig": [
                {
                    "ChannelType": "training",
                    "ContentType": "text/csv;header=present",
                    "CompressionType": "None",
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri("rows/")}},
                }
            ],
            "OutputDataConfig": {"S3OutputPath": uri("searched"), "KmsKeyId": key},
            "AutoMLProblemTypeConfig": {
                "TabularJobConfig": {
                    "TargetAttributeName": "2",
                    "ProblemType": "Regression",
                    "Mode": "AUTO",
                    "CompletionCriteria": {
                        "MaxCandidates": 1,
                        "MaxRuntimePerTrainingJobInSeconds": 60,
                        "MaxAutoMLJobRuntimeInSeconds": 60,
                    },
                }
            },
            "AutoMLJobObjective": {"MetricName": "MSE"},
            "DataSplitConfig": {"ValidationFraction": 0.5},
            "SecurityConfig": {"VolumeKmsKeyId": key, "EnableInterContainerTrafficEncryption": True},
            "RoleArn": role,
            "Tags": TAGS,
        },
        "CreateModel": {"ModelName": "", "ExecutionRoleArn": role, "PrimaryContainer": container, "Tags": TAGS},
        "CreateEndpointConfig": {
            "EndpointConfigName": "",
            "ProductionVariants": [variant | {"InitialVariantWeight": 1.0}],
            "DataCaptureConfig": capture,
            "AsyncInferenceConfig": {
                "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 1},
                "OutputConfig": {
                    "S3OutputPath": uri("answers"),
                    "S3FailurePath": uri("failures"),
                    "NotificationConfig": {"SuccessTopic": topic, "IncludeInferenceResponseIn": told},
                },
            },
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


def sample(shape: Any, *, service: str, known: dict[str, Any], within: tuple[str, ...] = ()) -> Any:
    """A value of a shape with every member that is read, but for those within themselves.

    `known` has the values of some members, by their names or as `Structure.Member`; None for one that is left out.
    """
    if shape.type_name == "structure":
        done = (*table()["read"][service].get(shape.name, ()), *table()["only"].get(service, {}).get(shape.name, ()))
        inner = {member: shape.members[member] for member in done if shape.members[member].name not in within}
        members = {
            member: known[f"{shape.name}.{member}"]
            if f"{shape.name}.{member}" in known
            else known[member]
            if member in known
            else sample(of, service=service, known=known, within=(*within, shape.name))
            for member, of in inner.items()
        }
        return {member: value for member, value in members.items() if value is not None}
    if shape.type_name == "list":
        return [sample(shape.member, service=service, known=known, within=within)]
    if shape.type_name == "map":
        return {"key": sample(shape.value, service=service, known=known, within=within)}
    least = shape.metadata.get("min", 1)
    values = {"string": "a" * max(1, int(least)), "timestamp": MOMENT, "boolean": True, "blob": b"1"}
    return shape.enum[0] if getattr(shape, "enum", None) else values.get(shape.type_name, max(1, least))


def named(operation: str) -> str:
    """The member that names what an operation makes."""
    made = operation.removeprefix("Create").removesuffix("V2")
    return "JobDefinitionName" if operation.endswith("JobDefinition") else f"{made}Name"


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
