"""Train a random forest on a churn table, and serve it, in SageMaker's scikit-learn container.

Channels `train` and `validation`: CSV without header, the label first. At the end it prints
`train-auc:0.98765`, `validation-auc:0.91234` and `validation-accuracy:0.89012`, each on a line. With
`--format onnx` it saves the forest as ONNX, which answers many times faster (requirements.txt has what that
needs), and prints `onnx-difference:0.0000001`: by how much its probabilities are others.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from churn_table import BadInputError, Table, check_width, read_channel, read_request, write_answer
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, roc_auc_score

MODEL_FILE = "model.joblib"
ONNX_FILE = "model.onnx"
# ONNX has numbers of 32 bits, scikit-learn of 64: a probability differs by some ten-millionths.
MOST_DIFFERENCE = 1e-5


class _Parser(argparse.ArgumentParser):
    """A parser that ends with one sentence, the job's failure reason, and not with the usage."""

    def error(self, message: str) -> Any:
        _tell(f"hyperparameters: {message}")
        self.exit(2)


def _tell(message: str) -> None:
    """Print why the job fails, and write it where the container finds it: what is printed alone gets lost."""
    print(message, file=sys.stderr)
    if "SM_OUTPUT_DIR" in os.environ:
        Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text(message, encoding="utf-8")


class OnnxForest:
    """A forest that was saved as ONNX, with what serving asks of a classifier."""

    def __init__(self, content: bytes) -> None:
        # Only where there is such a model: importing it takes longer than loading a small forest.
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # A request is small: sharing its rows among threads costs more than the trees take.
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        (self._input,) = self._session.get_inputs()
        self.n_features_in_ = self._input.shape[1]

    def predict_proba(self, table: Table) -> Any:
        """Return the probability of each class, (rows, 2)."""
        (probabilities,) = self._session.run(["probabilities"], {self._input.name: table.astype(np.float32)})
        return probabilities


def model_fn(model_dir: str) -> Any:
    """Load the model that training saved."""
    onnx = Path(model_dir) / ONNX_FILE
    if onnx.is_file():
        return OnnxForest(onnx.read_bytes())
    model = joblib.load(Path(model_dir) / MODEL_FILE)
    model.n_jobs = 1
    return model


def input_fn(body: str | bytes, content_type: str) -> Table:
    """Turn a request, text/csv or application/json (see churn_table), into a table (rows, features)."""
    return read_request(body=body, content_type=content_type)


def predict_fn(table: Table, model: Any) -> Any:
    """Return the probability of churn of each row, (rows,)."""
    check_width(table=table, columns=model.n_features_in_)
    return model.predict_proba(table)[:, 1]


def output_fn(prediction: Any, accept: str) -> tuple[str, str]:
    """Return the body, one probability a line or as JSON, and its content type."""
    return write_answer(probabilities=prediction, accept=accept)


def train(options: argparse.Namespace) -> None:
    """Train on one channel, measure on both, and save the model."""
    if len(options.hosts) > 1:
        raise BadInputError(f"churn_forest needs an instance count of 1, got {len(options.hosts)}; set it to 1")
    labels, features = read_channel(name="train", folder=options.train)
    held_labels, held_features = read_channel(name="validation", folder=options.validation)
    _check_same_width(train=features, validation=held_features)
    model = _fit(options=options, labels=labels, features=features)
    print(f"train-auc:{roc_auc_score(labels, predict_fn(features, model)):.5f}", flush=True)
    probabilities = predict_fn(held_features, model)
    print(f"validation-auc:{roc_auc_score(held_labels, probabilities):.5f}", flush=True)
    print(f"validation-accuracy:{accuracy_score(held_labels, probabilities > 0.5):.5f}", flush=True)
    _save(model=model, options=options, table=held_features)


def _save(*, model: Any, options: argparse.Namespace, table: Table) -> None:
    """Save the model, as ONNX only if it answers alike for the rows of a table."""
    if options.format == "joblib":
        joblib.dump(model, Path(options.model_dir) / MODEL_FILE)
        return
    from skl2onnx import to_onnx

    exported = to_onnx(model, table[:1].astype(np.float32), options={"zipmap": False}).SerializeToString()
    difference = float(np.abs(OnnxForest(exported).predict_proba(table) - model.predict_proba(table)).max())
    print(f"onnx-difference:{difference:.7f}", flush=True)
    if difference > MOST_DIFFERENCE:
        raise BadInputError(
            f"as ONNX the forest's probabilities must differ by at most {MOST_DIFFERENCE:g} on channel validation, "
            f"got {difference:g}; save it with --format joblib"
        )
    Path(options.model_dir, ONNX_FILE).write_bytes(exported)


def _fit(*, options: argparse.Namespace, labels: Table, features: Table) -> Any:
    model = RandomForestClassifier(
        n_estimators=options.n_estimators,
        max_depth=options.max_depth if options.max_depth > 0 else None,
        min_samples_leaf=options.min_samples_leaf,
        random_state=options.random_state,
        n_jobs=-1,
    )
    return model.fit(features, labels)


def _check_same_width(*, train: Table, validation: Table) -> None:
    if train.shape[1] != validation.shape[1]:
        counts = f"{train.shape[1]} and {validation.shape[1]}"
        raise BadInputError(f"channels train and validation must have equally many features, got {counts}")


def _whole(*, low: int, high: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"must be a whole number between {low} and {high}, got {text!r}")
        return int(text)

    return convert


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(allow_abbrev=False)
    parser.add_argument("--n_estimators", type=_whole(low=1, high=100_000), default=100)
    parser.add_argument("--max_depth", type=_whole(low=0, high=1000), default=0, help="0: as deep as it goes")
    parser.add_argument("--min_samples_leaf", type=_whole(low=1, high=10**9), default=1)
    parser.add_argument("--random_state", type=_whole(low=0, high=2**31 - 1), default=0)
    parser.add_argument("--format", choices=("joblib", "onnx"), default="joblib")
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--validation", default=os.environ.get("SM_CHANNEL_VALIDATION"))
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR", "/opt/ml/model"))
    parser.add_argument("--hosts", type=json.loads, default=json.loads(os.environ.get("SM_HOSTS", '["algo-1"]')))
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Train, and return the exit code: 0, or 1 after one sentence about the input."""
    try:
        train(_options(arguments))
    except BadInputError as error:
        _tell(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
