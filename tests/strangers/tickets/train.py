"""Four kinds of ticket from two texts and two numbers with gaps: a probability of each is answered."""

import argparse
import csv
import io
import json
import math
import os
import pathlib
from typing import Any

import joblib
import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def rows_of(text: str) -> list[list[Any]]:
    """Return rows of texts and two numbers; a gap of a number is not a number."""
    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    return [[*row[:-2], *(float(cell) if cell else math.nan for cell in row[-2:])] for row in rows]


def table_of(rows: list[list[Any]]) -> Any:
    """Return rows as scikit-learn takes texts beside numbers."""
    table = np.empty((len(rows), 4), dtype=object)
    table[:] = rows
    return table


def load(channel: str) -> tuple[Any, list[str]]:
    """Return the features and the labels of a channel."""
    files = sorted(pathlib.Path(os.environ[f"SM_CHANNEL_{channel}"]).glob("*.csv"))
    rows = [row for file in files for row in rows_of(file.read_text())]
    return table_of([row[1:] for row in rows]), [row[0] for row in rows]


def main() -> None:
    """Train, say how good the model is, and save it."""
    argparse.ArgumentParser().parse_args()
    columns = ColumnTransformer(
        [
            ("texts", OneHotEncoder(handle_unknown="ignore"), [0, 1]),
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), [2, 3]),
        ]
    )
    model = make_pipeline(columns, LogisticRegression(C=10, max_iter=1000))
    model.fit(*load("TRAIN"))
    print(f"validation-accuracy:{model.score(*load('VALIDATION')):.4f}", flush=True)
    joblib.dump(model, pathlib.Path(os.environ["SM_MODEL_DIR"], "model.joblib"))


def model_fn(model_dir: str) -> Any:
    """Load the model."""
    return joblib.load(pathlib.Path(model_dir, "model.joblib"))


def input_fn(body: str, content_type: str) -> Any:
    """Read rows of CSV."""
    return table_of(rows_of(body))


def predict_fn(rows: Any, model: Any) -> list[list[float]]:
    """Return a probability of each class, in the order of their names."""
    return model.predict_proba(rows).tolist()  # type: ignore[no-any-return]


def output_fn(prediction: list[list[float]], accept: str) -> tuple[str, str]:
    """Write them as the caller asks for."""
    if accept.startswith("application/json"):
        return json.dumps({"predictions": prediction}), accept
    return "".join(",".join(f"{share:.6f}" for share in row) + "\n" for row in prediction), accept


if __name__ == "__main__":
    main()
