"""A candidate of an AutoML job: a pipeline of scikit-learn for a table, trained, measured, and served.

It is the program of the training jobs that the local AWS's Autopilot starts, and of the models that it finds, so that
it imports nothing but what scikit-learn's container has. Channels `training` and, if given, `validation` are CSV with a
header. A request is CSV without the target and without a header; the answer has the columns that
SAGEMAKER_INFERENCE_OUTPUT names, as those of Autopilot's own containers have ("Autopilot's inference container
definitions" in the developer guide).
"""

import argparse
import csv
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn import ensemble, linear_model, metrics, neighbors
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

MODEL_FILE = "model.joblib"
# Where a server finds this program again: a model made of a package reaches no network to download it.
CODE_FOLDER = "code"
REGRESSION = "Regression"
MOST_CATEGORIES = 50
# By name, of classes and of numbers; what of them learns by chance is told by what.
ESTIMATORS: Mapping[str, tuple[type[Any], type[Any]]] = {
    "linear": (linear_model.LogisticRegression, linear_model.Ridge),
    "random_forest": (ensemble.RandomForestClassifier, ensemble.RandomForestRegressor),
    "extra_trees": (ensemble.ExtraTreesClassifier, ensemble.ExtraTreesRegressor),
    "gradient_boosting": (ensemble.HistGradientBoostingClassifier, ensemble.HistGradientBoostingRegressor),
    "neighbors": (neighbors.KNeighborsClassifier, neighbors.KNeighborsRegressor),
}
Scorer = Callable[..., float]


class BadInputError(ValueError):
    """What was given cannot be used: the message says what, and what to give instead."""

    status_code = 400


def model_fn(model_dir: str) -> Any:
    """Load what training saved: the pipeline, the names of its columns, and its classes."""
    return joblib.load(Path(model_dir) / MODEL_FILE)


def input_fn(body: str | bytes, content_type: str) -> list[list[str]]:
    """Turn a request of CSV into rows of texts."""
    if content_type.partition(";")[0].strip().lower() != "text/csv":
        raise BadInputError(f"Content-Type must be text/csv, got {content_type!r}")
    text = body if isinstance(body, str) else body.decode()
    return [row for row in csv.reader(io.StringIO(text, newline="")) if row]


def predict_fn(rows: list[list[str]], model: Any) -> list[list[str]]:
    """Return for each row the columns that SAGEMAKER_INFERENCE_OUTPUT names."""
    columns = model["columns"]
    wrong = next((len(row) for row in rows if len(row) != len(columns)), None)
    if wrong is not None or not rows:
        raise BadInputError(f"a request must have rows of {len(columns)} columns, got {wrong if wrong else 'none'}")
    table = _typed(pd.read_csv(io.StringIO(_csv(rows)), header=None, names=list(columns)), columns=columns)
    wanted = os.environ.get("SAGEMAKER_INFERENCE_OUTPUT", "predicted_label").split(",")
    labels = model["pipeline"].predict(table)
    probabilities = model["pipeline"].predict_proba(table) if model["classes"] else None
    return [
        [
            _answer(name, row=row, labels=labels, probabilities=probabilities, classes=model["classes"])
            for name in wanted
        ]
        for row in range(len(rows))
    ]


def output_fn(prediction: list[list[str]], _accept: str) -> tuple[str, str]:
    """Return a line of CSV a row, whatever is accepted."""
    return _csv(prediction), "text/csv"


def _answer(name: str, *, row: int, labels: Any, probabilities: Any, classes: Sequence[str]) -> str:
    if name == "predicted_label":
        return str(labels[row])
    if probabilities is not None and name == "probability":
        return repr(float(probabilities[row].max()))
    if probabilities is not None and name == "probabilities":
        return json.dumps(probabilities[row].tolist())
    if classes and name == "labels":
        return json.dumps(list(classes))
    raise BadInputError(
        "SAGEMAKER_INFERENCE_OUTPUT must name predicted_label, or of classes probability, probabilities or labels, "
        f"got {name!r}"
    )


def _csv(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def read_channel(folder: Path, *, target: str) -> tuple[pd.DataFrame, pd.Series]:
    """Return the features and the target of all files of a channel.

    Raises:
        BadInputError: there is no row, the files have other columns than each other, or none is the target.
    """
    tables = [pd.read_csv(path) for path in sorted(folder.rglob("*")) if path.is_file()]
    if not tables or any(list(table.columns) != list(tables[0].columns) for table in tables):
        raise BadInputError(f"channel {folder.name} must hold files of CSV with the same header")
    table = pd.concat(tables, ignore_index=True)
    if target not in table.columns:
        raise BadInputError(f"channel {folder.name} must have the target {target!r}, it has {list(table.columns)[:20]}")
    table = table.dropna(subset=[target])
    if table.empty:
        raise BadInputError(f"channel {folder.name} must have rows with the target {target!r}, it has none")
    return table.drop(columns=target), table[target]


def _typed(table: pd.DataFrame, *, columns: Mapping[str, str]) -> pd.DataFrame:
    """Columns of the kinds that were trained on: a request of one row does not say what its columns are."""
    return pd.DataFrame(
        {
            name: pd.to_numeric(table[name], errors="coerce") if kind == "number" else table[name].astype("object")
            for name, kind in columns.items()
        }
    )


def pipeline_of(*, estimator: Any, columns: Mapping[str, str]) -> Any:
    """Return an estimator behind what makes numbers of a table: gaps filled, numbers scaled, categories apart."""
    numbers = [name for name, kind in columns.items() if kind == "number"]
    texts = [name for name, kind in columns.items() if kind == "text"]
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MOST_CATEGORIES, sparse_output=False)
    features = ColumnTransformer(
        [
            (
                "numbers",
                make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()),
                numbers,
            ),
            ("texts", make_pipeline(SimpleImputer(strategy="constant", fill_value=""), encoder), texts),
        ]
    )
    return make_pipeline(features, estimator)


def scores(*, problem: str, model: Any, table: pd.DataFrame, target: pd.Series) -> dict[str, float]:
    """Return every metric that the problem has, by Autopilot's names; the second of two classes is the positive one."""
    found = model.predict(table)
    if problem == REGRESSION:
        squared = float(metrics.mean_squared_error(target, found))
        return {
            "MSE": squared,
            "RMSE": squared**0.5,
            "MAE": float(metrics.mean_absolute_error(target, found)),
            "R2": float(metrics.r2_score(target, found)),
        }
    common = {
        "Accuracy": float(metrics.accuracy_score(target, found)),
        "BalancedAccuracy": float(metrics.balanced_accuracy_score(target, found)),
    }
    if problem == "BinaryClassification":
        positive = model.classes_[1]
        measured: dict[str, Scorer] = {
            "F1": metrics.f1_score,
            "Precision": metrics.precision_score,
            "Recall": metrics.recall_score,
        }
        by_class = {
            name: float(score(target, found, pos_label=positive, zero_division=0)) for name, score in measured.items()
        }
        area = metrics.roc_auc_score(target == positive, model.predict_proba(table)[:, 1])
        return {**common, **by_class, "AUC": float(area)}
    macro: dict[str, Scorer] = {
        "F1macro": metrics.f1_score,
        "PrecisionMacro": metrics.precision_score,
        "RecallMacro": metrics.recall_score,
    }
    return {
        **common,
        **{name: float(score(target, found, average="macro", zero_division=0)) for name, score in macro.items()},
    }


def train(options: argparse.Namespace) -> None:
    """Train on one part, measure on the other, and save the pipeline."""
    features, target = read_channel(Path(options.training), target=options.target)
    if options.problem != REGRESSION:
        target = target.astype(str)
    held: tuple[pd.DataFrame, pd.Series]
    if options.validation is None:
        few = options.problem != REGRESSION and target.value_counts().min() < 2
        features, held_features, target, held_target = train_test_split(
            features,
            target,
            test_size=options.fraction,
            random_state=options.seed,
            stratify=None if options.problem == REGRESSION or few else target,
        )
        held = held_features, held_target
    else:
        held = read_channel(Path(options.validation), target=options.target)
    columns = {name: "number" if pd.api.types.is_numeric_dtype(features[name]) else "text" for name in features.columns}
    model = pipeline_of(estimator=_estimator(options), columns=columns)
    model.fit(_typed(features, columns=columns), target)
    held_target = held[1] if options.problem == REGRESSION else held[1].astype(str)
    found = scores(problem=options.problem, model=model, table=_typed(held[0], columns=columns), target=held_target)
    for name, value in found.items():
        print(f"validation:{name}={value:.6f}", flush=True)
    classes = [] if options.problem == REGRESSION else [str(one) for one in model.classes_]
    saved = {"pipeline": model, "columns": columns, "classes": classes}
    folder = Path(options.model_dir)
    joblib.dump(saved, folder / MODEL_FILE)
    (folder / CODE_FOLDER).mkdir(exist_ok=True)
    shutil.copy(__file__, folder / CODE_FOLDER)


def _estimator(options: argparse.Namespace) -> Any:
    kind = ESTIMATORS[options.estimator][options.problem == REGRESSION]
    given = (parameter.partition("=") for parameter in options.parameters.split(";") if parameter)
    parameters = {name: json.loads(value) for name, _, value in given}
    return kind(**parameters, **({"random_state": options.seed} if "random_state" in kind().get_params() else {}))


def main(arguments: Sequence[str]) -> int:
    """Train, and return the exit code: 0, or 1 after one sentence about the input."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--estimator", choices=sorted(ESTIMATORS), required=True)
    parser.add_argument("--parameters", default="", help="such as n_estimators=200;max_features=0.5")
    parser.add_argument("--target", required=True)
    parser.add_argument("--problem", required=True)
    parser.add_argument("--fraction", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--training", default=os.environ.get("SM_CHANNEL_TRAINING"))
    parser.add_argument("--validation", default=os.environ.get("SM_CHANNEL_VALIDATION"))
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR", "/opt/ml/model"))
    try:
        train(parser.parse_args(arguments))
    except BadInputError as error:
        print(error, file=sys.stderr)
        if "SM_OUTPUT_DIR" in os.environ:
            Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text(str(error), encoding="utf-8")
        return 1
    return 0


if __name__ == "__main__":
    np.seterr(all="ignore")
    sys.exit(main(sys.argv[1:]))
