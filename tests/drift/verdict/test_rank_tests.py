from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from modelyard.drift.kernels.arrays import Doubles
from modelyard.drift.measures.samples import WeightedValues, weighted_values
from modelyard.drift.verdict.rank_tests import rank_scores
from modelyard.drift.verdict.spread import INDEPENDENT, Spread

GENERATOR = np.random.default_rng(5)


def weighted(values: Doubles) -> WeightedValues:
    return weighted_values(levels=(values,))


def rank_p_values(
    *, current: WeightedValues, baseline: WeightedValues, sketches: int, spread: Spread = INDEPENDENT
) -> tuple[float, float]:
    scores = rank_scores(current=current, baseline=baseline, sketches=sketches)
    return replace(scores[0], spread=spread).p_value(), replace(scores[1], spread=spread).p_value()


@pytest.mark.parametrize("ties", [False, True])
def test_wilcoxons_p_value_is_scipys(*, ties: bool) -> None:
    ours, theirs = GENERATOR.normal(0.2, size=80), GENERATOR.normal(size=700)
    if ties:
        ours, theirs = np.round(ours), np.round(theirs)
    expected = stats.mannwhitneyu(ours, theirs, use_continuity=False, method="asymptotic").pvalue
    found, _ = rank_p_values(current=weighted(ours), baseline=weighted(theirs), sketches=0)
    assert found == pytest.approx(expected, rel=1e-6)


def test_moods_p_value_is_scipys() -> None:
    ours, theirs = GENERATOR.normal(scale=1.4, size=80), GENERATOR.normal(size=700)
    _, found = rank_p_values(current=weighted(ours), baseline=weighted(theirs), sketches=0)
    assert found == pytest.approx(stats.mood(ours, theirs).pvalue, rel=1e-6)


def test_with_ties_moods_variance_is_that_of_all_permutations() -> None:
    ours, theirs = np.round(GENERATOR.normal(size=40)), np.round(GENERATOR.normal(size=60))
    _, found = rank_p_values(current=weighted(ours), baseline=weighted(theirs), sketches=0)
    pooled = np.concatenate([ours, theirs])
    score = (stats.rankdata(pooled) - 50.5) ** 2
    drawn = np.array([GENERATOR.permutation(score)[:40].sum() for _ in range(20_000)])
    z = abs(score[:40].sum() - drawn.mean()) / drawn.std()
    assert stats.norm.isf(found / 2) == pytest.approx(z, abs=0.05)


def test_one_value_on_both_sides_is_no_difference() -> None:
    one = weighted(np.full(30, 7.0))
    assert rank_p_values(current=one, baseline=one, sketches=0) == (1.0, 1.0)


def test_what_sketches_may_be_wrong_by_is_no_difference() -> None:
    ours, theirs = np.arange(200.0, 100_200.0), np.arange(0.5, 100_000.5)
    exact, _ = rank_p_values(current=weighted(ours), baseline=weighted(theirs), sketches=0)
    sketched, _ = rank_p_values(current=weighted(ours), baseline=weighted(theirs), sketches=2)
    assert (exact < 0.5, sketched) == (True, 1.0)


def test_with_a_measured_spread_the_law_is_students_and_the_score_smaller_by_its_root() -> None:
    ours, theirs = weighted(GENERATOR.normal(0.5, size=80)), weighted(GENERATOR.normal(size=700))
    (score, _) = rank_scores(current=ours, baseline=theirs, sketches=0)
    found, _ = rank_p_values(current=ours, baseline=theirs, sketches=0, spread=Spread(dispersion=4, windows=30))
    assert found == pytest.approx(2 * stats.t.sf(abs(score.score) / 2, 29))
