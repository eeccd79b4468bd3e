"""A forest on the first column of a CSV file, and how the endpoint loads it and answers."""

import argparse
import os
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


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--max-depth", type=int)
    given = parser.parse_args()
    parts = {
        name: numpy.loadtxt(next(Path(os.environ[f"SM_CHANNEL_{name.upper()}"]).iterdir()), delimiter=",")
        for name in ("train", "validation")
    }
    forest = RandomForestClassifier(n_estimators=20, max_depth=given.max_depth, random_state=0)
    forest.fit(parts["train"][:, 1:], parts["train"][:, 0])
    score = roc_auc_score(parts["validation"][:, 0], forest.predict_proba(parts["validation"][:, 1:])[:, 1])
    print(f"validation auc={score:.4f};")
    joblib.dump(forest, Path(os.environ["SM_MODEL_DIR"], "model.joblib"))
