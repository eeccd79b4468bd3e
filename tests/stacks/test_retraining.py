"""The part of the training stack that trains without a person."""

from pathlib import Path

import pytest

from support.manifests import WHOLE, synthesize_text
from support.synth import Synthesized

STACK = "dev-whole-training"
QUALITY = '[monitoring.quality]\nproblem_type = "BinaryClassification"\nprobability = "0"\n'
ALL = 'held_out = "datasets/test", schedule = "rate(7 days)", on = ["drift", "quality"], captures_to = "train"'
ARTIFACT = "whole/training/20261122-101500/dev-whole--single-20261122-101500/output/model.tar.gz"


def retrained(tmp_path: Path, line: str) -> Synthesized:
    """The templates of a model with a `retrain` table."""
    return synthesize_text(tmp_path, WHOLE.replace("channels = ", f"retrain = {{ {line} }}\nchannels = ", 1) + QUALITY)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """A model that all of a schedule and two alarms train."""
    return retrained(tmp_path_factory.mktemp("retrained"), ALL)


def test_a_rule_calls_when_one_of_the_alarms_rings(app: Synthesized) -> None:
    rule = app.one(STACK, "Events::Rule")

    assert rule["EventPattern"] == {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {
            "alarmName": ["dev-whole-data-quality-violations", "dev-whole-model-quality-violations"],
            "state": {"value": ["ALARM"]},
        },
    }
    (target,) = rule["Targets"]
    assert target["Arn"] == app.outputs(STACK)["RetrainingStateMachineArn"]


def test_the_alarms_are_those_of_the_monitoring_stack(app: Synthesized) -> None:
    alarms = app.resources("dev-whole-monitoring", "CloudWatch::Alarm").values()
    named = {one["Properties"].get("AlarmName") for one in alarms}

    assert "dev-whole-data-quality-violations" in named


def test_a_schedule_calls_and_another_looks_at_alarms_that_stay(app: Synthesized) -> None:
    found = {name: one["Properties"] for name, one in app.resources(STACK, "Scheduler::Schedule").items()}

    assert {name: (one["Name"], one["ScheduleExpression"], one["Target"]["Input"]) for name, one in found.items()} == {
        "RetrainingSchedule": ("dev-whole-retraining", "rate(7 days)", "{}"),
        "RetrainingLook": ("dev-whole-retraining-look", "rate(1 day)", '{"look": true}'),
    }


def test_a_schedule_alone_needs_no_alarms(tmp_path: Path) -> None:
    app = retrained(tmp_path, 'held_out = "datasets/test", schedule = "rate(7 days)"')

    assert app.resources(STACK, "Events::Rule") == {}
    assert list(app.resources(STACK, "Scheduler::Schedule")) == ["RetrainingSchedule"]
    assert not any("cloudwatch:DescribeAlarms" in one["Action"] for one in app.statements(STACK, "RetrainingStartRole"))


def test_the_one_that_starts_may_list_and_start_runs_of_this_model_alone(app: Synthesized) -> None:
    statements = app.statements(STACK, "RetrainingStartRole")

    started = [one for one in statements if "states:StartExecution" in one["Action"]]
    assert [one["Resource"] for one in started] == [[app.outputs(STACK)["TrainingStateMachineArn"]]]
    (listed,) = [one for one in statements if one["Action"] == ["s3:ListBucket"]]
    assert listed["Condition"] == {"StringLike": {"s3:prefix": ["whole/training/open/*"]}}


def test_it_may_look_at_the_two_alarms_alone(app: Synthesized) -> None:
    (looked,) = [
        one["Resource"]
        for one in app.statements(STACK, "RetrainingStartRole")
        if "cloudwatch:DescribeAlarms" in one["Action"]
    ]

    assert [name.rpartition(":alarm:")[2] for name in looked] == [
        "dev-whole-data-quality-violations",
        "dev-whole-model-quality-violations",
    ]


def test_it_is_told_which_artifact_is_promoted(app: Synthesized) -> None:
    start = app.definition(STACK, "RetrainingStart")["States"]["Start the run"]

    assert start["Arguments"]["Input"]["retrain"]["promoted"] == ARTIFACT


def test_the_workflow_of_training_is_the_same_whatever_is_promoted(app: Synthesized) -> None:
    assert ARTIFACT not in str(app.definition(STACK, "Run"))


def test_the_models_that_are_compared_may_read_artifacts_and_held_out_records_alone(app: Synthesized) -> None:
    statements = app.statements(STACK, "ComparedScoringRole")
    objects = [name for one in statements if one["Action"] == ["s3:GetObject"] for name in one["Resource"]]

    kept = [name.rpartition(":::")[2] for name in objects if "cdk-" not in name]
    assert [name.partition("/")[2] for name in kept] == [
        "whole/training/*/output/model.tar.gz",
        "whole/capture/retraining/*/records/*",
    ]
    (written,) = [one["Resource"] for one in statements if "s3:PutObject" in one["Action"]]
    assert [name.partition("/")[2] for name in written] == ["whole/capture/retraining/*/scored/*"]


def test_trials_may_read_versions_of_the_data_only_where_there_are_any(app: Synthesized, tmp_path: Path) -> None:
    plain = retrained(tmp_path, 'held_out = "datasets/test", on = ["drift"]')

    assert "whole/capture/retraining/*/train/" in str(app.statements(STACK, "TrainingRole"))
    assert "retraining" not in str(plain.statements(STACK, "TrainingRole"))


def test_a_model_without_the_table_has_nothing_of_it(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, WHOLE)

    assert "RetrainingStateMachineArn" not in app.outputs(STACK)
    assert list(app.resources(STACK, "StepFunctions::StateMachine")) == ["Run"]
