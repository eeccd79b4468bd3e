"""XGBoost's built-in algorithm mode: a training job without a script, and the server of its model.

`python -m modelyard.rehearsal.containers.xgboost_algorithm TREE` trains. Channels are CSV without header, the label
first; an empty cell is a missing value.

Source: AWS's sagemaker-xgboost container, folder `algorithm_mode`, and "XGBoost Hyperparameters" in AWS's
developer guide.
"""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xgboost
from numpy.typing import NDArray

from modelyard.drift.line_breaks import split_lines
from modelyard.rehearsal.containers.environment import ContainerTree
from modelyard.rehearsal.containers.scripts import CSV, JSON, Answer, RequestError

MODEL_FILE = "xgboost-model"
# A container's log escapes the tab between two metrics; AWS's own metric definitions expect it so.
TAB = "#011"
HANDLED_HERE = frozenset({"num_round", "early_stopping_rounds", "eval_metric", "_tuning_objective_metric"})
PASSED_ON = frozenset(
    {
        "alpha",
        "base_score",
        "booster",
        "colsample_bylevel",
        "colsample_bynode",
        "colsample_bytree",
        "deterministic_histogram",
        "eta",
        "gamma",
        "grow_policy",
        "interaction_constraints",
        "lambda",
        "lambda_bias",
        "max_bin",
        "max_delta_step",
        "max_depth",
        "max_leaves",
        "min_child_weight",
        "monotone_constraints",
        "normalize_type",
        "nthread",
        "num_class",
        "num_parallel_tree",
        "objective",
        "one_drop",
        "process_type",
        "rate_drop",
        "refresh_leaf",
        "sample_type",
        "sampling_method",
        "scale_pos_weight",
        "seed",
        "sketch_eps",
        "skip_drop",
        "subsample",
        "tree_method",
        "tweedie_variance_power",
        "updater",
        "verbosity",
    }
)


class AlgorithmError(Exception):
    """A hyperparameter or a channel cannot be used: the job's failure reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Algorithm:
    """A trained model that answers as AWS's container does in algorithm mode.

    With `batch`, as in a transform job, the answer has one prediction a line; else they are joined by commas.
    """

    booster: xgboost.Booster
    batch: bool = False

    def answer(self, *, body: bytes, content_type: str, accept: str) -> Answer:
        """Answer one request with one prediction a row; an empty body gets 204.

        Raises:
            RequestError: 415 for what is no CSV, 406 for an Accept that is neither CSV nor JSON, 400 for rows whose
                length is not that of the training data.

        """
        if not body:
            return Answer(status=204, body=b"", content_type=CSV)
        accepted = accept.partition(";")[0].strip().lower()
        if accepted not in ("", "*/*", CSV, JSON):
            raise RequestError(status=406, reason=f"Accept must be {CSV} or {JSON}, got {accept!r}")
        if content_type.partition(";")[0].strip().lower() != CSV:
            raise RequestError(status=415, reason=f"Content-Type must be {CSV}, got {content_type!r}")
        try:
            table = _table(split_lines(body.decode()))
        except ValueError as error:
            raise RequestError(status=415, reason=f"the body must be CSV without header: {error}") from error
        width, expected = table.shape[1], self.booster.num_features()
        if width != expected:
            raise RequestError(status=400, reason=f"a row must have {expected} cells, without the label, got {width}")

        predictions = self.booster.predict(xgboost.DMatrix(table)).tolist()
        text = ",".join(map(str, predictions))
        if self.batch:
            text = "".join(f"{prediction}\n" for prediction in predictions)
        elif accepted == JSON:
            text = json.dumps({"predictions": [{"score": prediction} for prediction in predictions]})
        return Answer(body=text.encode(), content_type=JSON if accepted == JSON else CSV)


class _PrintMetrics(xgboost.callback.TrainingCallback):
    def after_iteration(self, model: object, epoch: int, evals_log: object) -> bool:  # noqa: ARG002 - xgboost's own
        if not isinstance(evals_log, Mapping):
            return False
        scores = [f"{data}-{name}:{log[-1]:.5f}" for data, logs in evals_log.items() for name, log in logs.items()]
        print(TAB.join([f"[{epoch}]", *scores]), flush=True)
        return False


def load_algorithm(*, model: Path, batch: bool = False) -> Algorithm:
    """Load the model that training saved.

    Raises:
        ValueError: there is no such file.

    """
    path = model / MODEL_FILE
    if not path.is_file():
        raise ValueError(
            f"{model} must hold a version folder with a SavedModel or the file {MODEL_FILE}, found neither"
        )
    return Algorithm(booster=xgboost.Booster(model_file=bytearray(path.read_bytes())), batch=batch)


def train(*, tree: ContainerTree) -> None:
    """Train on a tree's channels with its hyperparameters, print each round's metrics and save the model.

    Raises:
        AlgorithmError: a hyperparameter or a channel is missing, unknown or not what it must be.

    """
    hyperparameters = json.loads((tree.input_config / "hyperparameters.json").read_text(encoding="utf-8"))
    if "num_round" not in hyperparameters:
        raise AlgorithmError("the hyperparameter num_round must be given, got none; set the number of rounds")
    unknown = sorted(set(hyperparameters) - HANDLED_HERE - PASSED_ON)
    if unknown:
        raise AlgorithmError(f"the hyperparameter {unknown[0]} is not one of XGBoost's; remove it")
    data = {name: _channel(tree.channel(name)) for name in ("train", "validation") if tree.channel(name).is_dir()}
    if "train" not in data:
        raise AlgorithmError("the channel train must be given, got none; add it to the training job")

    # A tuning job's objective is evaluated too, after the metrics that the job names itself.
    parameters = {name: text for name, text in hyperparameters.items() if name in PASSED_ON}
    metrics = [name for name in hyperparameters.get("eval_metric", "").split(",") if name]
    objective = hyperparameters.get("_tuning_objective_metric", "").rpartition(":")[2]
    metrics += [objective] if objective else []
    if metrics:
        parameters["eval_metric"] = list(dict.fromkeys(metrics))
    early_stopping = "early_stopping_rounds" in hyperparameters
    try:
        booster = xgboost.train(
            parameters,
            data["train"],
            num_boost_round=_whole(hyperparameters, name="num_round"),
            evals=[(matrix, name) for name, matrix in data.items()],
            early_stopping_rounds=_whole(hyperparameters, name="early_stopping_rounds") if early_stopping else None,
            callbacks=[_PrintMetrics()],
            verbose_eval=False,
        )
    except xgboost.core.XGBoostError as error:
        # XGBoost's first line without the time and the place in its source.
        reason = split_lines(str(error))[0].rpartition(": ")[2]
        raise AlgorithmError(f"XGBoost refused the hyperparameters or the data: {reason}") from error
    (tree.model / MODEL_FILE).write_bytes(booster.save_raw(raw_format="ubj"))


def _whole(hyperparameters: Mapping[str, str], *, name: str) -> int:
    text = hyperparameters[name]
    if not text.isdecimal() or int(text) < 1:
        raise AlgorithmError(f"the hyperparameter {name} must be a whole number of 1 or more, got {text!r}")
    return int(text)


def _channel(folder: Path) -> xgboost.DMatrix:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [line for path in paths for line in split_lines(path.read_text(encoding="utf-8"))]
    try:
        table = _table(lines)
    except ValueError as error:
        raise AlgorithmError(f"the channel {folder.name} must hold CSV without header: {error}") from error
    return xgboost.DMatrix(table[:, 1:], label=table[:, 0])


def _table(lines: Sequence[str]) -> NDArray[np.float64]:
    rows = [[float(text) if text.strip() else math.nan for text in line.split(",")] for line in lines if line.strip()]
    widths = {len(row) for row in rows}
    if len(widths) != 1:
        raise ValueError(f"rows must be equally long and at least one, got the lengths {sorted(widths)}")
    return np.array(rows, dtype=np.float64)


def main(arguments: Sequence[str]) -> int:
    """Train in the tree that the first argument names, and return the exit code, 1 after a sentence."""
    tree = ContainerTree(root=Path(arguments[0]).resolve())
    try:
        train(tree=tree)
    except AlgorithmError as error:
        print(error, file=sys.stderr)
        tree.failure.write_text(str(error), encoding="utf-8")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
