"""Questions about a stack in progress, answered when there is something new to say."""

import json
import time

from hosts import Host, variant

from rehearsed import Rehearsed


def test_who_asks_how_a_stack_goes_is_answered_when_it_has_gone(local_aws: Rehearsed, host: Host) -> None:
    cloudformation, name = local_aws.client("cloudformation"), local_aws.name("slow")
    config = host.config(variant(host.model("slow")))
    endpoint = {"Type": "AWS::SageMaker::Endpoint", "Properties": {"EndpointConfigName": config}}
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Endpoint": endpoint}}))
    began, asked = time.monotonic(), 0
    while cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "CREATE_IN_PROGRESS":
        asked += 1
    # The model alone takes three seconds: who asked without a pause would have asked hundreds of times.
    assert time.monotonic() - began > 2
    assert asked <= 3
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def test_who_asks_how_a_finished_stack_went_is_answered_at_once(local_aws: Rehearsed) -> None:
    cloudformation, name = local_aws.client("cloudformation"), local_aws.name("quick")
    topic = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(topic))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    began = time.monotonic()
    cloudformation.describe_stacks(StackName=name)
    assert time.monotonic() - began < 1
