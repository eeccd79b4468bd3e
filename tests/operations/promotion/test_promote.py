import os
import shutil
import signal
import stat
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modelyard.manifest import Model, Stage, read_models
from modelyard.manifest.reading import read_model
from modelyard.manifest.stack_kinds import stack_kind
from modelyard.operations.failures import Failure
from modelyard.operations.promotion.candidate import Candidate
from modelyard.operations.promotion.promote import apply, chosen_variants, diff, edits, served_by, write_whole
from modelyard.operations.promotion.unpromoted import promoted_values, without_promotion
from modelyard.operations.training.leaderboard import Leaderboard, Trial
from support.synth import ROOT

ARTIFACT = "churn/training/1/dev-churn--deep-1/output/model.tar.gz"


def model(name: str) -> Model:
    return read_model(ROOT / "models" / f"{name}.toml")


def artifact(name: str) -> str:
    return ARTIFACT.replace("churn", name, 1)


def candidate(*, name: str = "churn", baseline: str | None = "churn/baseline/1") -> Candidate:
    trial = Trial(name="deep", job="dev-churn--deep-1", status="Completed", hyperparameters={}, metrics={"auc": 0.9})
    board = Leaderboard(run="1", metric="auc", goal="maximize", trials=(trial,))
    return Candidate(board=board, trial=trial, artifact=artifact(name), baseline=baseline)


def promoted(name: str, tmp_path: Path, *, variant: str | None = None, weight: float | None = None) -> Model:
    declared, file = model(name), tmp_path / f"{name}.toml"
    variants = chosen_variants(model=declared, name=variant)
    made = candidate(name=name, baseline=f"{name}/baseline/1")
    changes = edits(model=declared, candidate=made, variants=variants, weight=weight)
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


def test_a_transformer_is_written_beside_the_model_that_it_stands_before(tmp_path: Path) -> None:
    declared, transformer = model("mnist_torch"), "mnist_torch/preprocessing/d/1/transformer/model.tar.gz"
    made = replace(candidate(name="mnist_torch", baseline=None), transformer=transformer)
    changes = edits(model=declared, candidate=made, variants=[0], weight=None)
    text = apply(text=(ROOT / "models/mnist_torch.toml").read_text(), changes=changes)
    assert f'model = "{artifact("mnist_torch")}"\ntransformer = "{transformer}"\n' in text
    file = tmp_path / "mnist_torch.toml"
    file.write_text(text)
    read = read_model(file)
    assert read.batch_transformer == transformer
    assert promoted_values(tomllib.loads(text))["serving.variants.primary.transformer"] == transformer
    assert tomllib.loads(without_promotion(text, file="m")) == tomllib.loads(
        (ROOT / "models/mnist_torch.toml").read_text()
    )


def test_a_promoted_example_waits_for_nothing(tmp_path: Path) -> None:
    read = promoted("churn", tmp_path)
    assert not any(stack_kind(table).awaits_promotion(read) for table in ("batch", "serving", "monitoring"))


def test_a_first_promotion_fills_every_variant(tmp_path: Path) -> None:
    serving = promoted("churn_forest", tmp_path).serving
    assert serving is not None
    assert [(one.name, one.model, one.weight) for one in serving.variants] == [
        ("champion", artifact("churn_forest"), 3),
        ("challenger", artifact("churn_forest"), 1),
    ]


def test_a_named_variant_and_its_weight_are_the_only_ones_that_change(tmp_path: Path) -> None:
    serving = promoted("churn_forest", tmp_path, variant="challenger", weight=2).serving
    assert serving is not None
    assert [(one.model, one.weight) for one in serving.variants] == [(None, 3), (artifact("churn_forest"), 2)]


def test_promoting_into_several_that_serve_already_must_name_one() -> None:
    declared = model("churn_forest")
    assert declared.serving is not None
    filled = tuple(replace(one, model=artifact("churn_forest")) for one in declared.serving.variants)
    with pytest.raises(Failure, match="--variant must say which of champion, challenger is to serve the model"):
        chosen_variants(model=replace(declared, serving=replace(declared.serving, variants=filled)), name=None)


@pytest.mark.parametrize("table", ["serving.variants.primary", "batch"])
def test_another_model_s_artifact_is_not_overwritten_by_this_one_s(table: str) -> None:
    declared = model("churn")
    assert declared.serving is not None
    assert declared.batch is not None
    others: dict[str, Any] = {"model": "other/a/model.tar.gz", "from_model": "other"}
    serving = replace(declared.serving, variants=(replace(declared.serving.variants[0], **others),))
    changed: dict[str, Any] = {"serving": serving} if table != "batch" else {"batch": replace(declared.batch, **others)}
    said = (
        f"{table}.from_model must be left out for this model's own artifact to be promoted, got other; remove its line"
    )
    with pytest.raises(Failure, match=said):
        chosen_variants(model=replace(declared, **changed), name=None)


def test_an_unknown_variant_is_refused_with_those_there_are() -> None:
    with pytest.raises(Failure, match="--variant must be one of primary, got second; name one"):
        chosen_variants(model=model("churn"), name="second")


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


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True).stdout  # noqa: S607


WRITE = """
import os, sys
from pathlib import Path
from modelyard.operations.promotion.promote import write_whole
Path.replace = lambda *_: os.kill(os.getpid(), 9)
write_whole(file=Path(sys.argv[1]), text="never")
"""


def test_what_a_killed_write_leaves_is_no_manifest_and_goes_with_the_next(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    file = models / "churn.toml"
    file.write_text('name = "churn"\n')
    assert subprocess.run([sys.executable, "-c", WRITE, str(file)], cwd=ROOT, check=False).returncode == -signal.SIGKILL
    left = models / ".churn.toml.unfinished"
    assert (left.read_text(), file.read_text()) == ("never", 'name = "churn"\n')
    assert [one.name for one in read_models(models, stage=Stage(name="dev"), scripts=tmp_path)] == ["churn"]
    shutil.copy(ROOT / ".gitignore", tmp_path)
    assert git(tmp_path, "init", "--quiet") == ""
    assert git(tmp_path, "ls-files", "--others", "--exclude-standard", "models") == "models/churn.toml\n"

    write_whole(file=file, text='name = "churn"\n# anew\n')

    assert [one.name for one in models.iterdir()] == ["churn.toml"]
    assert file.read_text().endswith("# anew\n")


def test_a_write_follows_no_link_that_has_its_name(tmp_path: Path) -> None:
    file, outside = tmp_path / "churn.toml", tmp_path / "outside"
    file.write_text("before")
    outside.write_text("untouched")
    (tmp_path / ".churn.toml.unfinished").symlink_to(outside)
    write_whole(file=file, text="after")
    assert (file.read_text(), outside.read_text(), file.is_symlink()) == ("after", "untouched", False)
