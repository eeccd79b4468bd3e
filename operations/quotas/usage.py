"""What of an account's quotas others use: all that is there, less what stands of the stacks that are to be deployed."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from modelyard.operations.aws import Aws
from modelyard.operations.failures import DENIED, code_of, message_of
from modelyard.operations.planning.revision import Revision
from modelyard.operations.quotas.limits import Kind
from modelyard.operations.quotas.needs import COUNTED
from modelyard.operations.screen.words import counted
from modelyard.operations.undeclared_resources import UndeclaredResource

GONE = "DELETE_COMPLETE"
# How each is listed: client, paginator, the key of its items, and what is asked for.
LISTED: Mapping[Kind, tuple[str, str, str, Mapping[str, str]]] = {
    "roles": ("iam", "list_roles", "Roles", {}),
    "rules": ("events", "list_rules", "Rules", {}),
    "schedules": ("scheduler", "list_schedules", "Schedules", {}),
    "machines": ("stepfunctions", "list_state_machines", "stateMachines", {}),
    "targets": (
        "application-autoscaling",
        "describe_scalable_targets",
        "ScalableTargets",
        {"ServiceNamespace": "sagemaker"},
    ),
    "endpoints": ("sagemaker", "list_endpoints", "Endpoints", {}),
}
Usage = Mapping[tuple[Kind, str], int]
Seen = Callable[[str], None]


def used_by_others(*, aws: Aws, revision: Revision, seen: Seen) -> Usage:
    """Return how much of each thing, and of instances of each type, is there without the revision's own stacks.

    What nobody may list is not in the answer, and `seen` is told of it and of each endpoint that cannot be counted.
    """
    stacks = _allowed(lambda: _stacks(aws), what="stacks", seen=seen)
    standing = [one.name for one in revision.templates if stacks is not None and one.name in stacks]
    ours = _counted(aws, stacks=standing)
    used: dict[tuple[Kind, str], int] = {}
    if stacks is not None:
        used["stacks", ""] = len(stacks) - len(standing)
    for kind in LISTED:
        found = _allowed(lambda kind=kind: _items(aws, kind=kind), what=kind, seen=seen)  # type: ignore[misc]
        if found is not None:
            used[kind, ""] = max(len(found) - len(ours[kind]), 0)
    return used | _hosted(aws, own=set(ours["endpoints"]), seen=seen)


def with_jobs(used: Usage, *, resources: Iterable[UndeclaredResource]) -> Usage:
    """Return what others use with the instances of a stage's jobs that are in no stack: those are known to run."""
    counts = Counter(used)
    for one in resources:
        if one.quota is not None and one.instances is not None:
            counts.update({(one.quota, instance): count for instance, count in one.instances.items()})
    return counts


def _allowed(ask: Callable[[], Any], *, what: str, seen: Seen) -> Any:
    try:
        return ask()
    except ClientError as error:
        if code_of(error) not in DENIED:
            raise
        seen(f"Not counted, for it may not be listed: {what}")
        return None


def _stacks(aws: Aws) -> set[str]:
    pages = aws.client("cloudformation").get_paginator("list_stacks").paginate()
    return {one["StackName"] for page in pages for one in page["StackSummaries"] if one["StackStatus"] != GONE}


def _items(aws: Aws, *, kind: Kind) -> list[Any]:
    service, operation, key, asked = LISTED[kind]
    pages = aws.client(service).get_paginator(operation).paginate(**asked)
    return [one for page in pages for one in page[key]]


def _counted(aws: Aws, *, stacks: Sequence[str]) -> Mapping[Kind, list[str]]:
    """The physical names of what stands of some stacks."""
    found: dict[Kind, list[str]] = {kind: [] for kind in LISTED}
    pages = aws.client("cloudformation").get_paginator("list_stack_resources")
    for stack in stacks:
        for one in pages.paginate(StackName=stack).build_full_result()["StackResourceSummaries"]:
            kind = COUNTED.get(one["ResourceType"])
            if kind is not None and one["ResourceStatus"] != GONE and "PhysicalResourceId" in one:
                found[kind].append(one["PhysicalResourceId"].rpartition("/")[2])
    return found


def _hosted(aws: Aws, *, own: set[str], seen: Seen) -> dict[tuple[Kind, str], int]:
    """The instances of others' endpoints by type, as many as they want now."""
    found: Counter[str] = Counter()
    endpoints = _allowed(lambda: _items(aws, kind="endpoints"), what="instances of endpoints", seen=seen)
    for endpoint in endpoints if endpoints is not None else ():
        if endpoint["EndpointName"] not in own:
            try:
                found.update(_instances(aws, endpoint=endpoint["EndpointName"], seen=seen))
            except ClientError as error:
                seen(f"Not counted: the instances of the endpoint {endpoint['EndpointName']}: {message_of(error)}")
    return {("hosting", instance): count for instance, count in found.items()}


def _instances(aws: Aws, *, endpoint: str, seen: Seen) -> Mapping[str, int]:
    """An endpoint's instances by type, which is empty where nobody knows it: its configuration can be deleted alone."""
    sagemaker = aws.client("sagemaker")
    described = sagemaker.describe_endpoint(EndpointName=endpoint)
    wanted = {one["VariantName"]: one.get("DesiredInstanceCount", 0) for one in described.get("ProductionVariants", [])}
    try:
        config = sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
    except ClientError as error:
        count = sum(wanted.values())
        instances = f"{counted(count, 'instance')} of the endpoint {endpoint}"
        seen(f"Counted with each type of instance, for theirs is not known: {instances}: {message_of(error)}")
        return {"": count}
    found: Counter[str] = Counter()
    for variant in (*config["ProductionVariants"], *config.get("ShadowProductionVariants", ())):
        if "InstanceType" in variant:
            initial = variant.get("InitialInstanceCount", 0)
            found[variant["InstanceType"]] += max(wanted.get(variant["VariantName"], 0), initial)
    return found
