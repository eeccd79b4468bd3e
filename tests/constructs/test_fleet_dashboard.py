"""The page of all models."""

import json
from typing import Any

from modelyard.constructs.fleet_dashboard import MOST_VARIANTS, FleetDashboard, ServedModel, pages_of
from support.small_stack import SmallStack


def models(count: int, *, variants: int = 1, schedule: str | None = None) -> list[ServedModel]:
    names = tuple(f"v{number}" for number in range(variants))
    return [
        ServedModel(name=f"m{number}", endpoint=f"dev-m{number}", variants=names, schedule=schedule)
        for number in range(count)
    ]


def widgets(small: SmallStack, shown: list[ServedModel]) -> list[dict[str, Any]]:
    FleetDashboard(small.stack, "Fleet", name="dev-models", models=shown)
    body: str = small.one("CloudWatch::Dashboard")["DashboardBody"]
    return list(json.loads(body)["widgets"])


def test_models_stand_on_one_page_while_their_variants_fit() -> None:
    assert [len(page) for page in pages_of(models(MOST_VARIANTS))] == [MOST_VARIANTS]


def test_further_models_stand_on_further_pages() -> None:
    assert [len(page) for page in pages_of(models(MOST_VARIANTS + 1))] == [MOST_VARIANTS, 1]


def test_the_variants_of_a_model_are_not_torn_apart() -> None:
    assert [len(page) for page in pages_of(models(3, variants=MOST_VARIANTS // 2 + 1))] == [1, 1, 1]


def test_pages_after_the_first_are_numbered(small: SmallStack) -> None:
    FleetDashboard(small.stack, "Fleet", name="dev-models", models=models(MOST_VARIANTS + 1))

    pages = small.resources("CloudWatch::Dashboard").values()
    assert [page["Properties"]["DashboardName"] for page in pages] == ["dev-models", "dev-models-2"]


def test_alarms_are_shown_where_traffic_is_checked(small: SmallStack) -> None:
    assert [one["type"] for one in widgets(small, models(1, schedule="dev-m0-data-quality"))].count("alarm") == 1


def test_no_alarms_are_shown_where_nothing_is_checked(small: SmallStack) -> None:
    assert {one["type"] for one in widgets(small, models(1))} == {"metric"}
