"""A folder of manifests for as many models as are asked for: promoted, valid, of varied shapes, always the same.

    python -m benchmarks.fleet_manifests FOLDER [--models N]
    cdk synth --app "python3 app.py" -c models=FOLDER

Six shapes take turns: most models are served and checked, some score in batch, some are only trained or only served.
Numbers and names follow from a model's place, so that the first ten of a hundred are the ten of a fleet of ten.
"""

import argparse
from pathlib import Path

RUN = "20261122-101500"
INSTANCES = ("ml.m5.large", "ml.m5.xlarge", "ml.c5.xlarge")

BOOSTED = """
[training]
container = "xgboost:3.2-0"
script = "churn_xgboost/train.py"
instance = "{instance}"
objective = {{ metric = "validation:auc", goal = "maximize" }}
channels = {{ train = "datasets/train", validation = "datasets/validation" }}
baseline_dataset = "datasets/baseline"
metrics = {{ "validation:auc" = 'validation-auc:(\\S+)' }}
hyperparameters = {{ num_round = {rounds}, objective = "binary:logistic" }}
[[training.trials]]
name = "shallow"
hyperparameters = {{ max_depth = 3 }}
[[training.trials]]
name = "deep"
hyperparameters = {{ max_depth = {depth} }}
"""
FOREST = """
[training]
container = "sklearn:1.9-0"
script = "churn_forest/train.py"
instance = "{instance}"
objective = {{ metric = "validation:auc", goal = "maximize" }}
channels = {{ train = "datasets/train", validation = "datasets/validation" }}
baseline_dataset = "datasets/baseline"
metrics = {{ "validation:auc" = 'validation-auc:(\\S+)' }}
hyperparameters = {{ n_estimators = {rounds}, max_depth = {depth} }}
"""
SEARCHED = """
[training]
container = "tensorflow:2.19"
script = "mnist_tf/train.py"
instance = "{instance}"
objective = {{ metric = "val_accuracy", goal = "maximize" }}
channels = {{ train = "datasets/train", test = "datasets/test" }}
metrics = {{ val_accuracy = 'val_accuracy: (\\S+)' }}
hyperparameters = {{ epochs = {depth} }}
[training.tuning]
strategy = "Bayesian"
max_jobs = 6
max_parallel = 2
ranges = {{ batch_size = {{ min = 32, max = 256 }} }}
"""
BATCH = """
[batch]
instance = "{instance}"
join = "Input"
schedule = "cron(0 {hour} * * ? *)"
"""
CANARY = """
[serving]
instance = "{instance}"
capture = {{ sampling_percentage = 100 }}
scaling = {{ min = 1, max = {most}, invocations_per_instance = 750 }}
rollout = {{ strategy = "canary", percent = 25, bake_minutes = 5 }}
"""
LINEAR = """
[serving]
instance = "{instance}"
capture = {{ sampling_percentage = 50 }}
scaling = {{ min = 1, max = {most}, invocations_per_instance = 500 }}
rollout = {{ strategy = "linear", percent = 50, bake_minutes = 5 }}
"""
ROLLING = """
[serving]
instance = "{instance}"
instance_count = 2
capture = {{ sampling_percentage = 50 }}
rollout = {{ strategy = "rolling", percent = 50, bake_minutes = 5 }}
"""
SERVERLESS = """
[serving]
serverless = {{ memory_mb = 2048, max_concurrency = {most} }}
"""
PRIMARY = """
[[serving.variants]]
name = "primary"
model = "{name}/training/{run}/job/output/model.tar.gz"
"""
CHALLENGER = """
[[serving.variants]]
name = "challenger"
model = "{name}/training/{run}/other/output/model.tar.gz"
"""
DRIFT = """
[monitoring]
engine = "drift"
baseline = "{name}/baseline/{run}"
"""
DAILY = """
[monitoring]
engine = "drift"
schedule = "daily"
baseline = "{name}/baseline/{run}"
"""
MANAGED = """
[monitoring]
engine = "model-monitor"
baseline = "{name}/baseline/{run}"
"""

SHAPES = (
    (BOOSTED, BATCH, CANARY, PRIMARY, DRIFT),
    (FOREST, LINEAR, PRIMARY, CHALLENGER, DRIFT),
    (BOOSTED, CANARY, PRIMARY, MANAGED),
    (FOREST, ROLLING, PRIMARY, DAILY),
    (BOOSTED, SERVERLESS, PRIMARY),
    (SEARCHED,),
)


def main() -> None:
    """Write the manifests."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", type=int, default=100)
    given = parser.parse_args()
    print(f"{len(write_fleet(given.folder, models=given.models))} manifests in {given.folder}")


def write_fleet(folder: Path, *, models: int) -> list[Path]:
    """Write so many manifests into a folder, which is made, and return their files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"model{number:04}.toml" for number in range(models)]
    for number, file in enumerate(files):
        file.write_text(manifest(number), encoding="utf-8")
    return files


def manifest(number: int) -> str:
    """The manifest of the model at a place in the fleet."""
    name = f"model{number:04}"
    parts = "".join(SHAPES[number % len(SHAPES)])
    turn = number // len(SHAPES)
    return f'name = "{name}"\n' + parts.format(
        name=name,
        run=RUN,
        instance=INSTANCES[turn % len(INSTANCES)],
        rounds=50 + 10 * (turn % 5),
        depth=4 + turn % 4,
        most=2 + turn % 3,
        hour=turn % 24,
    )


if __name__ == "__main__":
    main()
