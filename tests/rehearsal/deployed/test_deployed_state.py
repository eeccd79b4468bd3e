"""What is there once the CDK CLI has deployed: every service asked for what the manifests declare."""

import json
import urllib.parse
from typing import Any

import botocore.exceptions
import pytest

from maintenance.promoted_examples import RUN
from support.deployed_examples import DeployedExamples

ACCOUNT = "111122223333"
REGION = "us-east-1"


@pytest.fixture(scope="module")
def configs(deployed: DeployedExamples) -> dict[str, Any]:
    """The endpoint configurations that serve, by endpoint."""
    sagemaker = deployed.aws.client("sagemaker")
    serving = {name: sagemaker.describe_endpoint(EndpointName=name) for name in ("dev-churn", "dev-churn-forest")}
    return {
        name: sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
        for name, endpoint in serving.items()
    }


def test_every_stack_is_there(deployed: DeployedExamples) -> None:
    stacks = deployed.aws.client("cloudformation").describe_stacks()["Stacks"]
    assert {stack["StackName"]: stack["StackStatus"] for stack in stacks} == {
        "CDKToolkit": "CREATE_COMPLETE",
        **dict.fromkeys(deployed.app.templates, "CREATE_COMPLETE"),
    }


@pytest.mark.parametrize("endpoint", ["dev-churn", "dev-churn-forest"])
def test_an_endpoint_is_in_service(deployed: DeployedExamples, endpoint: str) -> None:
    assert deployed.aws.client("sagemaker").describe_endpoint(EndpointName=endpoint)["EndpointStatus"] == "InService"


@pytest.mark.parametrize(("endpoint", "percent"), [("dev-churn", 100), ("dev-churn-forest", 50)])
def test_an_endpoint_captures_what_its_manifest_says(configs: dict[str, Any], endpoint: str, percent: int) -> None:
    capture = configs[endpoint]["DataCaptureConfig"]
    assert capture["EnableCapture"] is True
    assert capture["InitialSamplingPercentage"] == percent
    assert {option["CaptureMode"] for option in capture["CaptureOptions"]} == {"Input", "Output"}


def test_captures_lie_in_the_data_bucket(deployed: DeployedExamples, configs: dict[str, Any]) -> None:
    assert configs["dev-churn"]["DataCaptureConfig"]["DestinationS3Uri"] == f"s3://{deployed.bucket}/churn/capture"


def test_captures_name_the_foundations_key(deployed: DeployedExamples, configs: dict[str, Any]) -> None:
    assert configs["dev-churn"]["DataCaptureConfig"]["KmsKeyId"] == deployed.key


def test_variants_have_the_weights_of_the_manifest(configs: dict[str, Any]) -> None:
    variants = configs["dev-churn-forest"]["ProductionVariants"]
    weights = {variant["VariantName"]: variant["InitialVariantWeight"] for variant in variants}
    assert weights == {"champion": 3, "challenger": 1}


def test_a_scaled_endpoint_starts_with_its_minimum(deployed: DeployedExamples) -> None:
    (variant,) = deployed.aws.client("sagemaker").describe_endpoint(EndpointName="dev-churn")["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (2, 2)


def test_a_model_serves_the_promoted_artifact_as_its_own_role(
    deployed: DeployedExamples, configs: dict[str, Any]
) -> None:
    (variant,) = configs["dev-churn"]["ProductionVariants"]
    model = deployed.aws.client("sagemaker").describe_model(ModelName=variant["ModelName"])
    artifact = f"s3://{deployed.bucket}/churn/training/{RUN}/job/output/model.tar.gz"
    assert model["PrimaryContainer"]["ModelDataUrl"] == artifact
    role = deployed.named("dev-churn-serving", "ModelRole")
    assert model["ExecutionRoleArn"] == f"arn:aws:iam::{ACCOUNT}:role/{role}"


def test_a_variant_is_registered_between_its_bounds(deployed: DeployedExamples) -> None:
    scaling = deployed.aws.client("application-autoscaling")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert target["ResourceId"] == "endpoint/dev-churn/variant/primary"
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 4)


def test_a_policy_tracks_invocations_per_instance(deployed: DeployedExamples) -> None:
    scaling = deployed.aws.client("application-autoscaling")
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    assert policy["ResourceId"] == "endpoint/dev-churn/variant/primary"
    assert policy["TargetTrackingScalingPolicyConfiguration"] == {
        "TargetValue": 750.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        "ScaleInCooldown": 300,
        "ScaleOutCooldown": 60,
        "DisableScaleIn": False,
    }


def test_a_monitoring_schedule_runs_its_definition_every_hour(deployed: DeployedExamples) -> None:
    sagemaker = deployed.aws.client("sagemaker")
    schedule = sagemaker.describe_monitoring_schedule(MonitoringScheduleName="dev-churn-forest-data-quality")
    config = schedule["MonitoringScheduleConfig"]
    assert schedule["MonitoringScheduleStatus"] == "Scheduled"
    assert config["ScheduleConfig"]["ScheduleExpression"] == "cron(0 * ? * * *)"
    definition = sagemaker.describe_data_quality_job_definition(JobDefinitionName=config["MonitoringJobDefinitionName"])
    assert definition["DataQualityJobInput"]["EndpointInput"]["EndpointName"] == "dev-churn-forest"


def test_a_definition_compares_with_the_promoted_baseline(deployed: DeployedExamples) -> None:
    sagemaker = deployed.aws.client("sagemaker")
    (listed,) = sagemaker.list_data_quality_job_definitions()["JobDefinitionSummaries"]
    definition = sagemaker.describe_data_quality_job_definition(JobDefinitionName=listed["MonitoringJobDefinitionName"])
    folder = f"s3://{deployed.bucket}/churn_forest/baseline/{RUN}"
    baseline = definition["DataQualityBaselineConfig"]
    assert baseline["ConstraintsResource"]["S3Uri"] == f"{folder}/constraints.json"
    assert baseline["StatisticsResource"]["S3Uri"] == f"{folder}/statistics.json"


def test_a_transform_is_scheduled_each_night(deployed: DeployedExamples) -> None:
    schedule = deployed.aws.client("scheduler").get_schedule(Name="dev-churn-batch")
    assert (schedule["State"], schedule["ScheduleExpression"]) == ("ENABLED", "cron(0 3 * * ? *)")
    assert schedule["Target"]["Arn"] == deployed.named("dev-churn-batch", "Run")


@pytest.mark.parametrize("logical_id", ["MonitorHourly", "QualityMonitorHourly"])
def test_our_own_checks_are_scheduled_each_hour(deployed: DeployedExamples, logical_id: str) -> None:
    expected = deployed.one("dev-churn-monitoring", "Scheduler::Schedule", logical_id)
    schedule = deployed.aws.client("scheduler").get_schedule(Name=expected["Name"])
    assert schedule["ScheduleExpression"] == expected["ScheduleExpression"]


@pytest.mark.parametrize(
    ("metric", "endpoint", "count"),
    [
        ("Invocation5XXErrors", "dev-churn", 1),
        ("ModelLatency", "dev-churn", 1),
        ("Violations", "dev-churn", 2),
        ("Violations", "dev-churn-forest", 2),
    ],
)
def test_an_alarm_watches_each_check_of_an_endpoint_and_tells_the_topic(
    deployed: DeployedExamples, metric: str, endpoint: str, count: int
) -> None:
    found = [alarm for alarm in _alarms(deployed) if alarm["MetricName"] == metric and _of(alarm, endpoint)]
    assert len(found) == count
    assert {topic for alarm in found for topic in alarm["AlarmActions"]} == {deployed.named("dev-foundation", "Alerts")}


def test_an_update_is_rolled_back_by_the_endpoints_own_alarms(deployed: DeployedExamples) -> None:
    expected = deployed.one("dev-churn-serving", "SageMaker::Endpoint")
    named = expected["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    endpoint = deployed.aws.client("sagemaker").describe_endpoint(EndpointName="dev-churn")
    assert len(named) == len(endpoint["LastDeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"])


def test_the_bucket_encrypts_with_the_foundations_key(deployed: DeployedExamples) -> None:
    found = deployed.aws.client("s3").get_bucket_encryption(Bucket=deployed.bucket)
    (rule,) = found["ServerSideEncryptionConfiguration"]["Rules"]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": deployed.key}
    assert rule["ApplyServerSideEncryptionByDefault"] == default
    assert rule["BucketKeyEnabled"] is True


def test_captures_expire_by_a_rule_of_each_model(deployed: DeployedExamples) -> None:
    rules = deployed.aws.client("s3").get_bucket_lifecycle_configuration(Bucket=deployed.bucket)["Rules"]
    days = {rule["Filter"].get("Prefix"): rule["Expiration"]["Days"] for rule in rules if "Expiration" in rule}
    declared = deployed.one("dev-foundation", "S3::Bucket", "DataBucket")["LifecycleConfiguration"]["Rules"]
    assert days == {rule["Prefix"]: rule["ExpirationInDays"] for rule in declared if "ExpirationInDays" in rule}
    assert "churn/capture/" in days


def test_the_bucket_is_closed_to_the_public(deployed: DeployedExamples) -> None:
    found = deployed.aws.client("s3").get_public_access_block(Bucket=deployed.bucket)
    names = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    assert found["PublicAccessBlockConfiguration"] == dict.fromkeys(names, True)


def test_the_bucket_keeps_versions(deployed: DeployedExamples) -> None:
    assert deployed.aws.client("s3").get_bucket_versioning(Bucket=deployed.bucket)["Status"] == "Enabled"


def test_the_bucket_refuses_what_comes_without_tls(deployed: DeployedExamples) -> None:
    text = deployed.aws.client("s3").get_bucket_policy(Bucket=deployed.bucket)["Policy"]
    (denied,) = [one for one in json.loads(text)["Statement"] if one["Effect"] == "Deny"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert denied["Resource"] == [f"arn:aws:s3:::{deployed.bucket}", f"arn:aws:s3:::{deployed.bucket}/*"]


def test_accesses_are_logged_to_the_other_bucket(deployed: DeployedExamples) -> None:
    logging = deployed.aws.client("s3").get_bucket_logging(Bucket=deployed.bucket)["LoggingEnabled"]
    assert logging == {"TargetBucket": deployed.named("dev-foundation", "DataAccessLogs"), "TargetPrefix": "data/"}


def test_the_key_is_rotated(deployed: DeployedExamples) -> None:
    assert deployed.aws.client("kms").get_key_rotation_status(KeyId=deployed.key)["KeyRotationEnabled"] is True


@pytest.mark.parametrize(
    ("stack", "role", "service"),
    [
        ("dev-churn-training", "TrainingRole", "sagemaker.amazonaws.com"),
        ("dev-churn-training", "RunRole", "states.amazonaws.com"),
        ("dev-churn-batch", "ScheduleRole", "scheduler.amazonaws.com"),
        ("dev-churn-serving", "ModelRole", "sagemaker.amazonaws.com"),
    ],
)
def test_a_role_trusts_the_one_service_that_acts_as_it(
    deployed: DeployedExamples, stack: str, role: str, service: str
) -> None:
    found = deployed.aws.client("iam").get_role(RoleName=deployed.named(stack, role))["Role"]
    (statement,) = found["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": service}
    assert statement["Effect"] == "Allow"


@pytest.mark.parametrize(
    ("stack", "role"),
    [("dev-churn-training", "TrainingRole"), ("dev-churn-serving", "ModelRole"), ("dev-churn-batch", "RunRole")],
)
def test_a_role_may_do_what_its_template_says(deployed: DeployedExamples, stack: str, role: str) -> None:
    iam, name = deployed.aws.client("iam"), deployed.named(stack, role)
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["Access"]
    document = iam.get_role_policy(RoleName=name, PolicyName="Access")["PolicyDocument"]
    text = document if isinstance(document, str) else json.dumps(document)
    found = json.loads(urllib.parse.unquote(text))["Statement"]
    declared = deployed.app.statements(stack, role)
    assert [one["Action"] for one in found] == [one["Action"] for one in declared]
    assert not [one for one in found if "<" in json.dumps(one)]


@pytest.mark.parametrize("machine", ["dev-churn-training", "dev-churn-batch", "dev-churn-forest-training"])
def test_a_state_machine_has_the_states_of_its_template(deployed: DeployedExamples, machine: str) -> None:
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{machine}"
    found = deployed.aws.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
    declared = deployed.app.definition(machine, "Run")
    assert json.loads(found["definition"])["States"].keys() == declared["States"].keys()
    assert found["roleArn"] == f"arn:aws:iam::{ACCOUNT}:role/{deployed.named(machine, 'RunRole')}"


def test_a_definition_names_what_was_made(deployed: DeployedExamples) -> None:
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:dev-churn-training"
    text = deployed.aws.client("stepfunctions").describe_state_machine(stateMachineArn=arn)["definition"]
    role = deployed.named("dev-churn-training", "TrainingRole")
    assert f"arn:aws:iam::{ACCOUNT}:role/{role}" in text
    assert deployed.bucket in text
    assert '"Fn::' not in text


@pytest.mark.parametrize("model", ["churn", "churn-forest"])
def test_a_dashboard_shows_the_endpoints_own_metrics(deployed: DeployedExamples, model: str) -> None:
    cloudwatch = deployed.aws.client("cloudwatch")
    body = json.loads(cloudwatch.get_dashboard(DashboardName=f"dev-{model}-data-quality")["DashboardBody"])
    assert f"dev-{model}" in json.dumps(body["widgets"])


def test_a_rule_waits_for_the_checks_results(deployed: DeployedExamples) -> None:
    events, name = deployed.aws.client("events"), deployed.named("dev-churn-monitoring", "WatchWritten")
    pattern = json.loads(events.describe_rule(Name=name)["EventPattern"])
    assert (pattern["source"], pattern["detail-type"]) == (["aws.s3"], ["Object Created"])
    assert pattern["detail"]["bucket"]["name"] == [deployed.bucket]
    wildcard = "churn/monitoring/dev-churn/dev-churn-data-quality/*/constraint_violations.json"
    assert pattern["detail"]["object"]["key"] == [{"wildcard": wildcard}]


def test_a_rule_starts_the_machine_that_counts_as_its_role(deployed: DeployedExamples) -> None:
    events, name = deployed.aws.client("events"), deployed.named("dev-churn-monitoring", "WatchWritten")
    (target,) = events.list_targets_by_rule(Rule=name)["Targets"]
    assert target["Arn"] == deployed.named("dev-churn-monitoring", "WatchCount")
    assert target["RoleArn"].endswith(deployed.named("dev-churn-monitoring", "WatchStartRole"))


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("endpoint/dev-churn", "churn"),
        ("experiment/dev-churn", "churn"),
        ("model-package-group/dev-churn", "churn"),
        ("monitoring-schedule/dev-churn-forest-data-quality", "churn_forest"),
    ],
)
def test_what_belongs_to_a_model_carries_its_tags(deployed: DeployedExamples, name: str, model: str) -> None:
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{name}"
    tags = {tag["Key"]: tag["Value"] for tag in deployed.aws.client("sagemaker").list_tags(ResourceArn=arn)["Tags"]}
    assert (tags["model"], tags["stage"]) == (model, "dev")


def test_the_bucket_carries_the_stages_tag(deployed: DeployedExamples) -> None:
    tags = deployed.aws.client("s3").get_bucket_tagging(Bucket=deployed.bucket)["TagSet"]
    assert {"Key": "stage", "Value": "dev"} in tags


def test_a_state_machine_carries_its_models_tags(deployed: DeployedExamples) -> None:
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:dev-churn-training"
    tags = deployed.aws.client("stepfunctions").list_tags_for_resource(resourceArn=arn)["tags"]
    assert {"key": "model", "value": "churn"} in tags


def test_a_machines_log_group_keeps_its_events_for_three_months(deployed: DeployedExamples) -> None:
    groups = deployed.aws.client("logs").describe_log_groups(logGroupNamePrefix="/aws/vendedlogs/states/")["logGroups"]
    days = {group["logGroupName"].rpartition("/")[2]: group.get("retentionInDays") for group in groups}
    assert days["dev-churn-training"] == 90


def test_the_topic_lets_only_cloudwatch_of_the_account_publish(deployed: DeployedExamples) -> None:
    arn = deployed.named("dev-foundation", "Alerts")
    text = deployed.aws.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
    (allowed,) = [one for one in json.loads(text)["Statement"] if one["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}


def test_a_package_group_is_empty_and_ready(deployed: DeployedExamples) -> None:
    sagemaker = deployed.aws.client("sagemaker")
    group = sagemaker.describe_model_package_group(ModelPackageGroupName="dev-churn")
    assert group["ModelPackageGroupStatus"] == "Completed"
    assert sagemaker.list_model_packages(ModelPackageGroupName="dev-churn")["ModelPackageSummaryList"] == []


def test_an_endpoint_cannot_be_made_twice(deployed: DeployedExamples, configs: dict[str, Any]) -> None:
    config = configs["dev-churn"]["EndpointConfigName"]
    with pytest.raises(botocore.exceptions.ClientError, match="Cannot create already existing endpoint"):
        deployed.aws.client("sagemaker").create_endpoint(EndpointName="dev-churn", EndpointConfigName=config)


def _alarms(deployed: DeployedExamples) -> list[dict[str, Any]]:
    return list(deployed.aws.client("cloudwatch").describe_alarms()["MetricAlarms"])


def _of(alarm: dict[str, Any], endpoint: str) -> bool:
    return endpoint in [dimension["Value"] for dimension in alarm["Dimensions"]]
