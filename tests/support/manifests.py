"""Manifests that tests make: a whole one to change a line of, and the folder that holds it."""

from pathlib import Path

from support.synth import ROOT, Synthesized, synthesize

WHOLE = """
name = "whole"

[training]
container = "xgboost:3.2-0"
script = "churn_xgboost/train.py"
instance = "ml.m5.large"
objective = { metric = "validation:auc", goal = "maximize" }
channels = { train = "datasets/train" }
baseline_dataset = "datasets/baseline"
[training.metrics]
"validation:auc" = 'auc:(\\S+)'

[batch]
instance = "ml.m5.large"

[serving]
instance = "ml.m5.large"
capture = { sampling_percentage = 100 }
[[serving.variants]]
name = "primary"
model = "whole/training/20261122-101500/dev-whole--single-20261122-101500/output/model.tar.gz"

[monitoring]
engine = "drift"
baseline = "whole/baseline/20261122-101500"
"""

SERVED = """
name = "served"

[serving]
container = "xgboost:3.2-0"
{serving}
[[serving.variants]]
name = "primary"
model = "served/training/run/job/output/model.tar.gz"
"""


def synthesize_text(tmp_path: Path, text: str, *, stages: str = "[dev]\n", preview: bool = False) -> Synthesized:
    """The templates of one manifest, written out, under stages written out."""
    name = text.split('name = "')[1].split('"')[0]
    models = tmp_path / "models"
    models.mkdir(parents=True, exist_ok=True)
    (models / f"{name}.toml").write_text(text, encoding="utf-8")
    (tmp_path / "stages.toml").write_text(stages, encoding="utf-8")
    return synthesize(
        tmp_path / "out",
        models=models,
        stages=tmp_path / "stages.toml",
        scripts=ROOT / "training_scripts",
        preview=preview,
    )


def served(tmp_path: Path, serving: str) -> Synthesized:
    """The templates of a model that is only served, with these lines in its [serving]."""
    return synthesize_text(tmp_path, SERVED.format(serving=serving))
