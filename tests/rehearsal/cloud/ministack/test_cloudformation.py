"""Questions of the CDK CLI about a stack in progress, answered when there is something new to say."""

import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import botocore.config
import botocore.exceptions
import pytest

from modelyard.rehearsal.session import Rehearsal
from support.cloudformation import Stacks
from support.endpoints import Endpoints, variant
from support.local_aws import SharedLocalAws


@pytest.fixture
def cli(local_aws: SharedLocalAws) -> Any:
    """A client that says of itself what the CLI's says."""
    session = boto3.session.Session(
        local_aws.connection.account, local_aws.connection.secret, region_name=local_aws.connection.region
    )
    config = botocore.config.Config(user_agent_extra="aws-sdk-js/3.0")
    return session.client("cloudformation", endpoint_url=local_aws.connection.endpoint, config=config)


@pytest.fixture
def stacks(local_aws: SharedLocalAws) -> Iterator[Stacks]:
    made = Stacks(aws=local_aws)
    yield made
    made.end()


@pytest.fixture
def slow(local_aws: SharedLocalAws, host: Endpoints) -> str:
    """A stack that has just begun, whose model takes three seconds to load."""
    cloudformation, name = local_aws.client("cloudformation"), local_aws.name("slow")
    config = host.config(variant(host.model("slow")))
    endpoint = {"Type": "AWS::SageMaker::Endpoint", "Properties": {"EndpointConfigName": config}}
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Endpoint": endpoint}}))
    return name


def asked(client: Any, name: str) -> int:
    """Return how often a client asks until a stack has gone, without a pause of its own."""
    count = 1
    while client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"].endswith("_IN_PROGRESS"):
        count += 1
    return count


def test_the_cli_is_answered_when_the_stack_has_gone(cli: Any, slow: str) -> None:
    began = time.monotonic()
    assert asked(cli, slow) <= 3
    assert time.monotonic() - began > 2


def test_others_are_answered_at_once(local_aws: SharedLocalAws, slow: str) -> None:
    assert asked(local_aws.client("cloudformation"), slow) > 10


def test_the_cli_is_answered_at_once_when_nothing_is_in_progress(cli: Any) -> None:
    name = f"quick-{time.monotonic_ns()}"
    cli.create_stack(StackName=name, TemplateBody='{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}')
    asked(cli, name)
    began = time.monotonic()
    assert asked(cli, name) == 1
    assert time.monotonic() - began < 1


def test_a_type_that_the_region_does_not_know_is_refused_before_anything_is_made() -> None:
    template = json.dumps({"Resources": {"Experiment": {"Type": "AWS::SageMaker::Experiment"}}})

    with Rehearsal(region="eu-central-2") as rehearsal:
        client = rehearsal.connection.client("cloudformation")
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            client.create_stack(StackName="training", TemplateBody=template)
        stacks = client.describe_stacks()["Stacks"]

    assert refused.value.response["Error"] == {
        "Type": "Sender",
        "Code": "ValidationError",
        "Message": "Template format error: Unrecognized resource types: [AWS::SageMaker::Experiment]",
    }
    assert stacks == []


def test_a_log_group_that_is_there_already_fails_the_stack_that_would_make_it(
    local_aws: SharedLocalAws, stacks: Stacks
) -> None:
    name = local_aws.name("/aws/sagemaker/Endpoints/e")
    local_aws.client("logs").create_log_group(logGroupName=name)
    stack = stacks.begin({"Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name}}})
    assert stacks.settled(stack) == "ROLLBACK_COMPLETE"
    assert "already exists" in stacks.reasons(stack)
    assert local_aws.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"] != []


def test_an_export_that_is_imported_cannot_go(local_aws: SharedLocalAws, stacks: Stacks) -> None:
    export = local_aws.name("export")
    exporting = stacks.create(topic("one"), Outputs=exported(export, value="one"))
    importing = stacks.create(topic({"Fn::ImportValue": export}))
    assert stacks.update(exporting, topic("two")) == "UPDATE_ROLLBACK_COMPLETE"
    assert f"Export {export} cannot be deleted as it is in use by {importing}" in stacks.reasons(exporting)
    assert exports(local_aws)[export] == "one"
    stacks.delete(importing)


def test_an_export_that_is_imported_keeps_its_value(local_aws: SharedLocalAws, stacks: Stacks) -> None:
    export = local_aws.name("export")
    exporting = stacks.create(topic("one"), Outputs=exported(export, value="one"))
    importing = stacks.create(topic({"Fn::ImportValue": export}))
    assert stacks.update(exporting, topic("one"), Outputs=exported(export, value="two")) == "UPDATE_ROLLBACK_COMPLETE"
    assert f"Export {export} cannot be updated as it is in use by {importing}" in stacks.reasons(exporting)
    assert exports(local_aws)[export] == "one"
    stacks.delete(importing)


def test_an_export_that_nobody_imports_changes_and_goes(local_aws: SharedLocalAws, stacks: Stacks) -> None:
    export = local_aws.name("export")
    exporting = stacks.create(topic("one"), Outputs=exported(export, value="one"))
    assert stacks.update(exporting, topic("one"), Outputs=exported(export, value="two")) == "UPDATE_COMPLETE"
    assert exports(local_aws)[export] == "two"
    assert stacks.update(exporting, topic("two")) == "UPDATE_COMPLETE"
    assert export not in exports(local_aws)


def topic(title: Any) -> dict[str, Any]:
    return {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": title}}}


def exported(name: str, *, value: str) -> dict[str, Any]:
    return {"Out": {"Value": value, "Export": {"Name": name}}}


def exports(local_aws: SharedLocalAws) -> dict[str, str]:
    pages = local_aws.client("cloudformation").get_paginator("list_exports").paginate()
    return {one["Name"]: one["Value"] for page in pages for one in page["Exports"]}
