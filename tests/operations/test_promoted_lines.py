from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from synthesized import ROOT

from modelyard.manifest import Model
from modelyard.manifest.reading import read_model
from modelyard.operations.failures import Failure
from modelyard.operations.promotion.candidate import Candidate
from modelyard.operations.promotion.promote import apply, chosen_variants, diff, edits, served_by, write_whole
from modelyard.operations.training.leaderboard import Leaderboard, Trial

ARTIFACT = "churn/training/1/dev-churn--deep-1/output/model.tar.gz"


def model(name: str) -> Model:
    return read_model(ROOT / "models" / f"{name}.toml")


def candidate(*, baseline: str | None = "churn/baseline/1") -> Candidate:
    trial = Trial(name="deep", job="dev-churn--deep-1", status="Completed", hyperparameters={}, metrics={"auc": 0.9})
    board = Leaderboard(run="1", metric="auc", goal="maximize", trials=(trial,))
    return Candidate(board=board, trial=trial, artifact=ARTIFACT, baseline=baseline)


def promoted(name: str, tmp_path: Path, *, variant: str | None = None, weight: float | None = None) -> Model:
    declared, file = model(name), tmp_path / f"{name}.toml"
    variants = chosen_variants(model=declared, asked=variant)
    changes = edits(model=declared, candidate=candidate(), variants=variants, weight=weight)
    file.write_text(apply(text=(ROOT / "models" / f"{name}.toml").read_text(), changes=changes))
    return read_model(file)


def test_the_two_lines_of_the_example_are_written_where_they_are_held_free(tmp_path: Path) -> None:
    promoted("churn", tmp_path)
    before = (ROOT / "models/churn.toml").read_text()
    shown = diff(file=Path("models/churn.toml"), before=before, after=(tmp_path / "churn.toml").read_text())
    assert [line for line in shown.splitlines() if line[:1] in "+-"] == [
        "--- a/models/churn.toml",
        "+++ b/models/churn.toml",
        '-# model = "churn/training/…/model.tar.gz"    `yard promote churn` writes this line',
        f'+model = "{ARTIFACT}"',
        '-# baseline = "churn/baseline/…"              and this one',
        '+baseline = "churn/baseline/1"',
    ]


def test_a_promoted_example_waits_for_nothing(tmp_path: Path) -> None:
    read = promoted("churn", tmp_path)
    assert not any(read.awaits_promotion(table=table) for table in ("batch", "serving", "monitoring"))


def test_a_first_promotion_fills_every_variant(tmp_path: Path) -> None:
    serving = promoted("churn_forest", tmp_path).serving
    assert serving is not None
    assert [(one.name, one.model, one.weight) for one in serving.variants] == [
        ("champion", ARTIFACT, 3),
        ("challenger", ARTIFACT, 1),
    ]


def test_a_named_variant_and_its_weight_are_the_only_ones_that_change(tmp_path: Path) -> None:
    serving = promoted("churn_forest", tmp_path, variant="challenger", weight=2).serving
    assert serving is not None
    assert [(one.model, one.weight) for one in serving.variants] == [(None, 3), (ARTIFACT, 2)]


def test_promoting_into_several_that_serve_already_must_name_one() -> None:
    declared = model("churn_forest")
    assert declared.serving is not None
    filled = tuple(replace(one, model=ARTIFACT) for one in declared.serving.variants)
    with pytest.raises(Failure, match="--variant must say which of champion, challenger is to serve the model"):
        chosen_variants(model=replace(declared, serving=replace(declared.serving, variants=filled)), asked=None)


def test_an_unknown_variant_is_refused_with_those_there_are() -> None:
    with pytest.raises(Failure, match="--variant must be one of primary, got second; name one"):
        chosen_variants(model=model("churn"), asked="second")


def test_a_model_that_is_not_monitored_keeps_its_baseline_line() -> None:
    changes = edits(model=model("churn"), candidate=candidate(baseline=None), variants=[0], weight=None)
    assert [change.key for change in changes] == ["model"]


def test_a_batch_model_of_its_own_is_promoted_with_the_others() -> None:
    declared = model("churn")
    assert declared.batch is not None
    own = replace(declared, batch=replace(declared.batch, model="churn/a.tar.gz"))
    changes = edits(model=own, candidate=candidate(), variants=[0], weight=None)
    assert [change.table for change in changes] == ["serving.variants", "batch", "monitoring"]


def test_what_is_served_now_is_the_chosen_variant_s_artifact() -> None:
    declared = model("churn")
    assert declared.serving is not None
    filled = replace(declared.serving, variants=(replace(declared.serving.variants[0], model=ARTIFACT),))
    assert served_by(model=replace(declared, serving=filled), variants=[0]) == ARTIFACT


def test_a_file_is_replaced_in_one_step_and_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "churn.toml"
    file.write_text("before")
    file.chmod(0o640)
    write_whole(file=file, text="after")
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode), os.listdir(tmp_path)) == (  # noqa: PTH208
        "after",
        0o640,
        ["churn.toml"],
    )
