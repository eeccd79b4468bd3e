"""What a model costs a month, as declared: from as little as its bounds allow to as much."""

import re
from collections.abc import Iterator

from modelyard.manifest import Model
from modelyard.manifest.retraining import Retrain
from modelyard.operations.costs.calendar import HOURS_A_WEEK, BoundsChange, average_bounds, times_a_year
from modelyard.operations.costs.observability import (
    ALARMS_OF_A_SCALING,
    GIGABYTE,
    Cost,
    Telemetry,
    most_millions,
)
from modelyard.operations.costs.prices import HOURS_A_MONTH, Prices
from modelyard.operations.screen.table import Table

HOURS_A_DAY = 24
# Of SageMaker's schedules and of Scheduler's that run every so many hours.
HOURLY = re.compile(r"cron\(\d+ (?:\*|\d+/(?P<period>\d+)|(?P<hour>\d+)) ")
# Two managed groups and a limit for each address: modelyard.rest_api.firewall, by a test.
WEB_ACL_RULES = 3
# An assumption: a check of little traffic is over in about so long, and billed by the second.
SHORTEST_CHECK_MINUTES = 3
# An assumption too: a few thousand held-out rows are scored in so long, the start of the instance included.
SHORTEST_SCORING_MINUTES, COMPARED_MODELS = 5, 2
MONTHS_A_YEAR = 12
# AWS merges what proved true in a job of its own, before the one that measures.
JOBS_OF_QUALITY = {"model-monitor": 2, "drift": 1}
# The states of the workflows that a schedule starts, and of the one that counts violations: a test holds the templates
# to them. Whatever a workflow has states for, each is counted once.
STATES = {"check": 11, "count": 7, "batch": 5}
ALARMS_OF_A_WORKFLOW = 2
# Its numbers, its completeness and its distance from the baseline.
METRICS_OF_A_FEATURE = 3


def costs_of(
    *, model: Model, prices: Prices, stored_bytes: int | None, log_days: int, tracked: bool = False
) -> Iterator[Cost]:
    """Yield the items of a model, in the order of its tables; storage is left out where the bucket is not known.

    `log_days` is how long the stage keeps logs, `tracked` whether it has an MLflow App.
    """
    yield from _training(model=model, prices=prices)
    yield from _serving(model=model, prices=prices)
    yield from _monitoring(model=model, prices=prices)
    yield from _api(model=model, prices=prices)
    yield from telemetry_of(model=model, log_days=log_days).costs(prices=prices)
    yield from _uncounted(model=model, prices=prices)
    if tracked:
        # No price list has one; users report that apps, other than tracking servers, cost nothing while they wait.
        how = "shared by the stage; believed to cost nothing beside what is stored: look at AWS's pricing page"
        yield Cost(what="MLflow App", least=None, most=None, how=how)
    yield Cost(what="key, shared by the stage", least=prices.key, most=prices.key, how="one a month")
    if stored_bytes is not None:
        stored = stored_bytes / GIGABYTE * prices.storage_gb
        yield Cost(what="storage", least=stored, most=stored, how=f"{stored_bytes:,} bytes as of now")


def instances_of(*, model: Model) -> list[str]:
    """Return the types of instances that a model declares, each once."""
    serving = model.serving if model.serving is not None and model.serving.serverless is None else None
    served = [serving.instance_of(variant=variant) for variant in serving.all_variants] if serving is not None else []
    others = [part.instance for part in (model.preprocessing, model.training, model.monitoring) if part is not None]
    return list(dict.fromkeys([*(one for one in others if one is not None), *served]))


def table_of_costs(costs: list[Cost], *, title: str) -> Table:
    """Return the items and their sum; an item without a price is in no sum."""
    rows = tuple((one.what, _cents(one.least), _cents(one.most), one.how) for one in costs)
    least = sum(one.least for one in costs if one.least is not None)
    most = sum(one.most for one in costs if one.most is not None)
    total = ("in all", _cents(least), _cents(most), "")
    return Table(columns=("what", "least USD", "most USD", "how"), rows=(*rows, total), title=title)


def _training(*, model: Model, prices: Prices) -> Iterator[Cost]:
    if model.training is None:
        return
    training, preprocessing = model.training, model.preprocessing
    if preprocessing is not None:
        minutes, instance = preprocessing.max_runtime_minutes, preprocessing.instance
        yield Cost(
            what="preprocessing",
            least=0.0,
            most=_times(prices.instance_hour(instance), minutes / 60),
            how=f"one run: a job of up to {minutes} min on {instance}, none where code and data are as before",
        )
    if training.automl is not None:
        search = training.automl
        how = (
            f"one run: Autopilot chooses instances, for up to {search.max_candidates} candidates in "
            f"{search.max_total_minutes} min; look at the jobs of the first"
        )
        yield Cost(what="training", least=0.0, most=None, how=how)
        return
    jobs = training.tuning.jobs if training.tuning is not None else len(training.all_trials)
    hours = jobs * training.instance_count * training.max_runtime_minutes / 60
    beside = "; the seller's price comes on top, of what serves too" if training.is_of_product else ""
    how = f"one run: up to {jobs} jobs of {training.max_runtime_minutes} min on {training.job_instance}{beside}"
    run = _times(prices.instance_hour(training.job_instance), hours)
    yield Cost(what="training", least=0.0, most=run, how=how)
    retrain = training.retrain
    if retrain is not None:
        yield _retraining(retrain=retrain, run=run, prices=prices)


def _retraining(*, retrain: Retrain, run: float | None, prices: Prices) -> Cost:
    """The runs that a schedule starts, or as many as alarms may: each a training, and two models that score."""
    most = HOURS_A_MONTH / HOURS_A_DAY / retrain.period_days
    due = 0 if retrain.schedule is None else times_a_year(retrain.schedule, timezone=retrain.timezone)
    scoring = _times(prices.instance_hour(retrain.instance), COMPARED_MODELS * SHORTEST_SCORING_MINUTES / 60)
    one = None if run is None or scoring is None else run + scoring
    # What happens at moments that cannot be told may happen as often as is allowed.
    runs = min(due / MONTHS_A_YEAR, most) if due and not retrain.on else most
    how = (
        f"at most {runs:.1f} runs, each with two transform jobs of {SHORTEST_SCORING_MINUTES} min on {retrain.instance}"
    )
    return Cost(what="retraining", least=0.0, most=_times(one, runs), how=how)


def _serving(*, model: Model, prices: Prices) -> Iterator[Cost]:
    """Scaling bounds hold for each variant; a shadow stays as it began."""
    if model.serving is None or model.serving.serverless is not None:
        return
    serving, scaling = model.serving, model.serving.scaling
    low: float = scaling.min if scaling is not None else serving.initial_count
    high: float = scaling.max if scaling is not None else serving.initial_count
    if scaling is not None and scaling.schedule:
        changes = [
            BoundsChange(expression=one.expression, timezone=one.timezone, low=one.min, high=one.max)
            for one in scaling.schedule
        ]
        low, high = average_bounds(low=scaling.min, high=scaling.max, changes=changes)
    for variant in serving.all_variants:
        instance = serving.instance_of(variant=variant)
        price = prices.instance_hour(instance)
        how = f"{low} to {high} {instance}, always on" if low != high else f"{low} {instance}, always on"
        if scaling is not None and scaling.schedule:
            hours = f"{low * HOURS_A_WEEK:.0f} to {high * HOURS_A_WEEK:.0f} hours a week"
            how = f"{hours} of {instance}, by the calendar of its scaling"
        least, most = _times(price, low * HOURS_A_MONTH), _times(price, high * HOURS_A_MONTH)
        yield Cost(what=f"endpoint, {variant.name}", least=least, most=most, how=how)


def _monitoring(*, model: Model, prices: Prices) -> Iterator[Cost]:
    if model.monitoring is None:
        return
    monitoring = model.monitoring
    runs = HOURS_A_MONTH / monitoring.period_hours
    # with more than one, another merges what they found
    count = monitoring.instances + 1 if monitoring.instances > 1 else 1
    price = prices.instance_hour(monitoring.instance)
    least = _times(price, runs * SHORTEST_CHECK_MINUTES / 60)
    most = _times(price, runs * monitoring.max_runtime_minutes / 60)
    times = f"{SHORTEST_CHECK_MINUTES} to {monitoring.max_runtime_minutes} min on {monitoring.instance}"
    shared = f", {count} instances each" if count > 1 else ""
    yield Cost(
        what="checks", least=_times(least, count), most=_times(most, count), how=f"{runs:.0f} of {times}{shared}"
    )
    if monitoring.quality is not None:
        jobs = JOBS_OF_QUALITY[monitoring.engine]
        how = f"{runs:.0f} of {times}" + (f", {jobs} jobs each" if jobs > 1 else "")
        yield Cost(what="checks of quality", least=_times(least, jobs), most=_times(most, jobs), how=how)


def _api(*, model: Model, prices: Prices) -> Iterator[Cost]:
    """Requests cost as they come: at most as many as the throttle lets through."""
    if model.api is None:
        return
    rate, millions = model.api.rate, most_millions(rate=model.api.rate)
    how = f"{prices.api_million:g} a million; at most {rate:g} a second, all month"
    yield Cost(what="api", least=0.0, most=millions * prices.api_million, how=how)
    if model.api.waf:
        fixed = prices.web_acl + WEB_ACL_RULES * prices.web_acl_rule
        how = f"{WEB_ACL_RULES} rules, and {prices.web_acl_million:g} a million requests"
        yield Cost(what="api, firewall", least=fixed, most=fixed + millions * prices.web_acl_million, how=how)


def telemetry_of(*, model: Model, log_days: int) -> Telemetry:
    """Return what the stacks of a model watch and write down, once all of them are deployed."""
    serving, monitoring, api = model.serving, model.monitoring, model.api
    workflows = (model.training is not None) + (model.batch is not None)
    # What starts runs that nobody starts.
    workflows += model.training is not None and model.training.retrain is not None
    alarms = checks = metrics = 0
    executions = states = 0.0
    if serving is not None:
        # Of steps the alarm is a stack's own.
        scaling = (
            0 if serving.scaling is None else ALARMS_OF_A_SCALING * serving.scaling.tracked + len(serving.scaling.steps)
        )
        alarms += len(serving.variants) * (2 + (serving.alarms.no_invocations_minutes > 0) + scaling)
    if monitoring is not None:
        checks = 1 + (monitoring.quality is not None)
        # The count of each check's violations, our engine's own workflow, and the baseline of quality.
        own = checks if monitoring.engine == "drift" else 0
        workflows += checks + own + (checks - 1)
        # Of the violations, and of our engine's silence.
        alarms += checks + own
        metrics += checks
        runs = HOURS_A_MONTH / monitoring.period_hours
        executions += runs * (checks + own)
        states += runs * (checks * STATES["count"] + own * STATES["check"])
    if model.batch is not None and model.batch.schedule is not None:
        runs = monthly_runs(model.batch.schedule) or 0
        executions += runs
        states += runs * STATES["batch"]
    return Telemetry(
        alarms=alarms + workflows * ALARMS_OF_A_WORKFLOW,
        metrics=metrics,
        dashboards=1 if monitoring is not None else 0,
        executions=executions,
        states=states,
        calls_a_second=api.rate if api is not None else 0,
        calls_traced=api is not None and api.tracing,
        log_days=log_days,
    )


def monthly_runs(expression: str) -> float | None:
    """Return how often a month a schedule starts something; None for one that is neither hourly nor daily."""
    found = HOURLY.match(expression)
    if found is None:
        return None
    if found["hour"] is not None:
        return HOURS_A_MONTH / HOURS_A_DAY
    return HOURS_A_MONTH / (int(found["period"]) if found["period"] is not None else 1)


def _uncounted(*, model: Model, prices: Prices) -> Iterator[Cost]:
    """What the manifest does not say how much there is of: counted as far as it is, and in no sum."""
    if model.monitoring is not None and model.monitoring.publish_metrics:
        api = model.rest_api
        features = sum(len(group.names) for group in api.features) if api is not None else None
        count = None if features is None else features * METRICS_OF_A_FEATURE
        price = None if count is None else count * prices.metric
        how = f"{METRICS_OF_A_FEATURE} for each of {'the' if features is None else features} features"
        yield Cost(what="metrics of features", least=price, most=price, how=f"{how}, {prices.metric:g} each")
    how = f"what scripts and servers print: {prices.log_gb:g} a GB, kept until somebody sets how long"
    yield Cost(what="logs of jobs and endpoints", least=None, most=None, how=how)
    how = "of S3, KMS, EventBridge and container registries: by how much is captured and read"
    yield Cost(what="requests", least=None, most=None, how=how)


def _times(price: float | None, count: float) -> float | None:
    return None if price is None else price * count


def _cents(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
