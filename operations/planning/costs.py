"""What a month costs by the templates, before and after: endpoints, checks, APIs, keys, and what watches them.

By the same table of prices and the same assumptions as `yard cost`, which reads manifests.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.operations.costs.calendar import average_bounds
from modelyard.operations.costs.estimate import JOBS_OF_QUALITY, SHORTEST_CHECK_MINUTES, monthly_runs
from modelyard.operations.costs.observability import (
    ALARMS_OF_A_SCALING,
    Telemetry,
    most_millions,
)
from modelyard.operations.costs.prices import HOURS_A_MONTH, Prices
from modelyard.operations.planning.comparison import Comparison
from modelyard.operations.planning.endpoints import ENDPOINT, bounds_changes, endpoint_spec, scalings_of
from modelyard.operations.planning.revision import Revision
from modelyard.template_checks.endpoints import shadows_of
from modelyard.template_checks.names import JOB_DEFINITIONS
from modelyard.template_checks.template import Resource, Template, as_text, number, referred, table, values_at

MONITORING_SCHEDULE = "AWS::SageMaker::MonitoringSchedule"
MODEL_QUALITY = "AWS::SageMaker::ModelQualityJobDefinition"
API_STAGE, WEB_ACL = "AWS::ApiGateway::Stage", "AWS::WAFv2::WebACL"
SCALING_POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
SCHEDULE, MACHINE = "AWS::Scheduler::Schedule", "AWS::StepFunctions::StateMachine"


@dataclass(frozen=True, kw_only=True, slots=True)
class Bill:
    """US dollars a month at least and at most; None where a price or a count is not known."""

    least: float | None
    most: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CostChange:
    """An item that costs something else after the deploy; None on a side that does not have it."""

    stack: str
    what: str
    before: Bill | None
    after: Bill | None

    @property
    def least(self) -> float | None:
        """How much more a month at least; None where a price is not known."""
        return self._difference(lambda bill: bill.least)

    @property
    def most(self) -> float | None:
        """How much more a month at most; None where a price is not known."""
        return self._difference(lambda bill: bill.most)

    def _difference(self, of: Callable[[Bill], float | None]) -> float | None:
        before, after = (0.0 if bill is None else of(bill) for bill in (self.before, self.after))
        return None if before is None or after is None else after - before


def cost_changes(comparison: Comparison, *, prices: Prices) -> tuple[CostChange, ...]:
    """Return every item whose price changes; a stack that is left out of the app goes on costing what it does."""
    names = {one.name for one in comparison.head.templates}
    before, after = (bills(one, only=names, prices=prices) for one in (comparison.base, comparison.head))
    items = dict.fromkeys((*after, *before))
    return tuple(
        CostChange(stack=stack, what=what, before=before.get((stack, what)), after=after.get((stack, what)))
        for stack, what in items
        if before.get((stack, what)) != after.get((stack, what))
    )


def bills(revision: Revision, *, only: set[str], prices: Prices) -> dict[tuple[str, str], Bill]:
    """Return what each item of some stacks costs, by the stack and what it is."""
    found: dict[tuple[str, str], Bill] = {}
    for template in revision.templates:
        if template.name not in only:
            continue
        items = [
            *_endpoints(template, prices=prices),
            *_managed_checks(template, prices=prices),
            *_own_checks(template, prices=prices),
            *_api(template, prices=prices),
            *((one.what, Bill(least=one.least, most=one.most)) for one in telemetry_in(template).costs(prices=prices)),
            *_metrics_of_features(template),
        ]
        of_key = Bill(least=prices.key, most=prices.key)
        items += [(f"key {key.logical_id}", of_key) for key in template.resources("AWS::KMS::Key")]
        found |= {(template.name, what): bill for what, bill in items}
    return found


def _endpoints(template: Template, *, prices: Prices) -> Iterator[tuple[str, Bill]]:
    """Every variant, from the least to the most instances that it scales to, by the calendar where there is one."""
    for resource in template.resources(ENDPOINT):
        endpoint = endpoint_spec(template, endpoint=resource)
        shadows = shadows_of(endpoint.config) if endpoint.config is not None else []
        for variant in (*endpoint.variants.values(), *shadows):
            name, count = as_text(variant.get("VariantName")), number(variant.get("InitialInstanceCount"))
            if count is None:
                continue
            scalings = scalings_of(template, of=endpoint, variant=name)
            bounds = scalings[0].properties if scalings else {}
            low, high = number(bounds.get("MinCapacity")), number(bounds.get("MaxCapacity"))
            on_average = average_bounds(
                low=count if low is None else low,
                high=count if high is None else high,
                changes=bounds_changes(bounds),
            )
            least, most = (_price(variant, hours=one * HOURS_A_MONTH, prices=prices) for one in on_average)
            yield f"endpoint {endpoint.name}, {name}", Bill(least=least, most=most)


def _api(template: Template, *, prices: Prices) -> Iterator[tuple[str, Bill]]:
    """The requests of a stage, as many as its throttle lets through, and the firewall before it."""
    stages = [one.properties for one in template.resources(API_STAGE)]
    rates = [one for one in values_at(stages, "ThrottlingRateLimit") if isinstance(one, int | float)]
    millions = sum(most_millions(rate=rate) for rate in rates)
    if rates:
        yield "requests of the API", Bill(least=0.0, most=millions * prices.api_million)
    for acl in template.resources(WEB_ACL):
        rules = acl.properties.get("Rules")
        fixed = prices.web_acl + (len(rules) if isinstance(rules, list) else 0) * prices.web_acl_rule
        yield "firewall of the API", Bill(least=fixed, most=fixed + millions * prices.web_acl_million)


def _managed_checks(template: Template, *, prices: Prices) -> Iterator[tuple[str, Bill]]:
    """Every definition by the period of the schedule beside it."""
    schedules = [one.properties for one in template.resources(MONITORING_SCHEDULE)]
    found = [monthly_runs(str(expression)) for expression in values_at(schedules, "ScheduleExpression")]
    runs = next((one for one in found if one is not None), None)
    if runs is None:
        return
    for definition in template.resources(*JOB_DEFINITIONS):
        # So many jobs are a run of a definition, each of which may take as long as is allowed.
        jobs = JOBS_OF_QUALITY["model-monitor"] if definition.type == MODEL_QUALITY else 1
        cluster = table(table(definition.properties.get("JobResources")).get("ClusterConfig"))
        bill = _checks(definition.properties, cluster=cluster, count=runs * jobs, prices=prices)
        yield f"checks of {definition.logical_id}", bill


def _own_checks(template: Template, *, prices: Prices) -> Iterator[tuple[str, Bill]]:
    """A scheduled state machine of the same template that starts processing jobs; another is started by hand."""
    for schedule in template.resources(SCHEDULE):
        runs = monthly_runs(str(schedule.properties.get("ScheduleExpression")))
        machine = template.resource(referred(table(schedule.properties.get("Target")).get("Arn")) or "")
        if runs is None or machine is None or machine.type != MACHINE:
            continue
        jobs = 0
        for arguments in map(table, values_at(machine.properties.get("Definition"), "Arguments")):
            cluster = table(table(arguments.get("ProcessingResources")).get("ClusterConfig"))
            if cluster:
                jobs += 1
                bill = _checks(arguments, cluster=cluster, count=runs, prices=prices)
                yield f"checks of {machine.logical_id}" + (f", job {jobs}" if jobs > 1 else ""), bill


def _checks(job: Mapping[str, Any], *, cluster: Mapping[str, Any], count: float, prices: Prices) -> Bill:
    """So many jobs a month, each from the shortest that is known to the limit at which it is stopped."""
    instances = number(cluster.get("InstanceCount"))
    minute = _price(cluster, hours=count * (1 if instances is None else instances) / 60, prices=prices)
    if minute is None:
        return Bill(least=None, most=None)
    longest = number(table(job.get("StoppingCondition")).get("MaxRuntimeInSeconds"))
    most = SHORTEST_CHECK_MINUTES if longest is None else longest / 60
    return Bill(least=minute * SHORTEST_CHECK_MINUTES, most=minute * most)


def telemetry_in(template: Template) -> Telemetry:
    """Return what the resources of a stack watch and write down."""
    machines = list(template.resources(MACHINE))
    runs = {one.logical_id: _monthly_executions(template, machine=one) for one in machines}
    policies = [one.properties.get("PolicyType") for one in template.resources(SCALING_POLICY)]
    stages = [one.properties for one in template.resources(API_STAGE)]
    groups = [number(one.properties.get("RetentionInDays")) for one in template.resources("AWS::Logs::LogGroup")]
    return Telemetry(
        alarms=len([*template.resources("AWS::CloudWatch::Alarm")])
        + ALARMS_OF_A_SCALING * policies.count("TargetTrackingScaling"),
        metrics=sum(_publishes(one) for one in machines),
        dashboards=len([*template.resources("AWS::CloudWatch::Dashboard")]),
        executions=sum(runs.values()),
        states=sum(runs[one.logical_id] * _count_of_states(one) for one in machines),
        traced=any(True in values_at(one.properties, "Enabled") for one in machines),
        calls_a_second=sum(one for one in values_at(stages, "ThrottlingRateLimit") if isinstance(one, int | float)),
        calls_traced=any(one.get("TracingEnabled") is True for one in stages),
        log_days=max((days for days in groups if days is not None), default=0),
    )


def _monthly_executions(template: Template, *, machine: Resource) -> float:
    """How often its own schedule starts a state machine, or that of the checks whose files it is told of."""
    schedules = [one.properties for one in template.resources(SCHEDULE, MONITORING_SCHEDULE)]
    targeting = [one for one in schedules if referred(table(one.get("Target")).get("Arn")) == machine.logical_id]
    written = [
        one.properties
        for one in template.resources("AWS::Events::Rule")
        if ["Object Created"] in values_at(one.properties, "detail-type")
    ]
    told = machine.logical_id in map(referred, values_at(written, "Arn"))
    found = (monthly_runs(str(one)) for one in values_at(schedules if told else targeting, "ScheduleExpression"))
    return next((one for one in found if one is not None), 0)


def _count_of_states(machine: Resource) -> int:
    return sum(len(table(one)) for one in values_at(machine.properties.get("Definition"), "States"))


def _publishes(machine: Resource) -> bool:
    """Whether it puts a metric of its own: one, by the names in its definition."""
    return any(as_text(one).endswith(":putMetricData") for one in values_at(machine.properties, "Resource"))


def _metrics_of_features(template: Template) -> Iterator[tuple[str, Bill]]:
    """A metric or three of each feature, of which a template does not say how many there are."""
    jobs = template.resources(*JOB_DEFINITIONS, MACHINE)
    if any("Enabled" in values_at(one.properties, "publish_cloudwatch_metrics") for one in jobs):
        yield "metrics of features", Bill(least=None, most=None)


def _price(of: Mapping[str, Any], *, hours: float, prices: Prices) -> float | None:
    instance = of.get("InstanceType")
    price = prices.instance_hour(instance) if isinstance(instance, str) else None
    return None if price is None else price * hours
