import math

import numpy as np
import pytest
from scipy import stats

from modelyard.drift.errors import DriftError
from modelyard.drift.verdict.spread import (
    FEWEST_WINDOWS,
    INDEPENDENT,
    PROVISIONAL,
    Spread,
    spread_of_scores,
    spreads_of_shares,
    student_tail,
)

GENERATOR = np.random.default_rng(7)


@pytest.mark.parametrize("degrees", [1, 2, 23, 167, 671])
@pytest.mark.parametrize("distance", [0.0, 1e-9, 0.5, 3.0, 6.6, 37.0])
def test_students_tail_is_scipys(degrees: int, distance: float) -> None:
    assert student_tail(distance=distance, degrees=degrees) == pytest.approx(stats.t.sf(distance, degrees), rel=1e-9)


def test_a_normal_tail_is_students_at_the_same_distance() -> None:
    spread = Spread(windows=FEWEST_WINDOWS)
    assert spread.tail(stats.norm.sf(4.5)) == pytest.approx(stats.t.sf(4.5, FEWEST_WINDOWS - 1), rel=1e-9)
    assert (spread.tail(0.7), spread.tail(0.0) < 1e-15) == (0.7, True)


@pytest.mark.parametrize("spread", [INDEPENDENT, PROVISIONAL])
def test_a_spread_that_is_not_measured_leaves_a_tail_alone(spread: Spread) -> None:
    assert spread.tail(1e-7) == 1e-7


@pytest.mark.parametrize("copies", [1, 2, 5])
def test_rows_that_come_several_times_vary_as_many_times_as_much(copies: int) -> None:
    found = copies * GENERATOR.binomial(400, 0.3, size=2000)
    (spread,) = spreads_of_shares(found=found[:, np.newaxis].tolist(), rows=[copies * 400] * 2000)
    assert spread.dispersion == pytest.approx(copies, rel=0.2)
    assert spread.windows == 2000


def test_the_dispersion_is_chi_square_over_its_degrees_of_freedom_and_at_least_the_mean() -> None:
    rows = GENERATOR.integers(50, 900, size=40)
    found = [GENERATOR.binomial(rows, GENERATOR.uniform(0.5 - width, 0.5, size=40)) for width in (0.4, 0.3, 0.1)]
    expected = [stats.chi2_contingency(np.array([one, rows - one]), correction=False).statistic / 39 for one in found]
    spreads = spreads_of_shares(found=np.transpose([*found, 0 * rows]).tolist(), rows=rows.tolist())
    least = np.mean(expected)
    assert expected[0] > least > expected[-1]
    assert [one.dispersion for one in spreads] == pytest.approx([*np.maximum(expected, least), least])


def test_of_scores_it_is_their_variance() -> None:
    scores = GENERATOR.normal(3.0, 1.7, size=60)
    assert spread_of_scores(scores).dispersion == pytest.approx(stats.tvar(scores))


@pytest.mark.parametrize("count", [0, 100])
def test_what_never_varied_has_the_spread_of_independent_rows(count: int) -> None:
    assert spreads_of_shares(found=[[count]] * 30, rows=[100] * 30) == [Spread(windows=30)]
    assert spread_of_scores(np.zeros(30)) == Spread(windows=30)


def test_of_too_few_windows_it_is_provisional() -> None:
    few = FEWEST_WINDOWS - 1
    assert spreads_of_shares(found=[[1, 2]] * few, rows=[10] * few) == [PROVISIONAL, PROVISIONAL]
    assert spread_of_scores(np.ones(few)) == PROVISIONAL


@pytest.mark.parametrize("dispersion", [0.5, math.nan])
def test_a_dispersion_below_one_is_refused(dispersion: float) -> None:
    with pytest.raises(DriftError, match="the dispersion must be 1 or more"):
        Spread(dispersion=dispersion)
