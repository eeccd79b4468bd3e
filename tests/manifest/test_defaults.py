import dataclasses
from typing import Any

import pytest

from modelyard.manifest.batch import Batch
from modelyard.manifest.channel import Channel
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.preprocessing import Preprocessing
from modelyard.manifest.retraining import Retrain
from modelyard.manifest.rollout import Rollout
from modelyard.manifest.scaling import Scaling
from modelyard.manifest.serving import Alarms, Capture, Serverless, Serving, Variant
from modelyard.manifest.stage import Stage
from modelyard.manifest.training import Objective, Spot, Training, Trial
from modelyard.manifest.tuning import Range, Tuning

OBJECTIVE = Objective(metric="auc", goal="maximize")
CHANNEL = Channel(path="datasets/train")
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1"
RANGE = Range(min=1, max=20)
VARIANT = Variant(name="primary")


@pytest.mark.parametrize(
    ("table", "defaults"),
    [
        (
            Training(container=IMAGE, instance="ml.m5.large", objective=OBJECTIVE, channels={"train": CHANNEL}),
            {
                "script": None,
                "instance_count": 1,
                "volume_gb": 30,
                "max_runtime_minutes": 60,
                "max_parallel": 3,
                "baseline_dataset": None,
                "metrics": {},
                "hyperparameters": {},
                "trials": (),
                "tuning": None,
                "spot": None,
                "retrain": None,
            },
        ),
        (
            Preprocessing(
                container="sklearn:1.9-0", script="a/b.py", instance="ml.m5.large", inputs={"raw": "datasets/raw"}
            ),
            {
                "parameters": {},
                "transformer": False,
                "content_type": "text/csv",
                "volume_gb": 30,
                "max_runtime_minutes": 60,
            },
        ),
        (CHANNEL, {"content_type": None, "distribution": "FullyReplicated"}),
        (Trial(name="one"), {"hyperparameters": {}}),
        (RANGE, {"values": (), "scaling": "Auto"}),
        (Spot(max_wait_minutes=60), {"checkpoints": True}),
        (
            Retrain(held_out="datasets/test", schedule="rate(7 days)"),
            {"timezone": "UTC", "on": (), "period_days": 1, "captures_to": None, "instance": "ml.m5.large"},
        ),
        (
            Tuning(ranges={"eta": RANGE}),
            {"strategy": "Bayesian", "max_jobs": 10, "max_parallel": 2, "early_stopping": False},
        ),
        (
            Batch(instance="ml.m5.large"),
            {
                "model": None,
                "transformer": None,
                "input": "datasets/batch",
                "instance_count": 1,
                "strategy": "MultiRecord",
                "split_type": "Line",
                "assemble_with": "Line",
                "content_type": "text/csv",
                "accept": "text/csv",
                "max_payload_mb": 6,
                "max_concurrent_transforms": 1,
                "timeout_seconds": 600,
                "max_retries": 3,
                "input_filter": None,
                "output_filter": None,
                "join": "None",
                "schedule": None,
                "timezone": "UTC",
                "capture": False,
            },
        ),
        (
            Serving(variants=(VARIANT,), instance="ml.m5.large"),
            {
                "instance_count": None,
                "container": None,
                "script": None,
                "serverless": None,
                "capture": None,
                "scaling": None,
                "rollout": Rollout(),
                "shadow": None,
                "alarms": Alarms(),
                "startup_timeout_seconds": 600,
            },
        ),
        (VARIANT, {"model": None, "weight": 1.0, "instance": None}),
        (
            Capture(),
            {
                "sampling_percentage": 100,
                "mode": ("Input", "Output"),
                "csv": ("text/csv",),
                "json": ("application/json",),
            },
        ),
        (Serverless(memory_mb=1024, max_concurrency=1), {"provisioned_concurrency": None}),
        (Alarms(), {"error_percent": 5.0, "latency_ms": 1000, "no_invocations_minutes": 0}),
        (
            Rollout(),
            {"strategy": "all-at-once", "percent": None, "bake_minutes": 5, "timeout_minutes": None},
        ),
        (
            Scaling(min=1, max=2, invocations_per_instance=9),
            {
                "concurrent_requests_per_model": None,
                "scale_in_cooldown": 300,
                "scale_out_cooldown": 60,
                "disable_scale_in": False,
            },
        ),
        (
            Monitoring(engine="drift"),
            {
                "schedule": "hourly",
                "instance": "ml.m5.xlarge",
                "volume_gb": 20,
                "max_runtime_minutes": 30,
                "baseline": None,
                "image": None,
                "alarm_violations": 1,
                "alarm_on": None,
                "false_alarms_per_year": None,
                "earlier_windows": False,
                "instances": 1,
                "sketches": True,
            },
        ),
        (
            Stage(name="dev"),
            {
                "account": None,
                "region": None,
                "removal": "retain",
                "termination_protection": True,
                "alert_email": None,
                "capture_days": 90,
                "log_days": 90,
                "vpc": None,
                "tracking": None,
                "tags": {},
            },
        ),
    ],
)
def test_what_is_left_out_of_a_table_is_its_default(table: Any, defaults: dict[str, Any]) -> None:
    found = {field.name: getattr(table, field.name) for field in dataclasses.fields(table)}

    assert {key: found[key] for key in defaults} == defaults
