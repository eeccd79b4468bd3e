r"""Train gradient-boosted trees on a churn table, and serve them, in SageMaker's XGBoost container.

Channels `train` and `validation`: CSV without header, the label first. After each round it prints the metrics
that `eval_metric` names, on both: `[0]\ttrain-auc:0.91234\tvalidation-auc:0.89876`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import xgboost
from churn_table import BadInputError, Table, check_width, read_channel, read_request, write_answer

MODEL_FILE = "model.json"
# Those whose predictions are probabilities, as the endpoint's callers expect.
OBJECTIVES = ("binary:logistic", "reg:logistic")
METRICS = ("auc", "aucpr", "error", "logloss")


class _Parser(argparse.ArgumentParser):
    """A parser that ends with one sentence, the job's failure reason, and not with the usage."""

    def error(self, message: str) -> Any:
        self.exit(2, f"hyperparameters: {message}\n")


class _PrintMetrics(xgboost.callback.TrainingCallback):
    """Print each round's metrics at once, for those who watch while training goes on."""

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002 - xgboost's own
        """Print one line, and let training go on."""
        values = [f"{data}-{name}:{log[-1]:.5f}" for data, logs in evals_log.items() for name, log in logs.items()]
        print("\t".join([f"[{epoch}]", *values]), flush=True)
        return False


def model_fn(model_dir: str) -> xgboost.Booster:
    """Load the model that training saved."""
    model = xgboost.Booster()
    model.load_model(str(Path(model_dir) / MODEL_FILE))
    # Several requests at a time use the cores; to share one request's rows among threads costs more than it
    # gains.
    model.set_param({"nthread": 1})
    return model


def input_fn(body: str | bytes, content_type: str) -> Table:
    """Turn a request, text/csv or application/json (see churn_table), into a table (rows, features)."""
    return read_request(body=body, content_type=content_type)


def predict_fn(table: Table, model: xgboost.Booster) -> Any:
    """Return the probability of churn of each row, (rows,)."""
    check_width(table=table, columns=model.num_features())
    # Without a DMatrix: it costs more than the prediction, and this way is safe from several threads.
    return model.inplace_predict(table)


def output_fn(prediction: Any, accept: str) -> tuple[str, str]:
    """Return the body, one probability a line or as JSON, and its content type."""
    return write_answer(probabilities=prediction, accept=accept)


def train(options: argparse.Namespace) -> None:
    """Train on the channels and save the model."""
    if len(options.hosts) > 1:
        raise BadInputError(f"churn_xgboost needs an instance count of 1, got {len(options.hosts)}; set it to 1")
    channels = {name: _read(name=name, folder=getattr(options, name)) for name in ("train", "validation")}
    _check_same_width(**channels)
    model = xgboost.train(
        _parameters(options),
        channels["train"],
        num_boost_round=options.num_round,
        evals=[(matrix, name) for name, matrix in channels.items()],
        callbacks=[_PrintMetrics()],
        verbose_eval=False,
    )
    model.save_model(str(Path(options.model_dir) / MODEL_FILE))


def _read(*, name: str, folder: str | None) -> xgboost.DMatrix:
    labels, features = read_channel(name=name, folder=folder)
    return xgboost.DMatrix(features, label=labels)


def _check_same_width(*, train: xgboost.DMatrix, validation: xgboost.DMatrix) -> None:
    if train.num_col() != validation.num_col():
        counts = f"{train.num_col()} and {validation.num_col()}"
        raise BadInputError(f"channels train and validation must have equally many features, got {counts}")


def _parameters(options: argparse.Namespace) -> dict[str, Any]:
    places = ("train", "validation", "model_dir", "hosts", "num_round")
    chosen = {name: value for name, value in vars(options).items() if name not in places}
    return {"tree_method": "hist", **chosen}


def _number(*, kind: Callable[[str], float], low: float, high: float) -> Callable[[str], float]:
    def convert(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            name = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(f"must be {name} between {low:g} and {high:g}, got {text!r}")
        return value

    return convert


def _metrics(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in METRICS]
    if unknown:
        raise argparse.ArgumentTypeError(f"must be of {', '.join(METRICS)}, joined by commas, got {unknown[0]!r}")
    return names


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(allow_abbrev=False)
    parser.add_argument("--num_round", type=_number(kind=int, low=1, high=100_000), default=100)
    parser.add_argument("--max_depth", type=_number(kind=int, low=1, high=64), default=6)
    parser.add_argument("--eta", type=_number(kind=float, low=0, high=1), default=0.3)
    parser.add_argument("--gamma", type=_number(kind=float, low=0, high=1e9), default=0.0)
    parser.add_argument("--min_child_weight", type=_number(kind=float, low=0, high=1e9), default=1.0)
    parser.add_argument("--subsample", type=_number(kind=float, low=0.01, high=1), default=1.0)
    parser.add_argument("--colsample_bytree", type=_number(kind=float, low=0.01, high=1), default=1.0)
    parser.add_argument("--scale_pos_weight", type=_number(kind=float, low=0, high=1e9), default=1.0)
    parser.add_argument("--seed", type=_number(kind=int, low=0, high=2**31 - 1), default=0)
    parser.add_argument("--objective", choices=OBJECTIVES, default=OBJECTIVES[0])
    parser.add_argument("--eval_metric", type=_metrics, default=["auc"])
    _add_places(parser)
    return parser.parse_args(arguments)


def _add_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--validation", default=os.environ.get("SM_CHANNEL_VALIDATION"))
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR", "/opt/ml/model"))
    parser.add_argument("--hosts", type=json.loads, default=json.loads(os.environ.get("SM_HOSTS", '["algo-1"]')))


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
