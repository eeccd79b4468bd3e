"""The part of the monitoring stack that measures answers, with either engine."""

import json
from pathlib import Path
from typing import Any

import pytest

from support import permissions as may
from support.manifests import WHOLE, synthesize_text
from support.synth import Synthesized

MANAGED = "dev-churn-forest-monitoring"
OWN = "dev-churn-monitoring"
BOTH = [(MANAGED, "churn_forest", "dev-churn-forest"), (OWN, "churn", "dev-churn")]
WHOLE_STACK = "dev-whole-monitoring"
DECLARED = '\n[monitoring.quality]\nproblem_type = "Regression"\ninference = "0"\n'
MADE = f'{DECLARED}baseline = "whole/baseline/r/model-quality"\n'


def definition(app: Synthesized) -> dict[str, Any]:
    return app.one(MANAGED, "SageMaker::ModelQualityJobDefinition")


def test_aws_s_analyzer_is_told_which_problem_it_measures(app: Synthesized) -> None:
    assert definition(app)["ModelQualityAppSpecification"] == {
        "ImageUri": "<AnalyzerImageAccounts of <Region>>.dkr.ecr.<Region>.<URLSuffix>/sagemaker-model-monitor-analyzer",
        "ProblemType": "BinaryClassification",
        "Environment": {"publish_cloudwatch_metrics": "Disabled", "positive_label": "1"},
    }


def test_answers_are_held_against_what_proved_true_of_the_same_endpoint(app: Synthesized) -> None:
    assert definition(app)["ModelQualityJobInput"] == {
        "EndpointInput": {
            "EndpointName": "dev-churn-forest",
            "LocalPath": "/opt/ml/processing/input_data",
            "ProbabilityAttribute": "0",
            "ProbabilityThresholdAttribute": 0.5,
            "StartTimeOffset": "-PT1H",
            "EndTimeOffset": "-PT0H",
        },
        "GroundTruthS3Input": {"S3Uri": "s3://<bucket>/churn_forest/ground-truth/dev-churn-forest"},
    }


def test_the_window_of_aws_begins_where_the_oldest_answers_lie_whose_truth_is_still_told(tmp_path: Path) -> None:
    text = WHOLE.replace('"drift"', '"model-monitor"') + MADE + "label_delay_hours = 24\n"

    app = synthesize_text(tmp_path, text)

    given = app.one(WHOLE_STACK, "SageMaker::ModelQualityJobDefinition")["ModelQualityJobInput"]["EndpointInput"]
    assert (given["StartTimeOffset"], given["EndTimeOffset"]) == ("-PT25H", "-PT0H")
    assert given["InferenceAttribute"] == "0"
    assert "ProbabilityThresholdAttribute" not in given


def test_the_answers_are_measured_against_constraints_alone(app: Synthesized) -> None:
    uri = "s3://<bucket>/churn_forest/baseline/<NotPromotedYet>/model-quality/constraints.json"
    assert definition(app)["ModelQualityBaselineConfig"] == {"ConstraintsResource": {"S3Uri": uri}}


def test_the_definition_of_quality_has_neither_name_nor_tags_which_are_create_only(app: Synthesized) -> None:
    assert not {"JobDefinitionName", "Tags"} & set(definition(app))


def test_each_of_the_two_jobs_has_half_an_hour(app: Synthesized) -> None:
    assert definition(app)["StoppingCondition"] == {"MaxRuntimeInSeconds": 1800}


def test_the_second_schedule_runs_the_definition_of_quality(app: Synthesized) -> None:
    schedule = app.one(MANAGED, "SageMaker::MonitoringSchedule", "QualityMonitorSchedule")

    assert schedule["MonitoringScheduleName"] == "dev-churn-forest-model-quality"
    assert schedule["MonitoringScheduleConfig"] == {
        "MonitoringType": "ModelQuality",
        "MonitoringJobDefinitionName": "<QualityMonitorDefinition.JobDefinitionName>",
        "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
    }


def test_aws_s_jobs_may_read_what_they_merge_and_write_it_beside_the_reports(app: Synthesized) -> None:
    token, layers = may.pull(accounts="AnalyzerImageAccounts", repository="sagemaker-model-monitor-analyzer")
    (_, merger) = may.pull(accounts="AnalyzerImageAccounts", repository="sagemaker-model-monitor-groundtruth-merger")
    assert app.statements(MANAGED, "QualityCheckRole") == [
        token,
        {**layers, "Resource": [*layers["Resource"], *merger["Resource"]]},
        *may.read(
            "churn_forest/capture/dev-churn-forest/",
            "churn_forest/ground-truth/dev-churn-forest/",
            "churn_forest/baseline/<NotPromotedYet>/model-quality/",
            "churn_forest/monitoring/merge/dev-churn-forest/",
        ),
        may.write("churn_forest/monitoring/dev-churn-forest", "churn_forest/monitoring/merge/dev-churn-forest"),
        *may.KEY,
        may.logs("ProcessingJobs"),
        may.METRICS,
    ]


def test_our_one_job_keeps_what_it_merges_and_reads_it_no_more(app: Synthesized) -> None:
    statements = app.statements(OWN, "QualityCheckRole")

    assert may.write("churn/monitoring/dev-churn", "churn/merged/dev-churn") in statements
    assert may.read(
        "churn/capture/dev-churn/",
        "churn/ground-truth/dev-churn/",
        "churn/baseline/<NotPromotedYet>/model-quality/",
    ) == [one for one in statements if "<bucket-arn>" in str(one) and "s3:PutObject" not in one["Action"]]


def test_our_engine_lists_captures_and_what_proved_true_and_runs_jobs_of_its_own_name(app: Synthesized) -> None:
    assert app.statements(OWN, "QualityMonitorCheckRole") == [
        *may.jobs("ProcessingJob", word="processing-job", prefix="dev-churn--truth-", rule="Processing"),
        may.hand_over("QualityCheckRole"),
        may.listed("churn/capture/dev-churn/", "churn/ground-truth/dev-churn/"),
        may.PUBLISH,
        may.WRITE_WITH_KEY,
        *may.MACHINE,
    ]


def test_our_engine_measures_every_hour_in_a_minute_of_the_schedule_s_own(app: Synthesized) -> None:
    schedule = app.one(OWN, "Scheduler::Schedule", "QualityMonitorHourly")

    assert schedule["Name"] == "dev-churn-model-quality"
    assert schedule["ScheduleExpression"] == "cron(39 * ? * * *)"
    assert schedule["Target"]["Arn"] == "<QualityMonitorCheck>"


@pytest.mark.parametrize(("stack", "model", "endpoint"), BOTH)
def test_the_baseline_is_made_by_jobs_that_see_nothing_but_baselines(
    app: Synthesized, stack: str, model: str, endpoint: str
) -> None:
    statements = app.statements(stack, "QualityBaselineRole")

    assert may.write(f"{model}/baseline") in statements
    assert [one for one in may.read(f"{model}/baseline/") if one not in statements] == []
    assert (
        app.statements(stack, "QualityPrepareRole")[0]
        == may.jobs("ProcessingJob", word="processing-job", prefix=f"{endpoint}--basis-", rule="Processing")[0]
    )


@pytest.mark.parametrize(("stack", "model", "endpoint"), BOTH)
def test_worse_answers_raise_an_alarm_of_their_own(app: Synthesized, stack: str, model: str, endpoint: str) -> None:
    alarm = app.one(stack, "CloudWatch::Alarm", "QualityWatchAlarm")
    rule = app.one(stack, "Events::Rule", "QualityWatchWritten")

    key = f"{model}/monitoring/{endpoint}/{endpoint}-model-quality/*/constraint_violations.json"
    assert rule["EventPattern"]["detail"]["object"] == {"key": [{"wildcard": key}]}
    assert (
        alarm["AlarmDescription"] == f"The answers of {endpoint} are worse than their baseline: yard quality shows how"
    )
    assert {"Name": "MonitoringSchedule", "Value": f"{endpoint}-model-quality"} in alarm["Dimensions"]


@pytest.mark.parametrize(("stack", "model", "endpoint"), BOTH)
def test_the_dashboard_shows_what_the_answers_are_worth(
    app: Synthesized, stack: str, model: str, endpoint: str
) -> None:
    del model
    body = json.loads(app.one(stack, "CloudWatch::Dashboard")["DashboardBody"])
    shown = {one["properties"]["title"]: one["properties"]["metrics"] for one in body["widgets"]}

    watched = ["Endpoint", endpoint, "MonitoringSchedule", f"{endpoint}-model-quality"]
    assert shown["Violations of each measurement"] == [["Modelyard", "Violations", *watched]]
    assert "Quality of the answers" not in shown


def test_the_threshold_of_the_alarm_is_the_manifest_s(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, f"{WHOLE}{MADE}alarm_violations = 3\n")

    assert app.one(WHOLE_STACK, "CloudWatch::Alarm", "QualityWatchAlarm")["Threshold"] == 3


def test_before_there_is_a_baseline_only_what_makes_it_is_there_and_a_notice_names_the_command(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, WHOLE + DECLARED)

    machines = app.resources(WHOLE_STACK, "StepFunctions::StateMachine")
    assert sorted(machines) == ["MonitorCheck", "QualityPrepare", "WatchCount"]
    assert app.outputs(WHOLE_STACK)["QualityBaselineStateMachineArn"] == "<QualityPrepare>"
    assert "QualityScheduleName" not in app.outputs(WHOLE_STACK)
    (notice,) = app.notices[WHOLE_STACK]
    assert notice.startswith(
        "monitoring.quality of whole: left out until it has a baseline; "
        "next, once this stack is deployed: yard baseline whole"
    )


def test_where_quality_is_not_declared_there_is_nothing_of_it(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, WHOLE)

    resources = app.templates[WHOLE_STACK]["Resources"]
    assert [name for name in resources if name.startswith("Quality")] == []
    assert app.notices[WHOLE_STACK] == []


def test_one_line_switches_the_engine_that_measures_and_what_follows_does_not_notice(tmp_path: Path) -> None:
    for folder in ("ours", "theirs"):
        (tmp_path / folder).mkdir()

    ours = synthesize_text(tmp_path / "ours", WHOLE + MADE)
    theirs = synthesize_text(tmp_path / "theirs", WHOLE.replace('"drift"', '"model-monitor"') + MADE)

    for kind, name in (
        ("Events::Rule", "QualityWatchWritten"),
        ("CloudWatch::Alarm", "QualityWatchAlarm"),
        ("CloudWatch::Dashboard", None),
    ):
        assert ours.one(WHOLE_STACK, kind, name) == theirs.one(WHOLE_STACK, kind, name)
    own = ("MonitoringEngine", "CheckStateMachineArn", "QualityStateMachineArn")
    kept = {key: value for key, value in ours.outputs(WHOLE_STACK).items() if key not in own}
    assert kept == {key: value for key, value in theirs.outputs(WHOLE_STACK).items() if key not in own}
