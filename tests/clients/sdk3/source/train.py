"""A forest on the first column of a CSV file, and how the endpoint loads it and answers."""

import json
import os
import shutil
from pathlib import Path

import joblib
import numpy
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score


def model_fn(model_dir):
    return joblib.load(Path(model_dir, "model.joblib"))


def predict_fn(data, model):
    # A request of one row is an array of one dimension.
    return model.predict_proba(numpy.atleast_2d(data))[:, 1]


def read(channel):
    table = numpy.loadtxt(next(Path("/opt/ml/input/data", channel).iterdir()), delimiter=",")
    return table[:, 1:], table[:, 0]


if __name__ == "__main__":
    depth = json.loads(os.environ["SM_HPS"])["max_depth"]
    forest = RandomForestClassifier(n_estimators=20, max_depth=depth, random_state=0).fit(*read("train"))
    rows, labels = read("validation")
    print(f"validation auc={roc_auc_score(labels, forest.predict_proba(rows)[:, 1]):.4f};")
    folder = Path(os.environ["SM_MODEL_DIR"])
    joblib.dump(forest, folder / "model.joblib")
    # The container that serves the model finds this file there.
    (folder / "code").mkdir()
    shutil.copy(__file__, folder / "code")
