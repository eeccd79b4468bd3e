"""What a month costs by the templates, before and after: endpoints, checks, APIs and keys.

By the same table of prices and the same assumptions as `yard cost`, which reads manifests.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.operations.costs.estimate import HOURS_A_MONTH, JOBS_OF_QUALITY, SHORTEST_CHECK_MINUTES, most_millions
from modelyard.operations.costs.prices import Prices
from modelyard.operations.planning.comparison import Comparison
from modelyard.operations.planning.endpoints import ENDPOINT, EndpointSpec, endpoint_spec, scalings_of
from modelyard.operations.planning.revision import Revision
from modelyard.template_checks.endpoints import shadows_of
from modelyard.template_checks.names import JOB_DEFINITIONS
from modelyard.template_checks.template import Resource, Template, as_text, number, referred, table, values_at

HOURS_A_DAY = 24
# Of SageMaker's schedules and of Scheduler's that run every so many hours.
HOURLY = re.compile(r"cron\(\d+ (?:\*|\d+/(?P<period>\d+)|(?P<hour>\d+)) ")
MONITORING_SCHEDULE = "AWS::SageMaker::MonitoringSchedule"
MODEL_QUALITY = "AWS::SageMaker::ModelQualityJobDefinition"
API_STAGE, WEB_ACL = "AWS::ApiGateway::Stage", "AWS::WAFv2::WebACL"
SCHEDULE, MACHINE = "AWS::Scheduler::Schedule", "AWS::StepFunctions::StateMachine"


@dataclass(frozen=True, kw_only=True, slots=True)
class Bill:
    """US dollars a month at least and at most; None where a type has no price in the table."""

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
        return _difference(_side(self.before).least, _side(self.after).least)

    @property
    def most(self) -> float | None:
        """How much more a month at most; None where a price is not known."""
        return _difference(_side(self.before).most, _side(self.after).most)


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
        for what, bill in _items(template, prices=prices) if template.name in only else ():
            found[template.name, what] = bill
    return found


def _items(template: Template, *, prices: Prices) -> Iterator[tuple[str, Bill]]:
    for endpoint in template.resources(ENDPOINT):
        yield from _endpoint(template, of=endpoint_spec(template, endpoint=endpoint), prices=prices)
    yield from _managed_checks(template, prices=prices)
    yield from _own_checks(template, prices=prices)
    yield from _api(template, prices=prices)
    for key in template.resources("AWS::KMS::Key"):
        yield f"key {key.logical_id}", Bill(least=prices.key, most=prices.key)


def _endpoint(template: Template, *, of: EndpointSpec, prices: Prices) -> Iterator[tuple[str, Bill]]:
    shadows = shadows_of(of.config) if of.config is not None else []
    for variant in (*of.variants.values(), *shadows):
        name, count = as_text(variant.get("VariantName")), number(variant.get("InitialInstanceCount"))
        if count is not None:
            low, high = _bounds(scalings_of(template, of=of, variant=name), count=count)
            price = _price(variant, prices=prices)
            yield (
                f"endpoint {of.name}, {name}",
                Bill(least=_times(price, low * HOURS_A_MONTH), most=_times(price, high * HOURS_A_MONTH)),
            )


def _api(template: Template, *, prices: Prices) -> Iterator[tuple[str, Bill]]:
    """The requests of a stage, as many as its throttle lets through, and the firewall before it."""
    found = values_at(_properties(template, API_STAGE), "ThrottlingRateLimit")
    rates = [one for one in found if isinstance(one, int | float)]
    millions = sum(most_millions(rate=rate) for rate in rates)
    if rates:
        yield "requests of the API", Bill(least=0.0, most=millions * prices.api_million)
    for acl in _properties(template, WEB_ACL):
        rules = acl.get("Rules")
        fixed = prices.web_acl + (len(rules) if isinstance(rules, list) else 0) * prices.web_acl_rule
        yield "firewall of the API", Bill(least=fixed, most=fixed + millions * prices.web_acl_million)


def _properties(template: Template, type_: str) -> list[Mapping[str, Any]]:
    return [one.properties for one in template.resources(type_)]


def _bounds(targets: list[Resource], *, count: int) -> tuple[int, int]:
    for target in targets:
        low, high = number(target.properties.get("MinCapacity")), number(target.properties.get("MaxCapacity"))
        return (count if low is None else low), (count if high is None else high)
    return count, count


def _managed_checks(template: Template, *, prices: Prices) -> Iterator[tuple[str, Bill]]:
    """Every definition by the period of the schedule beside it."""
    schedules = [one.properties for one in template.resources(MONITORING_SCHEDULE)]
    found = [_runs(expression) for expression in values_at(schedules, "ScheduleExpression")]
    runs = next((one for one in found if one is not None), None)
    for definition in template.resources(*JOB_DEFINITIONS):
        cluster = table(table(definition.properties.get("JobResources")).get("ClusterConfig"))
        if runs is not None:
            longest = _longest(definition.properties)
            bill = _checks(cluster, runs=runs * _jobs(definition), longest=longest, prices=prices)
            yield f"checks of {definition.logical_id}", bill


def _jobs(definition: Resource) -> int:
    """How many jobs a run of a definition is, each of which may take as long as is allowed."""
    return JOBS_OF_QUALITY["model-monitor"] if definition.type == MODEL_QUALITY else 1


def _own_checks(template: Template, *, prices: Prices) -> Iterator[tuple[str, Bill]]:
    """A scheduled state machine that starts processing jobs."""
    for schedule in template.resources(SCHEDULE):
        runs = _runs(schedule.properties.get("ScheduleExpression"))
        for machine in _started_by(schedule, template=template) if runs is not None else ():
            for arguments in map(table, values_at(machine.properties.get("Definition"), "Arguments")):
                cluster = table(table(arguments.get("ProcessingResources")).get("ClusterConfig"))
                if cluster and runs is not None:
                    longest = _longest(arguments)
                    yield f"checks of {machine.logical_id}", _checks(cluster, runs=runs, longest=longest, prices=prices)


def _started_by(schedule: Resource, *, template: Template) -> list[Resource]:
    """The state machine of the same template that a schedule starts: another beside it is started by hand."""
    machine = template.resource(referred(table(schedule.properties.get("Target")).get("Arn")) or "")
    return [] if machine is None or machine.type != MACHINE else [machine]


def _longest(job: Mapping[str, Any]) -> int | None:
    """The seconds after which a job is stopped."""
    return number(table(job.get("StoppingCondition")).get("MaxRuntimeInSeconds"))


def _checks(cluster: Mapping[str, Any], *, runs: float, longest: int | None, prices: Prices) -> Bill:
    count = number(cluster.get("InstanceCount"))
    price = _times(_price(cluster, prices=prices), runs * (1 if count is None else count) / 60)
    most = SHORTEST_CHECK_MINUTES if longest is None else longest / 60
    return Bill(least=_times(price, SHORTEST_CHECK_MINUTES), most=_times(price, most))


def _runs(expression: Any) -> float | None:
    """How often a month; None for an expression that is neither hourly nor daily."""
    found = HOURLY.match(str(expression))
    if found is None:
        return None
    if found["hour"] is not None:
        return HOURS_A_MONTH / HOURS_A_DAY
    return HOURS_A_MONTH / (int(found["period"]) if found["period"] is not None else 1)


def _price(of: Mapping[str, Any], *, prices: Prices) -> float | None:
    instance = of.get("InstanceType")
    return prices.instance_hour(instance) if isinstance(instance, str) else None


def _times(price: float | None, count: float) -> float | None:
    return None if price is None else price * count


def _side(bill: Bill | None) -> Bill:
    return bill if bill is not None else Bill(least=0.0, most=0.0)


def _difference(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before
