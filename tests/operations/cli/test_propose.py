"""`yard propose` from the data bucket to the pull request: real git, real HTTP, a real plan."""

import io
import json
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modelyard.drift.escaping import for_markdown
from modelyard.manifest.data_layout import DataLayout
from modelyard.operations.aws import Aws
from modelyard.operations.bucket import DataBucket
from modelyard.scenario.commands import Commands, Output
from modelyard.scenario.forge import LoopbackForge
from modelyard.scenario.workspace import Workspace
from support.local_aws import SharedLocalAws
from support.manifests import WHOLE
from support.projects import pack
from support.synth import ROOT
from support.yard import make_foundation

LAYOUT = DataLayout(model="churn")
PROMOTED = f"{LAYOUT.training(run='r1')}/j1/output/model.tar.gz"
RUN, LATER = "retrain-20261122", "retrain-20261123"
CONTAINER = {"Image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/own:1", "ModelDataUrl": "s3://any/model.tar.gz"}
ROWS = 200
SERVED = """name = "scored"
[serving]
container = "xgboost:3.2-0"
instance = "ml.m5.large"
capture = { sampling_percentage = 100 }
[[serving.variants]]
name = "primary"
"""


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """A project's clone, its forge, and the data bucket of its stage."""

    commands: Commands
    forge: LoopbackForge
    bucket: DataBucket
    stage: str
    workspace: Workspace
    aws: Aws
    model: str = "churn"

    def declare(self, manifest: str) -> None:
        """Write the model's manifest, and merge it."""
        folder = self.workspace.folder
        (folder / "models" / f"{self.model}.toml").write_text(manifest, encoding="utf-8")
        identity = ("-c", "user.name=Author", "-c", "user.email=author@localhost")
        for words in (("add", "models"), (*identity, "commit", "-qm", "any"), ("push", "-q", "origin", "HEAD:main")):
            subprocess.run(["git", *words], cwd=folder, check=True)  # noqa: S607

    def yard(self, command: str, *arguments: str, expect: int = 0) -> Output:
        """Run a command of `yard` on the model as a pipeline's job does."""
        words = ("--json", "--stage", self.stage, command, self.model, *arguments)
        return self.commands.yard(*words, expect=(expect,), variables=self.forge.variables)

    def has_registry(self) -> None:
        """Make a stack with a training's group of versions."""
        group = {"Type": "AWS::SageMaker::ModelPackageGroup", "Properties": {"ModelPackageGroupName": self.group}}
        template = {
            "Resources": {"Group": group},
            "Outputs": {"ModelPackageGroupName": {"Value": self.group}},
        }
        cloudformation, name = self.aws.client("cloudformation"), f"{self.stage}-churn-training"
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})

    @property
    def group(self) -> str:
        """The group of the model's versions."""
        return f"{self.stage}-churn"

    def registered(self, *, approval: str = "Approved", made: dict[str, str] | None = None) -> str:
        """Register a version of a run's best trial, and return its ARN."""
        registered = self.aws.client("sagemaker").create_model_package(
            ModelPackageGroupName=self.group,
            ModelApprovalStatus=approval,
            InferenceSpecification={
                "Containers": [CONTAINER],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
            CustomerMetadataProperties={"run": RUN, "trial": "deep"} if made is None else made,
        )
        return str(registered["ModelPackageArn"])

    def propose(self, *arguments: str, expect: int = 0) -> Output:
        """Run `yard propose` as a pipeline's job does."""
        return self.yard("propose", *arguments, expect=expect)

    def proposed(self, *arguments: str) -> dict[str, Any]:
        """What it says of the model: of its newest `approved` version, and of its newest `retrained` run."""
        (document,) = json.loads(self.propose(*arguments).text)
        found: dict[str, Any] = document
        return found


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """A better model that a pipeline has proposed: what was said of it, its page, and the manifest before."""

    pipeline: Pipeline
    document: dict[str, Any]
    page: str
    before: str

    @property
    def pull(self) -> dict[str, Any]:
        """The only pull request."""
        (pull,) = self.pipeline.forge.pulls
        return pull


@contextmanager
def opened(local_aws: SharedLocalAws, folder: Path) -> Iterator[Pipeline]:
    """Lay out the clone of a project whose one model is trained anew by itself, in a stage of its own."""
    stage = local_aws.name("prop").replace("-", "")[:12]
    workspace = Workspace(folder=folder / "project", project=ROOT, model="churn")
    workspace.fill()
    with (workspace.folder / "stages.toml").open("a", encoding="utf-8") as stages:
        stages.write(f"\n[{stage}]\n")
    workspace.declare('\n[training.retrain]\nschedule = "rate(7 days)"\nheld_out = "datasets/validation"\n')
    workspace.set_value("serving.variants", "model", index=0, value=PROMOTED)
    workspace.set_value("monitoring", "baseline", value=LAYOUT.baseline(run="r1"))
    commands = Commands(connection=local_aws.connection, folder=workspace.folder, log=folder / "commands.log")
    with (
        pytest.MonkeyPatch.context() as patch,
        LoopbackForge(folder=folder, project=workspace.folder) as forge,
    ):
        for name, value in local_aws.connection.variables().items():
            patch.setenv(name, value)
        aws = Aws()
        bucket = DataBucket(aws=aws, name=make_foundation(local_aws, stage=stage, policy="Delete"))
        yield Pipeline(commands=commands, forge=forge, bucket=bucket, stage=stage, workspace=workspace, aws=aws)


@pytest.fixture
def pipeline(local_aws: SharedLocalAws, tmp_path: Path) -> Iterator[Pipeline]:
    with opened(local_aws, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def proposed(local_aws: SharedLocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proposed]:
    """Shared by the tests that look at one proposal, which takes two synths."""
    folder = tmp_path_factory.mktemp("proposed")
    with opened(local_aws, folder) as made:
        finished(made.bucket, skill=2.5)
        before = made.workspace.manifest.read_text(encoding="utf-8")
        document = made.proposed("--pages", str(folder / "pages"))["retrained"]
        page = (folder / "pages" / "churn-retrained.html").read_text(encoding="utf-8")
        yield Proposed(pipeline=made, document=document, page=page, before=before)


@pytest.fixture
def registry(pipeline: Pipeline) -> Pipeline:
    """A pipeline of a model that nothing retrains, whose training has registered versions."""
    text = pipeline.workspace.manifest.read_text(encoding="utf-8")
    pipeline.workspace.manifest.write_text(text.partition("\n[training.retrain]")[0] + "\n", encoding="utf-8")
    pipeline.has_registry()
    return pipeline


def finished(
    bucket: DataBucket, *, run: str = RUN, skill: float = 2.5, promoted: str | None = PROMOTED, auc: float = 0.9
) -> None:
    """What a run leaves that an alarm has started: the better its skill, the better it is than the promoted one."""
    random = np.random.default_rng(5)
    labels = random.random(ROWS) < 0.4
    noise = random.normal(size=(2, ROWS))
    scores = {"candidate": labels * skill + noise[0], "promoted": labels * 1.0 + noise[1]}
    root = LAYOUT.retraining(run=run)
    counts = {"held_out": ROWS, "added": 800, "held_out_captures": 0, "unlabelled": 3, "unreadable": {"they <b>": 2}}
    note = {"run": run, "reason": "dev-churn-model-quality-violations", "trial": "deep"}
    board = {
        "run": run,
        "objective": {"metric": "validation:auc", "goal": "maximize"},
        "trials": [
            {
                "name": "deep",
                "job": "j2",
                "status": "Completed",
                "hyperparameters": {},
                "metrics": {"validation:auc": auc},
            }
        ],
    }
    if promoted is not None:
        note["promoted"] = promoted
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("xgboost-model"))
    objects = {
        f"{root}/labels/counts.json": json.dumps(counts).encode(),
        f"{root}/labels/dataset.csv": "".join(f"{int(label)}\n" for label in labels).encode(),
        LAYOUT.leaderboard(run=run): json.dumps(board).encode(),
        f"{LAYOUT.training(run=run)}/j2/output/model.tar.gz": packed.getvalue(),
        f"{LAYOUT.baseline(run=run)}/statistics.json": b"{}",
        f"{LAYOUT.baseline(run=run)}/constraints.json": b'{"version": 0.0, "features": []}',
        LAYOUT.retraining_note(run=run): json.dumps(note).encode(),
    }
    for who, values in scores.items():
        objects[f"{root}/scored/{who}/dataset.csv.out"] = "".join(f"{value}\n" for value in values).encode()
    for key, content in objects.items():
        bucket.write(key=key, content=content)


def test_a_better_model_arrives_as_a_pull_request_of_two_lines(proposed: Proposed) -> None:
    pull, pipeline = proposed.pull, proposed.pipeline

    assert proposed.document["outcome"] == "better"
    assert proposed.document["url"] == pull["html_url"]
    assert pull["head"]["ref"] == f"retrain/churn/{RUN}"
    assert (pull["base"], pull["title"]) == ("main", f"models: promote {RUN} of churn")
    assert pipeline.forge.changes(pull["head"]["ref"]) == [
        f'-model = "{PROMOTED}"',
        f'+model = "churn/training/{RUN}/j2/output/model.tar.gz"',
        '-baseline = "churn/baseline/r1"',
        f'+baseline = "churn/baseline/{RUN}"',
    ]
    # The working tree is whoever's it was.
    assert pipeline.workspace.manifest.read_text(encoding="utf-8") == proposed.before


def test_the_pull_request_says_why_how_it_compares_its_trials_and_what_a_deploy_would_do(proposed: Proposed) -> None:
    body = proposed.pull["body"]

    assert body.startswith(
        "Trained anew because of: dev-churn-model-quality-violations. It is better: the held-out dataset: auc 0."
    )
    assert "| held-out rows | metric | candidate | promoted | gain | from | to | method |" in body
    assert f"| {ROWS} the held-out dataset | auc |" in body
    assert "800 were added to the training data and 0 held out; 3 records have no ground truth, 2 could not be" in body
    assert r"they \<b\>" in body
    assert r"deep | Completed | 0\.9 |" in body
    assert "is replaced for PrimaryContainer" in body
    assert f"### retrain/churn/{RUN} over main" in body


def test_a_page_draws_both_models_and_the_pull_request_says_where_it_is(proposed: Proposed) -> None:
    assert "The retrained model is better" in proposed.page
    assert proposed.page.count('<section aria-labelledby="sample-') == 1
    assert "Of captured rows" in proposed.page
    job = proposed.pipeline.forge.variables["GITHUB_SERVER_URL"] + "/owner/models/actions/runs/1"
    assert f"churn-retrained.html among the artifacts of {job}" in proposed.pull["body"]


def test_a_run_is_proposed_once_and_nothing_else_while_it_is_open(proposed: Proposed) -> None:
    bucket, url = proposed.pipeline.bucket, proposed.pull["html_url"]
    assert [one.key for one in bucket.objects(LAYOUT.open_proposals)] == [f"{LAYOUT.open_proposals}{RUN}"]

    finished(bucket, run=LATER, skill=2.6)
    assert proposed.pipeline.proposed()["retrained"] == {"open": [url]}
    assert proposed.pull["html_url"] == url


def test_a_proposal_that_was_closed_holds_nothing_up_and_is_not_made_again(pipeline: Pipeline) -> None:
    finished(pipeline.bucket, skill=2.5)
    pipeline.propose()
    pipeline.forge.close(1, merged=False)
    again = pipeline.proposed()["retrained"]

    assert again["outcome"] == "better"
    assert list(pipeline.bucket.objects(LAYOUT.open_proposals)) == []
    assert len(pipeline.forge.pulls) == 1


def test_a_model_that_is_not_better_is_judged_once_and_not_proposed(pipeline: Pipeline) -> None:
    finished(pipeline.bucket, skill=1.0)
    first = pipeline.propose()
    (document,) = json.loads(first.text)

    assert document["retrained"]["outcome"] == "not better"
    assert pipeline.forge.pulls == []
    again = pipeline.propose()
    assert f"churn: run {RUN} was judged before (not better): the held-out dataset: auc" in "\n".join(again.errors)


def test_a_run_that_was_compared_with_a_model_of_before_is_outdated(pipeline: Pipeline) -> None:
    finished(pipeline.bucket, skill=2.5, promoted=PROMOTED.replace("r1", "r0"))

    assert pipeline.proposed()["retrained"]["outcome"] == "outdated"
    assert pipeline.forge.pulls == []


def test_a_dry_run_compares_and_leaves_nothing(pipeline: Pipeline) -> None:
    finished(pipeline.bucket, skill=2.5)

    assert pipeline.proposed("--dry-run")["retrained"]["outcome"] == "better"
    assert pipeline.forge.pulls == []
    assert not pipeline.bucket.exists(LAYOUT.retraining_verdict(run=RUN))


def test_a_model_with_answers_that_are_not_finite_is_not_judged_and_its_rows_are_counted(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    finished(pipeline.bucket, skill=2.5)
    key = f"{LAYOUT.retraining(run=RUN)}/scored/candidate/dataset.csv.out"
    content = pipeline.bucket.read(key)
    assert content is not None
    pipeline.bucket.write(key=key, content=b"nan\nnan\n" + content.split(b"\n", 2)[2])
    document = pipeline.proposed("--pages", str(tmp_path / "pages"))["retrained"]
    text = (tmp_path / "pages" / "churn-retrained.html").read_text(encoding="utf-8")

    assert (document["outcome"], pipeline.forge.pulls) == ("unknown", [])
    assert document["why"] == f"the held-out dataset: 2 of {ROWS} labels or answers are not finite"
    assert "Which model is better is not known" in text
    assert "Of the held-out dataset, 2 are left out of the metrics of the candidate: their probability is no" in text


def test_a_run_that_was_judged_is_drawn_for_whoever_asks_by_a_dry_run(pipeline: Pipeline, tmp_path: Path) -> None:
    finished(pipeline.bucket, skill=1.0)
    pipeline.propose()
    pipeline.propose("--pages", str(tmp_path / "by-pipeline"))
    pipeline.propose("--pages", str(tmp_path / "by-hand"), "--dry-run")

    assert not (tmp_path / "by-pipeline").exists()
    text = (tmp_path / "by-hand" / "churn-retrained.html").read_text(encoding="utf-8")
    assert "The retrained model is not better" in text


def test_a_folder_of_pages_that_is_a_file_is_said_to_be(pipeline: Pipeline, tmp_path: Path) -> None:
    finished(pipeline.bucket, skill=2.5)
    (tmp_path / "pages").touch()
    refused = pipeline.propose("--pages", str(tmp_path / "pages"), "--dry-run", expect=1)

    assert str(tmp_path / "pages") in refused.errors[-1]
    assert "Traceback" not in "\n".join(refused.errors)


def test_an_answer_that_is_missing_fails_with_a_sentence(pipeline: Pipeline) -> None:
    finished(pipeline.bucket, skill=2.5)
    key = f"{LAYOUT.retraining(run=RUN)}/scored/candidate/dataset.csv.out"
    pipeline.bucket.write(key=key, content=b"0.5\n")
    refused = "\n".join(pipeline.propose(expect=1).errors)

    assert f"{pipeline.bucket.uri(key)} must hold an answer for each of {ROWS} rows, it holds 1" in refused


def test_a_model_that_fails_keeps_no_other_from_being_proposed(pipeline: Pipeline) -> None:
    finished(pipeline.bucket, skill=2.5)
    pipeline.bucket.write(key=f"{LAYOUT.retraining(run=RUN)}/scored/candidate/dataset.csv.out", content=b"0.5\n")
    replace(pipeline, model="scored").declare(SERVED)
    words = ("--json", "--stage", pipeline.stage, "propose")
    said = pipeline.commands.yard(*words, expect=(1,), variables=pipeline.forge.variables)
    churn, scored = json.loads(said.text)

    assert churn["failure"].startswith("s3://")
    assert scored["approved"]["why"] == "nothing is imported yet"
    assert "churn could not be looked at to the end; mend what is said above" in "\n".join(said.errors)


def test_where_no_run_is_over_nothing_is_proposed(pipeline: Pipeline) -> None:
    said = pipeline.propose()

    assert json.loads(said.text) == [
        {
            "model": "churn",
            "approved": {"version": None, "outcome": "none", "why": "no training is deployed", "url": None},
            "retrained": {"run": None},
        }
    ]
    assert "no run that a schedule or an alarm has started is over yet" in "\n".join(said.errors)


def test_a_token_that_the_forge_does_not_know_pushes_no_branch_unsaid(pipeline: Pipeline) -> None:
    finished(pipeline.bucket, skill=2.5)
    words = ("--stage", pipeline.stage, "propose", "churn")
    variables = {**pipeline.forge.variables, "GITHUB_TOKEN": "another"}
    refused = pipeline.commands.yard(*words, expect=(1,), variables=variables)

    assert "GitHub answers 401 for owner/models: Bad credentials" in "\n".join(refused.errors)
    # The branch is there; the next run of the pipeline opens its request.
    assert pipeline.proposed()["retrained"]["url"] == "https://github.com/owner/models/pull/1"


def test_an_approved_version_arrives_as_a_pull_request_of_promote_s_lines(registry: Pipeline) -> None:
    finished(registry.bucket)
    arn = registry.registered()
    document = registry.proposed()["approved"]

    (pull,) = registry.forge.pulls
    assert (document["version"], document["outcome"], document["url"]) == (arn, "to promote", pull["html_url"])
    assert (pull["head"]["ref"], pull["title"]) == ("approve/churn/1", "models: promote version 1 of churn")
    assert registry.forge.changes(pull["head"]["ref"]) == [
        f'-model = "{PROMOTED}"',
        f'+model = "churn/training/{RUN}/j2/output/model.tar.gz"',
        '-baseline = "churn/baseline/r1"',
        f'+baseline = "churn/baseline/{RUN}"',
    ]
    compared = for_markdown(f"deep: validation:auc 0.9; of {PROMOTED} no value is known to compare it with")
    assert pull["body"].startswith(f"Somebody has approved version 1 in the registry. {compared}.")
    assert "### approve/churn/1 over main" in pull["body"]


def test_a_version_is_proposed_once_whatever_becomes_of_it(registry: Pipeline) -> None:
    finished(registry.bucket)
    registry.registered()
    url = registry.proposed()["approved"]["url"]
    registry.forge.close(1, merged=False)
    said = registry.propose()

    assert json.loads(said.text)[0]["approved"]["url"] == url
    assert f"version 1 was proposed before, and is closed: {url}" in "\n".join(said.errors)
    assert len(registry.forge.pulls) == 1


def test_without_an_approval_nothing_is_proposed(registry: Pipeline) -> None:
    finished(registry.bucket)
    registry.registered(approval="PendingManualApproval")
    document = registry.proposed()["approved"]

    assert (document["outcome"], document["why"]) == ("none", f"no version of {registry.group} is Approved")
    assert registry.forge.pulls == []


def test_a_version_that_is_promoted_is_not_proposed(registry: Pipeline) -> None:
    finished(registry.bucket)
    registry.registered()
    artifact = f"{LAYOUT.training(run=RUN)}/j2/output/model.tar.gz"
    registry.workspace.set_value("serving.variants", "model", index=0, value=artifact)

    assert registry.proposed()["approved"]["outcome"] == "promoted"


def test_a_version_that_is_older_than_what_is_promoted_is_not_proposed(registry: Pipeline) -> None:
    finished(registry.bucket)
    registry.registered()
    registry.registered(approval="PendingManualApproval", made={"run": "r1", "trial": "deep"})

    assert registry.proposed()["approved"]["outcome"] == "outdated"
    assert registry.forge.pulls == []


def test_a_version_that_is_worse_by_the_objective_is_not_proposed(registry: Pipeline) -> None:
    finished(registry.bucket, run=LATER, auc=0.95)
    finished(registry.bucket, auc=0.9)
    registry.registered()
    served = f"{LAYOUT.training(run=LATER)}/j2/output/model.tar.gz"
    registry.workspace.set_value("serving.variants", "model", index=0, value=served)
    document = registry.proposed()["approved"]

    assert document["outcome"] == "not better"
    assert "worse than 0.95 of what is promoted now" in document["why"]


def test_a_version_of_no_run_is_for_a_person_to_promote(registry: Pipeline) -> None:
    arn = registry.registered(made={"made-by": "somebody"})
    document = registry.proposed()["approved"]

    assert document["outcome"] == "by hand"
    assert document["why"] == f"{arn} names no run that made it: yard promote churn --package {arn}"


def test_a_version_whose_run_s_proposal_is_open_is_not_proposed_beside_it(pipeline: Pipeline) -> None:
    finished(pipeline.bucket)
    pipeline.propose()
    pipeline.has_registry()
    pipeline.registered()
    document = pipeline.proposed()
    version, run = document["approved"], document["retrained"]

    assert (version["outcome"], version["url"], run["open"]) == ("to promote", run["open"][0], [version["url"]])
    assert len(pipeline.forge.pulls) == 1


def test_which_of_several_variants_serves_an_approved_version_is_for_a_person_to_say(registry: Pipeline) -> None:
    finished(registry.bucket)
    registry.registered()
    manifest = registry.workspace.manifest
    text = manifest.read_text(encoding="utf-8")
    at = text.index("[[serving.variants]]")
    second = f'[[serving.variants]]\nname = "second"\nmodel = "{PROMOTED}"\n\n'
    manifest.write_text(text[:at] + second + text[at:], encoding="utf-8")
    document = registry.proposed()["approved"]

    assert document["outcome"] == "by hand"
    assert document["why"].startswith("yard promote churn --approved is for a person: --variant must say which of ")
    assert registry.forge.pulls == []


def test_an_approved_import_is_proposed_though_its_model_is_not_trained_here(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    imported = replace(pipeline, model="scored")
    imported.declare(SERVED + '[monitoring]\nengine = "drift"\n')
    before = imported.proposed()["approved"]
    pack(tmp_path / "model.tar.gz", files={"xgboost-model": "any"})
    (tmp_path / "data.csv").write_text("label,age\n" + "".join(f"{row % 2},{row}\n" for row in range(40)))
    data = ("--baseline-data", str(tmp_path / "data.csv"))
    said = imported.yard("import", str(tmp_path / "model.tar.gz"), *data)
    (made,) = [one for one in json.loads(said.text)["sent"] if ":model-package/" in one]
    imported.aws.client("sagemaker").update_model_package(ModelPackageArn=made, ModelApprovalStatus="Approved")
    document = imported.proposed()["approved"]

    assert (before["outcome"], before["why"]) == ("none", "nothing is imported yet")
    assert (document["outcome"], document["version"]) == ("to promote", made)
    (pull,) = imported.forge.pulls
    assert document["url"] == pull["html_url"]
    assert len([line for line in imported.forge.changes("approve/scored/1") if line.startswith("+")]) == 2


def test_where_nothing_is_served_nothing_is_proposed(registry: Pipeline) -> None:
    trained = replace(registry, model="whole")
    trained.declare(WHOLE.partition("[batch]")[0])
    said = trained.propose()

    assert json.loads(said.text) == []
    assert "No model has [serving]; docs/retraining.md says what is proposed" in "\n".join(said.errors)
