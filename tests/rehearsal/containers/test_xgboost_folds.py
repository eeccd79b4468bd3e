from pathlib import Path

import numpy as np
import pytest
import xgboost
from numpy.typing import NDArray

from modelyard.rehearsal.containers.xgboost_folds import Folds, Scores, combined, cross_validate

PARAMETERS = {"objective": "binary:logistic", "max_depth": 2, "nthread": 1}


def matrix(rows: int, *, classes: int = 2) -> xgboost.DMatrix:
    labels = np.arange(rows) % classes
    return xgboost.DMatrix(np.column_stack([labels, np.arange(rows)]), label=labels)


def folds(*, count: int = 3, rounds: int = 1, classes: bool = True) -> Folds:
    return Folds(count=count, rounds=rounds, classes=classes, seed=1)


def validated(
    file: Path, *, plan: Folds, data: xgboost.DMatrix, **parameters: object
) -> tuple[list[int], NDArray[np.float64]]:
    """Cross-validate, and return how many rows each model was trained on, and the predictions."""
    trained_on: list[int] = []

    def fit(part: xgboost.DMatrix, number: int, scores: Scores) -> xgboost.Booster:
        assert number == len(trained_on)
        trained_on.append(part.num_row())
        return xgboost.train(
            PARAMETERS | parameters,
            part,
            num_boost_round=4,
            evals=[(data, "train"), (data, "validation")],
            evals_result=scores,
            verbose_eval=False,
        )

    cross_validate(data=data, folds=plan, fit=fit, rounds=4, file=file)
    return trained_on, np.loadtxt(file, delimiter=",")


def test_each_model_is_trained_without_its_own_fold(tmp_path: Path) -> None:
    assert validated(tmp_path / "p.csv", plan=folds(rounds=2), data=matrix(30))[0] == [20] * 6


def test_a_class_is_predicted_with_its_probability(tmp_path: Path) -> None:
    data = matrix(30)
    _, rows = validated(tmp_path / "p.csv", plan=folds(rounds=3), data=data)

    assert rows[:, 0].tolist() == data.get_label().tolist()
    assert rows[:, 2].tolist() == (rows[:, 1] > 0.5).tolist()
    assert rows[:, 2].tolist() == rows[:, 0].tolist()


def test_of_several_classes_the_likeliest_is_predicted(tmp_path: Path) -> None:
    data = matrix(30, classes=3)
    _, rows = validated(tmp_path / "p.csv", plan=folds(), data=data, objective="multi:softprob", num_class=3)

    assert rows[:, 2].tolist() == rows[:, 0].tolist()
    assert rows[:, 1].min() > 1 / 3


def test_a_number_is_predicted_as_the_mean_of_its_rounds(tmp_path: Path) -> None:
    plan = folds(rounds=2, classes=False)
    _, rows = validated(tmp_path / "p.csv", plan=plan, data=matrix(30), objective="reg:squarederror")

    assert rows.shape == (30, 2)


def test_the_mean_scores_of_each_round_and_of_all_are_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    validated(tmp_path / "p.csv", plan=folds(rounds=2), data=matrix(30), eval_metric="error")

    lines = capsys.readouterr().out.splitlines()
    assert lines == ["[4]\ttrain-error:0.00000\tvalidation-error:0.00000"] * 3


def test_the_same_seed_divides_the_same_way() -> None:
    labels = matrix(30).get_label()

    once, again = (folds().split(labels) for _ in range(2))

    assert [left_out.tolist() for _, left_out in once] == [left_out.tolist() for _, left_out in again]


def test_more_folds_than_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="n_splits=5"):
        folds(count=5).split(matrix(4).get_label())


@pytest.mark.parametrize(("count", "rounds"), [(1, 1), (2, 0)])
def test_one_fold_is_none(count: int, rounds: int) -> None:
    with pytest.raises(ValueError, match="folds must be 2 or more and rounds 1 or more"):
        folds(count=count, rounds=rounds)


def test_all_data_are_one_table_with_their_labels_and_weights() -> None:
    first = xgboost.DMatrix(np.array([[1.0, np.nan]]), label=[1], weight=[3])
    second = xgboost.DMatrix(np.array([[0.0, 2.0, 5.0]]), label=[0], weight=[4])

    both = combined({"train": first, "validation": second})

    assert both.get_data().toarray().tolist() == [[1, 0, 0], [0, 2, 5]]
    assert both.num_nonmissing() == 4
    assert (both.get_label().tolist(), both.get_weight().tolist()) == ([1, 0], [3, 4])


def test_data_without_weights_have_none_together() -> None:
    assert not len(combined({"train": matrix(4), "validation": matrix(2)}).get_weight())
