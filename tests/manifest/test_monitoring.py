from typing import Any

import pytest

from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.problems import Invalid

BOUNDS = "choose a number within the bounds"
SCHEDULE = (
    "schedule must be hourly, daily, cron(0 H ? * * *) or cron(0 H/N ? * * *) with hours, got {}; "
    "SageMaker knows no minutes and no days: the shortest period is an hour"
)
IMAGE = (
    "image must be the URI of an image in ECR, and only with the engine drift, got {}; leave it out to use AWS's image"
)
OWN_IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/drift:1"
ENDS = "a check must end before the next begins"


@pytest.mark.parametrize(
    "schedule",
    [
        "weekly",
        "Hourly",
        "NOW",
        "rate(1 hour)",
        "rate(1 day)",
        "cron(*/5 * * * ? *)",
        "cron(30 * ? * * *)",
        "cron(0 24 ? * * *)",
        "cron(0 0/25 ? * * *)",
        "cron(0 0/0 ? * * *)",
        "cron(0 0 1 * ? *)",
        "cron(0 * ? * *)",
    ],
)
def test_a_schedule_of_anything_but_whole_hours_is_refused(schedule: str) -> None:
    with pytest.raises(Invalid) as refused:
        Monitoring(engine="drift", schedule=schedule)

    assert SCHEDULE.format(f'"{schedule}"') in str(refused.value)


@pytest.mark.parametrize(
    ("schedule", "cron", "hours"),
    [
        ("hourly", "cron(0 * ? * * *)", 1),
        ("daily", "cron(0 0 ? * * *)", 24),
        ("cron(0 * ? * * *)", "cron(0 * ? * * *)", 1),
        ("cron(0 23 ? * * *)", "cron(0 23 ? * * *)", 24),
        ("cron(0 0/1 ? * * *)", "cron(0 0/1 ? * * *)", 1),
        ("cron(0 0/6 ? * * *)", "cron(0 0/6 ? * * *)", 6),
        ("cron(0 0/24 ? * * *)", "cron(0 0/24 ? * * *)", 24),
    ],
)
def test_a_schedule_of_whole_hours_is_taken_with_its_period(schedule: str, cron: str, hours: int) -> None:
    monitoring = Monitoring(engine="drift", schedule=schedule)

    assert (monitoring.cron, monitoring.period_hours) == (cron, hours)


@pytest.mark.parametrize(
    ("schedule", "hours"), [("hourly", 1), ("daily", 24), ("cron(0 7 ? * * *)", 1), ("cron(0 0/6 ? * * *)", 1)]
)
def test_only_a_check_at_midnight_reads_a_whole_days_folder(schedule: str, hours: int) -> None:
    monitoring = Monitoring(engine="drift", schedule=schedule)

    assert monitoring.folder_hours == hours


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"max_runtime_minutes": 0}, f"max_runtime_minutes must be between 1 and 60, got 0; {ENDS}"),
        ({"max_runtime_minutes": 61}, f"max_runtime_minutes must be between 1 and 60, got 61; {ENDS}"),
        (
            {"max_runtime_minutes": 1441, "schedule": "daily"},
            f"max_runtime_minutes must be between 1 and 1440, got 1441; {ENDS}",
        ),
        ({"volume_gb": 0}, f"volume_gb must be between 1 and 16384, got 0; {BOUNDS}"),
        (
            {"false_alarms_per_year": 0},
            f"false_alarms_per_year must be between 0.001 and 8760, got 0; {BOUNDS}",
        ),
        ({"alarm_violations": 0}, f"alarm_violations must be between 1 and 1000000, got 0; {BOUNDS}"),
        (
            {"baseline": "s3://bucket/baseline"},
            'baseline must be a path such as datasets/train, got "s3://bucket/baseline"; '
            "leave out s3://, the bucket and slashes at either end",
        ),
        ({"image": "drift:latest"}, IMAGE.format('"drift:latest"')),
        ({"image": OWN_IMAGE, "engine": "model-monitor"}, IMAGE.format(f'"{OWN_IMAGE}"')),
        (
            {"instance": "ml.m5.xlrge"},
            "instance must be an instance type for processing, such as ml.m5.xlarge, "
            'got "ml.m5.xlrge"; the nearest name is ml.m5.xlarge',
        ),
    ],
)
def test_monitoring_refuses_what_a_check_cannot_be(values: dict[str, Any], sentence: str) -> None:
    given = {"engine": "drift", **values}

    with pytest.raises(Invalid) as refused:
        Monitoring(**given)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    "values",
    [
        {"max_runtime_minutes": 1},
        {"max_runtime_minutes": 60},
        {"max_runtime_minutes": 1440, "schedule": "daily"},
        {"volume_gb": 16384},
        {"alarm_violations": 1},
        {"alarm_on": "verdict", "false_alarms_per_year": 0.5, "earlier_windows": True},
        {"sketches": False},
        {"baseline": "churn/baseline/20261122-101500"},
        {"image": OWN_IMAGE},
    ],
)
def test_monitoring_takes_what_a_check_can_be(values: dict[str, Any]) -> None:
    given = {"engine": "drift", **values}

    monitoring = Monitoring(**given)

    assert {key: getattr(monitoring, key) for key in given} == given


def test_a_volume_larger_than_the_disks_of_the_instance_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        Monitoring(engine="drift", instance="ml.g4dn.xlarge", volume_gb=200)

    assert str(refused.value) == (
        "volume_gb must be at most 125 on ml.g4dn.xlarge, whose own disks take the place of a volume, got 200; "
        "lower it or choose a larger instance"
    )


@pytest.mark.parametrize(("instance", "volume_gb"), [("ml.g4dn.xlarge", 125), ("ml.m5.large", 200)])
def test_a_volume_may_be_as_large_as_the_disks_of_the_instance_or_any_where_it_has_none(
    instance: str, volume_gb: int
) -> None:
    monitoring = Monitoring(engine="drift", instance=instance, volume_gb=volume_gb)

    assert monitoring.volume_gb == volume_gb


@pytest.mark.parametrize("values", [{"alarm_on": "verdict"}, {"false_alarms_per_year": 1.0}, {"earlier_windows": True}])
def test_the_verdict_is_the_engine_drift_s(values: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        Monitoring(engine="model-monitor", **values)

    assert "must be left out with the engine model-monitor" in str(refused.value)
    assert "AWS's analyzer gives no verdict" in str(refused.value)


def test_aws_s_analyzer_is_not_told_to_leave_sketches_out() -> None:
    with pytest.raises(Invalid) as refused:
        Monitoring(engine="model-monitor", sketches=False)

    assert str(refused.value) == (
        "sketches must be left out with the engine model-monitor, got false; AWS's analyzer always writes them"
    )


@pytest.mark.parametrize(
    ("alarm_on", "file"),
    [(None, "constraint_violations.json"), ("constraints", "constraint_violations.json"), ("verdict", "verdict.json")],
)
def test_the_alarm_counts_the_file_of_what_it_is_on(alarm_on: Any, file: str) -> None:
    assert Monitoring(engine="drift", alarm_on=alarm_on).counted_file == file


@pytest.mark.parametrize(("earlier_windows", "folders"), [(False, 8), (True, 6)])
def test_the_months_of_earlier_windows_take_two_inputs_of_a_check(*, earlier_windows: bool, folders: int) -> None:
    assert Monitoring(engine="drift", earlier_windows=earlier_windows).most_folders == folders


def test_several_instances_are_the_engine_drift_s() -> None:
    with pytest.raises(Invalid) as refused:
        Monitoring(engine="model-monitor", instances=2)

    assert "instances must be 1 with the engine model-monitor, got 2" in str(refused.value)


def test_each_of_the_two_jobs_of_several_instances_ends_in_half_of_the_period() -> None:
    assert Monitoring(engine="drift", instances=4, max_runtime_minutes=30).instances == 4
    with pytest.raises(Invalid, match="max_runtime_minutes must be between 1 and 30, got 31"):
        Monitoring(engine="drift", instances=4, max_runtime_minutes=31)
