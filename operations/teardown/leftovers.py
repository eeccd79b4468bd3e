"""What is left after a teardown, whether it should be, and what it costs an hour."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from botocore.exceptions import ClientError

from modelyard.manifest.stack_kinds import MODEL_STACK_KINDS
from modelyard.operations.aws import Aws
from modelyard.operations.bucket import DataBucket
from modelyard.operations.costs.prices import HOURS_A_MONTH, shipped
from modelyard.operations.deployment import Deployment, imported_group
from modelyard.operations.failures import says_absent
from modelyard.operations.screen.table import Table
from modelyard.operations.screen.words import counted
from modelyard.operations.undeclared_resources import UndeclaredResource, hourly_price, of_endpoint

GIGABYTE = 1_000_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Leftover:
    """Something that is there, whether it is kept on purpose, and US dollars an hour where that is known."""

    what: str
    kept: bool
    dollars: float | None
    why: str


def of_model(*, deployment: Deployment) -> Iterator[Leftover]:
    """Yield what is left of a model, asked of each service by the names that its stacks gave."""
    aws, stage, prefix = deployment.aws, deployment.stage, deployment.model.endpoint(stage=deployment.stage)
    fresh = Deployment(aws=aws, model=deployment.model, stage=stage)
    for kind in reversed(MODEL_STACK_KINDS):
        if fresh.find(kind.key) is not None:
            yield Leftover(
                what=f"stack {fresh.name_of(kind.key)}", kept=False, dollars=None, why="its deletion did not end"
            )
    for api in aws.client("apigateway").get_paginator("get_rest_apis").paginate().build_full_result()["items"]:
        if api["name"] == prefix:
            yield Leftover(what=f"REST API {api['id']}", kept=False, dollars=0.0, why="it costs by the request")
    yield from _endpoint(aws=aws, name=prefix)
    for name in (deployment.model.schedule(stage=stage), deployment.model.quality_schedule(stage=stage)):
        listed = aws.client("sagemaker").list_monitoring_schedules(NameContains=name)["MonitoringScheduleSummaries"]
        for one in listed:
            if one["MonitoringScheduleName"] == name:
                why = one["MonitoringScheduleStatus"]
                yield Leftover(what=f"monitoring schedule {name}", kept=False, dollars=None, why=why)
    targets = aws.client("application-autoscaling").get_paginator("describe_scalable_targets")
    for one in targets.paginate(ServiceNamespace="sagemaker").build_full_result()["ScalableTargets"]:
        if one["ResourceId"].startswith(f"endpoint/{prefix}/"):
            what = f"scalable target {one['ResourceId']}"
            yield Leftover(what=what, kept=False, dollars=0.0, why="its endpoint is gone")
    yield from _history(aws=aws, name=prefix)


def of_data(*, bucket: DataBucket, prefix: str) -> Iterator[Leftover]:
    """Yield what lies in the data bucket."""
    sizes = [stored.size for stored in bucket.objects(prefix)]
    if sizes:
        dollars = sum(sizes) / GIGABYTE * shipped().storage_gb / HOURS_A_MONTH
        what = f"{_size(sizes)}, at {bucket.uri(prefix)}"
        yield Leftover(
            what=what,
            kept=True,
            dollars=dollars,
            why="data outlive their model; yard teardown --destroy-data deletes the stage's",
        )


def of_resources(resources: Iterable[UndeclaredResource]) -> Iterator[Leftover]:
    """Yield what carries the stage's tag and is in no stack that is known."""
    for one in resources:
        if one.is_deletable:
            why = f"its deletion did not end: {one.state}" if one.state else "its deletion did not end"
        elif one.stack:
            why = f"goes with the stack {one.stack}, which yard does not know"
        else:
            why = "nothing that yard teardown can delete; see to it"
        dollars = one.hourly(prices=shipped())
        yield Leftover(what=one.words, kept=not one.is_deletable, dollars=dollars, why=why)


def of_bucket(*, bucket: DataBucket, destroyed: bool) -> Leftover:
    """Return a bucket of the foundation that is still there; left over when its deletion was asked for."""
    sizes = [stored.size for stored in bucket.objects("")]
    holds = _size(sizes) if sizes else "empty"
    why = "its deletion was asked for" if destroyed else "outlives its stack, and is found by this name only; note it"
    dollars = sum(sizes) / GIGABYTE * shipped().storage_gb / HOURS_A_MONTH
    return Leftover(what=f"bucket {bucket.name}, {holds}", kept=not destroyed, dollars=dollars, why=why)


def of_key(*, aws: Aws, arn: str, destroyed: bool = False) -> Iterator[Leftover]:
    """Yield the foundation's key, while it is not on its way out; left over when its deletion was asked for."""
    if aws.client("kms").describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "Enabled":
        dollars = shipped().key / HOURS_A_MONTH
        why = "its deletion was asked for" if destroyed else "the data need it"
        yield Leftover(what=f"key {arn.rpartition('/')[2]}", kept=not destroyed, dollars=dollars, why=why)


def of_log_role(*, aws: Aws, foundation: str, destroyed: bool) -> Iterator[Leftover]:
    """Yield the account's role for the logs of its APIs, if that is one that a foundation made and kept."""
    arn = aws.client("apigateway").get_account().get("cloudwatchRoleArn") or ""
    name = arn.rpartition("/")[2]
    if not name.startswith(f"{foundation}-"):
        return
    try:
        aws.client("iam").get_role(RoleName=name)
    except ClientError as error:  # the account's setting outlives the role that it names
        if says_absent(error):
            return
        raise
    why = "its deletion was asked for" if destroyed else "all APIs of the account write their logs by it"
    yield Leftover(what=f"role {name}", kept=not destroyed, dollars=0.0, why=why)


def table_of_leftovers(leftovers: list[Leftover]) -> Table:
    """Return what is left, as rows; what it costs is the table's, whose date and worth the title says."""
    words = {True: "kept", False: "LEFT OVER"}
    rows = tuple(
        (words[one.kept], one.what, None if one.dollars is None else round(one.dollars, 6), one.why)
        for one in leftovers
    )
    return Table(columns=("", "what is left", "USD an hour", "why"), rows=rows, title=f"By {shipped().sentence}")


def _size(sizes: list[int]) -> str:
    return f"{counted(len(sizes), 'object')}, {counted(sum(sizes), 'byte')}"


def _endpoint(*, aws: Aws, name: str) -> Iterator[Leftover]:
    try:
        found = aws.client("sagemaker").describe_endpoint(EndpointName=name)
    except ClientError as error:
        if says_absent(error):
            return
        raise
    dollars = hourly_price(of_endpoint(aws, found), prices=shipped())
    yield Leftover(what=f"endpoint {name}", kept=False, dollars=dollars, why=found["EndpointStatus"])


def _history(*, aws: Aws, name: str) -> Iterator[Leftover]:
    """Kept by their own policy: what was tried and what was registered."""
    sagemaker = aws.client("sagemaker")
    for one in sagemaker.get_paginator("list_experiments").paginate().build_full_result()["ExperimentSummaries"]:
        if one["ExperimentName"] == name:
            yield Leftover(
                what=f"experiment {name}", kept=True, dollars=0.0, why="its trials are its worth; --history deletes it"
            )
    groups = sagemaker.get_paginator("list_model_package_groups").paginate(NameContains=name)
    for one in groups.build_full_result()["ModelPackageGroupSummaryList"]:
        if one["ModelPackageGroupName"] in (name, imported_group(name)):
            yield Leftover(
                what=f"model package group {one['ModelPackageGroupName']}",
                kept=True,
                dollars=0.0,
                why="holds the registered models; --history deletes it",
            )
