"""XGBoost's built-in algorithm mode: a training job without a script, and the server of its model.

`python -m modelyard.rehearsal.containers.xgboost_algorithm TREE` trains. Channels are CSV without header, the label
first; an empty cell is a missing value. A channel that says nothing of its content is libsvm. What the container takes
in silence and makes another model of, a header or a cell of text, is refused here.

Source: sagemaker-xgboost-container cb8df91, folder `algorithm_mode` (`channel_validation`,
`hyperparameter_validation`, `train`, `serve`) and `callback.py`; "XGBoost Hyperparameters" in AWS's developer guide.
"""

import json
import math
import re
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xgboost
from numpy.typing import NDArray

from modelyard.drift.line_breaks import split_lines
from modelyard.rehearsal.containers.environment import ContainerTree
from modelyard.rehearsal.containers.scripts import CSV, JSON, Answer, RequestError
from modelyard.shared.xgboost_channels import CHANNELS, CSV_TYPES, LIBSVM_TYPES, MISSING_TYPE, TYPES
from modelyard.shared.xgboost_hyperparameters import ALIASES, CONTAINER_METRICS, MAXIMIZED, OBJECTIVE_METRIC, refusals

Scorer = Callable[[NDArray[np.float64], xgboost.DMatrix], list[tuple[str, float]]]
MODEL_FILE = "xgboost-model"
SOURCE_PLACE = re.compile(r"^\[[0-9:]+\] \S+: ")
# A container's log escapes the tab between two metrics; AWS's own metric definitions expect it so.
TAB = "#011"
# What the container handles itself, and what has no effect on one machine without a GPU: not XGBoost's.
NOT_PASSED_ON = frozenset(
    {
        "_tuning_objective_metric",
        "csv_weights",
        "dsplit",
        "early_stopping_rounds",
        "eval_metric",
        "num_round",
        "predictor",
        "prob_buffer_row",
        "save_model_on_termination",
        "use_dask_gpu_training",
    }
)
NOT_REHEARSED = frozenset({"_kfold", "_num_cv_round"})


class AlgorithmError(Exception):
    """A hyperparameter or a channel cannot be used: the job's failure reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Algorithm:
    """A trained model that answers as AWS's container does in algorithm mode.

    CSV has one prediction a line. With `batch`, as in a transform job, a prediction of several values is written as a
    list, whatever is accepted.
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
        if not content_type:
            raise RequestError(status=415, reason=f"a body without Content-Type is libsvm, not rehearsed; send {CSV}")
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
        lines = [",".join(map(str, one)) if isinstance(one, list) and not self.batch else one for one in predictions]
        text = "".join(f"{line}\n" for line in lines)
        if accepted == JSON and not self.batch:
            text = json.dumps({"predictions": [{"score": prediction} for prediction in predictions]})
        return Answer(body=text.encode(), content_type=JSON if accepted == JSON else CSV)


class _PrintMetrics(xgboost.callback.TrainingCallback):
    def after_iteration(self, model: object, epoch: int, evals_log: object) -> bool:  # noqa: ARG002 - xgboost's own
        if not isinstance(evals_log, Mapping):
            return False
        scores = [f"{data}-{name}:{log[-1]:.5f}" for data, logs in evals_log.items() for name, log in logs.items()]
        print(TAB.join([f"[{epoch}]", *scores]), flush=True)
        return False


class _SaveEachRound(xgboost.callback.TrainingCallback):
    """What a job that is stopped leaves: the model of the last round that was whole."""

    def __init__(self, *, file: Path) -> None:
        super().__init__()
        self._file = file

    def after_iteration(self, model: xgboost.Booster, epoch: int, evals_log: object) -> bool:  # noqa: ARG002 - xgboost's own
        _save(model, file=self._file)
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
    given = json.loads((tree.input_config / "hyperparameters.json").read_text(encoding="utf-8"))
    for refusal in refusals(given):
        raise AlgorithmError(f"{refusal.reason}; {refusal.name} must be {refusal.allowed}".rstrip(","))
    hyperparameters = {ALIASES.get(name, name): text for name, text in given.items()}
    for name in sorted(NOT_REHEARSED & hyperparameters.keys()):
        raise AlgorithmError(f"the hyperparameter {name} is not rehearsed: there is no cross-validation; remove it")
    data = _channels(tree, weighted=hyperparameters.get("csv_weights") == "1")

    # A tuning job's objective is evaluated too; with metrics of the job's own all of them are sorted.
    parameters = {name: text for name, text in hyperparameters.items() if name not in NOT_PASSED_ON}
    metrics = [name for name in hyperparameters.get("eval_metric", "").split(",") if name]
    objective = hyperparameters.get(OBJECTIVE_METRIC, "").rpartition(":")[2]
    watched = objective if objective else (metrics[-1] if metrics else "")
    if objective:
        metrics = sorted({*metrics, objective})
    own = [name for name in metrics if name in CONTAINER_METRICS]
    if len(own) < len(metrics):
        parameters["eval_metric"] = [name for name in metrics if name not in own]
    callbacks: list[xgboost.callback.TrainingCallback] = [_PrintMetrics()]
    # Without a metric that was asked for, or data to measure it on, the container never stops early.
    if "early_stopping_rounds" in hyperparameters and watched and "validation" in data:
        callbacks.append(
            xgboost.callback.EarlyStopping(
                rounds=int(hyperparameters["early_stopping_rounds"]),
                metric_name=watched,
                data_name="validation",
                maximize=watched.partition("@")[0] in MAXIMIZED,
                save_best=True,
            )
        )
    if hyperparameters.get("save_model_on_termination") == "true":
        callbacks.append(_SaveEachRound(file=tree.model / MODEL_FILE))
    try:
        booster = xgboost.train(
            parameters,
            data["train"],
            num_boost_round=int(hyperparameters["num_round"]),
            evals=[(matrix, name) for name, matrix in data.items()],
            callbacks=callbacks,
            custom_metric=_scorer(own, objective=parameters.get("objective", "")) if own else None,
            verbose_eval=False,
        )
    except ValueError as error:
        # XGBoost's first line without the time and the place in its source, or what scikit-learn says of a metric.
        reason = SOURCE_PLACE.sub("", split_lines(str(error))[0])
        raise AlgorithmError(f"XGB train call failed with exception:\n {reason}") from error
    _save(booster, file=tree.model / MODEL_FILE)


def _scorer(names: Sequence[str], *, objective: str) -> Scorer:
    # Only here: to load scikit-learn takes a second, and few jobs need it.
    from modelyard.rehearsal.containers.xgboost_metrics import scorer

    return scorer(names=names, objective=objective)


def _save(booster: xgboost.Booster, *, file: Path) -> None:
    """Write a model in one step, so that whatever ends the job leaves a whole one."""
    beside = file.with_name(f".{file.name}")
    beside.write_bytes(booster.save_raw(raw_format="ubj"))
    beside.replace(file)


def _channels(tree: ContainerTree, *, weighted: bool) -> dict[str, xgboost.DMatrix]:
    config = json.loads((tree.input_config / "inputdataconfig.json").read_text(encoding="utf-8"))
    extraneous = sorted(set(config) - set(CHANNELS))
    if extraneous:
        raise AlgorithmError(f"Extraneous channel found: {extraneous[0]}; name channels {', '.join(CHANNELS)}")
    if "train" not in config:
        raise AlgorithmError("the channel train must be given, got none; add it to the training job")
    return {
        name: _channel(tree.channel(name), kind=config[name].get("ContentType", MISSING_TYPE), weighted=weighted)
        for name in ("train", "validation")
        if name in config
    }


def _channel(folder: Path, *, kind: str, weighted: bool) -> xgboost.DMatrix:
    if kind not in TYPES:
        raise AlgorithmError(
            f"Channel configuration of {folder.name} is not supported: ContentType {kind}; use one of "
            f"{', '.join(TYPES)}"
        )
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    hidden = [path.name for path in paths if path.name.startswith(".")]
    if hidden:
        raise AlgorithmError(f"Hidden file found in the data path! Remove that before training: {hidden[0]}")
    if kind in LIBSVM_TYPES:
        return _libsvm(folder, paths=paths)
    if kind not in CSV_TYPES:
        raise AlgorithmError(f"the channel {folder.name} is {kind}, which is not rehearsed; use text/csv")
    lines = [line for path in paths for line in split_lines(path.read_text(encoding="utf-8"))]
    try:
        table = _table(lines)
    except ValueError as error:
        raise AlgorithmError(f"the channel {folder.name} must hold CSV without header: {error}") from error
    # The label, the weight if there is one, and the features.
    first = 2 if weighted else 1
    return xgboost.DMatrix(table[:, first:], label=table[:, 0], weight=table[:, 1] if weighted else None)


def _libsvm(folder: Path, *, paths: Sequence[Path]) -> xgboost.DMatrix:
    """Read lines such as `1 0:0.5 7:2`, a label and the features that are not missing."""
    labels, rows = [], []
    for path in paths:
        for line in split_lines(path.read_text(encoding="utf-8")):
            try:
                label, *cells = line.split()
                labels.append(float(label))
                rows.append({int(index): float(value) for index, value in (cell.split(":") for cell in cells)})
            except ValueError as error:
                raise AlgorithmError(
                    f"First line of {path.name} in the channel {folder.name} is not 'LIBSVM' format, which a channel "
                    "without ContentType is; give text/csv as its ContentType if that is what it holds"
                ) from error
    if not rows:
        raise AlgorithmError(f"No data in the channel {folder.name}; put files there")
    table = np.full((len(rows), 1 + max((index for row in rows for index in row), default=0)), math.nan)
    for number, row in enumerate(rows):
        table[number, list(row)] = list(row.values())
    return xgboost.DMatrix(table, label=labels)


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
        # To the container's toolkit not the caller's error: its traceback comes first, and the sentence may be cut.
        tree.failure.write_text(f"framework error: \n{traceback.format_exc()}\n{error}", encoding="utf-8")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
