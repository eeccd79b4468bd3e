"""What templates need of an account."""

from typing import Any

import pytest

from modelyard.operations.planning.revision import Revision
from modelyard.operations.quotas.needs import Need, needs_of
from modelyard.template_checks.template import Template
from support.templates import config, resource, target, variant

HOSTING = {"Fn::GetAtt": ["Config", "EndpointConfigName"]}
BLUE_GREEN = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": "CANARY"}}}


def needs(*stacks: dict[str, Any]) -> dict[tuple[str, str], Need]:
    """The needs of stacks by kind and instance type."""
    templates = tuple(Template(name=f"s{number}", body={"Resources": one}) for number, one in enumerate(stacks))
    found = needs_of(Revision(name="here", templates=templates))
    return {(one.kind, one.instance): one for one in found}


def hosted(*, count: int = 2, most: int | None = None, deployment: dict[str, Any] | None = None) -> dict[str, Any]:
    """A stack with one endpoint of the name `served`."""
    given = {} if deployment is None else {"DeploymentConfig": deployment}
    endpoint = {"EndpointName": "served", "EndpointConfigName": HOSTING, **given}
    scaled = {} if most is None else {"Target": target(ResourceId="endpoint/served/variant/primary", MaxCapacity=most)}
    shape = variant(VariantName="primary", InitialInstanceCount=count, InstanceType="ml.m5.large")
    return {"Config": config(shape), "Endpoint": resource("Endpoint", endpoint), **scaled}


def rolling(kind: str, value: int) -> dict[str, Any]:
    return {"RollingUpdatePolicy": {"MaximumBatchSize": {"Type": kind, "Value": value}}}


def check(expression: str, *, seconds: int = 600, instance: str = "ml.m5.xlarge") -> dict[str, Any]:
    """A stack whose schedule starts a processing job."""
    cluster = {"ClusterConfig": {"InstanceType": instance, "InstanceCount": 1}}
    arguments = {"ProcessingResources": cluster, "StoppingCondition": {"MaxRuntimeInSeconds": seconds}}
    return {
        "Machine": resource(
            "AWS::StepFunctions::StateMachine", {"Definition": {"States": {"Check": {"Arguments": arguments}}}}
        ),
        "Schedule": resource(
            "AWS::Scheduler::Schedule", {"ScheduleExpression": expression, "Target": {"Arn": {"Ref": "Machine"}}}
        ),
    }


def run(**arguments: Any) -> dict[str, Any]:
    """A stack whose state machine is started when somebody asks, three trials at once."""
    states = {"Train": {"MaxConcurrency": 3, "Arguments": arguments}}
    return {"Machine": resource("AWS::StepFunctions::StateMachine", {"Definition": {"States": states}})}


def managed() -> dict[str, Any]:
    cluster = {"ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1}}
    return {"Definition": resource("AWS::SageMaker::DataQualityJobDefinition", {"JobResources": cluster})}


def test_an_endpoint_needs_a_second_fleet_while_it_is_updated() -> None:
    assert needs(hosted(deployment=BLUE_GREEN))["hosting", "ml.m5.large"].count == 4


def test_without_a_deployment_s_configuration_all_instances_are_replaced_at_once() -> None:
    assert needs(hosted())["hosting", "ml.m5.large"].count == 4


def test_a_scaled_endpoint_needs_the_most_that_it_may_grow_to() -> None:
    assert needs(hosted(most=5, deployment=BLUE_GREEN))["hosting", "ml.m5.large"].count == 10


def test_a_calendar_may_let_an_endpoint_grow_to_more() -> None:
    action = {"ScheduledActionName": "day", "Schedule": "rate(1 day)", "ScalableTargetAction": {"MaxCapacity": 7}}
    stack = hosted(most=5, deployment=BLUE_GREEN)
    stack["Target"]["Properties"]["ScheduledActions"] = [action]

    assert needs(stack)["hosting", "ml.m5.large"].count == 14


@pytest.mark.parametrize(("kind", "value", "extra"), [("CAPACITY_PERCENT", 25, 1), ("INSTANCE_COUNT", 3, 3)])
def test_a_rolling_update_needs_one_batch_more(kind: str, value: int, extra: int) -> None:
    found = needs(hosted(count=4, deployment=rolling(kind, value)))["hosting", "ml.m5.large"]

    assert found.count == 4 + extra


def test_one_endpoint_is_updated_at_a_time() -> None:
    found = needs(hosted(count=2), hosted(count=6))["hosting", "ml.m5.large"]

    assert (found.count, found.how) == (14, "8 at the most that scaling allows, 6 more while one endpoint is updated")


def test_a_shadow_s_instances_are_counted() -> None:
    shape = variant(VariantName="primary", InitialInstanceCount=1, InstanceType="ml.m5.large")
    shadow = variant(VariantName="shadow", InitialInstanceCount=1, InstanceType="ml.c5.xlarge")
    stack = hosted() | {"Config": config(shape, ShadowProductionVariants=[shadow])}

    assert needs(stack)["hosting", "ml.c5.xlarge"].count == 2


def test_checks_at_the_same_minute_need_an_instance_each() -> None:
    assert needs(check("cron(10 * ? * * *)"), check("cron(10 * ? * * *)"))["processing", "ml.m5.xlarge"].count == 2


def test_a_state_machine_that_no_schedule_starts_runs_when_somebody_asks() -> None:
    stack = check("cron(10 * ? * * *)")
    stack["Schedule"]["Properties"]["Target"] = {"Arn": {"Ref": "Other"}}

    found = needs(stack)["processing", "ml.m5.xlarge"]

    assert found.how == "0 by schedules, if each job takes its longest; 1 for the largest run that is asked for"


def test_checks_that_end_before_the_next_begins_share_an_instance() -> None:
    assert needs(check("cron(10 * ? * * *)"), check("cron(20 * ? * * *)"))["processing", "ml.m5.xlarge"].count == 1


def test_a_check_may_reach_into_the_next_hour() -> None:
    late, early = check("cron(55 * ? * * *)"), check("cron(0 * ? * * *)")

    assert needs(late, early)["processing", "ml.m5.xlarge"].count == 2


def test_sagemaker_s_own_schedules_may_all_run_at_once() -> None:
    assert needs(managed(), managed(), check("cron(10 * ? * * *)"))["processing", "ml.m5.xlarge"].count == 3


def test_a_run_s_trials_train_side_by_side() -> None:
    found = needs(run(ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 2}))

    assert found["training", "ml.m5.large"].count == 6


def test_a_run_of_fewer_trials_than_may_train_at_once_needs_no_more_than_those() -> None:
    stack = run(ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1})
    states = stack["Machine"]["Properties"]["Definition"]["States"]
    states["Choose"] = {"Assign": {"declared": [{"name": "one"}, {"name": "two"}]}}

    assert needs(stack)["training", "ml.m5.large"].count == 2


def test_a_search_trains_as_many_as_it_may_at_once() -> None:
    job = {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}, "EnableManagedSpotTraining": True}
    limits = {"ResourceLimits": {"MaxParallelTrainingJobs": 2}}
    found = needs(run(TrainingJobDefinition=job, HyperParameterTuningJobConfig=limits))

    assert found["spot", "ml.m5.large"].count == 2


def test_of_what_somebody_asks_for_the_largest_run_is_counted() -> None:
    one, two = (run(ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": count}) for count in (1, 2))

    assert needs(one, two)["training", "ml.m5.large"].count == 6


def test_a_transform_s_instances_are_counted() -> None:
    found = needs(run(TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 4}))

    assert found["transform", "ml.m5.large"].count == 4


def test_stacks_roles_and_lifecycle_rules_are_counted() -> None:
    rules = [{"Id": str(number), "Status": "Enabled"} for number in range(3)]
    bucket = resource("AWS::S3::Bucket", {"LifecycleConfiguration": {"Rules": rules}})
    found = needs({"One": resource("AWS::IAM::Role"), "Two": resource("AWS::IAM::Role")}, {"Bucket": bucket})

    assert {kind: one.count for (kind, _), one in found.items()} == {"stacks": 2, "roles": 2, "lifecycle": 3}


def test_an_mlflow_app_is_counted() -> None:
    assert needs({"App": resource("MlflowApp")})["mlflow_apps", ""].count == 1
