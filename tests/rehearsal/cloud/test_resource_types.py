"""Stacks of SageMaker's types: which change replaces what, what is rolled back, what may be gone already."""

from collections.abc import Iterator
from typing import Any

import botocore.exceptions
import pytest

from support.cloudformation import Stacks
from support.endpoints import Endpoints
from support.local_aws import SharedLocalAws


@pytest.fixture(scope="module")
def stacks(local_aws: SharedLocalAws) -> Iterator[Stacks]:
    made = Stacks(aws=local_aws)
    yield made
    made.end()


def group(**properties: Any) -> dict[str, Any]:
    return {"Group": {"Type": "AWS::SageMaker::ModelPackageGroup", "Properties": properties}}


def experiment(**properties: Any) -> dict[str, Any]:
    return {"Experiment": {"Type": "AWS::SageMaker::Experiment", "Properties": properties}}


def tags(**values: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


def outputs(stacks: Stacks, name: str) -> Any:
    return stacks.client.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]


def model(host: Endpoints, container: Any, **values: str) -> dict[str, Any]:
    properties = {"PrimaryContainer": container, "ExecutionRoleArn": host.role, "Tags": tags(**values)}
    return {"Type": "AWS::SageMaker::Model", "Properties": properties}


def served(model: Any, *, count: int = 1, **endpoint: Any) -> dict[str, Any]:
    """An endpoint and its configuration, which serves a model."""
    variant = {
        "VariantName": "primary",
        "ModelName": model,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": count,
        "InitialVariantWeight": 1,
    }
    config = {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {"ProductionVariants": [variant]}}
    name = {"Fn::GetAtt": ["Config", "EndpointConfigName"]}
    return {
        "Config": config,
        "Endpoint": {"Type": "AWS::SageMaker::Endpoint", "Properties": {"EndpointConfigName": name, **endpoint}},
    }


def config_of(stacks: Stacks, name: str) -> str:
    """The name of a stack's configuration as its ARN has it, in lower case."""
    return stacks.physical(name, "Config").rpartition("/")[2]


def configs(host: Endpoints) -> list[str]:
    """The names of all configurations, in lower case."""
    pages = host.sagemaker.get_paginator("list_endpoint_configs").paginate()
    return [item["EndpointConfigName"].lower() for page in pages for item in page["EndpointConfigs"]]


def endpoint_of(stacks: Stacks, name: str) -> Any:
    endpoint = stacks.physical(name, "Endpoint").rpartition("/")[2]
    return stacks.aws.client("sagemaker").describe_endpoint(EndpointName=endpoint)


def test_a_resource_without_a_name_is_named_after_its_stack(stacks: Stacks, host: Endpoints) -> None:
    name = stacks.create({"Config": served(host.model())["Config"]})
    config = host.sagemaker.describe_endpoint_config(EndpointConfigName=config_of(stacks, name))
    assert config["EndpointConfigName"].startswith(f"{name}-Config-")
    assert len(config["EndpointConfigName"]) <= 63


def test_ref_of_an_experiment_is_its_name(stacks: Stacks) -> None:
    own = stacks.aws.name("experiment")
    assert stacks.physical(stacks.create(experiment(ExperimentName=own)), "Experiment") == own


def test_a_property_that_may_change_is_changed_in_place(stacks: Stacks) -> None:
    own = stacks.aws.name("experiment")
    name = stacks.create(experiment(ExperimentName=own, Description="old"))
    assert stacks.update(name, experiment(ExperimentName=own, Description="new")) == "UPDATE_COMPLETE"
    found = stacks.aws.client("sagemaker").describe_experiment(ExperimentName=own)
    assert found["Description"] == "new"


def test_tags_change_in_place_and_others_tags_stay(stacks: Stacks) -> None:
    sagemaker, own = stacks.aws.client("sagemaker"), stacks.aws.name("group")
    name = stacks.create(group(ModelPackageGroupName=own, Tags=tags(team="risk", wave="1")))
    arn = stacks.physical(name, "Group")
    sagemaker.add_tags(ResourceArn=arn, Tags=tags(mine="yes"))
    assert stacks.update(name, group(ModelPackageGroupName=own, Tags=tags(team="fraud", site="x"))) == "UPDATE_COMPLETE"
    assert stacks.physical(name, "Group") == arn
    carried = {one["Key"]: one["Value"] for one in sagemaker.list_tags(ResourceArn=arn)["Tags"]}
    assert {key: carried.get(key) for key in ("team", "site", "wave", "mine")} == {
        "team": "fraud",
        "site": "x",
        "wave": None,
        "mine": "yes",
    }


def test_what_an_output_says_of_a_resource_outlives_an_update_in_place(stacks: Stacks) -> None:
    own = stacks.aws.name("Experiment")
    said = {"Arn": {"Value": {"Fn::GetAtt": ["Experiment", "Arn"]}}, "Name": {"Value": {"Ref": "Experiment"}}}
    name = stacks.create(experiment(ExperimentName=own, Tags=tags(team="risk")), Outputs=said)
    before = outputs(stacks, name)
    stacks.update(name, experiment(ExperimentName=own, Tags=tags(team="fraud")), Outputs=said)
    assert outputs(stacks, name) == before


def test_what_names_a_resource_stays_when_its_tags_change(stacks: Stacks, host: Endpoints) -> None:
    container = host.sagemaker.describe_model(ModelName=host.model())["PrimaryContainer"]
    named = served({"Fn::GetAtt": ["Model", "ModelName"]})["Config"]
    name = stacks.create({"Model": model(host, container, team="risk"), "Config": named})
    before = stacks.identities(name)
    assert stacks.update(name, {"Model": model(host, container, team="fraud"), "Config": named}) == "UPDATE_COMPLETE"
    assert stacks.identities(name) == before


def test_a_property_that_may_not_change_replaces_the_resource(stacks: Stacks, host: Endpoints) -> None:
    model = host.model()
    name = stacks.create({"Config": served(model)["Config"]})
    old = config_of(stacks, name)
    assert stacks.update(name, {"Config": served(model, count=2)["Config"]}) == "UPDATE_COMPLETE"
    assert config_of(stacks, name) != old
    assert old not in configs(host)
    assert config_of(stacks, name) in configs(host)


def test_a_deleted_stack_leaves_nothing_that_it_named(stacks: Stacks, host: Endpoints) -> None:
    name = stacks.create({"Config": served(host.model())["Config"]})
    assert [one for one in configs(host) if one.startswith(f"{name}-config-")] != []
    assert stacks.delete(name) == "DELETE_COMPLETE"
    assert [one for one in configs(host) if one.startswith(f"{name}-config-")] == []


def test_an_endpoint_follows_a_configuration_that_was_replaced(stacks: Stacks, host: Endpoints) -> None:
    model = host.model()
    name = stacks.create(served(model))
    endpoint = stacks.physical(name, "Endpoint")
    assert stacks.update(name, served(model, count=2)) == "UPDATE_COMPLETE"
    assert stacks.physical(name, "Endpoint") == endpoint
    assert endpoint_of(stacks, name)["ProductionVariants"][0]["CurrentInstanceCount"] == 2


def test_an_update_to_a_model_that_does_not_load_is_rolled_back(stacks: Stacks, host: Endpoints) -> None:
    name = stacks.create(served(host.model()))
    config = endpoint_of(stacks, name)["EndpointConfigName"]
    assert stacks.update(name, served(host.model("broken"))) == "UPDATE_ROLLBACK_COMPLETE"
    assert "did not pass the ping health check" in stacks.reasons(name)
    endpoint = endpoint_of(stacks, name)
    assert endpoint["EndpointStatus"] == "InService"
    assert endpoint["EndpointConfigName"] == config


def test_a_stack_whose_model_does_not_load_is_rolled_back(stacks: Stacks, host: Endpoints) -> None:
    name = stacks.begin(served(host.model("broken")))
    assert stacks.settled(name) == "ROLLBACK_COMPLETE"
    assert "did not pass the ping health check" in stacks.reasons(name)


def test_an_endpoint_that_did_not_come_up_leaves_its_name_to_the_next_deploy(stacks: Stacks, host: Endpoints) -> None:
    own = stacks.aws.name("endpoint")
    assert stacks.settled(stacks.begin(served(host.model("broken"), EndpointName=own))) == "ROLLBACK_COMPLETE"
    assert own not in host.endpoints()
    stacks.create(served(host.model(), EndpointName=own))


def test_the_log_of_an_endpoint_that_did_not_come_up_outlives_the_role_that_wrote_it(
    stacks: Stacks, host: Endpoints
) -> None:
    own = stacks.aws.name("endpoint")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [{"PolicyName": "All", "PolicyDocument": {"Version": "2012-10-17", "Statement": [everything]}}],
        },
    }
    described = host.sagemaker.describe_model(ModelName=host.model("broken"))
    model = {
        "Type": "AWS::SageMaker::Model",
        "Properties": {
            "ExecutionRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
            "PrimaryContainer": described["PrimaryContainer"],
        },
    }
    endpoint = served("", EndpointName=own)
    variants = endpoint["Config"]["Properties"]["ProductionVariants"]
    variants[0]["ModelName"] = {"Fn::GetAtt": ["Model", "ModelName"]}

    name = stacks.begin({"Role": role, "Model": model, **endpoint})

    assert stacks.settled(name) == "ROLLBACK_COMPLETE"
    logs = stacks.aws.client("logs")
    events = logs.filter_log_events(logGroupName=f"/aws/sagemaker/Endpoints/{own}")["events"]
    assert any("RuntimeError: the weights are torn" in event["message"] for event in events)


def test_what_sagemaker_refuses_fails_the_stack_in_its_words(stacks: Stacks) -> None:
    name = stacks.begin(group(ModelPackageGroupName="under_score"))
    assert stacks.settled(name) == "ROLLBACK_COMPLETE"
    assert "at 'modelPackageGroupName' failed to satisfy constraint" in stacks.reasons(name)


def test_a_name_that_is_taken_fails_the_stack(stacks: Stacks) -> None:
    own = stacks.aws.name("group")
    stacks.aws.client("sagemaker").create_model_package_group(ModelPackageGroupName=own)
    name = stacks.begin(group(ModelPackageGroupName=own))
    assert stacks.settled(name) == "ROLLBACK_COMPLETE"
    assert "already exists" in stacks.reasons(name)


def test_a_stack_whose_resource_is_gone_already_is_deleted(stacks: Stacks) -> None:
    own = stacks.aws.name("group")
    name = stacks.create(group(ModelPackageGroupName=own))
    stacks.aws.client("sagemaker").delete_model_package_group(ModelPackageGroupName=own)
    assert stacks.delete(name) == "DELETE_COMPLETE"


def test_a_stack_whose_endpoint_is_gone_already_is_deleted(stacks: Stacks, host: Endpoints) -> None:
    name = stacks.create(served(host.model()))
    endpoint = stacks.physical(name, "Endpoint").rpartition("/")[2]
    host.sagemaker.delete_endpoint(EndpointName=endpoint)
    host.until(lambda: endpoint not in host.endpoints())
    assert stacks.delete(name) == "DELETE_COMPLETE"


def test_an_experiment_that_has_a_trial_keeps_its_stack(stacks: Stacks) -> None:
    own, sagemaker = stacks.aws.name("experiment"), stacks.aws.client("sagemaker")
    name = stacks.create(experiment(ExperimentName=own))
    sagemaker.create_trial(TrialName=f"{own}-trial", ExperimentName=own)
    stacks.client.delete_stack(StackName=name)
    assert stacks.settled(name) == "DELETE_FAILED"
    sagemaker.delete_trial(TrialName=f"{own}-trial")


def test_a_type_that_there_is_not_is_refused_before_anything_is_made(stacks: Stacks) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="AWS::SageMaker::Coffee"):
        stacks.begin({"Coffee": {"Type": "AWS::SageMaker::Coffee"}})


def test_texts_for_truth_are_taken_as_cloudformation_takes_them(stacks: Stacks, host: Endpoints) -> None:
    capture = {
        "EnableCapture": "true",
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{host.bucket}/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    config = served(host.model())["Config"]
    config["Properties"]["DataCaptureConfig"] = capture
    name = stacks.create({"Config": config})
    found = host.sagemaker.describe_endpoint_config(EndpointConfigName=config_of(stacks, name))
    assert found["DataCaptureConfig"]["EnableCapture"] is True
