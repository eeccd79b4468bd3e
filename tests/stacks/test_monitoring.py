"""The stack that watches, with either engine."""

import json
from pathlib import Path
from typing import Any

import pytest

from modelyard.constructs.workflows.analysis import Analyzer
from modelyard.constructs.workflows.check_run import CheckRun
from modelyard.constructs.workflows.requests import JobContext
from modelyard.constructs.workflows.watch_run import WatchRun
from modelyard.manifest import Refused, read_models, read_stage
from modelyard.manifest.limits import Limits, limits_folder
from support import permissions as may
from support.manifests import WHOLE, synthesize_text
from support.synth import ROOT, Synthesized

MANAGED = "dev-churn-forest-monitoring"
OWN = "dev-churn-monitoring"
ASSETS = "<cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}>"
BOTH = [(MANAGED, "churn_forest", "dev-churn-forest"), (OWN, "churn", "dev-churn")]


def test_aws_s_analyzer_is_told_not_to_publish_a_metric_of_each_feature(app: Synthesized) -> None:
    definition = app.one(MANAGED, "SageMaker::DataQualityJobDefinition")

    assert definition["DataQualityAppSpecification"] == {
        "ImageUri": "<AnalyzerImageAccounts of <Region>>.dkr.ecr.<Region>.<URLSuffix>/sagemaker-model-monitor-analyzer",
        "Environment": {"publish_cloudwatch_metrics": "Disabled"},
    }


def test_constraints_and_statistics_are_not_swapped(app: Synthesized) -> None:
    baseline = app.one(MANAGED, "SageMaker::DataQualityJobDefinition")["DataQualityBaselineConfig"]

    folder = "s3://<bucket>/churn_forest/baseline/<NotPromotedYet>"
    assert baseline == {
        "ConstraintsResource": {"S3Uri": f"{folder}/constraints.json"},
        "StatisticsResource": {"S3Uri": f"{folder}/statistics.json"},
    }


def test_the_definition_reads_the_endpoint_and_writes_below_the_monitoring_prefix(app: Synthesized) -> None:
    definition = app.one(MANAGED, "SageMaker::DataQualityJobDefinition")

    written = {
        "S3Uri": "s3://<bucket>/churn_forest/monitoring",
        "LocalPath": "/opt/ml/processing/output",
        "S3UploadMode": "Continuous",
    }
    assert definition["DataQualityJobInput"] == {
        "EndpointInput": {"EndpointName": "dev-churn-forest", "LocalPath": "/opt/ml/processing/input/endpoint"}
    }
    assert definition["DataQualityJobOutputConfig"] == {
        "KmsKeyId": "<key-arn>",
        "MonitoringOutputs": [{"S3Output": written}],
    }


def test_the_definition_has_one_encrypted_machine_for_half_an_hour(app: Synthesized) -> None:
    definition = app.one(MANAGED, "SageMaker::DataQualityJobDefinition")

    assert definition["JobResources"] == {
        "ClusterConfig": {
            "InstanceCount": 1,
            "InstanceType": "ml.m5.xlarge",
            "VolumeSizeInGB": 20,
            "VolumeKmsKeyId": "<key-arn>",
        }
    }
    assert definition["StoppingCondition"] == {"MaxRuntimeInSeconds": 1800}
    assert definition["RoleArn"] == "<CheckRole.Arn>"
    assert definition["NetworkConfig"] == {
        "EnableInterContainerTrafficEncryption": True,
        "EnableNetworkIsolation": False,
    }


def test_the_definition_has_neither_name_nor_tags_which_are_create_only(app: Synthesized) -> None:
    definition = app.one(MANAGED, "SageMaker::DataQualityJobDefinition")

    assert "JobDefinitionName" not in definition
    assert "Tags" not in definition


def test_the_schedule_runs_the_definition_every_hour(app: Synthesized) -> None:
    schedule = app.one(MANAGED, "SageMaker::MonitoringSchedule", "MonitorSchedule")

    assert schedule["MonitoringScheduleName"] == "dev-churn-forest-data-quality"
    assert schedule["MonitoringScheduleConfig"] == {
        "MonitoringType": "DataQuality",
        "MonitoringJobDefinitionName": "<MonitorDefinition.JobDefinitionName>",
        "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
    }


def test_a_network_reaches_the_definition(tmp_path: Path) -> None:
    stages = (
        '[dev]\nvpc = { subnets = { subnet-0aaaaaaa = "a", subnet-0bbbbbbb = "b" }, '
        'security_groups = ["sg-0ccccccc"] }\n'
    )

    app = synthesize_text(tmp_path, WHOLE.replace('"drift"', '"model-monitor"'), stages=stages)

    definition = app.one("dev-whole-monitoring", "SageMaker::DataQualityJobDefinition")
    assert definition["NetworkConfig"]["VpcConfig"] == {
        "SecurityGroupIds": ["sg-0ccccccc"],
        "Subnets": ["subnet-0aaaaaaa", "subnet-0bbbbbbb"],
    }


def analyzer_code(app: Synthesized) -> str:
    """Where the analyzer's archive is published."""
    (entry,) = [
        statement["Resource"][0]
        for statement in app.statements(OWN, "CheckRole")
        if statement["Action"] == ["s3:GetObject"] and ASSETS in statement["Resource"][0]
    ]
    return str(entry).removeprefix("arn:<Partition>:s3:::")


def test_aws_s_analyzer_may_read_captures_and_baseline_and_write_results(app: Synthesized) -> None:
    assert app.statements(MANAGED, "CheckRole") == [
        *may.pull(accounts="AnalyzerImageAccounts", repository="sagemaker-model-monitor-analyzer"),
        *may.read("churn_forest/capture/dev-churn-forest/", "churn_forest/baseline/<NotPromotedYet>/"),
        may.write("churn_forest/monitoring/dev-churn-forest"),
        *may.KEY,
        may.logs("ProcessingJobs"),
        may.METRICS,
    ]


def test_our_analyzer_may_do_the_same_and_read_its_code(app: Synthesized) -> None:
    assert app.statements(OWN, "CheckRole") == [
        *may.pull(accounts="AnalyzerImageAccounts", repository="sagemaker-scikit-learn"),
        *may.read("churn/capture/dev-churn/", "churn/baseline/<NotPromotedYet>/"),
        *may.published(analyzer_code(app)),
        may.write("churn/monitoring/dev-churn"),
        *may.KEY,
        may.logs("ProcessingJobs"),
        may.OWN_METRICS,
    ]


@pytest.mark.parametrize("stack", [MANAGED, OWN])
def test_checks_run_under_a_role_of_sagemaker_s(app: Synthesized, stack: str) -> None:
    assert app.one(stack, "IAM::Role", "CheckRole")["AssumeRolePolicyDocument"] == may.trust("sagemaker.amazonaws.com")


def test_our_engine_s_state_machine_runs_the_workflow_of_its_manifest(app: Synthesized) -> None:
    stage = read_stage(ROOT / "stages.toml", name="dev")
    (model,) = read_models(ROOT / "models", stage=stage, scripts=ROOT / "training_scripts", only="churn")
    assert model.monitoring is not None
    image = "<AnalyzerImageAccounts of <Region>>.dkr.ecr.<Region>.<URLSuffix>/sagemaker-scikit-learn:1.9-0-cpu-py3"
    workflow = CheckRun(
        monitoring=model.monitoring,
        layout=model.layout,
        endpoint="dev-churn",
        schedule="dev-churn-data-quality",
        variants=("primary",),
        job_context=JobContext(bucket="<bucket>", key_arn="<key-arn>", role_arn="<CheckRole.Arn>"),
        analyzer=Analyzer(image=image, code=f"s3://{analyzer_code(app)}"),
        baseline="churn/baseline/<NotPromotedYet>",
        topic_arn="<topic-arn>",
        partition="<Partition>",
    )

    assert app.definition(OWN, "MonitorCheck") == workflow.definition


def test_our_engine_s_state_machine_may_list_captures_and_run_checks(app: Synthesized) -> None:
    prefix = "dev-churn--drift-"
    assert app.statements(OWN, "MonitorCheckRole") == [
        *may.jobs("ProcessingJob", word="processing-job", prefix=prefix, rule="Processing"),
        may.hand_over("CheckRole"),
        may.listed("churn/capture/dev-churn/"),
        may.PUBLISH,
        may.WRITE_WITH_KEY,
        *may.MACHINE,
    ]


def test_our_engine_checks_every_hour_in_a_minute_of_the_schedule_s_own(app: Synthesized) -> None:
    assert app.one(OWN, "Scheduler::Schedule", "MonitorHourly") == {
        "Name": "dev-churn-data-quality",
        "ScheduleExpression": "cron(36 * ? * * *)",
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": "<MonitorCheck>",
            "RoleArn": "<MonitorHourlyRole.Arn>",
            "Input": '{"scheduled": "<aws.scheduler.scheduled-time>"}',
            "RetryPolicy": {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10},
        },
    }
    assert app.statements(OWN, "MonitorHourlyRole") == [may.start("MonitorCheck")]


def test_the_manifest_s_minute_is_that_of_the_schedule(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, WHOLE.replace('engine = "drift"', 'engine = "drift"\nminute = 59'))

    assert app.one("dev-whole-monitoring", "Scheduler::Schedule")["ScheduleExpression"] == "cron(59 * ? * * *)"


def test_a_daily_check_of_our_engine_has_a_minute_too(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, WHOLE.replace('engine = "drift"', 'engine = "drift"\nschedule = "daily"'))

    assert app.one("dev-whole-monitoring", "Scheduler::Schedule")["ScheduleExpression"] == "cron(28 0 ? * * *)"


def test_earlier_windows_are_found_read_and_written_where_they_are_wanted(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, WHOLE.replace('engine = "drift"', 'engine = "drift"\nearlier_windows = true'))

    windows = "whole/monitoring/windows/dev-whole"
    job = app.statements("dev-whole-monitoring", "CheckRole")
    assert may.write("whole/monitoring/dev-whole", windows) in job
    read = may.read("whole/capture/dev-whole/", "whole/baseline/20261122-101500/", f"{windows}/")
    assert all(one in job for one in read)
    listed = may.listed("whole/capture/dev-whole/", f"{windows}/dev-whole-data-quality/")
    assert listed in app.statements("dev-whole-monitoring", "MonitorCheckRole")


def test_the_parts_of_several_instances_are_written_read_and_their_jobs_started(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, WHOLE.replace('engine = "drift"', 'engine = "drift"\ninstances = 3'))

    parts = "whole/capture/parts/dev-whole"
    job = app.statements("dev-whole-monitoring", "CheckRole")
    assert may.write("whole/monitoring/dev-whole", parts) in job
    read = may.read("whole/capture/dev-whole/", "whole/baseline/20261122-101500/", f"{parts}/")
    assert all(one in job for one in read)
    started = json.dumps(app.statements("dev-whole-monitoring", "MonitorCheckRole"))
    assert [name for name in ("parts", "drift") if f"processing-job/dev-whole--{name}-*" in started] == [
        "parts",
        "drift",
    ]


def test_an_image_of_the_user_s_own_replaces_the_code(tmp_path: Path) -> None:
    own = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/drift:1"

    app = synthesize_text(tmp_path, WHOLE.replace('engine = "drift"', f'engine = "drift"\nimage = "{own}"'))

    check = app.definition("dev-whole-monitoring", "MonitorCheck")["States"]["Check"]["Arguments"]
    assert check["AppSpecification"] == {"ImageUri": own}
    assert '"InputName": "code"' not in check["ProcessingInputs"]


def test_one_line_switches_the_engine_and_what_follows_does_not_notice(tmp_path: Path) -> None:
    for folder in ("ours", "theirs"):
        (tmp_path / folder).mkdir()

    ours = synthesize_text(tmp_path / "ours", WHOLE)
    theirs = synthesize_text(tmp_path / "theirs", WHOLE.replace('"drift"', '"model-monitor"'))

    stack = "dev-whole-monitoring"
    followers = (
        ("Events::Rule", "WatchWritten"),
        ("CloudWatch::Alarm", "WatchAlarm"),
        ("CloudWatch::Dashboard", None),
    )
    for kind, name in followers:
        assert ours.one(stack, kind, name) == theirs.one(stack, kind, name)
    own = ("MonitoringEngine", "CheckStateMachineArn")
    kept = {key: value for key, value in ours.outputs(stack).items() if key not in own}
    assert kept == {key: value for key, value in theirs.outputs(stack).items() if key not in own}


@pytest.mark.parametrize(("stack", "model", "endpoint"), BOTH)
def test_a_file_of_violations_starts_the_count(app: Synthesized, stack: str, model: str, endpoint: str) -> None:
    rule = app.one(stack, "Events::Rule", "WatchWritten")

    key = f"{model}/monitoring/{endpoint}/{endpoint}-data-quality/*/constraint_violations.json"
    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": ["<bucket>"]}, "object": {"key": [{"wildcard": key}]}},
    }
    assert rule["Targets"] == [{"Id": "Count", "Arn": "<WatchCount>", "RoleArn": "<WatchStartRole.Arn>"}]


@pytest.mark.parametrize(("stack", "model", "endpoint"), BOTH)
def test_the_count_may_read_files_of_violations_and_publish_in_one_namespace(
    app: Synthesized, stack: str, model: str, endpoint: str
) -> None:
    key = f"{model}/monitoring/{endpoint}/{endpoint}-data-quality/*/constraint_violations.json"
    assert app.statements(stack, "WatchCountRole") == [
        may.objects(f"<bucket-arn>/{key}"),
        {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": ["<key-arn>"]},
        {"Effect": "Allow", "Action": ["sns:Publish"], "Resource": ["<topic-arn>"]},
        {
            **may.METRICS,
            "Condition": {"StringEquals": {"cloudwatch:namespace": "Modelyard"}},
        },
        *may.MACHINE,
    ]
    assert app.statements(stack, "WatchStartRole") == [may.start("WatchCount")]


@pytest.mark.parametrize(
    ("role", "service"), [("WatchCountRole", "states.amazonaws.com"), ("WatchStartRole", "events.amazonaws.com")]
)
@pytest.mark.parametrize("stack", [MANAGED, OWN])
def test_each_role_of_the_watch_is_one_service_s(app: Synthesized, stack: str, role: str, service: str) -> None:
    assert app.one(stack, "IAM::Role", role)["AssumeRolePolicyDocument"] == may.trust(service)


@pytest.mark.parametrize(
    ("role", "service"),
    [("MonitorCheckRole", "states.amazonaws.com"), ("MonitorHourlyRole", "scheduler.amazonaws.com")],
)
def test_each_role_of_our_engine_is_one_service_s(app: Synthesized, role: str, service: str) -> None:
    assert app.one(OWN, "IAM::Role", role)["AssumeRolePolicyDocument"] == may.trust(service)


@pytest.mark.parametrize(("stack", "model", "endpoint"), BOTH)
def test_the_count_runs_its_workflow(app: Synthesized, stack: str, model: str, endpoint: str) -> None:
    del model
    workflow = WatchRun(
        bucket="<bucket>",
        endpoint=endpoint,
        schedule=f"{endpoint}-data-quality",
        topic_arn="<topic-arn>",
        partition="<Partition>",
    )

    assert app.definition(stack, "WatchCount") == workflow.definition


MACHINES = [
    (MANAGED, "WatchCount", "dev-churn-forest-data-quality-count"),
    (MANAGED, "QualityWatchCount", "dev-churn-forest-model-quality-count"),
    (MANAGED, "QualityPrepare", "dev-churn-forest-quality-baseline"),
    (OWN, "QualityMonitorCheck", "dev-churn-model-quality"),
    (OWN, "WatchCount", "dev-churn-data-quality-count"),
    (OWN, "MonitorCheck", "dev-churn-data-quality"),
]


@pytest.mark.parametrize(("stack", "machine", "name"), MACHINES)
def test_each_state_machine_is_named_logged_and_traced(app: Synthesized, stack: str, machine: str, name: str) -> None:
    properties = app.one(stack, "StepFunctions::StateMachine", machine)

    assert properties["StateMachineName"] == name
    assert properties["RoleArn"] == f"<{machine}Role.Arn>"
    assert properties["TracingConfiguration"] == {"Enabled": True}
    assert properties["LoggingConfiguration"] == {
        "Level": "ALL",
        "IncludeExecutionData": True,
        "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": f"<{machine}Log.Arn>"}}],
    }
    log = app.one(stack, "Logs::LogGroup", f"{machine}Log")
    assert (log["LogGroupName"], log["RetentionInDays"]) == (f"/aws/vendedlogs/states/{name}", 90)


@pytest.mark.parametrize(("stack", "model", "endpoint"), BOTH)
def test_violations_raise_an_alarm_on_the_metric_that_the_count_publishes(
    app: Synthesized, stack: str, model: str, endpoint: str
) -> None:
    del model
    alarm = {key: value for key, value in app.one(stack, "CloudWatch::Alarm", "WatchAlarm").items() if key != "Tags"}

    assert alarm == {
        "AlarmName": f"{endpoint}-data-quality-violations",
        "AlarmDescription": f"The traffic of {endpoint} has drifted: yard drift shows how",
        "Namespace": "Modelyard",
        "MetricName": "Violations",
        "Dimensions": [
            {"Name": "Endpoint", "Value": endpoint},
            {"Name": "MonitoringSchedule", "Value": f"{endpoint}-data-quality"},
        ],
        "Statistic": "Maximum",
        "Period": 3600,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": ["<topic-arn>"],
        "OKActions": ["<topic-arn>"],
    }


def test_the_alarm_s_threshold_is_the_manifest_s(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, WHOLE.replace('engine = "drift"', 'engine = "drift"\nalarm_violations = 3'))

    assert app.one("dev-whole-monitoring", "CloudWatch::Alarm", "WatchAlarm")["Threshold"] == 3


def test_an_alarm_on_the_verdict_counts_the_changes_of_its_file(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, WHOLE.replace('engine = "drift"', 'engine = "drift"\nalarm_on = "verdict"'))

    rule = app.one("dev-whole-monitoring", "Events::Rule")
    (key,) = rule["EventPattern"]["detail"]["object"]["key"]
    assert key["wildcard"].endswith("/*/verdict.json")


def widgets(app: Synthesized, stack: str) -> dict[str, dict[str, Any]]:
    """The graphs of a dashboard by title."""
    body = json.loads(app.one(stack, "CloudWatch::Dashboard")["DashboardBody"])
    return {one["properties"]["title"]: one["properties"] for one in body["widgets"]}


@pytest.mark.parametrize(("stack", "model", "endpoint"), BOTH)
def test_the_dashboard_shows_violations_beside_traffic(app: Synthesized, stack: str, model: str, endpoint: str) -> None:
    del model
    shown = widgets(app, stack)

    watched = ["Endpoint", endpoint, "MonitoringSchedule", f"{endpoint}-data-quality"]
    assert app.one(stack, "CloudWatch::Dashboard")["DashboardName"] == f"{endpoint}-data-quality"
    assert shown["Violations of each check"]["metrics"] == [["Modelyard", "Violations", *watched]]
    assert shown["Invocations"]["stat"] == "Sum"
    assert shown["Model latency, µs (p99)"]["stat"] == "p99"
    assert {one["region"] for one in shown.values()} == {"<Region>"}


def test_the_dashboard_shows_each_variant(app: Synthesized) -> None:
    assert [one[-1] for one in widgets(app, MANAGED)["Invocations"]["metrics"]] == ["champion", "challenger"]


OWN_MACHINES = {"CheckStateMachineArn": "<MonitorCheck>", "QualityStateMachineArn": "<QualityMonitorCheck>"}


@pytest.mark.parametrize(("stack", "model", "endpoint"), BOTH)
def test_outputs_name_what_the_operator_needs(app: Synthesized, stack: str, model: str, endpoint: str) -> None:
    schedule = f"{endpoint}-data-quality"

    assert app.outputs(stack) == {
        "MonitoringEngine": "model-monitor" if stack == MANAGED else "drift",
        "MonitoringScheduleName": schedule,
        "MonitoringReportPrefix": f"{model}/monitoring/{endpoint}/{schedule}",
        "BaselinePrefix": f"{model}/baseline/<NotPromotedYet>",
        "DriftAlarmName": "<WatchAlarm>",
        "QualityBaselineStateMachineArn": "<QualityPrepare>",
        "QualityScheduleName": f"{endpoint}-model-quality",
        "QualityReportPrefix": f"{model}/monitoring/{endpoint}/{endpoint}-model-quality",
        "QualityBaselinePrefix": f"{model}/baseline/<NotPromotedYet>/model-quality",
        "QualityAlarmName": "<QualityWatchAlarm>",
        **({} if stack == MANAGED else OWN_MACHINES),
    }


LIMITS = Limits(completeness=0.8, ignore=("id",))
DECLARED = '[monitoring.limits]\ncompleteness = 0.8\nignore = ["id"]\n'
SUGGESTED = "whole/baseline/20261122-101500"


def limited(tmp_path: Path, *, engine: str) -> Synthesized:
    promoted = WHOLE.replace('engine = "drift"', f'engine = "{engine}"').replace(
        SUGGESTED, f"{SUGGESTED}/{LIMITS.folder}"
    )
    return synthesize_text(tmp_path, promoted + DECLARED)


def test_awss_analyzer_checks_against_the_baseline_with_the_declared_limits(tmp_path: Path) -> None:
    app = limited(tmp_path, engine="model-monitor")

    baseline = app.one("dev-whole-monitoring", "SageMaker::DataQualityJobDefinition")["DataQualityBaselineConfig"]
    folder = f"s3://<bucket>/{SUGGESTED}/{LIMITS.folder}"
    assert baseline == {
        "ConstraintsResource": {"S3Uri": f"{folder}/constraints.json"},
        "StatisticsResource": {"S3Uri": f"{folder}/statistics.json"},
    }


def test_our_analyzer_checks_against_the_baseline_with_the_declared_limits(tmp_path: Path) -> None:
    app = limited(tmp_path, engine="drift")

    definition = json.dumps(app.definition("dev-whole-monitoring", "MonitorCheck"))
    assert f"{SUGGESTED}/{LIMITS.folder}/" in definition
    assert app.outputs("dev-whole-monitoring")["BaselinePrefix"] == f"{SUGGESTED}/{LIMITS.folder}"


@pytest.mark.parametrize("engine", ["drift", "model-monitor"])
def test_a_template_says_which_limits_its_check_has(tmp_path: Path, engine: str) -> None:
    app = limited(tmp_path, engine=engine)

    assert app.templates["dev-whole-monitoring"]["Metadata"] == {"Limits": '{"completeness": 0.8, "ignore": ["id"]}'}


@pytest.mark.parametrize(
    ("baseline", "declared", "expected"),
    [
        (SUGGESTED, DECLARED, f"{SUGGESTED}/{LIMITS.folder}"),
        (f"{SUGGESTED}/{Limits().folder}", DECLARED, f"{SUGGESTED}/{LIMITS.folder}"),
        (f"{SUGGESTED}/{LIMITS.folder}", "", SUGGESTED),
    ],
)
def test_a_baseline_with_other_limits_than_the_manifests_is_refused_with_the_command_that_writes_them(
    tmp_path: Path, baseline: str, declared: str, expected: str
) -> None:
    with pytest.raises(Refused) as refused:
        synthesize_text(tmp_path, WHOLE.replace(SUGGESTED, baseline) + declared)

    (problem,) = refused.value.problems
    assert problem.sentence.startswith(
        "monitoring.baseline of whole must be the baseline with the limits that the manifest declares "
        f'({expected}), got "'
    )
    assert problem.sentence.endswith("; the limits have changed since it was written: yard limits whole")


MEASURED = """[monitoring.quality]
problem_type = "Regression"
inference = "0"
baseline = "{baseline}"
[monitoring.quality.limits]
mae = 60
"""
OF_QUALITY = "whole/baseline/20261123-101500/model-quality"


def test_a_check_of_quality_reads_the_baseline_with_its_declared_limits_and_the_template_says_them(
    tmp_path: Path,
) -> None:
    baseline = f"{OF_QUALITY}/{limits_folder({'mae': 60.0})}"
    app = synthesize_text(tmp_path, WHOLE + MEASURED.format(baseline=baseline))

    assert app.outputs("dev-whole-monitoring")["QualityBaselinePrefix"] == baseline
    assert app.templates["dev-whole-monitoring"]["Metadata"] == {"Limits": '{"quality": {"mae": 60.0}}'}


def test_a_baseline_of_quality_with_other_limits_is_refused_with_the_command_that_writes_them(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"monitoring\.quality\.baseline of whole must be the .*: yard limits whole"):
        synthesize_text(tmp_path, WHOLE + MEASURED.format(baseline=OF_QUALITY))


def test_a_preview_of_a_model_that_nobody_has_promoted_takes_any_limits(tmp_path: Path) -> None:
    text = WHOLE.replace(f'baseline = "{SUGGESTED}"\n', "") + DECLARED
    app = synthesize_text(tmp_path, text, preview=True)

    assert app.outputs("dev-whole-monitoring")["BaselinePrefix"] == "whole/baseline/<NotPromotedYet>"
