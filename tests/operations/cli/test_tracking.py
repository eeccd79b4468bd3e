"""What commands say of MLflow."""

from collections.abc import Iterator

import pytest

from modelyard.manifest import Model
from modelyard.manifest.stack_kinds import StackKey
from modelyard.operations.aws import Aws
from modelyard.operations.cli.tracking import note_aliases, note_logged, screen_url
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.operator import Operator
from modelyard.operations.project import Project
from modelyard.operations.screen.screen import Screen
from support.cloudformation import Stacks
from support.local_aws import SharedLocalAws

ARN = "arn:aws:sagemaker:us-east-1:111122223333:mlflow-app/app-AAAAAAAAAAAA"


@pytest.fixture
def stacks(local_aws: SharedLocalAws) -> Iterator[Stacks]:
    made = Stacks(aws=local_aws)
    yield made
    made.end()


class Named(Deployment):
    """A deployment all of whose stacks have one name, of the test's own."""

    stack_name = ""

    def name_of(self, key: StackKey) -> str:
        return self.stack_name


def deployment(stacks: Stacks, aws: Aws, **outputs: str) -> Deployment:
    named = {key: {"Value": value} for key, value in outputs.items()}
    name = stacks.create({"Group": {"Type": "AWS::SageMaker::ModelPackageGroup"}}, Outputs=named)
    made = Named(aws=aws, model=Model(name="churn"), stage="dev")
    made.stack_name = name
    return made


@pytest.fixture
def operator(reached: Aws) -> Operator:
    return Operator(project=Project(stage_name="dev"), aws=reached, screen=Screen(as_json=False))


def test_to_open_trials_takes_a_stage_that_tracks(stacks: Stacks, operator: Operator) -> None:
    plain = deployment(stacks, operator.aws, DataBucketName="bucket")

    with pytest.raises(
        Failure, match=r"and dev has none; add tracking = \{\} to \[dev\] in stages.toml and cdk deploy"
    ):
        screen_url(operator, deployment=plain)


def test_a_stage_that_does_not_track_is_told_nothing(
    stacks: Stacks, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = deployment(stacks, operator.aws, DataBucketName="bucket")
    note_logged(operator, deployment=plain, boards=[])
    note_aliases(operator, deployment=plain)

    assert capsys.readouterr().err == ""


def test_a_run_does_not_fail_for_mlflow_and_says_what_is_missing(
    stacks: Stacks, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    tracked = deployment(stacks, operator.aws, DataBucketName="bucket", TrackingAppArn=ARN)
    note_logged(operator, deployment=tracked, boards=[])
    note_aliases(operator, deployment=tracked)

    said = capsys.readouterr().err
    assert "Not logged to MLflow: MLflow refuses experiments/get-by-name" in said
    assert "this does it later: yard leaderboard churn --open" in said
    assert "MLflow's aliases are not set: MLflow refuses registered-models/get" in said
    assert "once this is deployed, yard verify churn does it" in said
