"""Whatever a request leaves out that AWS can do without is done without, or refused by its name: nothing is a 500."""

import contextlib
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from maintenance.document_requests import answered
from modelyard.rehearsal.sagemaker.request_members import table
from modelyard.rehearsal.sagemaker.shapes import service_model
from support.endpoints import Endpoints, variant
from support.jobs import JobRequests
from support.local_aws import SharedLocalAws
from support.whole_requests import MOMENT, creations, named, paths, sample, unchecked, without

SERVICES = tuple(table()["read"])
# Each request would start an MLflow server: what may be left out of theirs has tests of its own.
OF_APPS = "MlflowApp"
OPERATIONS = [(service, one) for service in SERVICES for one in answered(service) if OF_APPS not in one]
CREATIONS = [operation for _, operation in OPERATIONS if operation.startswith("Create")]
OTHERS = [one for one in OPERATIONS if not one[1].startswith("Create")]
STOPPED = {
    "CreateAutoMLJobV2",
    "CreateHyperParameterTuningJob",
    "CreateProcessingJob",
    "CreateTrainingJob",
    "CreateTransformJob",
}
# What these name is not there: the tests of others need what is.
ENDING = ("Delete", "Deregister", "Disassociate", "Start", "Stop")
# Each has a test of its own; with these nothing else of a request would be looked at.
LEFT_OUT = (
    "NextToken",
    "ServerlessUpdateConfig",
    "CustomizedMetricSpecification",
    "StepScalingPolicyConfiguration",
    "StringValue",
    "ListTrialComponentsRequest.SourceArn",
    "ListTrialComponentsRequest.TrialName",
)
REFUSALS = ("ValidationException", "ResourceNotFound", "ObjectNotFoundException", "NoSuchResourceException")


@pytest.fixture(scope="module")
def job_requests(local_aws: SharedLocalAws) -> JobRequests:
    return JobRequests(local_aws=local_aws, bucket=local_aws.bucket())


@pytest.fixture(scope="module")
def clients(local_aws: SharedLocalAws) -> dict[str, Any]:
    return {service: unchecked(local_aws, service) for service in SERVICES}


@pytest.fixture(scope="module")
def requests(job_requests: JobRequests, clients: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return creations(job_requests, clients["sagemaker"])


@pytest.fixture(scope="module")
def host(local_aws: SharedLocalAws) -> Iterator[Endpoints]:
    host = Endpoints(aws=local_aws, bucket=local_aws.bucket(), role=local_aws.role())
    yield host
    host.end()


@pytest.fixture(scope="module")
def known(
    requests: dict[str, dict[str, Any]], clients: dict[str, Any], host: Endpoints, local_aws: SharedLocalAws
) -> dict[str, Any]:
    """What is there for all operations, by the members that name it; None for a member that is left out."""
    sagemaker, name = clients["sagemaker"], local_aws.name("known")
    names = {named(operation): name for operation in CREATIONS}
    for operation in CREATIONS:
        if operation not in ("CreateEndpoint", "CreateEndpointConfig"):
            assert sent(sagemaker, operation, requests[operation], name=name) is None
    config = host.config(variant(host.model()))
    endpoint, group = host.endpoint(config), names["ModelPackageGroupName"]
    package = sagemaker.create_model_package(ModelPackageGroupName=group)["ModelPackageArn"]
    sagemaker.put_model_package_group_policy(ModelPackageGroupName=group, ResourcePolicy="{}")
    scaled = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/primary",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    clients["application-autoscaling"].register_scalable_target(**scaled, MinCapacity=1, MaxCapacity=2)
    quotas = clients["service-quotas"].list_service_quotas(ServiceCode="sagemaker")["Quotas"]
    job = {"Name": "TrainingJobName", "Operator": "Equals", "Value": name}
    channel = {"Name": "InputDataConfig.DataSource.S3DataSource.S3Uri", "Operator": "Contains", "Value": "s3"}
    schedule = {"ScheduleExpression": "cron(0 * ? * * *)"}
    return (
        names
        | scaled
        | {
            "EndpointName": endpoint,
            "EndpointConfigName": config,
            "VariantName": "primary",
            "ModelPackageName": package,
            "ModelPackageArn": package,
            "ResourceArn": sagemaker.describe_experiment(ExperimentName=name)["ExperimentArn"],
            "ResourcePolicy": "{}",
            "TrialName": name,
            "TrialComponentName": name,
            "ResourceIds": [scaled["ResourceId"]],
            "PolicyType": "TargetTrackingScaling",
            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance",
            "Schedule": "rate(1 day)",
            "Timezone": "UTC",
            "ScalableTargetAction": {"MinCapacity": 1},
            "ServiceCode": "sagemaker",
            "QuotaCode": quotas[0]["QuotaCode"],
            "MediaType": "text/csv",
            "SearchRequest.SortBy": "TrainingJobName",
            "Timestamp": MOMENT,
            "SearchExpression": {
                "Filters": [job],
                "NestedFilters": [{"NestedPropertyName": "InputDataConfig", "Filters": [channel]}],
                "SubExpressions": [{"Filters": [job], "Operator": "Or"}],
            },
            "Resource": "TrainingJob",
            "MonitoringScheduleConfig": requests["CreateMonitoringSchedule"]["MonitoringScheduleConfig"]
            | {"ScheduleConfig": schedule},
            "DeploymentConfig": requests["CreateEndpoint"]["DeploymentConfig"],
            **dict.fromkeys(LEFT_OUT),
        }
    )


def sent(client: Any, operation: str, request: dict[str, Any], *, name: str = "") -> str | None:
    """Send a request, under a name of its own where one is given, and return what was refused, if anything.

    What it has started is stopped.
    """
    own = {named(operation): name} if name and named(operation) in request else {}
    try:
        getattr(client, xform_name(operation))(**request | own)
    except ClientError as error:
        return "{Code}: {Message}".format(**error.response["Error"])
    if operation in STOPPED:
        with contextlib.suppress(ClientError):  # it has ended already
            getattr(client, xform_name(operation.replace("Create", "Stop").removesuffix("V2")))(**own)
    return None


@pytest.mark.parametrize("operation", CREATIONS)
def test_no_member_that_is_left_out_is_an_internal_error(
    operation: str, requests: dict[str, dict[str, Any]], clients: dict[str, Any]
) -> None:
    request, numbers, client = requests[operation], itertools.count(), clients["sagemaker"]
    left_out = {
        path: sent(client, operation, without(request, path), name=f"left-out-{operation[6:14]}-{next(numbers)}")
        for path in paths(request)
    }
    wrong = {path: said for path, said in left_out.items() if said and not said.startswith("ValidationException: ")}
    assert wrong == {}


@pytest.mark.parametrize("operation", [one for one in CREATIONS if one != "CreateEndpoint"])
def test_with_all_its_members_a_request_is_taken(
    operation: str, requests: dict[str, dict[str, Any]], clients: dict[str, Any]
) -> None:
    assert sent(clients["sagemaker"], operation, requests[operation], name=f"whole-{operation[6:14]}") is None


@pytest.mark.parametrize(("service", "operation"), OTHERS)
def test_so_it_is_for_what_makes_nothing(
    service: str, operation: str, known: dict[str, Any], clients: dict[str, Any], host: Endpoints
) -> None:
    ending = operation.startswith(ENDING)
    shape = service_model(service).operation_model(operation).input_shape
    there = {member: "nobody" if ending and isinstance(value, str) else value for member, value in known.items()}
    request = sample(shape, service=service, known=there)
    host.settled(known["EndpointName"])
    assert ending == (sent(clients[service], operation, request) is not None)
    for path in paths(request):
        host.settled(known["EndpointName"])
        said = sent(clients[service], operation, without(request, path))
        assert said is None or said.startswith(REFUSALS), path


def test_so_it_is_for_a_request_to_an_endpoint(known: dict[str, Any], local_aws: SharedLocalAws) -> None:
    runtime = unchecked(local_aws, "sagemaker-runtime")
    asked = {
        "Body": b"1",
        "ContentType": "text/csv",
        "Accept": "text/csv",
        "CustomAttributes": "a=b",
        "InferenceId": "i",
    }
    asked |= {"TargetVariant": "primary"}
    whole = {"EndpointName": known["EndpointName"]}
    assert sent(runtime, "InvokeEndpoint", whole | asked) is None
    for path in paths(asked):
        said = sent(runtime, "InvokeEndpoint", whole | without(asked, path))
        assert said is None or said.startswith("ModelError"), path
