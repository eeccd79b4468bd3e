"""What templates need of an account at most: counted before anything is deployed."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.operations.planning.endpoints import (
    BLUE_GREEN,
    ENDPOINT,
    ROLLING,
    EndpointSpec,
    bounds_changes,
    endpoint_spec,
    scalings_of,
)
from modelyard.operations.planning.revision import Revision
from modelyard.operations.quotas.limits import Kind
from modelyard.template_checks.endpoints import shadows_of
from modelyard.template_checks.template import Resource, Template, as_text, number, referred, table, tables, values_at

MACHINE, SCHEDULE = "AWS::StepFunctions::StateMachine", "AWS::Scheduler::Schedule"
DEFINITION = re.compile(r"AWS::SageMaker::\w+JobDefinition")
COUNTED: Mapping[str, Kind] = {
    "AWS::IAM::Role": "roles",
    "AWS::Events::Rule": "rules",
    SCHEDULE: "schedules",
    MACHINE: "machines",
    "AWS::ApplicationAutoScaling::ScalableTarget": "targets",
    ENDPOINT: "endpoints",
    "AWS::SageMaker::MlflowApp": "mlflow_apps",
}
MINUTE = re.compile(r"cron\((\d+) ")
MINUTES_AN_HOUR = 60
WHOLE = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """How much of one thing there is at most at once; `how` says what was counted."""

    kind: Kind
    count: int
    instance: str = ""
    how: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """The instances of a job that a template can start.

    `minute` is when in the hour it is started and `minutes` how long it may take; without a schedule it is None, and
    somebody has to ask for it.
    """

    kind: Kind
    instance: str
    count: int
    is_scheduled: bool = False
    minute: int | None = None
    minutes: int = MINUTES_AN_HOUR


def needs_of(revision: Revision) -> tuple[Need, ...]:
    """Return everything that the stacks of a revision need, most telling first."""
    found = Counter(COUNTED[one.type] for template in revision.templates for one in template.resources(*COUNTED))
    buckets = [bucket for template in revision.templates for bucket in template.resources("AWS::S3::Bucket")]
    rules = [len(tables(table(bucket.properties.get("LifecycleConfiguration")).get("Rules"))) for bucket in buckets]
    return (
        *_instances(revision),
        *_jobs(revision),
        Need(kind="stacks", count=len(revision.templates), how="one for each table of each model, and what they share"),
        *(Need(kind=kind, count=found[kind]) for kind in dict.fromkeys(COUNTED.values()) if found[kind]),
        *(
            Need(kind="lifecycle", count=count, how="five for each model, and two for all")
            for count in rules
            if count > 1
        ),
    )


def _instances(revision: Revision) -> Iterator[Need]:
    """Every variant at its most, and the second fleet of the largest rollout: one endpoint moves at a time."""
    steady: Counter[str] = Counter()
    largest: Counter[str] = Counter()
    for template in revision.templates:
        for endpoint in template.resources(ENDPOINT):
            fleet = _fleet(template, of=endpoint_spec(template, endpoint=endpoint))
            for instance, (most, extra) in fleet.items():
                steady[instance] += most
                largest[instance] = max(largest[instance], extra)
    for instance, count in sorted(steady.items()):
        how = f"{count} at the most that scaling allows, {largest[instance]} more while one endpoint is updated"
        yield Need(kind="hosting", instance=instance, count=count + largest[instance], how=how)


def _fleet(template: Template, *, of: EndpointSpec) -> dict[str, tuple[int, int]]:
    """Of each instance type the most instances of an endpoint, and how many more an update takes."""
    found: dict[str, tuple[int, int]] = {}
    shadows = shadows_of(of.config) if of.config is not None else []
    for variant in (*of.variants.values(), *shadows):
        initial, instance = number(variant.get("InitialInstanceCount")), variant.get("InstanceType")
        if initial is not None and isinstance(instance, str):
            targets = scalings_of(template, of=of, variant=as_text(variant.get("VariantName")))
            limits = [number(target.properties.get("MaxCapacity")) for target in targets]
            limits += [change.high for target in targets for change in bounds_changes(target.properties)]
            most = max([initial, *(one for one in limits if one is not None)])
            before = found.get(instance, (0, 0))
            found[instance] = (before[0] + most, before[1] + _second(of.endpoint, count=most))
    return found


def _second(endpoint: Resource, *, count: int) -> int:
    """The instances beside the old ones: a whole second fleet, or one batch of a rolling update.

    Source: developer guide, "Use canary traffic shifting" (the green fleet is whole before traffic moves) and "Use
    rolling deployments".
    """
    deployment = table(endpoint.properties.get("DeploymentConfig"))
    batch = table(table(deployment.get(ROLLING)).get("MaximumBatchSize"))
    size = number(batch.get("Value"))
    if BLUE_GREEN in deployment or size is None:
        return count
    return math.ceil(count * size / WHOLE) if batch.get("Type") == "CAPACITY_PERCENT" else min(size, count)


def _jobs(revision: Revision) -> Iterator[Need]:
    found = [job for template in revision.templates for job in jobs_of(template)]
    for kind, instance in sorted({(job.kind, job.instance) for job in found}):
        jobs = [job for job in found if (job.kind, job.instance) == (kind, instance)]
        by_clock = _at_once(job for job in jobs if job.is_scheduled)
        asked = max((job.count for job in jobs if not job.is_scheduled), default=0)
        how = f"{by_clock} by schedules, if each job takes its longest; {asked} for the largest run that is asked for"
        yield Need(kind=kind, instance=instance, count=by_clock + asked, how=how)


def _at_once(jobs: Iterable[Job]) -> int:
    """The instances of the fullest minute of an hour; a job without a minute may be at any."""
    busy = [0] * MINUTES_AN_HOUR
    for job in jobs:
        minutes = range(MINUTES_AN_HOUR) if job.minute is None else range(job.minute, job.minute + job.minutes)
        for minute in {one % MINUTES_AN_HOUR for one in minutes}:
            busy[minute] += job.count
    return max(busy)


def jobs_of(template: Template) -> Iterator[Job]:
    """Yield the jobs that a template's schedules and state machines start."""
    for definition in template.resources():
        if DEFINITION.fullmatch(definition.type):
            yield from _processing(table(definition.properties.get("JobResources")), is_scheduled=True)
    for machine in template.resources(MACHINE):
        expressions = [
            str(schedule.properties.get("ScheduleExpression"))
            for schedule in template.resources(SCHEDULE)
            if referred(table(schedule.properties.get("Target")).get("Arn")) == machine.logical_id
        ]
        named = MINUTE.match(expressions[0]) if expressions else None
        minute = int(named[1]) if named is not None else None
        yield from _started(machine.properties.get("Definition"), is_scheduled=bool(expressions), minute=minute)


def _started(definition: Any, *, is_scheduled: bool, minute: int | None) -> Iterator[Job]:
    at_once = max((one for one in map(number, values_at(definition, "MaxConcurrency")) if one is not None), default=1)
    at_once = min([at_once, *(len(trials) for trials in values_at(definition, "declared"))])
    for arguments in map(table, values_at(definition, "Arguments")):
        yield from _training(arguments, at_once=at_once)
        seconds = number(table(arguments.get("StoppingCondition")).get("MaxRuntimeInSeconds"))
        minutes = MINUTES_AN_HOUR if seconds is None else math.ceil(seconds / 60)
        resources = table(arguments.get("ProcessingResources"))
        yield from _processing(resources, is_scheduled=is_scheduled, minute=minute, minutes=minutes)
        transform = table(arguments.get("TransformResources"))
        if isinstance(transform.get("InstanceType"), str):
            yield Job(kind="transform", **_sized(transform), is_scheduled=is_scheduled)


def _processing(
    resources: Mapping[str, Any], *, is_scheduled: bool, minute: int | None = None, minutes: int = MINUTES_AN_HOUR
) -> Iterator[Job]:
    cluster = table(resources.get("ClusterConfig"))
    if isinstance(cluster.get("InstanceType"), str):
        sized = _sized(cluster)
        yield Job(kind="processing", **sized, is_scheduled=is_scheduled, minute=minute, minutes=minutes)


def _training(arguments: Mapping[str, Any], *, at_once: int) -> Iterator[Job]:
    """Trials side by side, or the search's jobs."""
    searched = table(arguments.get("TrainingJobDefinition"))
    limits = table(table(arguments.get("HyperParameterTuningJobConfig")).get("ResourceLimits"))
    parallel = number(limits.get("MaxParallelTrainingJobs")) if searched else at_once
    job = searched if searched else arguments
    resources = table(job.get("ResourceConfig"))
    if isinstance(resources.get("InstanceType"), str):
        kind: Kind = "spot" if job.get("EnableManagedSpotTraining") is True else "training"
        sized = _sized(resources)
        yield Job(kind=kind, instance=sized["instance"], count=sized["count"] * (1 if parallel is None else parallel))


def _sized(resources: Mapping[str, Any]) -> dict[str, Any]:
    count = number(resources.get("InstanceCount"))
    return {"instance": resources["InstanceType"], "count": 1 if count is None else count}
