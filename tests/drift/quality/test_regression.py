import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from support.drift.quality_pairs import regression, value

quick = settings(deadline=None, max_examples=60)


def test_errors_are_measured_as_in_the_guide_s_example() -> None:
    # the example's records are those of the multiclass one: 778 of 2096 are wrong by 1
    found = regression([0.0] * 2096, [1.0] * 778 + [0.0] * 1318)
    errors = {name: value(found, name) for name in ("mae", "mse", "rmse")}
    assert errors == {"mae": 0.3711832061068702, "mse": 0.3711832061068702, "rmse": 0.609248066149471}


def test_r2_has_label_and_prediction_exchanged_and_the_textbook_s_value_is_beside_it() -> None:
    labels, predictions = [1.0, 2.0, 3.0, 5.0], [1.5, 2.0, 2.5, 3.0]
    found = regression(labels, predictions)
    assert value(found, "r2") == pytest.approx(sk.r2_score(predictions, labels))
    assert found.additional["r2_textbook"].value == pytest.approx(sk.r2_score(labels, predictions))


def test_r2_is_not_defined_where_nothing_varies() -> None:
    found = regression([1.0, 2.0], [3.0, 3.0])
    assert found.undefined() == ("r2",)
    assert math.isfinite(found.additional["r2_textbook"].value)


@quick
@given(rows=st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=2, max_size=50))
def test_errors_are_scikit_learn_s(rows: list[tuple[float, float]]) -> None:
    labels, predictions = [label for label, _ in rows], [predicted for _, predicted in rows]
    found = regression(labels, predictions)
    assert value(found, "mae") == pytest.approx(sk.mean_absolute_error(labels, predictions))
    assert value(found, "mse") == pytest.approx(sk.mean_squared_error(labels, predictions))
    assert value(found, "rmse") == pytest.approx(sk.root_mean_squared_error(labels, predictions))


def test_r2_is_not_defined_where_next_to_nothing_varies() -> None:
    assert math.isnan(value(regression([0.0, 1057.0], [1e-151, 0.0]), "r2"))
