"""What the plan says of a changed declaration is what its deploy to the local AWS does: one test per change.

All stacks of the manifests of `tests/support/further` are deployed here.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from modelyard.manifest.stack_kinds import MODEL_STACK_KINDS
from modelyard.rehearsal.session import Rehearsal
from support.changed_stage import ChangedStage, ListedDeploy
from support.declaration_changes import (
    EXAMPLE,
    FOREIGN,
    FURTHER,
    MOVED_ENDPOINT,
    OF_THE_STAGE,
    OWN_BUCKET,
    OWN_GROUP,
    OWN_IMAGE,
    ROUNDS,
    STAGE,
    TRACKING,
    UPDATED_DEFINITION,
    Change,
    declarations,
    kinds,
)
from support.endpoints import Endpoints
from support.further_models import IN_A_NETWORK
from support.local_aws import SharedLocalAws
from support.tracking import needs_mlflow

# What the local AWS refuses of a further manifest when its stack is deployed, and in which words.
REFUSED = {
    "packaged": f"ModelPackageName must be of this account's registry here, got {FOREIGN}: a package of another "
    "account or region, or of the AWS Marketplace, cannot be run on this machine"
}
# What it refuses of a further manifest when a run is started, for its stack can be deployed.
REFUSED_RUNS = {
    "bought": "an algorithm's image is not on this machine: rehearse with a container, and train by it on AWS",
    "bought_tuned": "an algorithm's image is not on this machine: rehearse with a container, and search by it on AWS",
}
NETWORK = (
    MOVED_ENDPOINT
    | UPDATED_DEFINITION
    | kinds("batch", "replaced", "Model")
    | kinds("batch", "updated in place", "Role", "StateMachine")
    | kinds("monitoring", "updated in place", "Role", "StateMachine")
    | kinds("serving", "replaced", "Model")
    | kinds("serving", "updated in place", "Role")
    | kinds("training", "updated in place", "Role")
)


@dataclass(kw_only=True)
class Story:
    """The rounds as they are deployed one after another, each when it is first asked for."""

    stage: ChangedStage
    texts: dict[str, str]
    refused: dict[str, str] = field(default_factory=dict)
    _done: list[Mapping[str, ListedDeploy]] = field(default_factory=list)

    def first(self) -> Mapping[str, ListedDeploy]:
        """What is deployed before any change."""
        if not self._done:
            self._done.append(self.stage.deploy(self.texts))
            self.refused = {name: self.stage.failed_run(name.replace("_", "-")) for name in REFUSED_RUNS}
        return self._done[0]

    def after(self, number: int) -> Mapping[str, ListedDeploy]:
        """What a round deployed."""
        self.first()
        while len(self._done) <= number + 1:
            self._done.append(self._deploy(ROUNDS[len(self._done) - 1]))
        return self._done[number + 1]

    def _deploy(self, changes: Sequence[Change]) -> Mapping[str, ListedDeploy]:
        edited = self.texts | {one.of: one.made(self.texts[one.of]) for one in changes}
        done = self.stage.deploy(edited)
        self.texts = edited | {one.of: self.texts[one.of] for one in changes if one.fails}
        return done


def register_packages(aws: SharedLocalAws) -> None:
    """Register two versions of a package of the account's own."""
    aws.client("s3").create_bucket(Bucket=OWN_BUCKET)
    host = Endpoints(aws=aws, bucket=OWN_BUCKET, role=aws.role())
    host.sagemaker.create_model_package_group(ModelPackageGroupName=OWN_GROUP)
    for version in ("1", "2"):
        made = host.container(version, weight=version)
        # Its model reaches no network, from which what builds its code would come.
        container = {**made, "Environment": {**made["Environment"], "PIP_NO_BUILD_ISOLATION": "0"}}
        assert container["Image"] == OWN_IMAGE
        host.sagemaker.create_model_package(
            ModelPackageGroupName=OWN_GROUP,
            ModelApprovalStatus="Approved",
            InferenceSpecification={"Containers": [container], "SupportedContentTypes": ["text/csv"]},
        )


@pytest.fixture(scope="module")
def account() -> Iterator[SharedLocalAws]:
    """An account of its own, which ends with all that is in it, and the way of an operator to it."""
    with Rehearsal() as rehearsal, pytest.MonkeyPatch.context() as patch:
        for name, value in rehearsal.connection.variables().items():
            patch.setenv(name, value)
        yield SharedLocalAws(connection=rehearsal.connection)


@pytest.fixture(scope="module")
def story(account: SharedLocalAws, tmp_path_factory: pytest.TempPathFactory) -> Story:
    register_packages(account)
    stage = ChangedStage(name=STAGE, aws=account, folder=tmp_path_factory.mktemp(STAGE))
    return Story(stage=stage, texts=declarations())


def stacks_of(declaration: str, done: Mapping[str, ListedDeploy]) -> dict[str, ListedDeploy]:
    """The deploys of a declaration's stacks: of one model, or of the stage, that is all of them."""
    if declaration == OF_THE_STAGE:
        return dict(done)
    prefix = f"{STAGE}-{declaration.replace('_', '-')}"
    return {name: one for name, one in done.items() if name.rpartition("-")[0] == prefix}


def said(done: Mapping[str, ListedDeploy]) -> set[str]:
    """Each kind of change that the plan says of some stacks."""
    return {
        f"{name.rpartition('-')[2]} {one.type.rpartition('::')[2]} {one.action}"
        for name, deployed in done.items()
        for one in deployed.done.changes
    }


def marks(number: int) -> list[pytest.MarkDecorator]:
    """What the tests of a round need that not every machine has, and whether they take minutes.

    What changes for the stage alone deploys most stacks again.
    """
    pieces = [piece for change in ROUNDS[number] for edit in change.edits.items() for piece in edit]
    tracks = any(TRACKING in piece for piece in pieces)
    is_long = all(change.of == OF_THE_STAGE for change in ROUNDS[number])
    return [*([needs_mlflow] if tracks else []), *([pytest.mark.week] if is_long else [])]


@pytest.mark.parametrize("manifest", FURTHER)
def test_each_stack_of_a_further_manifest_is_created_or_refused(manifest: str, story: Story) -> None:
    done = stacks_of(manifest, story.first())
    tables = tomllib.loads(declarations()[manifest]).keys() & {kind.key for kind in MODEL_STACK_KINDS}
    assert {name.rpartition("-")[2] for name in done} == tables
    for one in done.values():
        if manifest in REFUSED:
            assert one.done.status == "ROLLBACK_COMPLETE"
            assert REFUSED[manifest] in one.done.reasons
        else:
            one.check()


@pytest.mark.parametrize("stack", ["foundation", "delivery", "fleet", f"{EXAMPLE.replace('_', '-')}-training"])
def test_a_stack_of_the_stage_or_of_the_example_is_created(stack: str, story: Story) -> None:
    story.first()[f"{STAGE}-{stack}"].check()


@pytest.mark.parametrize("manifest", REFUSED_RUNS)
def test_a_run_of_an_algorithm_of_the_marketplace_is_refused(manifest: str, story: Story) -> None:
    story.first()
    assert REFUSED_RUNS[manifest] in story.refused[manifest]


@pytest.mark.parametrize(
    ("number", "change"),
    [
        pytest.param(number, change, id=change.sentence, marks=marks(number))
        for number, changes in enumerate(ROUNDS)
        for change in changes
    ],
)
def test_a_deploy_does_what_was_planned_when(number: int, change: Change, story: Story) -> None:
    done = stacks_of(change.of, story.after(number))
    assert said(done) == change.becomes
    assert {kind for one in done.values() for kind in one.done.kinds} == set(change.fails)
    for one in done.values():
        one.check()


@pytest.mark.parametrize("number", [pytest.param(number, marks=marks(number)) for number in range(len(ROUNDS))])
def test_a_round_changes_no_stack_of_another_declaration(number: int, story: Story) -> None:
    done = story.after(number)
    own = {name for change in ROUNDS[number] for name in stacks_of(change.of, done)}
    assert done.keys() == own


@pytest.mark.week
def test_a_stage_gets_a_network(account: SharedLocalAws, tmp_path: Path) -> None:
    declared = declarations()
    without = {name: declared[name] for name in IN_A_NETWORK} | {OF_THE_STAGE: "[closed]\n"}
    stage = ChangedStage(name="closed", aws=account, folder=tmp_path)
    stage.deploy(without)
    done = stage.deploy(without | {OF_THE_STAGE: declared[OF_THE_STAGE]})
    assert said(done) == NETWORK
    for one in done.values():
        one.check()
