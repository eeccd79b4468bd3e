"""What the plan predicts is what a deploy to the local AWS does: one test per kind of change."""

import copy
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from modelyard.operations.aws import Aws
from modelyard.operations.planning.differences import Action
from modelyard.operations.planning.sources import deployed
from modelyard.template_checks.template import Template
from support.endpoints import Endpoints
from support.local_aws import SharedLocalAws
from support.plans import Deployer
from support.templates import capture, config, definition, model, resource, role, schedule, target, variant

HOSTING = {"Fn::GetAtt": ["Config", "EndpointConfigName"]}
INPUT = "/opt/ml/processing/input/endpoint"
ANALYZER = "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"
ALARM = {
    "Namespace": "Test",
    "MetricName": "Faults",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "ComparisonOperator": "GreaterThanThreshold",
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}],
}


def hosted(name: str, *variants: Any, **given: Any) -> dict[str, Any]:
    """An endpoint of the literal name and its configuration."""
    return {
        "Config": config(*variants, DataCaptureConfig=capture(CaptureOptions=[{"CaptureMode": "Input"}])),
        "Endpoint": resource("Endpoint", {"EndpointName": name, "EndpointConfigName": HOSTING, **given}),
    }


def scaled(name: str, *variants: Any, maximum: int = 4, **given: Any) -> dict[str, Any]:
    """The same with a scalable target, as our templates have it."""
    return {
        **hosted(name, *variants, RetainAllVariantProperties=True, **given),
        "Target": target(MaxCapacity=maximum),
    }


def changed(resources: dict[str, Any], logical_id: str, **properties: Any) -> dict[str, Any]:
    """The same template with other properties of one resource."""
    found = copy.deepcopy(resources)
    found[logical_id]["Properties"] |= properties
    return found


def blue_green(kind: str, *, wait: int, termination: int = 0, **sizes: Any) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **sizes}
    policy = {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": termination}
    return {"BlueGreenUpdatePolicy": policy}


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def machine(name: str, *, role_arn: str, end: str) -> dict[str, Any]:
    definition = {"StartAt": "End", "States": {"End": {"Type": end}}}
    return resource(
        "AWS::StepFunctions::StateMachine",
        {"StateMachineName": name, "RoleArn": role_arn, "Definition": definition},
    )


@pytest.fixture(scope="module")
def models(host: Endpoints) -> tuple[str, str]:
    """Two models that can be served."""
    return host.model("3"), host.model("5")


@pytest.fixture
def name(local_aws: SharedLocalAws) -> str:
    return local_aws.name("planned")


# Replaced or updated in place


def test_a_model_s_tags_change_in_place(deployer: Deployer, host: Endpoints) -> None:
    container = {"Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"}
    before = {"Model": model(PrimaryContainer=container, ExecutionRoleArn=host.role)}
    done = deployer.deploy(before, changed(before, "Model", Tags=[{"Key": "team", "Value": "risk"}]))
    assert done.actions == {"Model": Action.UPDATE}
    done.check()


def test_a_model_s_container_replaces_it_and_the_configuration_and_keeps_the_endpoint(
    deployer: Deployer, host: Endpoints, models: tuple[str, str], name: str
) -> None:
    container = host.sagemaker.describe_model(ModelName=models[0])["PrimaryContainer"]
    other = host.sagemaker.describe_model(ModelName=models[1])["PrimaryContainer"]
    served = {"Model": model(PrimaryContainer=container, ExecutionRoleArn=host.role)} | hosted(name)
    done = deployer.deploy(served, changed(served, "Model", PrimaryContainer=other))
    assert done.actions == {"Model": Action.REPLACE, "Config": Action.REPLACE, "Endpoint": Action.UPDATE}
    done.check()
    assert host.invoke(name, "2") == "10.0"


def test_an_experiment_s_description_changes_in_place(deployer: Deployer, name: str) -> None:
    before = {"Experiment": resource("Experiment", {"ExperimentName": name, "Description": "old"})}
    done = deployer.deploy(before, changed(before, "Experiment", Description="new"))
    assert done.actions == {"Experiment": Action.UPDATE}
    done.check()


def test_an_experiment_s_other_name_replaces_it(deployer: Deployer, name: str) -> None:
    before = {"Experiment": resource("Experiment", {"ExperimentName": name})}
    done = deployer.deploy(before, changed(before, "Experiment", ExperimentName=f"{name}-2"))
    assert done.actions == {"Experiment": Action.REPLACE}
    done.check()


def test_a_topic_s_display_name_changes_in_place(deployer: Deployer) -> None:
    before = {"Topic": resource("AWS::SNS::Topic", {"DisplayName": "old"})}
    done = deployer.deploy(before, changed(before, "Topic", DisplayName="new"))
    assert done.actions == {"Topic": Action.UPDATE}
    done.check()


def test_a_role_s_path_replaces_it(deployer: Deployer) -> None:
    before = {"Role": role("s3:GetObject", AssumeRolePolicyDocument=TRUST)}
    done = deployer.deploy(before, changed(before, "Role", Path="/service/"))
    assert done.actions == {"Role": Action.REPLACE}
    done.check()


def test_a_role_s_statements_change_in_place(deployer: Deployer) -> None:
    before = {"Role": role("s3:GetObject", AssumeRolePolicyDocument=TRUST)}
    done = deployer.deploy(before, {"Role": role("s3:PutObject", AssumeRolePolicyDocument=TRUST)})
    assert done.actions == {"Role": Action.UPDATE}
    done.check()


def test_an_alarm_s_threshold_changes_in_place(deployer: Deployer) -> None:
    before = {"Alarm": resource("AWS::CloudWatch::Alarm", {**ALARM, "Threshold": 1})}
    done = deployer.deploy(before, changed(before, "Alarm", Threshold=2))
    assert done.actions == {"Alarm": Action.UPDATE}
    done.check()


def test_a_log_s_retention_changes_in_place(deployer: Deployer) -> None:
    before = {"Log": resource("AWS::Logs::LogGroup", {"RetentionInDays": 7})}
    done = deployer.deploy(before, changed(before, "Log", RetentionInDays=30))
    assert done.actions == {"Log": Action.UPDATE}
    done.check()


def test_a_state_machine_s_definition_changes_in_place(deployer: Deployer, host: Endpoints, name: str) -> None:
    before = {"Machine": machine(name, role_arn=host.role, end="Succeed")}
    done = deployer.deploy(before, {"Machine": machine(name, role_arn=host.role, end="Fail")})
    assert done.actions == {"Machine": Action.UPDATE}
    done.check()


def test_a_named_state_machine_cannot_become_an_express_one(deployer: Deployer, host: Endpoints, name: str) -> None:
    before = {"Machine": machine(name, role_arn=host.role, end="Succeed")}
    done = deployer.deploy(before, changed(before, "Machine", StateMachineType="EXPRESS"))
    assert done.kinds == ["name is taken"]
    done.check()


def test_a_parameter_s_default_changes_what_takes_it(deployer: Deployer) -> None:
    topic = {"Topic": resource("AWS::SNS::Topic", {"DisplayName": {"Ref": "Title"}})}
    before = {"Parameters": {"Title": {"Type": "String", "Default": "old"}}}
    name = deployer.stacks.create(topic, **before)
    done = deployer.redeploy(
        name, topic, topic, base=before, head={"Parameters": {"Title": {"Type": "String", "Default": "new"}}}
    )
    assert done.actions == {"Topic": Action.UPDATE}
    done.check()


def test_a_new_resource_is_added_and_another_deleted(deployer: Deployer) -> None:
    done = deployer.deploy({"Old": resource("AWS::SNS::Topic")}, {"New": resource("AWS::SNS::Topic")})
    assert done.actions == {"New": Action.ADD, "Old": Action.REMOVE}
    done.check()


def test_a_retained_resource_is_left_behind(deployer: Deployer, host: Endpoints, name: str) -> None:
    group = resource("ModelPackageGroup", {"ModelPackageGroupName": name}, DeletionPolicy="Retain")
    topic = {"Topic": resource("AWS::SNS::Topic")}
    done = deployer.deploy({"Group": group, **topic}, topic)
    assert done.actions == {"Group": Action.ABANDON}
    done.check()
    assert host.sagemaker.describe_model_package_group(ModelPackageGroupName=name)
    host.sagemaker.delete_model_package_group(ModelPackageGroupName=name)


# Names that are taken


def test_a_package_group_s_description_fails(deployer: Deployer, name: str) -> None:
    group = {
        "Group": resource("ModelPackageGroup", {"ModelPackageGroupName": name, "ModelPackageGroupDescription": "old"})
    }
    done = deployer.deploy(group, changed(group, "Group", ModelPackageGroupDescription="new"))
    assert done.kinds == ["description is frozen"]
    done.check()


def test_a_configuration_that_has_a_name_cannot_be_changed(
    deployer: Deployer, models: tuple[str, str], name: str
) -> None:
    before = {"Config": config(variant(ModelName=models[0]), EndpointConfigName=name)}
    done = deployer.deploy(before, {"Config": config(variant(ModelName=models[1]), EndpointConfigName=name)})
    assert done.kinds == ["name is taken"]
    done.check()


def test_a_role_that_has_a_name_cannot_move_to_another_path(deployer: Deployer, name: str) -> None:
    before = {"Role": role("s3:GetObject", AssumeRolePolicyDocument=TRUST, RoleName=name)}
    done = deployer.deploy(before, changed(before, "Role", Path="/service/"))
    assert done.kinds == ["name is taken"]
    done.check()


def test_a_named_resource_under_another_logical_id_fails(deployer: Deployer, name: str) -> None:
    group = resource("ModelPackageGroup", {"ModelPackageGroupName": name})
    done = deployer.deploy({"Group": group}, {"MovedGroup": group})
    assert done.kinds == ["name is taken"]
    done.check()


def test_an_endpoint_under_another_logical_id_fails(deployer: Deployer, models: tuple[str, str], name: str) -> None:
    before = hosted(name, variant(ModelName=models[0]))
    done = deployer.deploy(before, {"Config": before["Config"], "Moved": before["Endpoint"]})
    assert done.kinds == ["name is taken"]
    done.check()


# Endpoints


def test_an_endpoint_moves_all_at_once(deployer: Deployer, host: Endpoints, models: tuple[str, str], name: str) -> None:
    done = deployer.deploy(
        hosted(name, variant(ModelName=models[0], InitialInstanceCount=1)),
        hosted(name, variant(ModelName=models[1], InitialInstanceCount=1)),
    )
    (predicted,) = done.plan.rollouts
    assert (predicted.strategy, predicted.bake_seconds) == ("all at once", 0)
    done.check()
    assert host.invoke(name, "2") == "10.0"


@pytest.mark.parametrize(
    ("settings", "strategy", "bake"),
    [
        (blue_green("ALL_AT_ONCE", wait=120, termination=60), "all at once", 180),
        (blue_green("CANARY", wait=120, termination=60, CanarySize=percent(50)), "canary", 300),
        (blue_green("LINEAR", wait=60, termination=60, LinearStepSize=percent(40)), "linear", 240),
        ({"RollingUpdatePolicy": {"MaximumBatchSize": percent(50), "WaitIntervalInSeconds": 90}}, "rolling", 180),
    ],
)
def test_an_endpoint_bakes_as_long_as_was_predicted(
    settings: dict[str, Any],
    strategy: str,
    bake: int,
    deployer: Deployer,
    host: Endpoints,
    models: tuple[str, str],
    name: str,
) -> None:
    waited: list[bool] = []

    def bakes(stack: str) -> None:
        host.until(lambda: host.describe(name)["EndpointStatus"] == "Updating")
        host.until(lambda: has_begun(host, endpoint=name))
        host.aws.advance(seconds=bake - 45)
        waited.append(host.describe(name)["EndpointStatus"] == "Updating")
        host.aws.advance(seconds=60)

    done = deployer.deploy(
        hosted(name, variant(ModelName=models[0]), DeploymentConfig=settings),
        hosted(name, variant(ModelName=models[1]), DeploymentConfig=settings),
        meanwhile=bakes,
    )
    (predicted,) = done.plan.rollouts
    assert (predicted.strategy, predicted.bake_seconds) == (strategy, bake)
    assert waited == [True]
    done.check()


def test_a_count_that_is_not_retained_begins_again(
    deployer: Deployer, host: Endpoints, models: tuple[str, str], name: str
) -> None:
    before = hosted(name, variant(ModelName=models[0], InitialInstanceCount=1))
    stack = deployer.stacks.create(before)
    desire(host, endpoint=name, count=2)
    after = hosted(name, variant(ModelName=models[1], InitialInstanceCount=1))
    done = deployer.redeploy(stack, before, after)
    (predicted,) = done.plan.rollouts
    assert (predicted.keeps_count, predicted.instances) == (False, 1)
    done.check()
    assert host.count(name) == 1


def test_a_count_that_is_retained_is_kept_whatever_is_written(
    deployer: Deployer, host: Endpoints, models: tuple[str, str], name: str
) -> None:
    before = hosted(name, variant(ModelName=models[0], InitialInstanceCount=1), RetainAllVariantProperties=True)
    stack = deployer.stacks.create(before)
    desire(host, endpoint=name, count=2)
    after = hosted(name, variant(ModelName=models[1], InitialInstanceCount=3), RetainAllVariantProperties=True)
    done = deployer.redeploy(stack, before, after)
    (predicted,) = done.plan.rollouts
    assert predicted.keeps_count
    assert predicted.without_effect == ("primary.InitialInstanceCount",)
    done.check()
    assert host.count(name) == 2


def test_a_weight_that_is_not_retained_is_the_template_s(
    deployer: Deployer, host: Endpoints, models: tuple[str, str], name: str
) -> None:
    kept = {
        "RetainAllVariantProperties": True,
        "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredWeight"}],
    }
    one = variant(ModelName=models[0], InitialInstanceCount=1)
    done = deployer.deploy(hosted(name, one, **kept), hosted(name, {**one, "InitialVariantWeight": 3}, **kept))
    (predicted,) = done.plan.rollouts
    assert (predicted.keeps_count, predicted.keeps_weights, predicted.without_effect) == (True, False, ())
    done.check()
    assert host.describe(name)["ProductionVariants"][0]["DesiredWeight"] == 3


# Scaling


def test_a_scaled_variant_s_model_changes(deployer: Deployer, models: tuple[str, str], name: str) -> None:
    done = deployer.deploy(scaled(name, variant(ModelName=models[0])), scaled(name, variant(ModelName=models[1])))
    assert done.actions == {"Config": Action.REPLACE, "Endpoint": Action.UPDATE}
    done.check()


def test_a_scaled_variant_s_instance_type_fails(deployer: Deployer, models: tuple[str, str], name: str) -> None:
    done = deployer.deploy(
        scaled(name, variant(ModelName=models[0])),
        scaled(name, variant(ModelName=models[0], InstanceType="ml.m5.xlarge")),
    )
    assert done.kinds == ["scaled variant changes"]
    done.check()
    assert "scalable target exists" in done.reasons


def test_a_scaled_variant_s_instance_type_fails_without_the_target_too(
    deployer: Deployer, models: tuple[str, str], name: str
) -> None:
    done = deployer.deploy(
        scaled(name, variant(ModelName=models[0])),
        hosted(name, variant(ModelName=models[0], InstanceType="ml.m5.xlarge")),
    )
    assert done.kinds == ["scaled variant changes"]
    done.check()


def test_a_scaled_variant_that_is_removed_fails(deployer: Deployer, models: tuple[str, str], name: str) -> None:
    other = variant(ModelName=models[1], VariantName="other")
    done = deployer.deploy(scaled(name, variant(ModelName=models[0]), other), hosted(name, other))
    assert done.kinds == ["scaled variant changes"]
    done.check()


def test_an_instance_type_changes_when_nothing_scales_it(
    deployer: Deployer, models: tuple[str, str], name: str
) -> None:
    done = deployer.deploy(
        hosted(name, variant(ModelName=models[0])),
        hosted(name, variant(ModelName=models[0], InstanceType="ml.m5.xlarge")),
    )
    assert done.actions == {"Config": Action.REPLACE, "Endpoint": Action.UPDATE}
    done.check()


def test_bounds_of_scaling_change_in_place(deployer: Deployer, models: tuple[str, str], name: str) -> None:
    before = scaled(name, variant(ModelName=models[0]))
    done = deployer.deploy(before, scaled(name, variant(ModelName=models[0]), maximum=6))
    assert done.actions == {"Target": Action.UPDATE}
    done.check()


def test_scheduled_actions_come_change_and_go_in_place(
    deployer: Deployer, models: tuple[str, str], name: str, local_aws: SharedLocalAws
) -> None:
    before = scaled(name, variant(ModelName=models[0]))
    day = {"ScheduledActionName": "day", "Schedule": "rate(1 day)", "ScalableTargetAction": {"MinCapacity": 1}}
    later = [day | {"ScheduledActionName": "night"}, day | {"Schedule": "rate(2 days)", "Timezone": "UTC"}]
    done = deployer.deploy(
        changed(before, "Target", ScheduledActions=[day, day | {"ScheduledActionName": "noon"}]),
        changed(before, "Target", ScheduledActions=later),
    )
    listed = local_aws.client("application-autoscaling").describe_scheduled_actions(
        ServiceNamespace="sagemaker", ResourceId=f"endpoint/{name}/variant/primary"
    )["ScheduledActions"]

    done.check()
    assert done.actions == {"Target": Action.UPDATE}
    assert {one["ScheduledActionName"]: one["Schedule"] for one in listed} == {
        "night": "rate(1 day)",
        "day": "rate(2 days)",
    }


def test_steps_come_with_their_alarm_and_change_in_place(
    deployer: Deployer, models: tuple[str, str], name: str, local_aws: SharedLocalAws
) -> None:
    before = scaled(name, variant(ModelName=models[0]))
    with_steps = {**before, "Steps": steps(change=1), "Busy": calls("Steps")}
    done = deployer.deploy(before, with_steps)
    assert done.actions == {"Steps": Action.ADD, "Busy": Action.ADD}
    done.check()
    more = deployer.redeploy(done.stack, with_steps, {**with_steps, "Steps": steps(change=2)})
    assert more.actions == {"Steps": Action.UPDATE}
    more.check()
    (policy,) = local_aws.client("application-autoscaling").describe_scaling_policies(
        ServiceNamespace="sagemaker", ResourceId=f"endpoint/{name}/variant/primary"
    )["ScalingPolicies"]
    alarms = local_aws.client("cloudwatch").describe_alarms(AlarmNamePrefix=done.stack)["MetricAlarms"]
    assert policy["StepScalingPolicyConfiguration"]["StepAdjustments"][0]["ScalingAdjustment"] == 2
    assert [alarm["AlarmActions"] for alarm in alarms] == [[policy["PolicyARN"]]]


def steps(*, change: int) -> dict[str, Any]:
    """A policy of steps of the target."""
    adjustments = [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": change}]
    config = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": adjustments}
    properties = {
        "PolicyName": "busy",
        "PolicyType": "StepScaling",
        "ScalingTargetId": {"Ref": "Target"},
        "StepScalingPolicyConfiguration": config,
    }
    return resource("AWS::ApplicationAutoScaling::ScalingPolicy", properties)


def calls(policy: str) -> dict[str, Any]:
    """An alarm that calls a policy."""
    return resource(
        "AWS::CloudWatch::Alarm", ALARM | {"AlarmActions": [{"Fn::GetAtt": [policy, "Arn"]}], "Threshold": 5}
    )


def test_an_instance_type_that_there_is_not_fails(deployer: Deployer, models: tuple[str, str], name: str) -> None:
    done = deployer.deploy(
        hosted(name, variant(ModelName=models[0])),
        hosted(name, variant(ModelName=models[0], InstanceType="ml.m5.tiny")),
    )
    assert done.kinds == ["instance type is not offered"]
    done.check()


# Monitoring


def watched(
    host: Endpoints, endpoint: str, name: str, *, preprocessor: str | None = None, **given: Any
) -> dict[str, Any]:
    """A definition and a schedule of an endpoint that captures."""
    script = {} if preprocessor is None else {"RecordPreprocessorSourceUri": preprocessor}
    made = definition(
        RoleArn=host.role,
        DataQualityAppSpecification={"ImageUri": ANALYZER, **script},
        DataQualityJobInput={"EndpointInput": {"EndpointName": endpoint, "LocalPath": INPUT}},
        DataQualityJobOutputConfig={
            "MonitoringOutputs": [
                {"S3Output": {"S3Uri": f"s3://{host.bucket}/reports", "LocalPath": "/opt/ml/processing/output"}}
            ]
        },
        **given,
    )
    planned = schedule()
    planned["Properties"]["MonitoringScheduleName"] = name
    return {"Definition": made, "Schedule": planned}


@pytest.fixture(scope="module")
def captured(host: Endpoints, models: tuple[str, str]) -> str:
    """An endpoint that captures."""
    settings = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{host.bucket}/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    }
    plain = variant(ModelName=models[0], InitialInstanceCount=1)
    return host.endpoint(host.config(plain, DataCaptureConfig=settings))


def test_a_tag_replaces_a_definition_and_updates_its_schedule(
    deployer: Deployer, host: Endpoints, captured: str, name: str
) -> None:
    before = watched(host, captured, name)
    done = deployer.deploy(before, watched(host, captured, name, Tags=[{"Key": "commit", "Value": "abc"}]))
    assert done.actions == {"Definition": Action.REPLACE, "Schedule": Action.UPDATE}
    assert [one.kind for one in done.plan.blockers] == ["running check", "tag replaces"]
    done.check()


def test_a_definition_that_has_a_name_cannot_be_tagged(
    deployer: Deployer, host: Endpoints, captured: str, name: str
) -> None:
    before = watched(host, captured, name, JobDefinitionName=name)
    done = deployer.deploy(before, changed(before, "Definition", Tags=[{"Key": "commit", "Value": "abc"}]))
    assert done.kinds == ["name is taken"]
    done.check()


def test_a_schedule_s_expression_changes_in_place(
    deployer: Deployer, host: Endpoints, captured: str, name: str
) -> None:
    before = watched(host, captured, name)
    after = copy.deepcopy(before)
    settings = after["Schedule"]["Properties"]["MonitoringScheduleConfig"]
    settings["ScheduleConfig"]["ScheduleExpression"] = "cron(0 0/6 ? * * *)"
    done = deployer.deploy(before, after)
    assert done.actions == {"Schedule": Action.UPDATE}
    done.check()


def test_a_schedule_cannot_change_while_its_check_runs(
    reached: Aws, deployer: Deployer, host: Endpoints, captured: str, name: str, tmp_path: Path
) -> None:
    over = tmp_path / "over"
    held = f"import pathlib, time\nwhile not pathlib.Path({str(over)!r}).exists():\n    time.sleep(0.1)\n"
    handler = "def preprocess_handler(record):\n    return []\n"
    host.aws.client("s3").put_object(Bucket=host.bucket, Key=f"{name}/held.py", Body=(held + handler).encode())
    script = f"s3://{host.bucket}/{name}/held.py"
    before = watched(host, captured, name, preprocessor=script)
    after = watched(host, captured, name, preprocessor=script, StoppingCondition={"MaxRuntimeInSeconds": 600})
    stack = deployer.stacks.create(before)
    host.invoke(captured, "2")
    hour = Thread(target=lambda: host.aws.advance(seconds=3600))
    hour.start()
    template = Template(name=stack, body={"Resources": before})
    host.until(lambda: deployed(aws=reached, templates=[template]).running == {name})
    done = deployer.redeploy(stack, before, after, running=frozenset({name}))
    assert hour.is_alive()
    over.touch()
    hour.join()
    assert done.kinds == ["running check"]
    done.check()


def has_begun(host: Endpoints, *, endpoint: str) -> bool:
    """Whether the new fleet has all its instances, or has taken over some of the old one's requests."""
    pending = host.describe(endpoint).get("PendingDeploymentSummary", {}).get("ProductionVariants", ())
    return any(one["CurrentInstanceCount"] == one["DesiredInstanceCount"] for one in pending)


def desire(host: Endpoints, *, endpoint: str, count: int) -> None:
    """Run so many instances, whatever the template says."""
    wish = [{"VariantName": "primary", "DesiredInstanceCount": count}]
    host.sagemaker.update_endpoint_weights_and_capacities(EndpointName=endpoint, DesiredWeightsAndCapacities=wish)
    host.until(lambda: host.settled(endpoint)["ProductionVariants"][0]["CurrentInstanceCount"] == count)
