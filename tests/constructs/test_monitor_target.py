"""What a monitor checks."""

from typing import Any

import pytest

from modelyard.constructs.monitor_target import MonitorTarget, QualityTarget
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.quality import Quality

QUALITY = Quality(problem_type="Regression", inference="0")


def target(engine: Any) -> MonitorTarget:
    return MonitorTarget(
        monitoring=Monitoring(engine=engine),
        layout=DataLayout(model="churn"),
        endpoint="dev-churn",
        schedule="dev-churn-data-quality",
        variants=("primary",),
    )


@pytest.mark.parametrize(("engine", "managed"), [("model-monitor", True), ("drift", False)])
def test_the_engine_of_aws_is_the_managed_one(engine: str, *, managed: bool) -> None:
    assert target(engine).is_managed is managed


def test_a_second_monitor_checks_the_same_endpoint_by_a_schedule_of_its_own() -> None:
    first = target("drift")

    second = QualityTarget.of(first, quality=QUALITY, schedule="dev-churn-model-quality")

    assert (second.quality, second.schedule) == (QUALITY, "dev-churn-model-quality")
    assert (second.endpoint, second.variants, second.layout) == (first.endpoint, first.variants, first.layout)
