"""The page of all models of a stage."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from modelyard.constructs.fleet_dashboard import MOST_VARIANTS, FleetDashboard, ServedModel, pages_of
from support.manifests import WHOLE, synthesize_text
from support.synth import Synthesized, synthesize

STACK = "dev-fleet"


def widgets(app: Synthesized) -> dict[str, dict[str, Any]]:
    """What the page shows, by title."""
    body = json.loads(app.one(STACK, "CloudWatch::Dashboard")["DashboardBody"])
    return {one["properties"]["title"]: one for one in body["widgets"]}


def served(number: int, *, variants: int = 1) -> ServedModel:
    names = tuple(f"v{one}" for one in range(variants))
    return ServedModel(name=f"m{number}", endpoint=f"dev-m{number}", variants=names, schedule=None)


def test_the_page_is_named_by_the_stage_and_says_so(app: Synthesized) -> None:
    assert app.one(STACK, "CloudWatch::Dashboard")["DashboardName"] == "dev-models"
    assert app.outputs(STACK) == {"FleetDashboardName": "<ModelsPage1>"}


def test_the_page_shows_what_every_served_model_does(app: Synthesized) -> None:
    assert list(widgets(app)) == [
        "Drift",
        "Invocations in 5 minutes",
        "Model latency, µs (p90)",
        "Requests that were wrong (4xx)",
        "Answers that failed (5xx)",
        "Instances that answered",
        "Violations of a check",
        "Checks in a day",
    ]


def test_each_variant_has_a_line_named_by_its_model(app: Synthesized) -> None:
    shown = widgets(app)["Invocations in 5 minutes"]["properties"]

    assert shown["metrics"][0] == [
        "AWS/SageMaker",
        "Invocations",
        "EndpointName",
        "dev-churn",
        "VariantName",
        "primary",
        {"label": "churn"},
    ]
    assert [one[-1]["label"] for one in shown["metrics"]] == [
        "churn",
        "churn_forest champion",
        "churn_forest challenger",
        "mnist_tf",
        "mnist_torch",
    ]


def test_latency_is_shown_for_nine_requests_of_ten(app: Synthesized) -> None:
    assert widgets(app)["Model latency, µs (p90)"]["properties"]["stat"] == "p90"


def test_instances_are_all_invocations_by_those_of_one(app: Synthesized) -> None:
    every, one, count = widgets(app)["Instances that answered"]["properties"]["metrics"][:3]

    assert (every[1], one[1]) == ("Invocations", "InvocationsPerInstance")
    assert count == [{"expression": "all0 / one0", "id": "count0", "label": "churn"}]


@pytest.mark.parametrize(("title", "stat"), [("Violations of a check", "Maximum"), ("Checks in a day", "SampleCount")])
def test_checks_are_told_by_the_metric_that_the_count_publishes(app: Synthesized, title: str, stat: str) -> None:
    shown = widgets(app)[title]["properties"]

    assert shown["stat"] == stat
    assert shown["metrics"][0][:-1] == [
        "Modelyard",
        "Violations",
        "Endpoint",
        "dev-churn",
        "MonitoringSchedule",
        "dev-churn-data-quality",
    ]


def test_the_alarms_of_drift_are_shown_by_the_names_that_they_have(app: Synthesized) -> None:
    names = [arn.rpartition(":")[2] for arn in widgets(app)["Drift"]["properties"]["alarms"]]

    stacks = [f"dev-{name}-monitoring" for name in ("churn", "churn-forest", "mnist-tf", "mnist-torch")]
    assert names == [app.one(stack, "CloudWatch::Alarm", "WatchAlarm")["AlarmName"] for stack in stacks]


def test_widgets_do_not_lie_upon_one_another(app: Synthesized) -> None:
    taken = [
        (x, y)
        for one in widgets(app).values()
        for x in range(one["x"], one["x"] + one["width"])
        for y in range(one["y"], one["y"] + one["height"])
    ]

    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < 24


def test_the_page_needs_no_other_stack_and_no_other_needs_it(app: Synthesized) -> None:
    assert "Fn::ImportValue" not in json.dumps(app.templates[STACK])
    assert all("Export" not in one for one in app.templates[STACK]["Outputs"].values())


def test_a_model_that_nobody_promoted_is_not_on_the_page(tmp_path: Path) -> None:
    assert STACK not in synthesize(tmp_path, preview=False).templates


def test_a_model_whose_baseline_is_missing_is_shown_without_its_checks(tmp_path: Path) -> None:
    unchecked = WHOLE.replace('baseline = "whole/baseline/20261122-101500"\n', "")

    shown = widgets(synthesize_text(tmp_path, unchecked))

    assert "Invocations in 5 minutes" in shown
    assert not {"Drift", "Checks in a day"} & set(shown)


def test_a_page_takes_a_hundred_variants_and_what_is_more_gets_another() -> None:
    pages = pages_of([served(number) for number in range(MOST_VARIANTS + 1)])

    assert [len(page) for page in pages] == [MOST_VARIANTS, 1]


def test_the_variants_of_a_model_stay_on_one_page() -> None:
    pages = pages_of([served(0, variants=MOST_VARIANTS - 1), served(1, variants=2)])

    assert [[model.name for model in page] for page in pages] == [["m0"], ["m1"]]


def test_a_full_page_stays_below_cloudwatch_s_quotas(tmp_path: Path) -> None:
    stack = cdk.Stack(
        cdk.App(outdir=str(tmp_path)), "S", env=cdk.Environment(account="111122223333", region="eu-west-1")
    )
    checked = [
        ServedModel(name=f"m{n}", endpoint=f"dev-m{n}", variants=("primary",), schedule=f"dev-m{n}-data-quality")
        for n in range(MOST_VARIANTS)
    ]
    (page,) = FleetDashboard(stack, "Fleet", name="dev-models", models=checked).pages
    counts = [len(one["properties"].get("metrics", ())) for one in json.loads(page.dashboard_body)["widgets"]]

    assert max(counts) <= 500
    assert sum(counts) <= 2500
