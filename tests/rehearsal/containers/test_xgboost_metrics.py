import numpy as np
import pytest
import xgboost

from modelyard.rehearsal.containers.xgboost_metrics import OF_CLASSES, OF_VALUES, scorer
from modelyard.shared.xgboost_hyperparameters import CONTAINER_METRICS

DATA = xgboost.DMatrix(np.zeros((4, 1)), label=[0, 1, 1, 0])


def test_each_metric_of_the_table_is_computed() -> None:
    assert sorted({*OF_CLASSES, *OF_VALUES}) == sorted(CONTAINER_METRICS)


@pytest.mark.parametrize(
    ("objective", "predictions"),
    [
        ("binary:logistic", [0.1, 0.9, 0.6, 0.7]),
        ("binary:logitraw", [-2.0, 0.4, 3.0, 0.1]),
        ("multi:softmax", [0, 1, 1, 1]),
        ("multi:softprob", [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.4, 0.6]]),
    ],
)
def test_a_class_is_told_from_what_the_objective_predicts(objective: str, predictions: list[float]) -> None:
    assert scorer(names=["accuracy"], objective=objective)(np.array(predictions), DATA) == [("accuracy", 0.75)]
