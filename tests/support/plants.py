"""Ways in which an AWS may differ from the rehearsal, of many kinds and services, for a life's own answers."""

import json
import re
from collections.abc import Callable
from typing import Any

from support.altered_answers import Plant, Reply, events

TRAINING_JOB = "sagemaker DescribeTrainingJob"
BUCKET = "foundation AWS::S3::Bucket DataBucket80AFC3B6"
ROLE = "training AWS::IAM::Role RunRole24349138"
DASHBOARD = "monitoring AWS::CloudWatch::Dashboard Dashboard9E4231ED"
ENDPOINT = "serving AWS::SageMaker::Endpoint EndpointEEF1FD8F"


def plants() -> list[Plant]:
    """Return them anew: each counts what it has altered."""
    return [
        Plant(
            name="a job shows another state on its way",
            operation="DescribeTrainingJob",
            alter=_json(lambda job: job["SecondaryStatusTransitions"].insert(1, _transition("Pending"))),
            resource=TRAINING_JOB,
            property="answer.SecondaryStatusTransitions, item",
        ),
        Plant(
            name="a job has another default",
            operation="DescribeTrainingJob",
            alter=_json(lambda job: job.update(EnableInterContainerTrafficEncryption=True)),
            resource=TRAINING_JOB,
            property="answer.EnableInterContainerTrafficEncryption",
        ),
        Plant(
            name="an answer misses a member",
            operation="DescribeTrainingJob",
            alter=_json(lambda job: job.pop("StoppingCondition")),
            resource=TRAINING_JOB,
            property="answer.StoppingCondition",
        ),
        Plant(
            name="an answer has a member more",
            operation="DescribeProcessingJob",
            alter=_json(lambda job: job.update(NetworkConfig={"EnableNetworkIsolation": True})),
            resource="sagemaker DescribeProcessingJob",
            property="answer.NetworkConfig",
        ),
        Plant(
            name="a list comes in another order",
            operation="DescribeEndpointConfig",
            alter=_json(lambda config: config["DataCaptureConfig"]["CaptureOptions"].reverse(), holds="CaptureOptions"),
            resource="sagemaker DescribeEndpointConfig",
            property="answer.DataCaptureConfig.CaptureOptions, order",
        ),
        Plant(
            name="a number is another by default",
            operation="DescribeEndpointConfig",
            alter=_json(
                lambda config: config["ProductionVariants"][0].update(ModelDataDownloadTimeoutInSeconds=3600),
                holds="ProductionVariants",
            ),
            resource="sagemaker DescribeEndpointConfig",
            property="answer.ProductionVariants[0].ModelDataDownloadTimeoutInSeconds",
        ),
        Plant(
            name="an endpoint shows another state while it is updated",
            operation="DescribeEndpoint",
            alter=_json(lambda found: found.update(EndpointStatus="SystemUpdating"), holds='"Updating"'),
            resource="endpoint",
            property="states",
            times=4,
        ),
        Plant(
            name="an error's text is another",
            operation="DescribeModel",
            alter=_text("Could not find model", "Could not find the model", is_json=True),
            resource="sagemaker DescribeModel",
            property="error text",
        ),
        Plant(
            name="an error's code is another",
            operation="DescribeEndpointConfig",
            alter=_error_code("ResourceNotFound"),
            resource="sagemaker DescribeEndpointConfig",
            property="error code",
        ),
        Plant(
            name="an error's status is another",
            operation="GetRole",
            alter=_status(404, 400),
            resource="iam GetRole",
            property="status",
        ),
        Plant(
            name="a resource has an event more",
            operation="DescribeStackEvents",
            alter=_event("DataBucket80AFC3B6", "CREATE_COMPLETE", _doubled("Eventual consistency check initiated")),
            resource=BUCKET,
            property="events, item",
        ),
        Plant(
            name="a resource's event is missing",
            operation="DescribeStackEvents",
            alter=_event("Dashboard9E4231ED", "CREATE_COMPLETE", lambda _: ""),
            resource=DASHBOARD,
            property="events, item",
        ),
        Plant(
            name="the reason of an event is another",
            operation="DescribeStackEvents",
            alter=_event(
                "EndpointEEF1FD8F", "UPDATE_FAILED", lambda event: event.replace("did not pass", "could not pass")
            ),
            resource=ENDPOINT,
            property="events[1].reason",
        ),
        Plant(
            name="the events of a resource come in another order",
            operation="DescribeStackEvents",
            alter=_swapped("RunRole24349138"),
            resource=ROLE,
            property="events, order",
        ),
        Plant(
            name="a stack shows another state while it is deleted",
            operation="DescribeStacks",
            alter=_text("DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"),
            resource="cloudformation DescribeStacks",
            property="Stacks[].StackStatus",
            times=1,
        ),
        Plant(
            name="an execution has another kind of event",
            operation="GetExecutionHistory",
            alter=_json(lambda history: _first(history, "TaskScheduled").update(type="TaskSubmitted"), holds="Name"),
            resource="training, events of no state",
            property="states, item",
            times=1,
        ),
        Plant(
            name="an execution enters its states in another order",
            operation="GetExecutionHistory",
            alter=_json(lambda history: _swap_entered(history["events"])),
            resource="training",
            property="states, order",
            times=1,
        ),
        Plant(
            name="what scales is suspended by default",
            operation="DescribeScalableTargets",
            alter=_json(
                lambda found: found["ScalableTargets"][0]["SuspendedState"].update(ScheduledScalingSuspended=True),
                holds="SuspendedState",
            ),
            resource="application-autoscaling DescribeScalableTargets",
            property="answer.ScalableTargets[0].SuspendedState.ScheduledScalingSuspended",
        ),
        Plant(
            name="a policy does not say what it leaves out",
            operation="DescribeScalingPolicies",
            alter=_json(
                lambda found: found["ScalingPolicies"][0]["TargetTrackingScalingPolicyConfiguration"].pop(
                    "DisableScaleIn"
                ),
                holds="DisableScaleIn",
            ),
            resource="application-autoscaling DescribeScalingPolicies",
            property="answer.ScalingPolicies[0].TargetTrackingScalingPolicyConfiguration.DisableScaleIn",
        ),
        Plant(
            name="a schedule tries again more often",
            operation="GET schedule",
            alter=_json(lambda found: found["Target"]["RetryPolicy"].update(MaximumRetryAttempts=185), holds="Target"),
            resource="scheduler GetSchedule",
            property="answer.Target.RetryPolicy.MaximumRetryAttempts",
            times=1,
        ),
        Plant(
            name="an answer is of another media type",
            operation="InvokeEndpoint",
            alter=_header("Content-Type", "text/csv; charset=utf-8"),
            resource="sagemaker-runtime InvokeEndpoint",
            property="answer.ContentType",
        ),
        Plant(
            name="an object is encrypted otherwise",
            operation="HEAD object",
            alter=_header("x-amz-server-side-encryption", "AES256", only_if_there=True),
            resource="s3 HeadObject",
            property="answer.ServerSideEncryption",
        ),
        Plant(
            name="a key is for several regions",
            operation="DescribeKey",
            alter=_json(lambda found: found["KeyMetadata"].update(MultiRegion=True)),
            resource="kms DescribeKey",
            property="answer.KeyMetadata.MultiRegion",
        ),
        Plant(
            name="a package is approved by itself",
            operation="ListModelPackages",
            alter=_json(
                lambda found: found["ModelPackageSummaryList"][0].update(ModelApprovalStatus="Approved"),
                holds="ModelApprovalStatus",
            ),
            resource="sagemaker ListModelPackages",
            property="answer.ModelPackageSummaryList[0].ModelApprovalStatus",
        ),
    ]


def _json(change: Callable[[Any], Any], *, holds: str = "") -> Callable[[Reply], bool]:
    def alter(reply: Reply) -> bool:
        if reply.status != 200 or holds not in reply.text:
            return False
        document = reply.document
        change(document)
        reply.document = document
        return True

    return alter


def _text(before: str, after: str, *, is_json: bool = False) -> Callable[[Reply], bool]:
    def alter(reply: Reply) -> bool:
        if before not in reply.text:
            return False
        reply.text = (
            json.dumps(json.loads(reply.text.replace(before, after))) if is_json else reply.text.replace(before, after)
        )
        return True

    return alter


def _error_code(code: str) -> Callable[[Reply], bool]:
    def alter(reply: Reply) -> bool:
        if reply.status == 200:
            return False
        reply.document = {**reply.document, "__type": code}
        reply.headers = {name: value for name, value in reply.headers.items() if name.lower() != "x-amzn-errortype"}
        return True

    return alter


def _status(before: int, after: int) -> Callable[[Reply], bool]:
    def alter(reply: Reply) -> bool:
        if reply.status != before:
            return False
        reply.status = after
        return True

    return alter


def _header(name: str, value: str, *, only_if_there: bool = False) -> Callable[[Reply], bool]:
    def alter(reply: Reply) -> bool:
        there = {known.lower(): known for known in reply.headers}
        if only_if_there and name.lower() not in there:
            return False
        reply.headers = {known: one for known, one in reply.headers.items() if known.lower() != name.lower()}
        reply.headers[name] = value
        return True

    return alter


def _event(resource: str, status: str, change: Callable[[str], str]) -> Callable[[Reply], bool]:
    def alter(reply: Reply) -> bool:
        named = f"<LogicalResourceId>{resource}</LogicalResourceId>"
        found = [one[0] for one in events(reply.text) if named in one[0] and f">{status}<" in one[0]]
        for event in found:
            reply.text = reply.text.replace(event, change(event))
        return bool(found)

    return alter


def _doubled(reason: str) -> Callable[[str], str]:
    """An event of creation in progress, a moment before the one that ends it."""

    def change(event: str) -> str:
        added = re.sub(r"<EventId>.*?</EventId>", "<EventId>planted</EventId>", event)
        added = added.replace("CREATE_COMPLETE", "CREATE_IN_PROGRESS")
        added = re.sub(r"<ResourceStatusReason>.*?</ResourceStatusReason>|<ResourceStatusReason ?/>", "", added)
        told = f"<ResourceStatusReason>{reason}</ResourceStatusReason></member>"
        return event + added.replace("</member>", told)

    return change


def _swapped(resource: str) -> Callable[[Reply], bool]:
    def alter(reply: Reply) -> bool:
        named = f"<LogicalResourceId>{resource}</LogicalResourceId>"
        found = [one[0] for one in events(reply.text) if named in one[0] and "CREATE_" in one[0]]
        if len(found) != 2:
            return False
        reply.text = reply.text.replace(found[0], "\0").replace(found[1], found[0]).replace("\0", found[1])
        return True

    return alter


def _transition(status: str) -> dict[str, Any]:
    return {"Status": status, "StartTime": 1.0, "StatusMessage": "Waiting for capacity"}


def _first(history: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(event for event in history["events"] if event["type"] == kind)
    return found


def _swap_entered(found: list[dict[str, Any]]) -> None:
    """The first two states change places, each with its end."""
    places = [
        index
        for index, event in enumerate(found)
        if {"stateEnteredEventDetails", "stateExitedEventDetails"} & set(event)
    ]
    first = [found[place] for place in places[:4]]
    for place, event in zip(places[:4], [*first[2:], *first[:2]], strict=True):
        found[place] = event
