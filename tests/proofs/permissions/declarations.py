"""What is declared in the proof: manifests, scripts and stages, made of the examples so that every role works."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from maintenance.promoted_examples import RUN
from support.deployed_examples import promoted_models
from support.synth import ROOT

MODELS = ("churn", "churn_forest", "churn_prepared", "churn_search", "leavers")
# A churn that trains in a second, and has no second instance to start.
QUICKENED = {"num_round = 100": "num_round = 10", "scaling = { min = 2": "scaling = { min = 1"}
# It is also trained anew by itself, by whatever may start a run.
RETRAINED = """
[training.retrain]
on = ["drift", "quality"]
schedule = "rate(30 days)"
captures_to = "train"
held_out = "datasets/validation"
"""
# The forest again, found by a search on spare capacity: what mnist_tf declares, for a library that is always there.
SEARCHED = {
    'name = "churn_forest"': 'name = "churn_search"',
    "[training.metrics]": "spot = { max_wait_minutes = 120 }\n\n[training.metrics]",
}
SEARCH = """
[training.tuning]
strategy = "Random"
max_jobs = 2
max_parallel = 2

[training.tuning.ranges]
n_estimators = { min = 10, max = 30 }
"""
# And again, of data that a job prepares: what mnist_torch declares.
PREPARED = {
    "churn_forest/train.py": "churn_prepared/train.py",
    'baseline_dataset = "datasets/baseline"\n': "",
    '{ train = "datasets/train", validation = "datasets/validation" }': (
        '{ train = "preprocessing/train", validation = "preprocessing/validation" }'
    ),
    'format = "onnx"': 'format = "joblib"',
    'name = "churn_forest"': f"""name = "churn_prepared"

[batch]
instance = "ml.m5.large"
model = "churn_prepared/training/{RUN}/job/output/model.tar.gz"
transformer = "churn_prepared/preprocessing/d1/{RUN}/transformer/model.tar.gz"

[preprocessing]
container = "sklearn:1.9-0"
script = "churn_prepared/preprocess.py"
instance = "ml.m5.large"
inputs = {{ train = "datasets/train", validation = "datasets/validation" }}
transformer = true""",
}
# A table of its own, for which Autopilot searches.
LEAVERS = """
name = "leavers"

[training]
objective = { metric = "AUC", goal = "maximize" }
channels = { train = { path = "datasets/leavers", header = true } }

[training.automl]
target = "leaves"
problem_type = "BinaryClassification"
max_candidates = 1
max_total_minutes = 30
"""
TRIAL = """
[[training.trials]]
name = "small"
hyperparameters = { n_estimators = 10, max_depth = 6 }
"""
# What a script that logs does. Its own interpreter has no client of MLflow's, which requirements would bring along.
LOGGED = """
import mlflow
with mlflow.start_run() as run:
    mlflow.log_metric("auc", 0.75)
    mlflow.log_text("words", "notes.txt")
    mlflow.artifacts.load_text(f"{run.info.artifact_uri}/notes.txt")
"""
MAIN = 'if __name__ == "__main__":\n'


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """The folder of the manifests, that of the scripts, and the file of the stages."""

    models: Path
    scripts: Path
    stages: Path


def declare(folder: Path, *, models: Sequence[str], mlflow: Path | None) -> Declared:
    """Write into a folder what is to be deployed of the models that there are.

    `mlflow` is an interpreter with MLflow: the stage tracks, and each script logs with its client. Without it neither
    does.
    """
    declared = Declared(models=folder / "models", scripts=folder / "scripts", stages=folder / "stages.toml")
    _write_models(declared.models, wanted=models)
    _write_scripts(declared.scripts, mlflow=mlflow)
    stages = (ROOT / "stages.toml").read_text(encoding="utf-8")
    tracked = stages if mlflow is None else replaced(stages, {"[dev]\n": "[dev]\ntracking = {}\n"})
    declared.stages.write_text(tracked, encoding="utf-8")
    return declared


def _write_models(folder: Path, *, wanted: Sequence[str]) -> None:
    promoted_models(folder)
    churn = folder / "churn.toml"
    churn.write_text(replaced(churn.read_text(encoding="utf-8"), QUICKENED) + RETRAINED, encoding="utf-8")
    forest = (folder / "churn_forest.toml").read_text(encoding="utf-8")
    training = forest[: forest.index("[[training.trials]]")]
    (folder / "churn_search.toml").write_text(replaced(training, SEARCHED) + SEARCH, encoding="utf-8")
    (folder / "churn_prepared.toml").write_text(replaced(training, PREPARED) + TRIAL, encoding="utf-8")
    (folder / "leavers.toml").write_text(LEAVERS, encoding="utf-8")
    for file in folder.glob("*.toml"):
        if file.stem not in wanted:
            file.unlink()


def _write_scripts(folder: Path, *, mlflow: Path | None) -> None:
    shutil.copytree(ROOT / "training_scripts", folder, ignore=shutil.ignore_patterns("__pycache__"))
    prepared = folder / "churn_prepared"
    # Without requirements: what they bring is not used.
    shutil.copytree(folder / "churn_forest", prepared, ignore=shutil.ignore_patterns("requirements.txt"))
    shutil.copy(Path(__file__).with_name("preprocess.py"), prepared)
    if mlflow is not None:
        logging = f"    import subprocess\n\n    subprocess.run([{str(mlflow)!r}, '-c', {LOGGED!r}], check=True)\n"
        for file in folder.glob("churn*/train.py"):
            text = replaced(file.read_text(encoding="utf-8"), {MAIN: MAIN + logging})
            file.write_text(text, encoding="utf-8")


def replaced(text: str, lines: Mapping[str, str]) -> str:
    """Return a text in which each of some lines is another.

    Raises:
        ValueError: it has one of them not exactly once.
    """
    for before, after in lines.items():
        if text.count(before) != 1:
            raise ValueError(
                f"a declaration must have {before!r} once, it has it {text.count(before)} times; correct it"
            )
        text = text.replace(before, after)
    return text
