"""XGBoost's built-in algorithm mode: a training job without a script.

`python -m modelyard.rehearsal.containers.xgboost_algorithm TREE` trains. Channels are CSV without header or Parquet,
the label first and an empty cell a missing value, or LIBSVM, which a channel is, too, that says nothing of its content.
What the container takes in silence and makes another model of, a header or a cell of text, is refused here.

Source: sagemaker-xgboost-container cb8df91, folder `algorithm_mode` (`channel_validation`,
`hyperparameter_validation`, `train`, `serve`) and `callback.py`; "XGBoost Hyperparameters" in AWS's developer guide.
"""

import json
import re
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import xgboost
from numpy.typing import NDArray

from modelyard.drift.line_breaks import split_lines
from modelyard.rehearsal.containers.environment import ContainerTree
from modelyard.rehearsal.containers.xgboost_data import csv_table, libsvm_table, parquet_table
from modelyard.rehearsal.containers.xgboost_folds import Folds, Scores, combined, cross_validate
from modelyard.shared.xgboost_channels import (
    CHANNELS,
    CSV_TYPES,
    LIBSVM_TYPES,
    MISSING_TYPE,
    PARQUET_TYPES,
    RECORDIO_TYPES,
    TYPES,
)
from modelyard.shared.xgboost_hyperparameters import ALIASES, CONTAINER_METRICS, MAXIMIZED, OBJECTIVE_METRIC, refusals

Scorer = Callable[[NDArray[np.float64], xgboost.DMatrix], list[tuple[str, float]]]
MODEL_FILE = "xgboost-model"
SOURCE_PLACE = re.compile(r"^\[[0-9:]+\] \S+: ")
# What the container handles itself, and what has no effect on one machine without a GPU: not XGBoost's.
NOT_PASSED_ON = frozenset(
    {
        "_kfold",
        "_num_cv_round",
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
PREDICTIONS_FILE = "predictions.csv"
# What is said of a channel that cannot be read, by what it is.
EXPECTED = {
    **dict.fromkeys(CSV_TYPES, "the channel {channel} must hold CSV without header"),
    **dict.fromkeys(
        LIBSVM_TYPES,
        "First line of the channel {channel} is not 'LIBSVM' format, which a channel without ContentType is; give "
        "text/csv as its ContentType if that is what it holds",
    ),
    **dict.fromkeys(PARQUET_TYPES, "the channel {channel} must hold Parquet, the label in the first column"),
}


class AlgorithmError(Exception):
    """A hyperparameter or a channel cannot be used: the job's failure reason."""


class _PrintMetrics(xgboost.callback.TrainingCallback):
    def after_iteration(self, model: object, epoch: int, evals_log: object) -> bool:  # noqa: ARG002 - xgboost's own
        if not isinstance(evals_log, Mapping):
            return False
        scores = [f"{data}-{name}:{log[-1]:.5f}" for data, logs in evals_log.items() for name, log in logs.items()]
        print("\t".join([f"[{epoch}]", *scores]), flush=True)
        return False


class _SaveEachRound(xgboost.callback.TrainingCallback):
    """What a job that is stopped leaves: the model of the last round that was whole."""

    def __init__(self, *, file: Path) -> None:
        super().__init__()
        self._file = file

    def after_iteration(self, model: xgboost.Booster, epoch: int, evals_log: object) -> bool:  # noqa: ARG002 - xgboost's own
        _save(model, file=self._file)
        return False


def train(*, tree: ContainerTree) -> None:
    """Train on a tree's channels with its hyperparameters, print each round's metrics and save the model.

    Raises:
        AlgorithmError: a hyperparameter or a channel is missing, unknown or not what it must be.

    """
    given = json.loads((tree.input_config / "hyperparameters.json").read_text(encoding="utf-8"))
    refusal = next(refusals(given), None)
    if refusal is not None:
        raise AlgorithmError(f"{refusal.reason}; {refusal.name} must be {refusal.allowed}".rstrip(","))
    hyperparameters = {ALIASES.get(name, name): text for name, text in given.items()}
    data = _channels(tree, weighted=hyperparameters.get("csv_weights") == "1")
    folds = _folds(hyperparameters, validated="validation" in data)

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

    rounds = int(hyperparameters["num_round"])
    names = [MODEL_FILE] if folds is None else [f"{MODEL_FILE}-{number}" for number in range(folds.models)]
    files = [tree.model / name for name in names]

    def fit(matrix: xgboost.DMatrix, fold: int, scores: Scores) -> xgboost.Booster:
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
            callbacks.append(_SaveEachRound(file=files[fold]))
        return xgboost.train(
            parameters,
            matrix,
            num_boost_round=rounds,
            # The container measures the model of a fold on all data, too.
            evals=[(whole, name) for name, whole in data.items()],
            evals_result=scores,
            callbacks=callbacks,
            custom_metric=_scorer(own, objective=parameters.get("objective", "")) if own else None,
            verbose_eval=False,
        )

    try:
        if folds is None:
            boosters = [fit(data["train"], 0, {})]
        else:
            predictions = tree.output_data / PREDICTIONS_FILE
            boosters = cross_validate(data=combined(data), folds=folds, fit=fit, rounds=rounds, file=predictions)
    except ValueError as error:
        # XGBoost's first line without the time and the place in its source, or what scikit-learn says of a metric.
        reason = SOURCE_PLACE.sub("", split_lines(str(error))[0])
        raise AlgorithmError(f"XGB train call failed with exception:\n {reason}") from error
    for booster, file in zip(boosters, files, strict=True):
        _save(booster, file=file)


def _folds(hyperparameters: Mapping[str, str], *, validated: bool) -> Folds | None:
    """Return how the rows are divided for cross-validation, or None where there is to be none."""
    if "_kfold" not in hyperparameters:
        return None
    if "objective" not in hyperparameters or not validated:
        # The container fails as well, but with what Python says of it.
        raise AlgorithmError(
            "XGB train call failed with exception:\n _kfold must be given together with objective and the channel "
            "validation; add them"
        )
    return Folds(
        count=int(hyperparameters["_kfold"]),
        rounds=int(hyperparameters.get("_num_cv_round", 1)),
        classes="num_class" in hyperparameters or hyperparameters["objective"].startswith("binary:"),
        seed=int(hyperparameters.get("seed", 0)),
    )


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
    if kind in RECORDIO_TYPES:
        raise AlgorithmError(f"the channel {folder.name} is {kind}, which is not rehearsed; use text/csv")
    if not any(path.stat().st_size for path in paths):
        raise AlgorithmError(f"No data in the channel {folder.name}; put files there")
    try:
        # XGBoost looks at labels and weights, which must be numbers, as a table is given to it.
        return _parquet(paths) if kind in PARQUET_TYPES else _text(paths, kind=kind, weighted=weighted)
    except ValueError as error:
        reason = SOURCE_PLACE.sub("", split_lines(str(error))[0])
        raise AlgorithmError(f"{EXPECTED[kind].format(channel=folder.name)}: {reason}") from error


def _parquet(paths: Sequence[Path]) -> xgboost.DMatrix:
    table = parquet_table(paths)
    return xgboost.DMatrix(table[:, 1:], label=table[:, 0])


def _text(paths: Sequence[Path], *, kind: str, weighted: bool) -> xgboost.DMatrix:
    lines = [line for path in paths for line in split_lines(path.read_text(encoding="utf-8"))]
    if kind in LIBSVM_TYPES:
        labels, features = libsvm_table(lines)
        return xgboost.DMatrix(features, label=labels)
    table = csv_table(lines)
    # The label, the weight if there is one, and the features.
    first = 2 if weighted else 1
    return xgboost.DMatrix(table[:, first:], label=table[:, 0], weight=table[:, 1] if weighted else None)


def main(arguments: Sequence[str]) -> int:
    """Train in the tree that the first argument names, and return the exit code, 1 after a sentence."""
    tree = ContainerTree(root=Path(arguments[0]).resolve())
    try:
        train(tree=tree)
    except AlgorithmError as error:
        print(error, file=sys.stderr)
        # To the container's toolkit not the caller's error: its traceback comes first. Of that only the last place,
        # as the sentence would else be cut off by the length of a reason, as on AWS it may be.
        told = "".join(traceback.format_exception(error, limit=-1, chain=False))
        tree.failure.write_text(f"framework error: \n{told}\n{error}", encoding="utf-8")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
