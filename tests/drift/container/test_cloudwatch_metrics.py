import json
from collections.abc import Callable

from modelyard.drift.analysis import Check
from modelyard.drift.container.cloudwatch_metrics import Emitter, metric_lines
from modelyard.drift.documents.constraints import (
    Constraints,
    MonitoringConfig,
    suggest_constraints,
)
from modelyard.drift.documents.statistics import profile_statistics
from support.drift.checks import with_monitoring

CheckCsv = Callable[..., Check]


EMITTER = Emitter(endpoint="churn", schedule="hourly", time="2026-11-22T10:00:00Z")


def lines_of(found: Check, constraints: Constraints | None = None) -> list[dict[str, object]]:
    made = suggest_constraints(profile=found.profile) if constraints is None else constraints
    statistics = profile_statistics(profile=found.profile)
    lines = metric_lines(profile=found.profile, constraints=made, baseline=statistics, emitter=EMITTER)
    return [json.loads(line) for line in lines]


def test_the_numbers_of_a_feature_are_a_metric(check_csv: CheckCsv) -> None:
    assert lines_of(check_csv("1\n", "1\n2\n6\n"))[0] == {
        "MetricName": "feature_data__c0",
        "Timestamp": "2026-11-22T10:00:00Z",
        "Dimensions": [
            {"Name": "Endpoint", "Value": "churn"},
            {"Name": "MonitoringSchedule", "Value": "hourly"},
        ],
        "StatisticValues": {"SampleCount": 3, "Sum": 9.0, "Minimum": 1.0, "Maximum": 6.0},
        "Unit": "Count",
    }


def test_completeness_and_distance_are_metrics(check_csv: CheckCsv) -> None:
    lines = lines_of(check_csv("1\n", "1\n2\n6\n"))[1:]
    assert [(line["MetricName"], line["Value"]) for line in lines] == [
        ("feature_non_null__c0", 1.0),
        ("feature_baseline_drift__c0", 0.0),
    ]


def test_a_batch_jobs_metrics_have_no_endpoint() -> None:
    emitter = Emitter(endpoint=None, schedule="hourly", time="2026-11-22T10:00:00Z")
    assert "Endpoint" not in emitter.line(name="x", value={})


def test_no_metrics_are_emitted_where_they_are_disabled(check_csv: CheckCsv) -> None:
    found = check_csv("1\n", "1\n")
    constraints = with_monitoring(suggest_constraints(profile=found.profile), MonitoringConfig(emit=False))
    assert lines_of(found, constraints) == []
