"""A model that loads, reports that it is healthy, and fails at every request: the kind that a test does not find."""

import io
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from modelyard.manifest import Model
from modelyard.scenario.context import ScenarioContext

COLUMNS = 69
ROWS = 12
NAME = "bad/model/output/model.tar.gz"


def has_failing_model(model: Model) -> bool:
    """Return whether such a model can be made for a model's script."""
    return model.serving_script in MAKERS


def upload_failing_model(context: ScenarioContext) -> str:
    """Upload a model that was trained for another question, and return its key in the data bucket."""
    key = f"{context.name}/training/{NAME}"
    bucket = context.stack_output(part="foundation", key="DataBucketName")
    with tempfile.TemporaryDirectory() as folder:
        MAKERS[str(context.model.serving_script)](Path(folder))
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            for path in sorted(Path(folder).iterdir()):
                tar.add(path, arcname=path.name)
        context.client("s3").put_object(Bucket=bucket, Key=key, Body=packed.getvalue())
    return key


def _boosted(folder: Path) -> None:
    """Save a model of three classes: a row has three probabilities, and the script answers with one."""
    import xgboost

    parameters = {"objective": "multi:softprob", "num_class": 3}
    booster = xgboost.train(parameters, xgboost.DMatrix(_rows(), label=np.arange(ROWS) % 3), num_boost_round=1)
    booster.save_model(folder / "model.json")


def _forest(folder: Path) -> None:
    """Save a model that saw one class alone: the probability of the other is missing."""
    import joblib
    from sklearn.ensemble import RandomForestClassifier

    joblib.dump(RandomForestClassifier(n_estimators=2).fit(_rows(), np.zeros(ROWS)), folder / "model.joblib")


def _rows() -> "np.typing.NDArray[np.float64]":
    return np.arange(ROWS * COLUMNS, dtype=np.float64).reshape(ROWS, COLUMNS)


MAKERS: Mapping[str, Callable[[Path], None]] = {"churn_xgboost/train.py": _boosted, "churn_forest/train.py": _forest}
