"""The dashboard of one endpoint."""

import json
from typing import Literal

import pytest

from modelyard.constructs.monitoring_dashboard import MetricNamespaces, MonitoringDashboard
from modelyard.manifest.monitoring import Monitoring
from support.small_stack import SmallStack


def titles(
    small: SmallStack, *, quality_schedule: str | None = None, metrics: MetricNamespaces | None = None
) -> list[str]:
    MonitoringDashboard(
        small.stack,
        "Dashboard",
        endpoint="dev-churn",
        schedule="dev-churn-data-quality",
        variants=["primary"],
        quality_schedule=quality_schedule,
        metrics=metrics,
    )
    body: str = small.one("CloudWatch::Dashboard")["DashboardBody"]
    return [widget["properties"]["title"] for widget in json.loads(body)["widgets"]]


@pytest.mark.parametrize("title", ["Violations of each check", "Invocations", "Share of 5xx"])
def test_checks_and_traffic_are_drawn(small: SmallStack, title: str) -> None:
    assert title in titles(small)


def test_quality_is_drawn_where_it_is_measured(small: SmallStack) -> None:
    assert "Violations of each measurement" in titles(small, quality_schedule="dev-churn-model-quality")


def test_quality_is_not_drawn_where_it_is_not_measured(small: SmallStack) -> None:
    assert "Violations of each measurement" not in titles(small)


def test_no_metric_is_drawn_that_is_not_published(small: SmallStack) -> None:
    assert not {"Drift of each feature", "Quality of the answers"} & {
        *titles(small, quality_schedule="dev-churn-model-quality")
    }


@pytest.mark.parametrize("engine", ["drift", "model-monitor"])
def test_metrics_are_drawn_from_where_the_engine_puts_them(
    small: SmallStack, engine: Literal["drift", "model-monitor"]
) -> None:
    metrics = MetricNamespaces.of(Monitoring(engine=engine))
    assert {"Drift of each feature", "Quality of the answers"} < {
        *titles(small, quality_schedule="dev-churn-model-quality", metrics=metrics)
    }
    body = small.one("CloudWatch::Dashboard")["DashboardBody"]
    assert f"{{{metrics.features},Endpoint" in body
    assert f"{{{metrics.quality},Endpoint" in body
