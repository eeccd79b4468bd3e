"""The dashboard of one endpoint."""

import json

import pytest

from modelyard.constructs.monitoring_dashboard import MonitoringDashboard
from support.small_stack import SmallStack


def titles(small: SmallStack, *, quality_schedule: str | None = None) -> list[str]:
    MonitoringDashboard(
        small.stack,
        "Dashboard",
        endpoint="dev-churn",
        schedule="dev-churn-data-quality",
        variants=["primary"],
        quality_schedule=quality_schedule,
    )
    body: str = small.one("CloudWatch::Dashboard")["DashboardBody"]
    return [widget["properties"]["title"] for widget in json.loads(body)["widgets"]]


@pytest.mark.parametrize("title", ["Violations of each check", "Invocations", "Share of 5xx"])
def test_checks_and_traffic_are_drawn(small: SmallStack, title: str) -> None:
    assert title in titles(small)


def test_quality_is_drawn_where_it_is_measured(small: SmallStack) -> None:
    assert len(titles(small, quality_schedule="dev-churn-model-quality")) > 6


def test_quality_is_not_drawn_where_it_is_not_measured(small: SmallStack) -> None:
    assert len(titles(small)) == 6
