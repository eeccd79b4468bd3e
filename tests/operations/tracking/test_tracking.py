"""Trials in MLflow: what is logged of them, once, beside what scripts have logged; and the aliases of what serves."""

import dataclasses
import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from modelyard.manifest import Model, read_models, read_stage
from modelyard.operations.aws import Aws
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.status import Status, tables
from modelyard.operations.tracking.aliases import aliases_sentence, set_aliases, wanted_aliases
from modelyard.operations.tracking.app import TrackingApp, tracking_app
from modelyard.operations.tracking.runs import Experiment, find_experiment, log_all_runs, log_runs
from modelyard.operations.training.leaderboard import Leaderboard, Trial
from support.browsers import FLAGS, Browser, browser_driver
from support.cloudformation import CAPABILITIES
from support.local_aws import SharedLocalAws, allow
from support.synth import ROOT
from support.tracking import needs_mlflow

pytestmark = needs_mlflow
STAGE = "trk"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}],
}
FOUNDATION = {
    "Resources": {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}},
        "App": {
            "Type": "AWS::SageMaker::MlflowApp",
            "Properties": {
                "Name": "trk-tracking",
                "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                "ArtifactStoreUri": {"Fn::Sub": "s3://${Bucket}/_mlflow"},
                "ModelRegistrationMode": "AutoModelRegistrationDisabled",
            },
        },
    },
    "Outputs": {
        "DataBucketName": {"Value": {"Ref": "Bucket"}},
        "TrackingAppArn": {"Value": {"Fn::GetAtt": ["App", "Arn"]}},
        "Ref": {"Value": {"Ref": "App"}},
    },
}
GROUP = {"Resources": {"Group": {"Type": "AWS::SageMaker::ModelPackageGroup"}}}


def declared(name: str) -> Model:
    """The manifest of churn under another name."""
    stage = read_stage(ROOT / "stages.toml", name="dev")
    (model,) = read_models(ROOT / "models", stage=stage, scripts=ROOT / "training_scripts", only="churn")
    return dataclasses.replace(model, name=name)


def make_stack(local_aws: SharedLocalAws, name: str, template: dict[str, Any]) -> dict[str, str]:
    cloudformation = local_aws.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template), Capabilities=CAPABILITIES)
    while (stack := cloudformation.describe_stacks(StackName=name)["Stacks"][0])["StackStatus"].endswith("PROGRESS"):
        time.sleep(0.2)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}


@pytest.fixture(scope="module")
def foundation(local_aws: SharedLocalAws) -> Iterator[dict[str, str]]:
    yield make_stack(local_aws, f"{STAGE}-foundation", FOUNDATION)
    local_aws.client("cloudformation").delete_stack(StackName=f"{STAGE}-foundation")


class Tracked:
    """A model of a stage that tracks, whose jobs have logs."""

    def __init__(self, local_aws: SharedLocalAws, *, aws: Aws, model: Model) -> None:
        self._local_aws = local_aws
        self.deployment = Deployment(aws=aws, model=model, stage=STAGE)
        self.prefix = f"{STAGE}-{model.name}"
        outputs = {"ModelPackageGroupName": {"Value": {"Fn::GetAtt": ["Group", "ModelPackageGroupName"]}}}
        make_stack(local_aws, f"{self.prefix}-training", {**GROUP, "Outputs": outputs})
        app = tracking_app(self.deployment)
        assert app is not None
        self.app: TrackingApp = app

    def trial(self, name: str, values: Sequence[float] = (0.5, 0.75, 0.875), **changes: Any) -> Trial:
        """A trial that has completed, whose job has printed the metric of each epoch."""
        job = f"{self.prefix}--{name}-20261122-101500"
        self._print(job, [f"[{epoch}] train-auc:0.9 validation-auc:{value}" for epoch, value in enumerate(values)])
        return Trial(
            name=name,
            job=job,
            status="Completed",
            hyperparameters={"max_depth": "3", "sagemaker_program": "train.py"},
            metrics={"validation:auc": values[-1], "final:error": 0.1},
            **changes,
        )

    def board(self, *trials: Trial) -> Leaderboard:
        return Leaderboard(run="20261122-101500", metric="validation:auc", goal="maximize", trials=trials)

    def log(self, *trials: Trial) -> int:
        return log_runs(self.app, deployment=self.deployment, boards=[self.board(*trials)])[1]

    @property
    def experiment(self) -> Experiment:
        return find_experiment(self.app, name=self.prefix)

    def run(self, job: str) -> dict[str, Any]:
        """All that MLflow has of the one run of a job."""
        found = self.app.all("runs/search", member="runs", document={"experiment_ids": [self.experiment.id]})
        runs = [(one, {tag["key"]: tag["value"] for tag in one["data"]["tags"]}) for one in found]
        ((run, tags),) = [(one, tags) for one, tags in runs if tags["modelyard.job"] == job]
        data = {kind: {one["key"]: one["value"] for one in run["data"].get(kind, [])} for kind in ("params", "metrics")}
        return {**data, "tags": tags, "id": run["info"]["run_id"], "status": run["info"]["status"]}

    def history(self, job: str, metric: str) -> list[tuple[int, float]]:
        found = self.app.get("metrics/get-history", run_id=self.run(job)["id"], metric_key=metric)["metrics"]
        return sorted((one.get("step", 0), one["value"]) for one in found)

    def _print(self, job: str, lines: Sequence[str]) -> None:
        logs, group = self._local_aws.client("logs"), "/aws/sagemaker/TrainingJobs"
        stream = {"logGroupName": group, "logStreamName": f"{job}/algo-1-1"}
        if group not in [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]]:
            logs.create_log_group(logGroupName=group)
        logs.create_log_stream(**stream)
        now = round(self._local_aws.now().timestamp() * 1000)
        events = [{"timestamp": now + number, "message": line} for number, line in enumerate(lines)]
        logs.put_log_events(**stream, logEvents=events)


@pytest.fixture
def tracked(local_aws: SharedLocalAws, foundation: dict[str, str], reached: Aws) -> Tracked:
    assert foundation["TrackingAppArn"] == foundation["Ref"]
    return Tracked(local_aws, aws=reached, model=declared(local_aws.name("m")))


def test_a_trial_is_logged_with_parameters_metrics_over_epochs_and_where_its_model_is(tracked: Tracked) -> None:
    trial = tracked.trial("deep")

    assert tracked.log(trial) == 1
    run = tracked.run(trial.job)
    assert run["params"] == {"max_depth": "3"}
    assert tracked.history(trial.job, "validation:auc") == [(1, 0.5), (2, 0.75), (3, 0.875)]
    assert tracked.history(trial.job, "final:error") == [(0, 0.1)]
    uri = f"s3://{tracked.deployment.bucket}/{tracked.deployment.model.name}/training/20261122-101500/{trial.job}"
    assert run["tags"]["modelyard.artifact"] == f"{uri}/output/model.tar.gz"
    assert run["tags"]["mlflow.note.content"].startswith("Trial **deep** of run 20261122-101500")
    assert run["status"] == "FINISHED"


def test_a_trial_that_failed_is_logged_with_its_reason(tracked: Tracked) -> None:
    trial = dataclasses.replace(tracked.trial("bad"), status="Failed", metrics={}, reason="ran out of memory")

    tracked.log(trial)
    run = tracked.run(trial.job)
    assert (run["status"], run["tags"]["modelyard.reason"]) == ("FAILED", "ran out of memory")
    assert "modelyard.artifact" not in run["tags"]


def test_the_package_of_the_best_is_named(tracked: Tracked) -> None:
    trial = tracked.trial("best")
    layout = tracked.deployment.model.layout
    uri = f"s3://{tracked.deployment.bucket}/{layout.training(run='20261122-101500')}/{trial.job}/output/model.tar.gz"
    made = tracked.deployment.aws.client("sagemaker").create_model_package(
        ModelPackageGroupName=tracked.deployment.package_group,
        InferenceSpecification={
            "Containers": [{"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/a:1", "ModelDataUrl": uri}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )

    tracked.log(trial)
    assert tracked.run(trial.job)["tags"]["modelyard.package"] == made["ModelPackageArn"]


def test_what_was_logged_is_not_logged_again(tracked: Tracked) -> None:
    trial = tracked.trial("once")

    assert (tracked.log(trial), tracked.log(trial)) == (1, 0)
    assert len(tracked.history(trial.job, "validation:auc")) == 3


def test_what_a_script_has_logged_stays(tracked: Tracked) -> None:
    trial = tracked.trial("own")
    tags = [{"key": "modelyard.job", "value": trial.job}]
    begun = {"experiment_id": tracked.experiment.id, "run_name": "of its own", "start_time": 1, "tags": tags}
    identity = tracked.app.post("runs/create", begun)["run"]["info"]["run_id"]
    own = {
        "params": [{"key": "max_depth", "value": "three"}],
        "metrics": [{"key": "validation:auc", "value": 0.1, "timestamp": 1, "step": 7}],
        "tags": [{"key": "mlflow.note.content", "value": "mine"}],
    }
    tracked.app.post("runs/log-batch", {"run_id": identity, **own})

    assert tracked.log(trial) == 1
    run = tracked.run(trial.job)
    assert run["params"] == {"max_depth": "three"}
    assert run["tags"]["mlflow.note.content"] == "mine"
    assert tracked.history(trial.job, "validation:auc") == [(7, 0.1)]
    assert tracked.history(trial.job, "final:error") == [(0, 0.1)]


def test_who_was_interrupted_goes_on_where_that_was(tracked: Tracked, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = tracked.trial("cut")
    calls: list[str] = []
    post = TrackingApp.post

    def interrupted(self: TrackingApp, path: str, document: dict[str, Any]) -> dict[str, Any]:
        calls.append(path)
        if path == "runs/update":
            raise KeyboardInterrupt
        return post(self, path, document)

    with monkeypatch.context() as patch:
        patch.setattr(TrackingApp, "post", interrupted)
        with pytest.raises(KeyboardInterrupt):
            tracked.log(trial)

    assert tracked.run(trial.job)["status"] == "RUNNING"
    assert tracked.log(trial) == 1
    assert tracked.run(trial.job)["status"] == "FINISHED"
    assert {step for step, _ in tracked.history(trial.job, "validation:auc")} == {1, 2, 3}


def test_all_runs_that_wrote_a_leaderboard_are_logged(tracked: Tracked) -> None:
    board, model = tracked.board(tracked.trial("one"), tracked.trial("two")), tracked.deployment.model
    tracked.deployment.aws.client("s3").put_object(
        Bucket=tracked.deployment.bucket,
        Key=model.layout.leaderboard(run=board.run),
        Body=json.dumps(board.document).encode(),
    )

    experiment, logged = log_all_runs(tracked.app, deployment=tracked.deployment)
    assert (experiment.place, logged) == (f"#/experiments/{experiment.id}", 2)


def key(tracked: Tracked, trial: Trial) -> str:
    return f"{tracked.deployment.model.name}/training/20261122-101500/{trial.job}/output/model.tar.gz"


def test_a_promoted_artifact_has_one_version_and_the_aliases_follow(tracked: Tracked) -> None:
    first, second = tracked.trial("first"), tracked.trial("second")
    tracked.log(first, second)
    both = {"champion": key(tracked, first), "challenger": key(tracked, second)}

    def set_to(wanted: dict[str, str]) -> dict[str, str]:
        return set_aliases(tracked.app, deployment=tracked.deployment, wanted=wanted)

    assert set_to({"champion": key(tracked, first)}) == {"champion": "1"}
    assert set_to(both) == {"champion": "1", "challenger": "2"}
    assert set_to({"champion": key(tracked, second)}) == {"champion": "2"}
    model = tracked.app.get("registered-models/get", name=tracked.prefix)["registered_model"]
    assert [(one["alias"], str(one["version"])) for one in model["aliases"]] == [("champion", "2")]
    version = tracked.app.get("registered-models/alias", name=tracked.prefix, alias="champion")["model_version"]
    assert version["run_id"] == tracked.run(second.job)["id"]
    assert version["source"] == f"s3://{tracked.deployment.bucket}/{key(tracked, second)}"


def test_a_version_is_said_with_its_alias() -> None:
    assert aliases_sentence({"champion": "3"}, name="dev-churn") == "dev-churn in MLflow: champion is version 3"
    assert aliases_sentence({}, name="dev-churn") == "dev-churn in MLflow: nothing is promoted"


def test_the_first_variant_is_champion_and_the_second_challenger() -> None:
    model = declared("churn")
    assert model.serving is not None
    (variant, *_) = model.serving.variants
    variants = tuple(
        dataclasses.replace(variant, name=name, model=f"churn/training/run/{name}/output/model.tar.gz")
        for name in ("a", "b", "c")
    )
    served = dataclasses.replace(model, serving=dataclasses.replace(model.serving, variants=variants))

    assert wanted_aliases(served) == {
        "champion": "churn/training/run/a/output/model.tar.gz",
        "challenger": "churn/training/run/b/output/model.tar.gz",
    }


def test_who_may_not_call_the_app_is_told_the_permission(
    tracked: Tracked, local_aws: SharedLocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in local_aws.credentials(allow("s3:*")).items():
        monkeypatch.setenv(name, value)

    with pytest.raises(Failure, match=r"it takes sagemaker:CallMlflowAppApi on arn:aws:sagemaker:.*mlflow-app/app-"):
        find_experiment(TrackingApp(aws=Aws(), arn=tracked.app.arn), name="any")


def test_the_status_of_a_model_says_how_its_stage_s_app_is(foundation: dict[str, str], reached: Aws) -> None:
    deployment = Deployment(aws=reached, model=declared("untrained"), stage=STAGE)
    document = Status(deployment=deployment, undeclared=(), resources=()).document()

    assert document["tracking"] == {"app": "trk-tracking", "status": "Created"}
    assert "tracking" in [one.title for one in tables(document)]


def test_the_status_of_an_app_that_may_not_be_described_is_not_known(
    tracked: Tracked, local_aws: SharedLocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in local_aws.credentials(allow("s3:*")).items():
        monkeypatch.setenv(name, value)

    state = TrackingApp(aws=Aws(), arn=tracked.app.arn).state()
    assert state["status"] == "not known: it may not be described"


def test_an_app_that_is_not_reached_is_said_so(tracked: Tracked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT", "http://127.0.0.1:9")

    with pytest.raises(Failure, match=r"127.0.0.1:9 does not answer: .*; check the network"):
        find_experiment(tracked.app, name="any")


def test_a_browser_shows_the_trials_of_a_model(tracked: Tracked) -> None:
    trial = tracked.trial("shown")
    tracked.log(trial)
    url = f"{tracked.app.url()}{tracked.experiment.place}/runs"

    with browser_driver() as port:
        browser = Browser(port=port, flags=[*FLAGS, "--window-size=1600,1000"], options={})
        try:
            browser.visit(url)
            deadline = time.monotonic() + 120
            while trial.job not in (page := str(browser.source())) and time.monotonic() < deadline:
                time.sleep(1)
        finally:
            browser.close()

    assert trial.job in page
