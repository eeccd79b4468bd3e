"""What has gone wrong in other people's templates for this job, and cannot in ours.

Each was read in the source of a published project or in its issues; the test says it of every template of the app.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from modelyard.constructs.workflows.analysis import baseline_job
from modelyard.constructs.workflows.watch_run import METRIC, NAMESPACE
from modelyard.manifest.monitoring import Monitoring
from support.synth import Synthesized, plain
from support.workflows import ANALYZER, JOB_CONTEXT

# What Application Auto Scaling predefines for instances behind a variant; backlog metrics exist for async alone.
VARIANT_METRICS = {
    "SageMakerVariantInvocationsPerInstance",
    "SageMakerVariantConcurrentRequestsPerModelHighResolution",
}
# What SageMaker publishes of a variant, Step Functions of a state machine, and our own workflow.
PUBLISHED = {
    "AWS/SageMaker": {"Invocation5XXErrors", "Invocations", "InvocationsPerInstance", "ModelLatency"},
    "AWS/States": {"ExecutionsFailed", "ExecutionsStarted", "ExecutionsTimedOut"},
    NAMESPACE: {METRIC},
}
# What is to be there, so that less of it is what rings.
STARTED = "ExecutionsStarted"


def resources(app: Synthesized, kind: str) -> Iterator[dict[str, Any]]:
    """The plain properties of every resource of a kind, in any stack."""
    for stack in app.templates:
        for body in app.resources(stack, kind).values():
            yield plain(body.get("Properties", {}))


def test_no_image_lies_in_another_region_than_its_stack(app: Synthesized) -> None:
    for template in app.templates.values():
        for region in re.findall(r"\.dkr\.ecr\.([^.]+)\.", json.dumps(plain(dict(template["Resources"])))):
            assert region == "<Region>"


def test_no_arn_is_written_for_one_partition_alone(app: Synthesized) -> None:
    for name, template in app.templates.items():
        assert "arn:aws:" not in json.dumps(template["Resources"]), name


def test_the_job_that_makes_a_baseline_is_told_where_the_data_are() -> None:
    request = baseline_job(
        monitoring=Monitoring(engine="drift"),
        analyzer=ANALYZER,
        job_context=JOB_CONTEXT,
        dataset="s3://d/",
        output="s3://o",
    )

    assert request["Environment"] == {
        "dataset_format": '{"csv": {"header": true, "output_columns_position": "START"}}',
        "dataset_source": "/opt/ml/processing/input/baseline_dataset_input",
        "output_path": "/opt/ml/processing/output",
        "publish_cloudwatch_metrics": "Disabled",
    }
    dataset = request["ProcessingInputs"][0]["S3Input"]
    assert (dataset["S3Uri"], dataset["LocalPath"]) == ("s3://d/", request["Environment"]["dataset_source"])


def test_statistics_and_constraints_are_not_swapped(app: Synthesized) -> None:
    for definition in resources(app, "SageMaker::DataQualityJobDefinition"):
        baseline = definition["DataQualityBaselineConfig"]
        assert baseline["StatisticsResource"]["S3Uri"].endswith("/statistics.json")
        assert baseline["ConstraintsResource"]["S3Uri"].endswith("/constraints.json")


def test_no_alarm_watches_a_metric_that_nobody_publishes(app: Synthesized) -> None:
    for alarm in resources(app, "CloudWatch::Alarm"):
        assert alarm["MetricName"] in PUBLISHED[alarm["Namespace"]]


def test_no_alarm_of_drift_or_errors_fires_when_there_is_less_of_it(app: Synthesized) -> None:
    for alarm in resources(app, "CloudWatch::Alarm"):
        less = alarm["ComparisonOperator"] == "LessThanThreshold"
        assert less == (alarm["MetricName"] == STARTED)


def test_no_alarm_ends_in_silence(app: Synthesized) -> None:
    for alarm in resources(app, "CloudWatch::Alarm"):
        assert alarm["AlarmActions"] == ["<topic-arn>"]


def test_a_schedule_made_by_a_template_says_that_it_publishes_nothing_and_no_page_draws_it(app: Synthesized) -> None:
    for definition in resources(app, "SageMaker::DataQualityJobDefinition"):
        environment = definition["DataQualityAppSpecification"]["Environment"]
        assert environment["publish_cloudwatch_metrics"] == "Disabled"
    for page in resources(app, "CloudWatch::Dashboard"):
        assert "feature_baseline_drift" not in str(page["DashboardBody"])


def test_no_endpoint_of_instances_is_scaled_on_a_metric_of_another_kind(app: Synthesized) -> None:
    for policy in resources(app, "ApplicationAutoScaling::ScalingPolicy"):
        tracking = policy["TargetTrackingScalingPolicyConfiguration"]
        assert tracking["PredefinedMetricSpecification"]["PredefinedMetricType"] in VARIANT_METRICS


def test_no_deploy_resets_the_count_of_a_scaled_endpoint(app: Synthesized) -> None:
    scaled = {stack for stack in app.templates if app.resources(stack, "ApplicationAutoScaling::ScalableTarget")}
    for stack in scaled:
        assert app.one(stack, "SageMaker::Endpoint")["RetainAllVariantProperties"] is True
    assert scaled


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("SageMaker::Model", "ModelName"),
        ("SageMaker::EndpointConfig", "EndpointConfigName"),
        ("SageMaker::DataQualityJobDefinition", "JobDefinitionName"),
    ],
)
def test_nothing_that_is_replaced_has_a_name_that_must_be_changed_by_hand(
    app: Synthesized, kind: str, key: str
) -> None:
    found = list(resources(app, kind))

    assert found
    assert all(key not in properties for properties in found)


def test_no_role_has_a_managed_policy(app: Synthesized) -> None:
    for role in resources(app, "IAM::Role"):
        assert "ManagedPolicyArns" not in role


def test_no_role_may_do_all_of_a_service(app: Synthesized) -> None:
    for role in resources(app, "IAM::Role"):
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                assert all(not action.endswith("*") for action in statement["Action"])


def test_a_role_is_handed_to_sagemaker_alone(app: Synthesized) -> None:
    for role in resources(app, "IAM::Role"):
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                if "iam:PassRole" in statement["Action"]:
                    assert statement["Condition"]["StringEquals"] == {"iam:PassedToService": "sagemaker.amazonaws.com"}
                    assert "*" not in statement["Resource"]


def test_whoever_starts_jobs_may_tag_them_as_step_functions_does(app: Synthesized) -> None:
    for role in resources(app, "IAM::Role"):
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                if any(re.fullmatch(r"sagemaker:Create\w+Job", action) for action in statement["Action"]):
                    assert "sagemaker:AddTags" in statement["Action"]


def test_no_variant_is_named_after_its_model(app: Synthesized) -> None:
    for config in resources(app, "SageMaker::EndpointConfig"):
        assert all("<" not in variant["VariantName"] for variant in config["ProductionVariants"])


def test_no_dashboard_shows_a_region_that_was_typed_in(app: Synthesized) -> None:
    for dashboard in resources(app, "CloudWatch::Dashboard"):
        body = json.loads(dashboard["DashboardBody"])
        drawn = [widget["properties"] for widget in body["widgets"] if widget["type"] == "metric"]
        listed = [arn for widget in body["widgets"] for arn in widget["properties"].get("alarms", [])]
        assert {properties["region"] for properties in drawn} == {"<Region>"}
        assert {arn.split(":")[3] for arn in listed} <= {"<Region>"}


def test_an_endpoint_that_cannot_start_gives_up_before_cloudformation_does(app: Synthesized) -> None:
    for config in resources(app, "SageMaker::EndpointConfig"):
        for variant in config["ProductionVariants"]:
            assert 60 <= variant["ContainerStartupHealthCheckTimeoutInSeconds"] <= 3600
            assert 60 <= variant["ModelDataDownloadTimeoutInSeconds"] <= 3600


def test_no_model_s_state_machine_reaches_the_jobs_of_a_model_whose_name_goes_on_from_its_own(app: Synthesized) -> None:
    for stack in ("dev-churn-training", "dev-churn-batch"):
        for statement in app.statements(stack, "RunRole"):
            for resource in statement["Resource"]:
                if any(word in resource for word in ("-job/", "experiment-trial/")):
                    assert "/dev-churn--" in resource
