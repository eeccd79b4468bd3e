"""Whether what the life made is gone: each resource is asked for at the service that had it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from modelyard.operations.aws import Aws
from modelyard.operations.certification.histories import STACK, shown_id
from modelyard.operations.certification.record import Resource
from modelyard.operations.certification.scrubbing import Scrubber
from modelyard.operations.deployment import find_stack
from modelyard.operations.failures import code_of, says_absent

# A key cannot be deleted at once: it waits for seven days at least (KMS API reference, ScheduleKeyDeletion).
DELETED_LATER = frozenset({"PendingDeletion", "DELETING"})
DELETED = "DELETE_COMPLETE"
NAMESPACE = "sagemaker"

THERE = "There"
# Returns what is there of a resource, by its physical id; None when that says that nothing is.
Ask = Callable[[Aws, str], str | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A resource of a stack, and the name that the account has for it."""

    stack: str
    resource: str
    kind: str
    identity: str


def made_by(*, aws: Aws, part: str, stack: str) -> list[Made]:
    """Return a stack and the resources that it has made."""
    pages = aws.client("cloudformation").get_paginator("list_stack_resources")
    listed = pages.paginate(StackName=stack).build_full_result()["StackResourceSummaries"]
    resources = [
        Made(
            stack=part,
            resource=one["LogicalResourceId"],
            kind=one["ResourceType"],
            identity=one["PhysicalResourceId"],
        )
        for one in listed
        if one.get("PhysicalResourceId")
    ]
    return [Made(stack=part, resource="stack", kind=STACK, identity=stack), *resources]


def asked_for(made: Made, *, aws: Aws, scrubber: Scrubber, variant: str) -> Resource:
    """Ask for a resource that should be gone; one that cannot be asked for is not taken for gone."""
    gone: bool | None
    if made.kind in PARTS_OF:
        gone, said = True, f"a part of {PARTS_OF[made.kind]}"
    elif made.kind not in ASKED:
        gone, said = None, "no service is known to ask"
    else:
        try:
            found = ASKED[made.kind](aws, made.identity)
            gone = found in (None, DELETED, *DELETED_LATER)
            said = "not listed" if found is None else scrubber.code(found)
        except ClientError as error:
            gone, said = True if says_absent(error) else None, scrubber.code(code_of(error))
        except BotoCoreError as error:
            gone, said = None, type(error).__name__
    return Resource(
        stack=made.stack, resource=shown_id(made.resource, variant=variant), kind=made.kind, gone=gone, said=said
    )


def _described(service: str, operation: str, parameter: str, *, state: str = "") -> Ask:
    """Ask by name, or by the name at the end of an ARN where the parameter is a name; absence is an error."""

    def ask(aws: Aws, identity: str) -> str | None:
        name = identity if parameter.lower().endswith("arn") else identity.rpartition("/")[2]
        answer = getattr(aws.client(service), operation)(**{parameter: name})
        return str(answer[state]) if state else THERE

    return ask


def _listed(service: str, operation: str, *, member: str, asked: Callable[[str], Mapping[str, Any]]) -> Ask:
    """Ask for a list of it alone; absence is an empty list."""

    def ask(aws: Aws, identity: str) -> str | None:
        return THERE if getattr(aws.client(service), operation)(**asked(identity))[member] else None

    return ask


def _log_group(aws: Aws, identity: str) -> str | None:
    groups = aws.client("logs").describe_log_groups(logGroupNamePrefix=identity)["logGroups"]
    return THERE if identity in [one["logGroupName"] for one in groups] else None


def _key(aws: Aws, identity: str) -> str | None:
    return str(aws.client("kms").describe_key(KeyId=identity)["KeyMetadata"]["KeyState"])


def _stack(aws: Aws, identity: str) -> str | None:
    found = find_stack(aws=aws, name=identity)
    return None if found is None else found.status


# A policy inside of another resource: whoever has the other has none of it.
PARTS_OF: Mapping[str, str] = {
    "AWS::IAM::Policy": "its role",
    "AWS::S3::BucketPolicy": "its bucket",
    "AWS::SNS::TopicPolicy": "its topic",
    "AWS::CDK::Metadata": "the template",
}
ASKED: Mapping[str, Ask] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": _listed(
        "application-autoscaling",
        "describe_scalable_targets",
        member="ScalableTargets",
        asked=lambda identity: {"ServiceNamespace": NAMESPACE, "ResourceIds": [identity.partition("|")[0]]},
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": _listed(
        "application-autoscaling",
        "describe_scaling_policies",
        member="ScalingPolicies",
        asked=lambda identity: {
            "ServiceNamespace": NAMESPACE,
            "PolicyNames": [identity.rpartition("policyName/")[2]],
        },
    ),
    STACK: _stack,
    "AWS::CloudWatch::Alarm": _listed(
        "cloudwatch", "describe_alarms", member="MetricAlarms", asked=lambda identity: {"AlarmNames": [identity]}
    ),
    "AWS::CloudWatch::Dashboard": _described("cloudwatch", "get_dashboard", "DashboardName"),
    "AWS::Events::Rule": _described("events", "describe_rule", "Name"),
    "AWS::IAM::Role": _described("iam", "get_role", "RoleName"),
    "AWS::KMS::Key": _key,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::S3::Bucket": _described("s3", "head_bucket", "Bucket"),
    "AWS::SNS::Topic": _described("sns", "get_topic_attributes", "TopicArn"),
    "AWS::SageMaker::Endpoint": _described("sagemaker", "describe_endpoint", "EndpointName", state="EndpointStatus"),
    "AWS::SageMaker::EndpointConfig": _described("sagemaker", "describe_endpoint_config", "EndpointConfigName"),
    "AWS::SageMaker::Experiment": _described("sagemaker", "describe_experiment", "ExperimentName"),
    "AWS::SageMaker::Model": _described("sagemaker", "describe_model", "ModelName"),
    "AWS::SageMaker::ModelPackageGroup": _described(
        "sagemaker", "describe_model_package_group", "ModelPackageGroupName"
    ),
    "AWS::Scheduler::Schedule": _described("scheduler", "get_schedule", "Name", state="State"),
    "AWS::StepFunctions::StateMachine": _described(
        "stepfunctions", "describe_state_machine", "stateMachineArn", state="status"
    ),
}
