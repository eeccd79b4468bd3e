"""One page for all models of a stage: what each answers, how fast, how wrong, and whether it is checked."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from modelyard.constructs.violations_watch import alarm_name
from modelyard.constructs.workflows.watch_run import METRIC, NAMESPACE

# A dashboard takes 2,500 metrics, a graph 500 (CloudWatch user guide, "CloudWatch service quotas"): a page of variants
# comes to 900 and 300, an alarm widget takes a hundred alarms (CloudWatch API reference, "Dashboard body structure").
MOST_VARIANTS = 100
HALF, WHOLE, HEIGHT = 12, 24, 8
MINUTES, HOUR, DAY = 300, 3600, 86_400
SAGEMAKER = "AWS/SageMaker"


@dataclass(frozen=True, kw_only=True, slots=True)
class ServedModel:
    """What a line of the page is about; `schedule` is None where nothing checks the traffic."""

    name: str
    endpoint: str
    variants: tuple[str, ...]
    schedule: str | None


class FleetDashboard(Construct):
    """A dashboard for so many models as fit one, and further ones for the rest, by the names that models have.

    It refers to nothing: it can be deployed before the models and after, and changes only when one comes or goes.
    """

    def __init__(self, scope: Construct, construct_id: str, *, name: str, models: Sequence[ServedModel]) -> None:
        super().__init__(scope, construct_id)
        self.pages = [
            cloudwatch.CfnDashboard(
                self,
                f"Page{number}",
                dashboard_name=name if number == 1 else f"{name}-{number}",
                dashboard_body=json.dumps({"widgets": _widgets(page, stack=cdk.Stack.of(self))}),
            )
            for number, page in enumerate(pages_of(models), 1)
        ]


def pages_of(models: Sequence[ServedModel]) -> list[list[ServedModel]]:
    """Return the models in their order, as many on a page as have no more than `MOST_VARIANTS` variants together."""
    pages: list[list[ServedModel]] = []
    for model in models:
        held = sum(len(one.variants) for one in pages[-1]) if pages else MOST_VARIANTS
        if held + len(model.variants) > MOST_VARIANTS:
            pages.append([])
        pages[-1].append(model)
    return pages


def _widgets(models: Sequence[ServedModel], *, stack: cdk.Stack) -> list[dict[str, Any]]:
    checked = [model for model in models if model.schedule is not None]
    graphs = [
        _graph("Invocations in 5 minutes", _of_variants(models, "Invocations"), stat="Sum", stacked=True),
        _graph("Model latency, µs (p90)", _of_variants(models, "ModelLatency"), stat="p90"),
        _table("Requests that were wrong (4xx)", _of_variants(models, "Invocation4XXErrors"), stat="Sum"),
        _table("Answers that failed (5xx)", _of_variants(models, "Invocation5XXErrors"), stat="Sum"),
        _table("Instances that answered", _instances(models), stat="Sum"),
        _table("Violations of a check", _of_checks(checked), stat="Maximum", period=HOUR),
        _table("Checks in a day", _of_checks(checked), stat="SampleCount", period=DAY),
    ]
    shown = [graph for graph in graphs if graph["metrics"]]
    # Two in a row, below the alarms.
    placed = [
        {
            "type": "metric",
            "x": place % 2 * HALF,
            "y": HEIGHT + place // 2 * HEIGHT,
            "width": HALF,
            "height": HEIGHT,
            "properties": {**graph, "region": stack.region},
        }
        for place, graph in enumerate(shown)
    ]
    # The alarms of drift, which alone have names that follow from the model's.
    arn = f"arn:{stack.partition}:cloudwatch:{stack.region}:{stack.account}:alarm:"
    alarms = [arn + alarm_name(schedule=model.schedule) for model in checked if model.schedule is not None]
    properties = {"title": "Drift", "alarms": alarms, "sortBy": "stateUpdatedTimestamp"}
    row = {"type": "alarm", "x": 0, "y": 0, "width": WHOLE, "height": HEIGHT, "properties": properties}
    return [*([row] if alarms else []), *placed]


def _of_variants(models: Sequence[ServedModel], metric: str) -> list[Any]:
    return [
        [SAGEMAKER, metric, "EndpointName", model.endpoint, "VariantName", variant, {"label": label}]
        for model, variant, label in _labelled(models)
    ]


def _instances(models: Sequence[ServedModel]) -> list[Any]:
    """SageMaker has no metric of their number: it is that by which it divides the one metric to get the other.

    Source: developer guide, "SageMaker AI endpoint invocation metrics", InvocationsPerInstance.
    """
    found: list[Any] = []
    for number, (model, variant, label) in enumerate(_labelled(models)):
        place = ["EndpointName", model.endpoint, "VariantName", variant]
        found.append([SAGEMAKER, "Invocations", *place, {"id": f"all{number}", "visible": False}])
        found.append([SAGEMAKER, "InvocationsPerInstance", *place, {"id": f"one{number}", "visible": False}])
        found.append([{"expression": f"all{number} / one{number}", "id": f"count{number}", "label": label}])
    return found


def _of_checks(checked: Sequence[ServedModel]) -> list[Any]:
    return [
        [NAMESPACE, METRIC, "Endpoint", model.endpoint, "MonitoringSchedule", model.schedule, {"label": model.name}]
        for model in checked
    ]


def _labelled(models: Sequence[ServedModel]) -> list[tuple[ServedModel, str, str]]:
    """A line for each variant, named as its model where that has no other."""
    return [
        (model, variant, model.name if len(model.variants) == 1 else f"{model.name} {variant}")
        for model in models
        for variant in model.variants
    ]


def _graph(title: str, metrics: list[Any], *, stat: str, stacked: bool = False) -> dict[str, Any]:
    shown = {"view": "timeSeries", "stacked": stacked, "legend": {"position": "right"}}
    return {"title": title, "metrics": metrics, "stat": stat, "period": MINUTES, **shown}


def _table(title: str, metrics: list[Any], *, stat: str, period: int = MINUTES) -> dict[str, Any]:
    """A line for each model: a hundred curves in one graph are told apart by nobody."""
    layout = {
        "layout": "vertical",
        "showTimeSeriesData": False,
        "stickySummary": True,
        "summaryColumns": ["MIN", "MAX"],
    }
    return {"title": title, "metrics": metrics, "stat": stat, "period": period, "view": "table", "table": layout}
