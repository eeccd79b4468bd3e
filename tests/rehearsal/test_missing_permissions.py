"""A template that lacks one permission: the work that needs it fails, or goes on without, and somebody says so.

A sample of what `PYTHONPATH=tests python -m proofs.permissions` does with every permission of every role.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from proofs.permissions.changes import Change
from proofs.permissions.machines import execute
from proofs.permissions.proof import BROKEN, DENIED, NEVER_ASKED, QUIET, UNUSED_ROLE, Finding, Proof
from proofs.permissions.roles import deployed_roles
from proofs.permissions.world import Failed, World, build

from modelyard.rehearsal.session import Rehearsal

TRAINING = "dev-churn-training"
PARTS = {
    "churn training",
    "churn batch",
    "churn retraining look",
    "churn retraining call failing",
    "dev-churn-monitoring WatchWritten event",
}


@dataclass(kw_only=True)
class Tried:
    """The deployed churn, each part of which was done once."""

    world: World
    proof: Proof
    changes: Sequence[Change]

    def found(self, role: str, kind: str, action: str) -> Finding:
        """What becomes of the first change of a kind that concerns an action of a role."""
        (stack, name), *_ = [role.split("/")]
        change = next(
            one
            for one in self.changes
            if one.role.stack == stack
            and one.role.logical_id.startswith(name)
            and one.kind == kind
            and action in one.action.split(", ")
        )
        (finding,) = self.proof.findings([change])
        return finding


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    with pytest.MonkeyPatch.context() as patch, Rehearsal() as rehearsal:
        for name, value in rehearsal.connection.variables().items():
            patch.setenv(name, value)
        world = build(rehearsal=rehearsal, folder=tmp_path_factory.mktemp("world"), models=("churn",))
        proof = Proof(world=world, told=lambda _: None, wanted=lambda part: part.name in PARTS)
        proof.rehearse()
        yield Tried(world=world, proof=proof, changes=proof.changes())


@pytest.mark.parametrize(
    ("role", "action"),
    [
        ("dev-churn-training/TrainingRole", "s3:GetObject"),
        ("dev-churn-training/TrainingRole", "kms:Decrypt"),
        ("dev-churn-training/TrainingRole", "kms:CreateGrant"),
        ("dev-churn-training/BaselineRole", "kms:Encrypt"),
        ("dev-churn-training/RunRole", "sagemaker:CreateTrial"),
        ("dev-churn-training/RunRole", "sagemaker:CreateTrainingJob"),
        ("dev-churn-training/RunRole", "sagemaker:AddTags"),
        ("dev-churn-training/RunRole", "sagemaker:CreateProcessingJob"),
        ("dev-churn-training/RunRole", "iam:PassRole"),
        ("dev-churn-training/RunRole", "events:PutTargets"),
        ("dev-churn-training/RetrainingStartRole", "cloudwatch:DescribeAlarms"),
        ("dev-churn-batch/ModelRole", "s3:PutObject"),
        ("dev-churn-monitoring/WatchCountRole", "cloudwatch:PutMetricData"),
    ],
)
def test_without_an_action_the_work_fails_and_says_who_lacks_what(tried: Tried, role: str, action: str) -> None:
    finding = tried.found(role, "remove", action)
    assert (finding.how, finding.change.action) == (DENIED, action), finding.said
    assert f"assumed-role/{role.replace('/', '-')}" in finding.said


@pytest.mark.parametrize(
    ("role", "action", "how"),
    [
        ("dev-churn-training/RunRole", "sns:Publish", QUIET),
        ("dev-churn-training/RetrainingStartRole", "sns:Publish", QUIET),
        ("dev-churn-training/TrainingRole", "logs:PutLogEvents", QUIET),
        ("dev-churn-training/TrainingRole", "ecr:BatchGetImage", NEVER_ASKED),
        ("dev-churn-serving/ModelRole", "s3:GetObject", UNUSED_ROLE),
        # It cannot ask how its job goes, tries again, and meets that job: the refusal has throttling's name.
        ("dev-churn-training/RunRole", "sagemaker:DescribeTrainingJob", BROKEN),
    ],
)
def test_what_goes_on_without_is_told_from_what_nothing_asks_for(
    tried: Tried, role: str, action: str, how: str
) -> None:
    assert tried.found(role, "remove", action).how == how


@pytest.mark.parametrize(
    ("role", "kind", "action"),
    [
        ("dev-churn-training/TrainingRole", "narrow", "s3:GetObject"),
        ("dev-churn-training/TrainingRole", "condition", "s3:ListBucket"),
        ("dev-churn-training/RunRole", "condition", "iam:PassRole"),
        ("dev-churn-monitoring/WatchCountRole", "condition", "cloudwatch:PutMetricData"),
        ("dev-churn-monitoring/WatchStartRole", "condition", "sts:AssumeRole"),
        ("dev-churn-training/TrainingRole", "trust", "sts:AssumeRole"),
    ],
)
def test_a_resource_a_condition_and_a_trust_count_as_an_action_does(
    tried: Tried, role: str, kind: str, action: str
) -> None:
    assert tried.found(role, kind, action).noticed


def test_after_a_change_everything_is_as_it_was(tried: Tried) -> None:
    tried.found("dev-churn-training/RunRole", "remove", "sagemaker:CreateTrial")
    (role,) = [one for one in deployed_roles(tried.world) if one.label == f"{TRAINING}/RunRole"]
    (before,) = {id(one.role): one.role for one in tried.changes if one.role.label == role.label}.values()
    assert role == before


def test_a_part_that_does_not_succeed_proves_nothing(tried: Tried) -> None:
    machine = f"arn:aws:states:us-east-1:{tried.world.aws.connection.account}:stateMachine:{TRAINING}"
    with pytest.raises(Failed, match="trials must be some of"):
        execute(tried.world, machine=machine, given={"trials": ["unknown"]})


def test_a_finding_is_written_as_json(tried: Tried) -> None:
    document = tried.found("dev-churn-training/TrainingRole", "remove", "ecr:BatchGetImage").document
    assert json.loads(json.dumps(document)) == document
    assert (document["stack"], document["role"], document["noticed"]) == (TRAINING, "TrainingRole", False)
