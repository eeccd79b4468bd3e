"""What `yard status` says of runs that nobody starts by hand."""

import json
import time

import pytest

from modelyard.manifest import Model, read_models, read_stage
from modelyard.operations.aws import Aws
from modelyard.operations.bucket import DataBucket
from modelyard.operations.deployment import Deployment
from modelyard.operations.retraining.proposing import Register, Verdict
from modelyard.operations.retraining.state import last_retraining
from support.local_aws import SharedLocalAws
from support.synth import ROOT
from support.task_machines import machine
from support.yard import make_foundation

RUN = "retrain-20261122"


@pytest.fixture(scope="module")
def churn() -> Model:
    stage = read_stage(ROOT / "stages.toml", name="dev")
    (model,) = read_models(ROOT / "models", stage=stage, scripts=ROOT / "training_scripts", only="churn")
    return model


@pytest.fixture
def deployment(local_aws: SharedLocalAws, reached: Aws, churn: Model) -> Deployment:
    stage = local_aws.name("state").replace("-", "")
    make_foundation(local_aws, stage=stage, policy="Delete")
    return Deployment(aws=reached, model=churn, stage=stage)


def calls(aws: SharedLocalAws, deployment: Deployment, *, result: dict[str, object]) -> str:
    """A training stack with a machine that ends so when it is called."""
    arn = machine(aws, {"StartAt": "End", "States": {"End": {"Type": "Pass", "Result": result, "End": True}}})
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"RetrainingStateMachineArn": {"Value": arn}},
    }
    cloudformation, name = aws.client("cloudformation"), deployment.name_of("training")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    return arn


def test_a_stack_that_nothing_retrains_has_nothing_to_say(deployment: Deployment) -> None:
    assert last_retraining(deployment) is None


def test_before_the_first_call_all_is_empty(local_aws: SharedLocalAws, deployment: Deployment) -> None:
    calls(local_aws, deployment, result={"started": True})
    found = last_retraining(deployment)

    assert found is not None
    assert set(found.values()) == {None}


def test_the_last_call_its_result_and_the_verdict_on_the_newest_run_are_said(
    local_aws: SharedLocalAws, deployment: Deployment
) -> None:
    arn = calls(local_aws, deployment, result={"started": False, "reason": "a proposal waits for review"})
    machines = local_aws.client("stepfunctions")
    execution = machines.start_execution(stateMachineArn=arn, input="{}")["executionArn"]
    while machines.describe_execution(executionArn=execution)["status"] == "RUNNING":
        time.sleep(0.05)
    bucket, layout = DataBucket(aws=deployment.aws, name=deployment.bucket), deployment.model.layout
    note = {"run": RUN, "reason": "an-alarm", "promoted": "churn/training/r/j/output/model.tar.gz", "trial": "deep"}
    bucket.write(key=layout.retraining_note(run=RUN), content=json.dumps(note).encode())
    verdict = Verdict(run=RUN, outcome="better", why="it is", url="https://github.com/o/r/pull/1")
    Register(model=deployment.model, bucket=bucket).decide(verdict)
    found = last_retraining(deployment)

    assert found is not None
    assert found.pop("last_call") is not None
    assert found == {
        "result": "a proposal waits for review",
        "last_run": RUN,
        "started_by": "an-alarm",
        "verdict": "better",
        "proposal": "https://github.com/o/r/pull/1",
    }
