import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from modelyard.drift.errors import DriftError
from modelyard.drift.quality.curves import Curve
from support.drift.quality_pairs import binary, value


def test_a_curve_has_as_many_x_as_y() -> None:
    with pytest.raises(DriftError, match="a curve must have as many x as y, got 2 and 1"):
        Curve(x=np.zeros(2), y=np.zeros(1))


Labels = list[int]


quick = settings(deadline=None, max_examples=60)


records = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 20)), min_size=2, max_size=60)


@quick
@given(rows=records)
def test_the_areas_are_scikit_learn_s_with_ties_and_all(rows: list[tuple[int, int]]) -> None:
    rows = sorted(rows, key=lambda row: -row[1])
    labels, scores = [label for label, _ in rows], [score / 20 for _, score in rows]
    found = binary(labels, [int(score > 0.5) for score in scores], scores)
    if len(set(labels)) < 2:
        assert math.isnan(value(found, "auc"))
        return
    assert value(found, "auc") == pytest.approx(sk.roc_auc_score(labels, scores))
    precisions, recalls, _ = sk.precision_recall_curve(labels, scores, drop_intermediate=False)
    # scikit-learn ends its curve at precision 1, Spark at the precision of the highest score
    ends = np.concatenate([precisions[:-1], precisions[-2:-1]])
    assert value(found, "au_prc") == pytest.approx(sk.auc(recalls, ends))


def test_curves_begin_and_end_as_sparks_do() -> None:
    found = binary([1, 0, 1, 0], [1, 1, 0, 0], [0.9, 0.7, 0.4, 0.1])
    assert found.roc_curve is not None
    assert found.roc_curve.x.tolist() == [0.0, 0.0, 0.5, 0.5, 1.0, 1.0]
    assert found.roc_curve.y.tolist() == [0.0, 0.5, 0.5, 1.0, 1.0, 1.0]
    assert found.precision_recall_curve is not None
    assert found.precision_recall_curve.x.tolist() == [0.0, 0.5, 0.5, 1.0, 1.0]
    assert found.precision_recall_curve.y.tolist() == pytest.approx([1.0, 1.0, 0.5, 2 / 3, 0.5])


def test_a_long_curve_keeps_a_thousand_points_and_both_ends() -> None:
    scores = np.linspace(1, 0, 5000)
    labels = (np.arange(5000) % 3 == 0).astype(int)
    found = binary(labels.tolist(), labels.tolist(), scores.tolist())
    assert found.roc_curve is not None
    thin = found.roc_curve.thinned()
    assert len(thin.x) == 1000
    assert (thin.x[0], thin.x[-1]) == (0.0, 1.0)


def test_an_area_is_added_from_left_to_right() -> None:
    generator = np.random.default_rng(7)
    curve = Curve(x=np.sort(generator.random(999)), y=generator.random(999))
    points, total = curve.points(), 0.0
    for (x1, y1), (x2, y2) in pairwise(points):
        total += (x2 - x1) * (y2 + y1) / 2.0
    assert curve.area() == total
