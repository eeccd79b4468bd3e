"""Which actions on which resources a request needs: of its caller, and of the role that it names.

Source: "Actions, resources, and condition keys for Amazon SageMaker" in the Service Authorization Reference.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

# Noun of the operation -> kind in the ARN, member that names the resource.
NOUNS: Mapping[str, tuple[str, str]] = {
    "TrainingJob": ("training-job", "TrainingJobName"),
    "HyperParameterTuningJob": ("hyper-parameter-tuning-job", "HyperParameterTuningJobName"),
    "AutoMLJob": ("automl-job", "AutoMLJobName"),
    "AutoMLJobV2": ("automl-job", "AutoMLJobName"),
    "ProcessingJob": ("processing-job", "ProcessingJobName"),
    "TransformJob": ("transform-job", "TransformJobName"),
    "Model": ("model", "ModelName"),
    "EndpointConfig": ("endpoint-config", "EndpointConfigName"),
    "Endpoint": ("endpoint", "EndpointName"),
    "EndpointWeightsAndCapacities": ("endpoint", "EndpointName"),
    "Experiment": ("experiment", "ExperimentName"),
    "Trial": ("experiment-trial", "TrialName"),
    "TrialComponent": ("experiment-trial-component", "TrialComponentName"),
    "ModelPackageGroup": ("model-package-group", "ModelPackageGroupName"),
    "ModelPackageGroupPolicy": ("model-package-group", "ModelPackageGroupName"),
    "ModelPackage": ("model-package", "ModelPackageName"),
    "DataQualityJobDefinition": ("data-quality-job-definition", "JobDefinitionName"),
    "ModelQualityJobDefinition": ("model-quality-job-definition", "JobDefinitionName"),
    "ModelBiasJobDefinition": ("model-bias-job-definition", "JobDefinitionName"),
    "ModelExplainabilityJobDefinition": ("model-explainability-job-definition", "JobDefinitionName"),
    "MonitoringSchedule": ("monitoring-schedule", "MonitoringScheduleName"),
    "MlflowApp": ("mlflow-app", "Arn"),
    "PresignedMlflowAppUrl": ("mlflow-app", "Arn"),
}
# What an operation touches beside the resource that it is named after.
BESIDE: Mapping[str, tuple[str, ...]] = {
    "CreateEndpoint": ("EndpointConfig",),
    "UpdateEndpoint": ("EndpointConfig",),
    "CreateTrial": ("Experiment",),
    "AssociateTrialComponent": ("Trial",),
    "DisassociateTrialComponent": ("Trial",),
    "CreateModelPackage": ("ModelPackageGroup",),
    "ListTrainingJobsForHyperParameterTuningJob": ("HyperParameterTuningJob",),
}
VERB = re.compile(r"(?:Create|Describe|Update|Delete|Stop|Start|Put|Get|Associate|Disassociate)(\w+)")
ROLE_MEMBERS = ("RoleArn", "ExecutionRoleArn")
FOR_AWS = {"kms:GrantIsForAWSResource": "true"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """An action on a resource, which the caller's policies must allow."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def needs(*, operation: str, request: Document, account: str, region: str) -> list[Need]:
    """Return what the caller of an operation must be allowed to do; an unclear resource is `*`."""
    prefix = f"arn:aws:sagemaker:{region}:{account}:"
    resources = list(_resources(operation=operation, request=request, prefix=prefix))
    needed = [Need(action=f"sagemaker:{operation}", resource=resource) for resource in resources]
    if operation.startswith("Create") and request.get("Tags"):
        needed += [Need(action="sagemaker:AddTags", resource=resource) for resource in resources[:1]]
    if operation.startswith(("Create", "Update")):
        context = {"iam:PassedToService": "sagemaker.amazonaws.com"}
        for role in sorted({role for member in ROLE_MEMBERS for role in _texts_of(request, member=member)}):
            needed.append(Need(action="iam:PassRole", resource=role, context=context))
    return needed


def require_call(*, platform: Platform, role_arn: str, operation: str, request: Document) -> None:
    """Require of a role what a call needs that the service makes as it.

    Raises:
        ServiceError: AccessDeniedException, it may not.

    """
    for need in needs(operation=operation, request=request, account=platform.account, region=platform.region):
        platform.require(role_arn=role_arn, action=need.action, resource=need.resource, context=need.context)


def _resources(*, operation: str, request: Document, prefix: str) -> Iterator[str]:
    if "ResourceArn" in request and operation.endswith("Tags"):
        yield request["ResourceArn"]
        return
    found = VERB.fullmatch(operation)
    nouns = [*([] if found is None else [found[1]]), *BESIDE.get(operation, ())]
    named = [_resource(noun=noun, request=request, prefix=prefix) for noun in nouns if noun in NOUNS]
    yield from (resource for resource in named if resource is not None)
    if not any(named):
        yield "*"


def _resource(*, noun: str, request: Document, prefix: str) -> str | None:
    kind, member = NOUNS[noun]
    if noun == "ModelPackage":
        return _package(request=request, prefix=prefix)
    name = request.get(member)
    if noun == "MlflowApp" and name is None:
        # The id of a new one is the service's to give; the policy must allow any.
        return f"{prefix}{kind}/*"
    return None if name is None else name if name.startswith("arn:") else f"{prefix}{kind}/{name}"


def _package(*, request: Document, prefix: str) -> str | None:
    given = request.get("ModelPackageArn", request.get("ModelPackageName"))
    if given is not None:
        return str(given) if given.startswith("arn:") else f"{prefix}model-package/{given}"
    group = request.get("ModelPackageGroupName")
    # The number of the version is the service's to give; the policy must allow all of a group's.
    return None if group is None else f"{prefix}model-package/{group.rpartition('/')[2]}/*"


def require_keys(*, platform: Platform, role_arn: str, request: object) -> None:
    """Require of a role that it may use the KMS keys of a request: those of volumes, and those of what is left in S3.

    SageMaker encrypts volumes through a grant, and what a job leaves with the key that is named for it ("How to use
    SageMaker AI execution roles" in the developer guide). In which words AWS refuses a role that may not is not known:
    the job fails with IAM's own.

    Raises:
        ServiceError: AccessDeniedException, it may not use one of them.

    """
    for key in sorted(set(_texts_of(request, member="VolumeKmsKeyId"))):
        require_volume_key(platform=platform, role_arn=role_arn, key=key)
    for key in sorted(set(_texts_of(request, member="KmsKeyId"))):
        platform.require(role_arn=role_arn, action="kms:Encrypt", resource=key, context={})


def require_volume_key(*, platform: Platform, role_arn: str, key: str) -> None:
    """Require of a role that it may use the key of a volume; raises as `require_keys` does."""
    platform.require(role_arn=role_arn, action="kms:CreateGrant", resource=key, context=FOR_AWS)


def _texts_of(value: object, *, member: str) -> Iterator[str]:
    """Yield the texts of all members of a name, however deep they lie."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name == member and isinstance(item, str):
                yield item
            else:
                yield from _texts_of(item, member=member)
    elif isinstance(value, list):
        for item in value:
            yield from _texts_of(item, member=member)
