"""Train a random forest that predicts a number, and serve it, in SageMaker's scikit-learn container.

Channels `train` and `validation`: CSV without a header, the label first. At the end it prints
`validation-rmse:53.1` (the root of the mean squared error) and `validation-r2:0.47`, each on a line.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
from rows import (
    BadInputError,
    Rows,
    as_array,
    check_width,
    columns_of_numbers,
    read_channel,
    read_request,
    write_answer,
)
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

MODEL_FILE = "model.joblib"
COLUMNS_FILE = "columns.json"
# Of a column of text so many values are told apart; the rarer ones are taken together.
MOST_VALUES = 30


def model_fn(model_dir: str) -> Any:
    """Load what training saved: the model, and which of its columns hold numbers."""
    columns = json.loads((Path(model_dir) / COLUMNS_FILE).read_text(encoding="utf-8"))
    return joblib.load(Path(model_dir) / MODEL_FILE), columns


def input_fn(body: str | bytes, content_type: str) -> Rows:
    """Turn a request, text/csv or application/json (see rows), into rows."""
    return read_request(body=body, content_type=content_type)


def predict_fn(rows: Rows, loaded: Any) -> list[float]:
    """Return the predicted number of each row."""
    model, columns = loaded
    check_width(rows, columns=columns["count"])
    return [float(value) for value in model.predict(as_array(rows, numbers=columns["numbers"]))]


def output_fn(prediction: list[float], accept: str) -> tuple[str, str]:
    """Return the body, one prediction a line or as JSON, and its content type."""
    return write_answer(predictions=prediction, accept=accept)


def train(options: argparse.Namespace) -> None:
    """Train on one channel, measure on the other, and save the model."""
    labels, rows = read_channel(name="train", folder=options.train)
    held_labels, held_rows = read_channel(name="validation", folder=options.validation)
    check_width(held_rows, columns=len(rows[0]))
    columns = {"count": len(rows[0]), "numbers": columns_of_numbers(rows)}
    model = _untrained(options=options, columns=columns)
    model.fit(as_array(rows, numbers=columns["numbers"]), _numbers(labels, channel="train"))
    predictions = predict_fn(held_rows, (model, columns))
    held = _numbers(held_labels, channel="validation")
    print(f"validation-rmse:{mean_squared_error(held, predictions) ** 0.5:.5f}", flush=True)
    print(f"validation-r2:{r2_score(held, predictions):.5f}", flush=True)
    joblib.dump(model, Path(options.model_dir) / MODEL_FILE)
    (Path(options.model_dir) / COLUMNS_FILE).write_text(json.dumps(columns), encoding="utf-8")


def _untrained(*, options: argparse.Namespace, columns: dict[str, Any]) -> Any:
    numbers = columns["numbers"]
    texts = [index for index in range(columns["count"]) if index not in numbers]
    prepared = ColumnTransformer(
        [
            ("numbers", SimpleImputer(strategy="median"), numbers),
            ("texts", OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MOST_VALUES), texts),
        ]
    )
    forest = RandomForestRegressor(
        n_estimators=options.n_estimators,
        max_depth=options.max_depth if options.max_depth > 0 else None,
        min_samples_leaf=options.min_samples_leaf,
        random_state=options.random_state,
        n_jobs=-1,
    )
    return make_pipeline(prepared, forest)


def _numbers(labels: Sequence[str], *, channel: str) -> list[float]:
    try:
        return [float(label) for label in labels]
    except ValueError as error:
        raise BadInputError(f"channel {channel} must have numbers as labels, got {error}; correct the row") from error


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--n_estimators", type=int, default=100)
    parser.add_argument("--max_depth", type=int, default=0, help="0: as deep as it goes")
    parser.add_argument("--min_samples_leaf", type=int, default=1)
    parser.add_argument("--random_state", type=int, default=0)
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--validation", default=os.environ.get("SM_CHANNEL_VALIDATION"))
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR", "/opt/ml/model"))
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Train, and return the exit code: 0, or 1 after one sentence about the input."""
    try:
        train(_options(arguments))
    except BadInputError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
