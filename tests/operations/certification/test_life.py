"""Before a life and around it: the estimate, the account that it may begin in, and lives that end early."""

import dataclasses
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import botocore.exceptions
import pytest

from modelyard.operations.aws import Aws
from modelyard.operations.certification import life as lives
from modelyard.operations.certification.ceiling import TEARDOWN_MINUTES, Ceiling, Meter
from modelyard.operations.certification.life import (
    STEPS,
    LifeStep,
    check_enough,
    check_free,
    estimate_of,
    left,
    play,
    prepared,
)
from modelyard.operations.certification.record import Record, Resource, Step
from modelyard.operations.certification.steps import Life
from modelyard.operations.costs.prices import shipped
from modelyard.operations.datasets.churn import ChurnTable
from modelyard.operations.failures import Failure
from modelyard.operations.project import Project
from modelyard.rehearsal.faults import Fault
from modelyard.rehearsal.session import Connection, Rehearsal
from support.projects import cdk, make_project
from support.synth import ROOT

CHURN = Project(models=ROOT / "models").model("churn")
PRICES = dataclasses.replace(shipped(), key=0.0, hour=dict.fromkeys(shipped().hour, 1.0))
LARGE = Ceiling(dollars=1000, minutes=1000)


def test_an_estimate_is_the_steps_and_the_teardown_by_the_price_list() -> None:
    estimate = estimate_of(CHURN, prices=PRICES)
    waits = 10  # of a canary with five minutes each
    assert estimate.minutes == pytest.approx(sum(step.minutes for step in STEPS) + waits + TEARDOWN_MINUTES)
    served = {step.name: step.minutes for step in STEPS}
    two = sum(served[name] for name in ("endpoint", "capture", "check", "scaling")) + TEARDOWN_MINUTES
    four = served["update"] + waits + served["rollback"]
    hours = (3 * served["training"] + 2 * two + served["check"] + 4 * four) / 60
    assert estimate.dollars == pytest.approx(hours)


@pytest.mark.parametrize(
    ("ceiling", "said"),
    [
        (
            Ceiling(dollars=0.01, minutes=1000),
            r"--max-usd must be at least \d+\.\d\d, as a life usually takes, got 0\.01",
        ),
        (
            Ceiling(dollars=1000, minutes=20),
            r"--max-minutes must be at least \d+\.\d\d, as a life usually takes, got 20",
        ),
    ],
)
def test_a_ceiling_that_a_usual_life_passes_is_refused(ceiling: Ceiling, said: str) -> None:
    with pytest.raises(Failure, match=said):
        check_enough(estimate_of(CHURN, prices=PRICES), ceiling=ceiling)


def test_an_account_that_is_not_bootstrapped_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lives, "find_stack", lambda **_: None)
    with pytest.raises(Failure, match="The stack CDKToolkit must be there for cdk deploy, it is not; first: cdk boot"):
        check_free(Aws())


def test_what_nobody_says_is_gone_is_left() -> None:
    def one(*, gone: bool | None) -> Resource:
        return Resource(stack="training", resource="A", kind="AWS::IAM::Role", gone=gone, said="")

    assert left([one(gone=True), one(gone=False), one(gone=None)]) == [one(gone=False), one(gone=None)]


@dataclass(kw_only=True)
class Account:
    """A project and an account of its own, in which lives are begun."""

    folder: Path
    connection: Connection
    said: list[str] = field(default_factory=list)

    def play(self, *, clock: Callable[[], float] = lambda: 0.0, ceiling: Ceiling = LARGE) -> Record:
        meter = Meter(ceiling=ceiling, prices=shipped(), clock=clock)
        project = Project(stage_name="dev", models=Path("models"))
        with prepared(project=project, model="churn", region=None, meter=meter) as life:
            return play(life, say=self.said.append)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    text = (ROOT / "models" / "churn.toml").read_text().replace("num_round = 100", "num_round = 2")
    folder = make_project(tmp_path_factory.mktemp("early") / "project", stage="dev", manifests={"churn": text})
    ChurnTable(rows=400).write(folder=folder / "data" / "churn")
    with Rehearsal() as rehearsal, pytest.MonkeyPatch.context() as patch:
        for name, value in rehearsal.connection.variables().items():
            patch.setenv(name, value)
        patch.setenv("CDK_VALIDATION", "false")
        patch.chdir(folder)
        cdk("bootstrap", folder=folder, stage="dev", environment=os.environ)
        yield Account(folder=folder, connection=rehearsal.connection)


class JumpingClock:
    """Passes a hundred minutes once something holds: a ceiling that is reached in the middle of a deploy."""

    def __init__(self, holds: Callable[[], bool]) -> None:
        self._holds = holds

    def __call__(self) -> float:
        return 6000.0 if self._holds() else 0.0


def stands(name: str) -> bool:
    stacks = Aws().client("cloudformation").describe_stacks()["Stacks"]
    return name in [stack["StackName"] for stack in stacks]


def test_at_a_ceiling_in_the_middle_of_a_deploy_the_life_ends_and_is_deleted(account: Account) -> None:
    clock = JumpingClock(lambda: stands("certify-foundation"))
    record = account.play(clock=clock, ceiling=Ceiling(dollars=100, minutes=60))
    assert record.ended.startswith("ceiling: 100 minutes have passed")
    assert [(step.name, step.outcome) for step in record.steps] == [
        ("foundation and training", "failed"),
        ("teardown", "done"),
    ]
    assert "foundation" in {one.stack for one in record.resources}
    assert left(record.resources) == []
    assert not stands("certify-foundation")


def test_an_account_in_which_a_life_was_left_is_refused(account: Account) -> None:
    cloudformation = account.connection.client("cloudformation")
    template = '{"Resources": {"Alerts": {"Type": "AWS::SNS::Topic"}}}'
    cloudformation.create_stack(StackName="certify-foundation", TemplateBody=template)
    try:
        with pytest.raises(Failure, match="certify-foundation must not be there, a certification has left it"):
            check_free(Aws())
    finally:
        cloudformation.delete_stack(StackName="certify-foundation")
        cloudformation.get_waiter("stack_delete_complete").wait(StackName="certify-foundation")


@pytest.mark.parametrize(
    ("raised", "ended", "outcome"),
    [
        (KeyboardInterrupt(), "interrupted", "interrupted"),
        (Failure("The run zq-1 must end well"), "failed: The run <name-", "failed"),
        (botocore.exceptions.EndpointConnectionError(endpoint_url="http://zq"), "failed: Could not connect", "failed"),
        (KeyError("zq-secret"), "failed: KeyError", "failed"),
    ],
    ids=["interruption", "failure", "no-connection", "answer-that-nobody-expected"],
)
def test_whatever_ends_a_life_it_is_deleted_and_recorded(
    account: Account, monkeypatch: pytest.MonkeyPatch, raised: BaseException, ended: str, outcome: str
) -> None:
    def fail(_life: Life, _step: Step) -> None:
        raise raised

    deploy = dataclasses.replace(STEPS[0], run=deploy_foundation)
    monkeypatch.setattr(lives, "STEPS", (deploy, LifeStep(name="data", minutes=1, run=fail)))
    record = account.play()
    assert record.ended.startswith(ended), record.ended
    assert [step.outcome for step in record.steps] == ["done", outcome, "done"]
    assert len(record.resources) > 5
    assert left(record.resources) == []
    assert not stands("certify-foundation")


def deploy_foundation(life: Life, step: Step) -> None:
    assert life.deploy(step, "foundation") is None


def test_what_cannot_be_deleted_is_named_and_cleared_later(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lives, "STEPS", (dataclasses.replace(STEPS[0], run=deploy_foundation),))
    account.connection.inject(Fault(service="cloudformation", operation="DeleteStack", error="AccessDenied"))
    try:
        record = account.play()
    finally:
        account.connection.clear_faults()
    assert {one.kind for one in left(record.resources)} >= {"AWS::S3::Bucket", "AWS::CloudFormation::Stack"}
    assert any("DeleteStack is not allowed" in line for line in account.said)
    monkeypatch.setattr(lives, "STEPS", ())
    cleared = account.play()
    assert len(cleared.resources) > 5
    assert left(cleared.resources) == []
