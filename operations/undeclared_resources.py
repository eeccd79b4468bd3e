"""What carries a stage's tag and is in none of its stacks: made by hand or by a notebook, or left by a stack."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from modelyard.manifest.names import dashed
from modelyard.operations.aws import Aws
from modelyard.operations.costs.prices import Prices
from modelyard.operations.failures import message_of, says_absent
from modelyard.operations.quotas import limits
from modelyard.operations.screen.table import Table

STACK_ID = "aws:cloudformation:stack-id"
GONE = "DELETE_COMPLETE"
RUNNING = ("InProgress", "Stopping")
# What a teardown keeps and `--history` deletes: it costs nothing, and outlives its stacks on purpose.
HISTORY = frozenset(
    {"experiment", "experiment-trial", "experiment-trial-component", "model-package", "model-package-group"}
)
# In the place of a type of instance, of which the price is not known either.
SERVERLESS = "serverless"
Seen = Callable[[str], None]
# By their type, which is empty where nobody knows it; None where not even their number is known.
Instances = Mapping[str, int] | None


def none_of_its_own(_aws: Aws, _described: Mapping[str, Any]) -> Instances:
    """Return no instances: what there may be belongs to other resources."""
    return {}


def not_known(_aws: Aws, _described: Mapping[str, Any]) -> Instances:
    """Return that nobody knows, such as how many jobs a schedule will start."""
    return None


def of_cluster(_aws: Aws, described: Mapping[str, Any]) -> Instances:
    """Return the instances of a job, in one group or in several; not known of one that has none declared."""
    found: Counter[str] = Counter()
    for cluster in _clusters(described):
        found[cluster["InstanceType"]] += cluster["InstanceCount"]
    return found if found else None


def of_notebook(_aws: Aws, described: Mapping[str, Any]) -> Instances:
    """Return the instance of a notebook, which is none while it is stopped."""
    return {} if described["NotebookInstanceStatus"] in ("Stopped", "Failed") else {described["InstanceType"]: 1}


def of_app(_aws: Aws, described: Mapping[str, Any]) -> Instances:
    """Return the instance of a Studio app."""
    return {} if described["Status"] == "Failed" else {described.get("ResourceSpec", {}).get("InstanceType", ""): 1}


def of_endpoint(aws: Aws, described: Mapping[str, Any]) -> Mapping[str, int]:
    """Return the instances of an endpoint; it outlives its configuration, and then nobody knows their types."""
    variants = (*described.get("ProductionVariants", ()), *described.get("ShadowProductionVariants", ()))
    counts = {one["VariantName"]: one.get("CurrentInstanceCount", 0) for one in variants}
    try:
        config = aws.client("sagemaker").describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
    except ClientError:
        return {"": sum(counts.values())}
    found: Counter[str] = Counter()
    for one in (*config["ProductionVariants"], *config.get("ShadowProductionVariants", ())):
        # While it is created it may not say how many there are.
        begun = one.get("InitialInstanceCount", 0) if described["EndpointStatus"] == "Creating" else 0
        count = 1 if "ServerlessConfig" in one else counts.get(one["VariantName"], begun)
        found[one.get("InstanceType", SERVERLESS)] += count
    return found


def hourly_price(instances: Mapping[str, int], *, prices: Prices) -> float | None:
    """Return US dollars an hour of instances by their type; None where the price of one is not known."""
    dollars = 0.0
    for instance, count in instances.items():
        price = prices.instance_hour(instance)
        if price is None:
            return None
        dollars += price * count
    return dollars


@dataclass(frozen=True, kw_only=True, slots=True)
class ResourceKind:
    """A kind of SageMaker's resources: its `noun` is in the names of the API's operations and members.

    `quota` is what its `instances` count against, which are read from a description. A job ends by itself and remains
    as a record, so that only those that run are looked at.
    """

    words: str
    noun: str
    instances: Callable[[Aws, Mapping[str, Any]], Instances]
    quota: limits.Kind | None = None

    @property
    def is_job(self) -> bool:
        """Whether it ends by itself."""
        return self.noun.endswith("Job")


# By what an ARN has before the name, in the order in which a teardown ends them.
KINDS: Mapping[str, ResourceKind] = {
    # Its training jobs are billed, and have its tags (API reference, CreateHyperParameterTuningJob).
    "hyper-parameter-tuning-job": ResourceKind(
        words="tuning job", noun="HyperParameterTuningJob", instances=none_of_its_own
    ),
    "training-job": ResourceKind(words="training job", noun="TrainingJob", instances=of_cluster, quota="training"),
    "processing-job": ResourceKind(
        words="processing job", noun="ProcessingJob", instances=of_cluster, quota="processing"
    ),
    "transform-job": ResourceKind(words="transform job", noun="TransformJob", instances=of_cluster, quota="transform"),
    "app": ResourceKind(words="Studio app", noun="App", instances=of_app),
    "notebook-instance": ResourceKind(words="notebook instance", noun="NotebookInstance", instances=of_notebook),
    "monitoring-schedule": ResourceKind(words="monitoring schedule", noun="MonitoringSchedule", instances=not_known),
    "endpoint": ResourceKind(words="endpoint", noun="Endpoint", instances=of_endpoint),
    "endpoint-config": ResourceKind(words="endpoint configuration", noun="EndpointConfig", instances=none_of_its_own),
    "model": ResourceKind(words="model", noun="Model", instances=none_of_its_own),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class UndeclaredResource:
    """A resource of SageMaker's; `kind` is as its ARN has it.

    `model` is what it is tagged with, and `stack` the stack that it is in, which nothing declares; both are empty where
    there is none. `key` names it in requests. `state` is empty for a kind without states, and where it is not
    known.
    """

    arn: str
    kind: str
    name: str
    model: str = ""
    stack: str = ""
    key: Mapping[str, str] = field(default_factory=dict)
    state: str = ""
    instances: Instances = None
    quota: limits.Kind | None = None

    @property
    def words(self) -> str:
        """What it is, and its name."""
        return f"{KINDS[self.kind].words if self.kind in KINDS else self.kind} {self.name}"

    @property
    def is_deletable(self) -> bool:
        """Whether a teardown ends it: it can be named in a request, and is in no stack."""
        return bool(self.key) and not self.stack

    def hourly(self, *, prices: Prices) -> float | None:
        """Return US dollars an hour; None where its instances or their price are not known."""
        return None if self.instances is None else hourly_price(self.instances, prices=prices)

    def record(self, *, prices: Prices) -> dict[str, Any]:
        """Return all of it, for a program."""
        return {
            "kind": KINDS[self.kind].words if self.kind in KINDS else self.kind,
            "name": self.name,
            "arn": self.arn,
            "model": self.model or None,
            "stack": self.stack or None,
            "state": self.state or None,
            "instances": None if self.instances is None else dict(self.instances),
            "hourly": self.hourly(prices=prices),
        }


def undeclared_resources(
    *, aws: Aws, stage: str, known: Collection[str], seen: Seen, name: str | None = None
) -> Iterator[UndeclaredResource]:
    """Yield the resources of SageMaker that carry a stage's tag and are in none of the `known` stacks.

    What a stack has made carries the stack's id, which no later stack of the same name has: what an earlier one has
    left is in none. With `name` only those are looked at that are tagged with a model of that name, and what is itself
    named so and in no stack of the stage. `seen` is told what is gone, what cannot be described, and which jobs may not
    be listed.
    """
    listed = aws.client("cloudformation").get_paginator("list_stacks").paginate()
    summaries = [one for page in listed for one in page["StackSummaries"] if one["StackStatus"] != GONE]
    names = {one["StackId"]: one["StackName"] for one in summaries}
    # A nested stack goes with the one that it is part of.
    stacks = {one["StackId"]: names.get(one.get("RootId"), one["StackName"]) for one in summaries}
    running = cache(partial(_running, aws, seen))
    # Of SageMaker's, for nothing else that this app makes is billed by the hour.
    found = aws.client("resourcegroupstaggingapi").get_paginator("get_resources")
    pages = found.paginate(TagFilters=[{"Key": "stage", "Values": [stage]}], ResourceTypeFilters=["sagemaker"])
    for tagged in (one for page in pages for one in page["ResourceTagMappingList"]):
        arn, tags = tagged["ResourceARN"], {tag["Key"]: tag["Value"] for tag in tagged["Tags"]}
        kind, _, own_name = arn.split(":", 5)[5].partition("/")
        stack, model = stacks.get(tags.get(STACK_ID, ""), ""), tags.get("model", "")
        # An ARN has a name in lower case.
        is_named = (
            name is None
            or dashed(model) == dashed(name)
            or (own_name.lower() == name.lower() and not stack.startswith(f"{stage}-"))
        )
        if stack in known or kind in HISTORY or not is_named:
            continue
        if kind in KINDS and KINDS[kind].is_job and arn not in running(KINDS[kind].noun):
            continue
        # A Studio app is named by several members, which its description has.
        key = {f"{KINDS[kind].noun}Name": own_name} if kind in KINDS and kind != "app" else {}
        resource = UndeclaredResource(arn=arn, kind=kind, name=own_name, model=model, stack=stack, key=key)
        try:
            now = described(resource, aws=aws)
        except ClientError as error:
            seen(f"Without its state and its price, for it cannot be described: {resource.words}: {message_of(error)}")
            now = resource
        if now is None:
            seen(f"Not counted, for it is gone: {resource.words}")
        else:
            yield now


def described(resource: UndeclaredResource, *, aws: Aws) -> UndeclaredResource | None:
    """Return a resource as SageMaker describes it now, None when it is gone; of an unknown kind nothing is asked."""
    kind = KINDS.get(resource.kind)
    if kind is None:
        return resource
    if kind.noun == "App":
        answer, key = _app(aws, arn=resource.arn)
        if answer is None:
            return None
        name, state = "/".join(key.values()), answer["Status"]
    else:
        describe = getattr(aws.client("sagemaker"), xform_name(f"Describe{kind.noun}"))
        try:
            answer = describe(**{f"{kind.noun}Name": resource.name})
        except ClientError as error:
            if says_absent(error):
                return None
            raise
        name, state = answer[f"{kind.noun}Name"], answer.get(f"{kind.noun}Status", "")
        key = {f"{kind.noun}Name": name}
    return dataclasses.replace(
        resource,
        name=name,
        key=key,
        state=state,
        instances=kind.instances(aws, answer),
        quota="spot" if answer.get("EnableManagedSpotTraining") else kind.quota,
    )


def table_of_resources(resources: Sequence[UndeclaredResource], *, prices: Prices, title: str) -> Table:
    """Return the resources for eyes, with their sum; one without a price is in no sum."""
    rows = [_row(one, prices=prices) for one in resources]
    known = [price for *_, price in rows if isinstance(price, float)]
    return Table(
        columns=("kind", "name", "state", "instances", "USD an hour"),
        rows=(*rows, ("in all", f"{len(rows) - len(known)} without a price", None, None, round(sum(known, 0.0), 4))),
        title=f"{title}: US dollars an hour, by {prices.sentence}",
    )


def _row(resource: UndeclaredResource, *, prices: Prices) -> tuple[str, str, str | None, str | None, float | None]:
    record = resource.record(prices=prices)
    name = f"{resource.name} (of the stack {resource.stack})" if resource.stack else resource.name
    counts = resource.instances or {}
    instances = ", ".join(f"{count} {kind or 'of an unknown type'}" for kind, count in counts.items())
    hourly = record["hourly"]
    return record["kind"], name, record["state"], instances or None, None if hourly is None else round(hourly, 4)


def _running(aws: Aws, seen: Seen, noun: str) -> frozenset[str]:
    """The ARNs of the jobs of a kind that have not ended, whoever has started them."""
    pages = aws.client("sagemaker").get_paginator(xform_name(f"List{noun}s"))
    try:
        return frozenset(
            one[f"{noun}Arn"]
            for status in RUNNING
            for page in pages.paginate(StatusEquals=status)
            for one in page[f"{noun}Summaries"]
        )
    except ClientError as error:
        seen(f"Not counted, for they cannot be listed: each running {noun}: {message_of(error)}")
        return frozenset()


def _app(aws: Aws, *, arn: str) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """A Studio app by its ARN, in which a user and a space look alike, and what names it in requests."""
    domain, *rest = arn.lower().split("/")[1:]
    pages = aws.client("sagemaker").get_paginator("list_apps").paginate(DomainIdEquals=domain)
    for one in (one for page in pages for one in page["Apps"]):
        owned = "SpaceName" if "SpaceName" in one else "UserProfileName"
        key = {member: one[member] for member in ("DomainId", owned, "AppType", "AppName")}
        # Deleted ones are listed for a day.
        if [one[member].lower() for member in (owned, "AppType", "AppName")] == rest:
            return (None if one["Status"] == "Deleted" else one), key
    return None, {}


def _clusters(value: object) -> Iterator[Mapping[str, Any]]:
    """Every table that says how many instances there are of which type, however deep it lies."""
    if isinstance(value, Mapping):
        if {"InstanceType", "InstanceCount"} <= value.keys():
            yield value
        for item in value.values():
            yield from _clusters(item)
    elif isinstance(value, list):
        for item in value:
            yield from _clusters(item)
