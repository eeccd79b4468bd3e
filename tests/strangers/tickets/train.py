"""Four kinds of ticket from two texts and two numbers with gaps: a probability of each is answered."""

import argparse
import csv
import io
import json
import os
import pathlib

import joblib
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def rows_of(text):
    """Return rows of two texts and two numbers; a gap is None."""
    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    return [[*row[:-2], *(float(cell) if cell else None for cell in row[-2:])] for row in rows]


def load(folder):
    rows = [row for file in sorted(pathlib.Path(folder).glob("*.csv")) for row in rows_of(file.read_text())]
    return [row[1:] for row in rows], [row[0] for row in rows]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--C", type=float, default=10.0)
    strength = parser.parse_args().C
    features, labels = load(os.environ["SM_CHANNEL_TRAIN"])
    columns = ColumnTransformer(
        [
            ("texts", OneHotEncoder(handle_unknown="ignore"), [0, 1]),
            ("numbers", make_pipeline(SimpleImputer(missing_values=None), StandardScaler()), [2, 3]),
        ]
    )
    model = make_pipeline(columns, LogisticRegression(C=strength, max_iter=1000))
    model.fit(as_table(features), labels)
    held_back, truth = load(os.environ["SM_CHANNEL_VALIDATION"])
    print(f"validation-accuracy:{model.score(as_table(held_back), truth):.4f}", flush=True)  # noqa: T201 - the metric
    joblib.dump(model, pathlib.Path(os.environ["SM_MODEL_DIR"], "model.joblib"))


def as_table(rows):
    import numpy

    table = numpy.empty((len(rows), 4), dtype=object)
    table[:] = rows
    return table


def model_fn(model_dir):
    return joblib.load(pathlib.Path(model_dir, "model.joblib"))


def input_fn(body, content_type):
    return rows_of(body)


def predict_fn(rows, model):
    return model.predict_proba(as_table(rows)).tolist()


def output_fn(prediction, accept):
    if accept.startswith("application/json"):
        return json.dumps({"predictions": prediction}), accept
    return "".join(",".join(f"{share:.6f}" for share in row) + "\n" for row in prediction), accept


if __name__ == "__main__":
    main()
