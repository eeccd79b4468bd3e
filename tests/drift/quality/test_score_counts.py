import numpy as np
import pytest

from modelyard.drift.quality.classification import binary_metrics
from modelyard.drift.quality.score_counts import METRICS, MOST_GROUPS, ScoreCounts, count_scores, metrics_of_counts
from support.drift.scored_records import Population, class_pairs


def test_equal_scores_are_one_group() -> None:
    found = count_scores(scores=np.array([0.5, 0.2, 0.5, 0.5]), classes=np.array([1, 0, 0, 1]))

    assert found.scores.tolist() == [0.2, 0.5]
    assert found.negatives.tolist() == [1, 1]
    assert found.positives.tolist() == [0, 2]


def test_many_scores_are_groups_of_about_as_many_records() -> None:
    scores, labels = Population().draw(20_000, seed=1)

    found = count_scores(scores=scores, classes=labels)

    assert len(found.scores) == MOST_GROUPS
    assert (found.rows, int(found.positives.sum())) == (20_000, int(labels.sum()))
    assert found.totals.min() == found.totals.max() == 40
    assert np.all(np.diff(found.scores) > 0)


@pytest.mark.parametrize(("decimals", "off"), [(2, 1e-12), (9, 0.001)])
def test_the_metrics_of_known_labels_are_those_of_a_check(decimals: int, off: float) -> None:
    scores, labels = Population(below=2).draw(3000, seed=2)
    scores = scores.round(decimals)
    pairs = class_pairs(scores, labels)
    predictions = (scores > 0.5).astype(np.int64)
    window = count_scores(scores=scores, classes=predictions)
    groups = np.abs(window.scores[None, :] - scores[:, None]).argmin(axis=1)
    among = [
        np.bincount(groups[(predictions == answer) & (labels == 1)], minlength=len(window.scores)).astype(float)
        for answer in (0, 1)
    ]

    found = metrics_of_counts(window=window, among_negatives=among[0], among_positives=among[1])

    measured = binary_metrics(pairs=pairs)
    assert found.tolist() == pytest.approx([measured[name] for name in METRICS], abs=off)


def test_what_labels_do_not_define_is_not_a_number_and_no_positive_prediction_has_precision_0() -> None:
    window = ScoreCounts(scores=np.array([0.1, 0.2]), negatives=np.array([3, 2]), positives=np.array([0, 0]))
    nothing = np.zeros(2)

    found = metrics_of_counts(window=window, among_negatives=nothing, among_positives=nothing)

    accuracy, auc, precision, recall, f1 = found.tolist()
    assert (accuracy, precision) == (1.0, 0.0)
    assert np.isnan([auc, recall, f1]).all()
