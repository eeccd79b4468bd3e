"""A template that lacks one permission: the run fails with AWS's AccessDenied, which names who lacks what."""

import copy
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from synthesized import ROOT, synthesize

from operations.datasets.churn import ChurnTable
from rehearsal.play.commands import Commands
from rehearsal.session import Rehearsal
from rehearsed import Rehearsed

STACK = "dev-churn-training"


@dataclass(kw_only=True)
class Training:
    """The deployed training of churn, whose template can be changed."""

    aws: Rehearsed
    template: Mapping[str, Any]
    bucket: str
    _runs: "itertools.count[int]" = field(default_factory=itertools.count)

    def put(self, template: Mapping[str, Any]) -> None:
        """Update the stack to a template."""
        cloudformation = self.aws.client("cloudformation")
        self.aws.client("s3").put_object(Bucket=self.bucket, Key="template.json", Body=json.dumps(template).encode())
        url = f"{self.aws.reach.endpoint}/{self.bucket}/template.json"
        cloudformation.update_stack(
            StackName=STACK,
            TemplateURL=url,
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": "BootstrapVersion", "UsePreviousValue": True}],
        )
        cloudformation.get_waiter("stack_update_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})

    def run(self) -> Any:
        """Run the state machine with one trial and return its execution at the end."""
        machines = self.aws.client("stepfunctions")
        machine = f"arn:aws:states:us-east-1:111122223333:stateMachine:{STACK}"
        started = machines.start_execution(
            stateMachineArn=machine, name=f"run-{next(self._runs)}", input=json.dumps({"trials": ["shallow"]})
        )
        while (found := machines.describe_execution(executionArn=started["executionArn"]))["status"] == "RUNNING":
            continue
        return found


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Training]:
    folder = tmp_path_factory.mktemp("training")
    app = synthesize(folder / "app", model="churn", preview=False)
    with Rehearsal() as rehearsal:
        commands = Commands(reach=rehearsal.reach, folder=ROOT, log=folder / "log")
        # Away from the repository: there the CLI would synthesize to one folder that another test may be using.
        commands.cdk("bootstrap", f"aws://{rehearsal.reach.account}/us-east-1", folder=folder)
        commands.cdk("deploy", "--app", str(folder / "app"), "--require-approval", "never", "--all")
        aws = Rehearsed(reach=rehearsal.reach)
        (bucket,) = [name for name in _buckets(aws) if "databucket" in name]
        _upload(aws=aws, bucket=bucket, folder=folder / "data")
        yield Training(aws=aws, template=app.templates[STACK], bucket=bucket)


def test_with_all_permissions_the_run_succeeds(training: Training) -> None:
    assert training.run()["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("role", "action"),
    [
        ("TrainingRole", "s3:ListBucket"),
        ("TrainingRole", "s3:GetObject"),
        ("TrainingRole", "s3:PutObject"),
        ("TrainingRole", "kms:Decrypt"),
        ("TrainingRole", "kms:GenerateDataKey"),
        ("BaselineRole", "s3:GetObject"),
        ("RunRole", "sagemaker:CreateTrial"),
        ("RunRole", "sagemaker:CreateTrainingJob"),
        ("RunRole", "sagemaker:CreateModelPackage"),
        ("RunRole", "sagemaker:CreateProcessingJob"),
        ("RunRole", "iam:PassRole"),
        ("RunRole", "events:PutTargets"),
        ("RunRole", "s3:PutObject"),
    ],
)
def test_without_a_permission_the_run_fails_and_says_who_lacks_what(training: Training, role: str, action: str) -> None:
    training.put(without(training.template, role=role, action=action))
    execution = training.run()
    assert execution["status"] == "FAILED"
    assert "is not authorized to perform: " + action in execution["cause"]
    assert f"assumed-role/{STACK}-{role}" in execution["cause"]


def test_a_run_that_may_not_ask_how_a_job_goes_fails(training: Training) -> None:
    # The refusal has the name that throttling has, so the task is tried again, and then meets its own first job.
    training.put(without(training.template, role="RunRole", action="sagemaker:DescribeTrainingJob"))
    execution = training.run()
    assert execution["status"] == "FAILED"
    assert "already exists" in execution["cause"]


def without(template: Mapping[str, Any], *, role: str, action: str) -> dict[str, Any]:
    """Return a template in which one role may not do one thing, anywhere."""
    changed = copy.deepcopy(dict(template))
    (found,) = [
        resource
        for logical_id, resource in changed["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role" and logical_id.startswith(role)
    ]
    document = found["Properties"]["Policies"][0]["PolicyDocument"]
    assert any(action in statement["Action"] for statement in document["Statement"]), action
    left = [{**one, "Action": [name for name in one["Action"] if name != action]} for one in document["Statement"]]
    document["Statement"] = [statement for statement in left if statement["Action"]]
    return changed


def _buckets(aws: Rehearsed) -> list[str]:
    return [bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]]


def _upload(*, aws: Rehearsed, bucket: str, folder: Path) -> None:
    folder.mkdir()
    ChurnTable(rows=400).write(folder=folder)
    for file in (path for path in folder.rglob("*") if path.is_file()):
        key = f"churn/datasets/{file.relative_to(folder)}"
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=file.read_bytes())
