"""The newest kept release is deployed, and what is here now over it, with data in the bucket and traffic on.

Another model is promoted with the same deploy: so an endpoint moves, by its canary, whatever has changed since.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from maintenance.keep_release import unpack, versions
from modelyard.operations.planning.differences import Action
from modelyard.rehearsal.session import Rehearsal
from support.local_aws import SharedLocalAws
from support.synth import synthesize
from support.upgrades import ENDPOINTS, NEXT, Account, Upgrade, promoted_again

# What people, alarms, dashboards and other stacks know by its name. The alarms of 0.1.0 had none that anybody chose.
KNOWN_BY_NAME = (
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::Experiment",
    "AWS::SageMaker::ModelPackageGroup",
    "AWS::SageMaker::MonitoringSchedule",
    "AWS::Scheduler::Schedule",
    "AWS::StepFunctions::StateMachine",
)
# An hour, and as long as a check may be late.
UNTIL_CHECKED = 80 * 60


@dataclass(frozen=True, kw_only=True)
class Upgraded:
    account: Account
    upgrade: Upgrade
    old: Path


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    folder = tmp_path_factory.mktemp("upgrade")
    old, new = unpack(version=versions()[-1], folder=folder / "old"), folder / "new"
    synthesize(new, models=promoted_again(folder / "models"), preview=False)
    with Rehearsal() as rehearsal:
        account = Account(aws=SharedLocalAws(connection=rehearsal.connection), folder=folder)
        account.begin(old)
        yield Upgraded(account=account, upgrade=account.upgrade(new), old=old)


def test_no_request_fails(upgraded: Upgraded) -> None:
    assert upgraded.account.traffic.failed == []
    assert min(upgraded.account.traffic.sent_to(name) for name in ENDPOINTS) >= 40


def test_every_version_of_every_object_is_still_there(upgraded: Upgraded) -> None:
    before, after = upgraded.upgrade.before.versions, upgraded.upgrade.after.versions
    assert len(before["churn/datasets/train/part-0.csv"]) == 2
    assert {key: ids - after.get(key, frozenset()) for key, ids in before.items()} == dict.fromkeys(before, frozenset())


def test_every_request_is_in_the_captures(upgraded: Upgraded) -> None:
    account = upgraded.account
    assert account.captured("churn", "dev-churn") == account.traffic.sent_to("dev-churn")


def test_nothing_that_is_kept_is_replaced_or_goes(upgraded: Upgraded) -> None:
    upgrade = upgraded.upgrade
    assert {stack for stack, _ in upgrade.kept} >= {"dev-foundation", "dev-churn-training"}
    assert upgrade.kept & (upgrade.replaced | upgrade.gone) == set()


@pytest.mark.parametrize("kind", KNOWN_BY_NAME)
def test_what_is_known_by_its_name_keeps_it(upgraded: Upgraded, kind: str) -> None:
    upgrade = upgraded.upgrade
    known = {one for one, its_kind in upgrade.kinds.items() if its_kind == kind}
    assert known
    assert known & (upgrade.replaced | upgrade.gone) == set()


def test_the_endpoint_moved_to_the_model_that_was_promoted(upgraded: Upgraded) -> None:
    sagemaker = upgraded.account.aws.client("sagemaker")
    config = sagemaker.describe_endpoint(EndpointName="dev-churn")["EndpointConfigName"]
    (variant,) = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    model = sagemaker.describe_model(ModelName=variant["ModelName"])["PrimaryContainer"]
    assert NEXT in model["ModelDataUrl"]


def test_the_plan_says_that_the_deploy_goes_through(upgraded: Upgraded) -> None:
    assert upgraded.upgrade.predicted["fails"] is False


def test_what_is_replaced_is_what_the_plan_has_said(upgraded: Upgraded) -> None:
    replaced = upgraded.upgrade.replaced
    assert {upgraded.upgrade.kinds[one] for one in replaced} >= {
        "AWS::SageMaker::EndpointConfig",
        "AWS::SageMaker::Model",
    }
    assert replaced == upgraded.upgrade.told(Action.REPLACE)


def test_what_goes_and_what_comes_is_what_the_plan_has_said(upgraded: Upgraded) -> None:
    upgrade = upgraded.upgrade
    assert upgrade.gone == upgrade.told(Action.REMOVE, Action.ABANDON)
    assert upgrade.added == upgrade.told(Action.ADD)


def test_both_engines_go_on_checking(upgraded: Upgraded) -> None:
    before = _checks(upgraded.account)
    upgraded.account.aws.advance(seconds=UNTIL_CHECKED)
    after = _checks(upgraded.account)
    assert {name: after[name] > before[name] for name in before} == {"model-monitor": True, "drift": True}


def _checks(account: Account) -> dict[str, int]:
    """How many checks have begun, by the engine: of churn's traffic, and of churn_forest's."""
    client = account.aws.client
    outputs = client("cloudformation").describe_stacks(StackName="dev-churn-forest-monitoring")["Stacks"][0]["Outputs"]
    machine = next(one["OutputValue"] for one in outputs if one["OutputKey"] == "CheckStateMachineArn")
    managed = client("sagemaker").list_monitoring_executions(MonitoringScheduleName="dev-churn-data-quality")
    own = client("stepfunctions").list_executions(stateMachineArn=machine)
    return {"model-monitor": len(managed["MonitoringExecutionSummaries"]), "drift": len(own["executions"])}
