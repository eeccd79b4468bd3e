"""When the next check is due."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from modelyard.scenario.steps.watch import next_check
from modelyard.scenario.workspace import read_declarations
from support.synth import ROOT


@pytest.mark.parametrize(
    ("schedule", "now", "due"),
    [
        ("hourly", "2026-11-26T21:05:30", "2026-11-26T22:00"),
        ("hourly", "2026-11-26T23:59:59", "2026-11-27T00:00"),
        ("daily", "2026-11-26T21:05:00", "2026-11-27T00:00"),
        ("cron(0 7 ? * * *)", "2026-11-26T06:30:00", "2026-11-26T07:00"),
        ("cron(0 7 ? * * *)", "2026-11-26T07:00:00", "2026-11-27T07:00"),
        ("cron(0 1/6 ? * * *)", "2026-11-26T08:00:00", "2026-11-26T13:00"),
        ("cron(0 1/6 ? * * *)", "2026-11-26T20:00:00", "2026-11-27T01:00"),
    ],
)
def test_a_check_is_due_at_the_next_hour_of_its_schedule(schedule: str, now: str, due: str) -> None:
    _, churn = read_declarations(ROOT, model="churn")
    assert churn.monitoring is not None
    monitoring = replace(churn.monitoring, schedule=schedule)
    found = next_check(datetime.fromisoformat(now).replace(tzinfo=UTC), monitoring=monitoring)
    assert found == datetime.fromisoformat(due).replace(tzinfo=UTC)
