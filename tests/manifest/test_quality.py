import math
from collections.abc import Callable
from typing import Any, get_args

import pytest

from modelyard.drift.quality.documents import CONSTRAINED
from modelyard.drift.quality.task import ProblemType as Measured
from modelyard.drift.quality.violations import NEVER_EVALUATED
from modelyard.manifest.monitoring import Monitoring, TruthFolders, truth_folders
from modelyard.manifest.problems import Invalid
from modelyard.manifest.quality import METRICS, ProblemType, Quality

Say = Callable[..., list[str]]

SERVED = """
name = "m"
[serving]
container = "xgboost:3.2-0"
instance = "ml.m5.large"
capture = {{ sampling_percentage = 100, mode = {mode} }}
[[serving.variants]]
name = "a"
[[serving.variants]]
name = "b"
[monitoring]
engine = "drift"
baseline = "m/baseline/run"
schedule = "{schedule}"
[monitoring.quality]
problem_type = "Regression"
inference = "0"
"""
BOTH = '["Input", "Output"]'


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"problem_type": "Regression", "inference": "0", "probability": "1"},
            'probability must be left out with Regression, got "1"; name the predicted number with inference',
        ),
        (
            {"problem_type": "BinaryClassification", "probability": "0", "threshold": 1.5},
            "threshold must be between 0 and 1, got 1.5",
        ),
        (
            {"problem_type": "Regression", "inference": "0", "positive_label": "1"},
            'positive_label must be given only with BinaryClassification, got "1"; leave it out',
        ),
        (
            {"problem_type": "Regression", "inference": "-1"},
            'inference must be the number of a column of the answer from "0", or a key or JSONPath of it, got "-1"',
        ),
        (
            {"problem_type": "Regression", "inference": "0", "label_delay_hours": -1},
            "label_delay_hours must be between 0 and 744, got -1",
        ),
        (
            {"problem_type": "Regression", "inference": "0", "limits": {"auc": 0.8}},
            'limits.auc must be a metric of Regression (mae, mse, rmse, r2), got "auc"; correct the name, or remove it',
        ),
        (
            {"problem_type": "BinaryClassification", "inference": "0", "limits": {"recall": 80}},
            "limits.recall must be between 0 and 1, got 80; write the worst value that is still good",
        ),
        (
            {"problem_type": "Regression", "inference": "0", "limits": {"mae": -1.0}},
            "limits.mae must be 0 or more, got -1.0",
        ),
        (
            {"problem_type": "Regression", "inference": "0", "limits": {"mae": math.inf}},
            "limits.mae must be 0 or more, got Infinity",
        ),
        (
            {"problem_type": "Regression", "inference": "0", "limits": {"r2": 1.5}},
            "limits.r2 must be a number up to 1, got 1.5",
        ),
    ],
)
def test_what_cannot_be_measured_is_refused_in_a_sentence(given: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid) as refused:
        Quality(**given)

    assert said in str(refused.value)


@pytest.mark.parametrize("problem", get_args(ProblemType))
def test_the_metrics_that_may_have_a_limit_are_those_whose_limits_a_check_looks_at(problem: Any) -> None:
    assert set(METRICS[problem]) == set(CONSTRAINED[Measured(problem)]) - NEVER_EVALUATED


@pytest.mark.parametrize(
    ("given", "cut"),
    [
        ({"probability": "0"}, 0.5),
        ({"probability": "0", "threshold": 0.0}, 0.0),
        ({"inference": "0", "probability": "1"}, None),
        ({"inference": "0"}, None),
    ],
)
def test_a_probability_alone_counts_from_a_half_on_unless_another_threshold_is_given(
    given: dict[str, Any], cut: float | None
) -> None:
    assert Quality(problem_type="BinaryClassification", **given).cut == cut


def measured(*, engine: Any = "drift", delay: int = 0, **monitoring: Any) -> Monitoring:
    quality = Quality(problem_type="Regression", inference="0", label_delay_hours=delay)
    return Monitoring(engine=engine, quality=quality, **monitoring)


def test_the_two_jobs_of_aws_share_the_time_until_the_next_run() -> None:
    with pytest.raises(Invalid) as refused:
        measured(engine="model-monitor", max_runtime_minutes=31)

    assert str(refused.value) == (
        "max_runtime_minutes must be at most 30 with [monitoring.quality] and model-monitor, got 31; "
        "its two jobs, merging and measuring, share the time until the next"
    )


def test_our_one_job_has_all_the_time_until_the_next_run() -> None:
    assert measured(max_runtime_minutes=60).max_runtime_minutes == 60


def test_a_daily_measurement_waits_for_whole_days() -> None:
    with pytest.raises(Invalid) as refused:
        measured(schedule="daily", delay=5)

    assert "quality.label_delay_hours must be a multiple of 24 with a daily check, got 5" in str(refused.value)


@pytest.mark.parametrize(
    ("schedule", "delay", "room", "folders"),
    [
        ("hourly", 0, 7, "hour"),
        ("hourly", 5, 7, "hour"),
        ("hourly", 6, 7, "day"),
        ("hourly", 120, 7, "day"),
        ("hourly", 168, 7, "month"),
        ("hourly", 744, 7, "month"),
        ("daily", 0, 7, "day"),
        ("hourly", 744, 1, None),
    ],
)
def test_what_proved_true_is_read_by_the_smallest_folders_that_fit(
    schedule: str, delay: int, room: int, folders: TruthFolders | None
) -> None:
    assert truth_folders(monitoring=measured(schedule=schedule, delay=delay), room=room) == folders


def test_answers_must_be_captured_to_be_measured(refusal: Say) -> None:
    assert refusal(m=SERVED.format(mode='["Input"]', schedule="hourly")) == [
        'serving.capture.mode must be Input and Output when traffic is monitored, got ["Input"] in m.toml; '
        "the check compares both with the baseline, whose first column is the label"
    ]


def test_a_check_that_reads_as_many_captures_as_a_job_takes_has_no_room_for_what_proved_true(refusal: Say) -> None:
    assert refusal(m=SERVED.format(mode=BOTH, schedule="cron(0 0/4 ? * * *)")) == [
        "monitoring.quality must be left out where a check reads 8 folders of captures, "
        'got "Regression" in m.toml; check more often, for what proved true needs some of 8 folders too'
    ]
