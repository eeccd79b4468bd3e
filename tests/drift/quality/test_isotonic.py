import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from modelyard.drift.quality.isotonic import fit_isotonic

GROUPS = st.lists(st.tuples(st.integers(1, 20), st.floats(0, 1)), min_size=1, max_size=40)


@given(groups=GROUPS)
def test_the_fit_is_that_of_scikit_learn(groups: list[tuple[int, float]]) -> None:
    counts = np.array([count for count, _ in groups], dtype=np.float64)
    positives = np.floor(counts * np.array([share for _, share in groups]))
    scores = np.linspace(0.1, 0.9, len(groups))
    theirs = IsotonicRegression(out_of_bounds="clip").fit(scores, positives / counts, sample_weight=counts)

    ours = fit_isotonic(scores=scores, positives=positives, counts=counts)

    everywhere = np.linspace(0, 1, 101)
    assert ours.at(scores=everywhere) == pytest.approx(theirs.predict(everywhere), abs=1e-9)


def test_groups_that_do_not_ascend_are_pooled() -> None:
    found = fit_isotonic(
        scores=np.array([0.1, 0.2, 0.3]), positives=np.array([0.0, 3.0, 1.0]), counts=np.array([4.0, 4.0, 4.0])
    )

    assert found.at(scores=np.array([0.1, 0.2, 0.25, 0.3])).tolist() == [0.0, 0.5, 0.5, 0.5]


def test_beyond_the_scores_the_function_is_level() -> None:
    found = fit_isotonic(scores=np.array([0.4, 0.6]), positives=np.array([1.0, 3.0]), counts=np.array([4.0, 4.0]))

    assert found.at(scores=np.array([0.0, 0.5, 1.0])).tolist() == [0.25, 0.5, 0.75]
