"""`yard promote` between stages and variants: foundations by hand, and a run as a state machine leaves it."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from modelyard.manifest import Model
from modelyard.manifest.reading import read_model
from support.local_aws import SharedLocalAws
from support.projects import make_project
from support.synth import ROOT
from support.yard import Ran, Yard, make_foundation

RUN = "20261122-101500-ab12cd34"
VALUES = {"small": 0.9, "large": 0.94}


@dataclass(frozen=True, kw_only=True, slots=True)
class Stages:
    """Two stages of one project: in the first a model was trained."""

    yard: Yard
    aws: SharedLocalAws
    models: Path
    first: str
    second: str
    source: str

    def promote(self, *arguments: str) -> Ran:
        return self.yard("promote", "churn_forest", *arguments, "--stage", self.first, "--models", str(self.models))

    @property
    def file(self) -> Path:
        return self.models / "churn_forest.toml"

    def variants(self) -> dict[str, tuple[str | None, float]]:
        serving = read_model(self.file).serving
        assert serving is not None
        return {one.name: (trial_of(one.model), one.weight) for one in serving.variants}


def trial_of(artifact: str | None) -> str | None:
    return artifact.split("/")[3] if artifact is not None else None


@pytest.fixture
def stages(yard: Yard, local_aws: SharedLocalAws, tmp_path: Path) -> Stages:
    first, second = (local_aws.name(name).replace("-", "") for name in ("first", "second"))
    text = (ROOT / "models/churn_forest.toml").read_text()
    models = make_project(tmp_path / "project", stage=first, manifests={"churn_forest": text}) / "models"
    with (models.parent / "stages.toml").open("a") as declared:
        declared.write(f"[{second}]\n")
    source = make_foundation(local_aws, stage=first, policy="Delete")
    trained(local_aws, model=read_model(models / "churn_forest.toml"), bucket=source)
    return Stages(yard=yard, aws=local_aws, models=models, first=first, second=second, source=source)


HYPERPARAMETERS = {"small": {"max_depth": "6"}, "large": {"max_depth": "12"}}


def trained(aws: SharedLocalAws, *, model: Model, bucket: str) -> None:
    """What a run leaves in the data bucket: its leaderboard, an artifact for each trial, and the baseline."""
    trials = [
        {
            "name": name,
            "job": name,
            "status": "Completed",
            "hyperparameters": HYPERPARAMETERS[name],
            "metrics": {"validation:auc": value},
        }
        for name, value in sorted(VALUES.items(), key=lambda one: -one[1])
    ]
    board = {"run": RUN, "objective": {"metric": "validation:auc", "goal": "maximize"}, "trials": trials}
    layout = model.layout
    objects = {layout.leaderboard(run=RUN): json.dumps(board)}
    objects |= {f"{layout.training(run=RUN)}/{name}/output/model.tar.gz": name for name in VALUES}
    objects |= {f"{layout.baseline(run=RUN)}/{name}.json": "{}" for name in ("statistics", "constraints")}
    for key, content in objects.items():
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=content.encode())


def test_a_first_promotion_fills_every_variant_and_leaves_the_weights(stages: Stages) -> None:
    assert stages.promote().code == 0
    assert stages.variants() == {"champion": ("large", 3), "challenger": ("large", 1)}


def test_a_later_promotion_must_say_which_variant_it_is_for(stages: Stages) -> None:
    stages.promote()
    said = stages.promote("--trial", "small", "--force")
    assert (said.code, said.err) == (
        1,
        "--variant must say which of champion, challenger is to serve the model; name one of them\n",
    )


def test_a_challenger_is_promoted_alone_with_its_share_of_the_traffic(stages: Stages) -> None:
    stages.promote("--trial", "small")
    said = stages.promote("--trial", "large", "--variant", "challenger", "--weight", "0.5", "--json")
    assert "large: validation:auc 0.94, 0.9 before" in said.err
    assert stages.variants() == {"champion": ("small", 3), "challenger": ("large", 0.5)}
    added = [line for line in said.document["diff"].splitlines() if line.startswith("+") and "+++" not in line]
    assert len(added) == 2


def test_a_worse_challenger_is_refused_by_what_its_own_variant_serves(stages: Stages) -> None:
    stages.promote()
    before = stages.file.read_text()
    said = stages.promote("--trial", "small", "--variant", "challenger")
    assert said.code == 1
    assert "has validation:auc 0.9, worse than 0.94 of what is promoted now" in said.err
    assert stages.file.read_text() == before


def test_a_promotion_to_another_stage_copies_artifact_leaderboard_and_baseline(stages: Stages) -> None:
    target = make_foundation(stages.aws, stage=stages.second, policy="Delete")
    said = stages.promote("--from", stages.first, "--to", stages.second)
    listed = stages.aws.client("s3").list_objects_v2(Bucket=target)["Contents"]
    assert said.code == 0
    assert [one["Key"] for one in listed] == [
        f"churn_forest/baseline/{RUN}/constraints.json",
        f"churn_forest/baseline/{RUN}/statistics.json",
        f"churn_forest/training/{RUN}/large/output/model.tar.gz",
        f"churn_forest/training/{RUN}/leaderboard.json",
    ]
    assert said.err.endswith(
        f"next: cdk diff -c stage={stages.second}, then cdk deploy --all -c stage={stages.second}\n"
    )


def test_each_promotion_writes_the_declared_limits_into_its_baseline(stages: Stages) -> None:
    constraints = {"features": [{"name": "age", "inferred_type": "Integral", "completeness": 1.0}]}
    suggested = f"churn_forest/baseline/{RUN}"
    stages.aws.client("s3").put_object(
        Bucket=stages.source, Key=f"{suggested}/constraints.json", Body=json.dumps(constraints).encode()
    )
    declare(stages, "completeness = 0.8")
    target = make_foundation(stages.aws, stage=stages.second, policy="Delete")
    said = stages.promote("--to", stages.second, "--json")

    monitoring = read_model(stages.file).monitoring
    assert monitoring is not None
    assert monitoring.limits is not None
    assert monitoring.baseline == said.document["baseline"] == f"{suggested}/{monitoring.limits.folder}"
    for bucket in (stages.source, target):
        answer = stages.aws.client("s3").get_object(Bucket=bucket, Key=f"{monitoring.baseline}/constraints.json")
        assert json.loads(answer["Body"].read())["features"][0]["completeness"] == 0.8


def test_a_promotion_with_limits_of_a_column_that_is_not_in_the_data_writes_nothing(stages: Stages) -> None:
    constraints = {"features": [{"name": "age", "inferred_type": "Integral"}]}
    key = f"churn_forest/baseline/{RUN}/constraints.json"
    stages.aws.client("s3").put_object(Bucket=stages.source, Key=key, Body=json.dumps(constraints).encode())
    declare(stages, 'ignore = ["agge"]')
    before = stages.file.read_text()
    said = stages.promote()

    assert (said.code, said.err.splitlines()[-1]) == (
        1,
        "monitoring.limits of churn_forest must name columns of the baseline data (age), got agge; "
        "correct the name, or remove it",
    )
    assert stages.file.read_text() == before


def declare(stages: Stages, limits: str) -> None:
    with stages.file.open("a") as declared:
        declared.write(f"\n[monitoring.limits]\n{limits}\n")


def test_a_promotion_to_a_stage_that_is_not_there_writes_nothing(stages: Stages) -> None:
    before = stages.file.read_text()
    said = stages.promote("--to", stages.second)
    assert said.code == 1
    assert f"{stages.second}-foundation is not deployed" in said.err
    assert stages.file.read_text() == before


def test_a_promotion_without_its_artifact_is_refused(stages: Stages) -> None:
    key = f"churn_forest/training/{RUN}/large/output/model.tar.gz"
    stages.aws.client("s3").delete_object(Bucket=stages.source, Key=key)
    said = stages.promote()
    assert (said.code, said.err) == (
        1,
        f"There is no artifact at s3://{stages.source}/{key}; train again: yard train churn_forest\n",
    )


def test_a_file_that_cannot_be_written_is_named_in_a_sentence(stages: Stages, tmp_path: Path) -> None:
    file = tmp_path / "none" / "run.png"
    said = stages.yard(
        "plot", "churn_forest", "--output", str(file), "--stage", stages.first, "--models", str(stages.models)
    )
    assert (said.code, said.err) == (1, f"{file}: No such file or directory; name another, or make it usable\n")
