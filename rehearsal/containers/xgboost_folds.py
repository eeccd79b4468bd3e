"""Cross-validation as XGBoost's container does it: a model for each fold, and what each predicts for the rows left out.

Source: sagemaker-xgboost-container cb8df91, `algorithm_mode/train.py` and `prediction_utils.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
import xgboost
from numpy.typing import NDArray

# By data set and metric, the value of each boosting round.
Scores = dict[str, dict[str, list[float]]]
# Trains the model of a fold, by its number, and fills the scores.
Fit = Callable[[xgboost.DMatrix, int, Scores], xgboost.Booster]
# A number above it is the class 1, also of an objective that predicts the class itself.
CLASS_BOUND = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Folds:
    """How rows are divided: into `count` folds, `rounds` times; `classes` are spread evenly over them.

    The container divides by chance. Here a seed decides, so that a repeated rehearsal gives the same models.

    Raises:
        ValueError: fewer than two folds, or no round.

    """

    count: int
    rounds: int
    classes: bool
    seed: int

    def __post_init__(self) -> None:
        if self.count < 2 or self.rounds < 1:
            raise ValueError(f"folds must be 2 or more and rounds 1 or more, got {self.count} and {self.rounds}")

    @property
    def models(self) -> int:
        """How many models are trained."""
        return self.count * self.rounds

    def split(self, labels: NDArray[np.float32]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Return the rows to train on and those left out, fold by fold and round by round.

        Raises:
            ValueError: there are fewer rows than folds, or fewer of every class.

        """
        # Only here: to load scikit-learn takes a second, and few jobs need it.
        from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold

        kind = RepeatedStratifiedKFold if self.classes else RepeatedKFold
        divided = kind(n_splits=self.count, n_repeats=self.rounds, random_state=self.seed)
        return list(divided.split(np.zeros(len(labels)), labels))


def cross_validate(*, data: xgboost.DMatrix, folds: Folds, fit: Fit, rounds: int, file: Path) -> list[xgboost.Booster]:
    """Return the models of all folds; print their mean scores after boosting `rounds`, and write predictions to a file.

    The file has a row for each of the data: the label, the mean of what was predicted, which is the probability where
    classes are, and then the class that most rounds predict.

    Raises:
        ValueError: the rows cannot be divided so, or XGBoost refuses them.

    """
    labels = data.get_label()
    boosters: list[xgboost.Booster] = []
    scores: list[Scores] = []
    predicted = np.zeros((len(labels), folds.rounds))
    voted = np.zeros((len(labels), folds.rounds), dtype=int)
    for number, (kept, left_out) in enumerate(folds.split(labels)):
        scores.append({})
        boosters.append(fit(data.slice(kept), number, scores[-1]))
        answers = boosters[-1].predict(data.slice(left_out))
        classes = answers.argmax(axis=-1) if answers.ndim > 1 else answers > CLASS_BOUND
        voted[left_out, number // folds.count] = classes
        predicted[left_out, number // folds.count] = answers.max(axis=-1) if answers.ndim > 1 else answers
        if len(boosters) % folds.count == 0:
            print(_mean_scores(scores[-folds.count :], rounds=rounds), flush=True)
    columns: list[NDArray[Any]] = [labels, predicted.mean(axis=1)]
    if folds.classes:
        columns.append(np.array([np.bincount(votes).argmax() for votes in voted]))
    np.savetxt(file, np.column_stack(columns), delimiter=",", fmt="%f")
    if folds.rounds > 1:
        print(_mean_scores(scores, rounds=rounds), flush=True)
    return boosters


def combined(data: Mapping[str, xgboost.DMatrix]) -> xgboost.DMatrix:
    """Return the rows of all data sets as one."""
    width = max(matrix.num_col() for matrix in data.values())
    tables = []
    for matrix in data.values():
        table = matrix.get_data()
        table.resize(matrix.num_row(), width)
        tables.append(table)
    labels, weights = ([getattr(matrix, f"get_{what}")() for matrix in data.values()] for what in ("label", "weight"))
    weight = np.concatenate(weights)
    return xgboost.DMatrix(
        scipy.sparse.vstack(tables, format="csr"),
        label=np.concatenate(labels),
        weight=weight if len(weight) else None,
    )


def _mean_scores(scores: list[Scores], *, rounds: int) -> str:
    means = [
        f"{data}-{metric}:{np.mean([score[data][metric][-1] for score in scores]):.5f}"
        for metric in scores[0]["train"]
        for data in ("train", "validation")
    ]
    return "\t".join([f"[{rounds}]", *means])
