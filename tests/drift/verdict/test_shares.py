import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from modelyard.drift.errors import DriftError
from modelyard.drift.kernels.arrays import Doubles
from modelyard.drift.measures.samples import weighted_values
from modelyard.drift.profiling.sketch import Sketches
from modelyard.drift.verdict.shares import SKETCH_ERROR, Counts

GENERATOR = np.random.default_rng(11)


def counts(found: int, rows: int, known: int, known_rows: int, *, sketches: int = 0) -> Counts:
    return Counts(found=found, rows=rows, known=known, known_rows=known_rows, sketches=sketches)


def some_counts() -> Counts:
    rows, known_rows = int(GENERATOR.integers(1, 3000)), int(GENERATOR.integers(1, 30_000))
    return counts(int(GENERATOR.integers(0, rows + 1)), rows, int(GENERATOR.integers(0, known_rows + 1)), known_rows)


@pytest.mark.parametrize("case", [some_counts() for _ in range(60)], ids=str)
def test_both_tails_are_those_of_fishers_exact_test(case: Counts) -> None:
    law = stats.hypergeom(case.rows + case.known_rows, case.found + case.known, case.rows)
    assert case.few_p_value() == pytest.approx(law.cdf(case.found), rel=1e-6, abs=1e-300)
    assert case.many_p_value() == pytest.approx(law.sf(case.found - 1), rel=1e-6, abs=1e-300)


@pytest.mark.parametrize(("found", "rows", "known", "known_rows"), [(9, 500, 20, 10_000), (40, 90, 300, 1000)])
def test_a_tail_is_that_of_the_beta_binomial_distribution(found: int, rows: int, known: int, known_rows: int) -> None:
    law = stats.betabinom(rows, known + 1, known_rows - known)
    assert counts(found, rows, known, known_rows).many_p_value() == pytest.approx(law.sf(found - 1), rel=1e-6)


def test_two_sides_are_twice_the_smaller_tail_and_at_most_one() -> None:
    assert counts(9, 500, 20, 10_000).p_value() == 2 * counts(9, 500, 20, 10_000).many_p_value()
    assert counts(1, 500, 20, 10_000).p_value() == 1.0


@pytest.mark.parametrize(("found", "rings"), [(4, False), (5, True)])
def test_five_bad_rows_of_500_ring_after_ten_thousand_good_ones_and_four_do_not(found: int, *, rings: bool) -> None:
    assert (counts(found, 500, 0, 10_000).many_p_value() < 1 / 8760 / 141) is rings


def test_ten_million_rows_have_a_p_value_and_it_is_that_of_a_million() -> None:
    assert counts(5_100_000, 10**7, 5000, 10_000).p_value() == counts(510_000, 10**6, 5000, 10_000).p_value()


def test_what_a_sketch_may_be_wrong_by_is_no_difference() -> None:
    off = round(SKETCH_ERROR * 10**6)
    assert counts(500_000 + off, 10**6, 5 * 10**6, 10**7).p_value() < 1e-5
    assert counts(500_000 + off, 10**6, 5 * 10**6, 10**7, sketches=1).p_value() == 1.0


def test_the_interval_is_newcombes() -> None:
    # Newcombe 1998, Statistics in Medicine 17, table II (a), method 10: 56/70 against 48/80
    found = counts(56, 70, 48, 80).interval(z=stats.norm.isf(0.025))
    assert list(found) == pytest.approx([0.0524, 0.3339], abs=5e-5)


def test_a_sketch_widens_the_interval_by_its_error() -> None:
    low, high = counts(56, 70, 48, 80).interval(z=2)
    found = counts(56, 70, 48, 80, sketches=2).interval(z=2)
    assert list(found) == pytest.approx([low - 2 * SKETCH_ERROR, high + 2 * SKETCH_ERROR])


def test_the_least_detectable_change_is_found_four_times_of_five() -> None:
    level, quiet = 1e-6, counts(0, 500, 3000, 10_000)
    change = quiet.least_detectable(level=level)
    assert change is not None
    drawn = GENERATOR.binomial(500, 0.3 + change, size=2000)
    share = np.mean([counts(int(found), 500, 3000, 10_000).p_value() <= level for found in drawn])
    assert share == pytest.approx(0.8, abs=0.06)


def test_of_a_common_thing_it_is_the_change_of_the_rest() -> None:
    assert counts(0, 500, 9000, 10_000).least_detectable(level=1e-6) == counts(0, 500, 1000, 10_000).least_detectable(
        level=1e-6
    )


def test_of_too_few_rows_nothing_is_detectable() -> None:
    assert counts(0, 3, 5000, 10_000).least_detectable(level=1e-6) is None


def test_a_tail_far_out_is_not_rounded_to_zero_too_soon() -> None:
    value = counts(130, 500, 100, 10_000).many_p_value()
    law = stats.hypergeom(10_500, 230, 500)
    assert math.log(value) == pytest.approx(law.logsf(129), rel=1e-6)
    assert value < 1e-80


@pytest.mark.parametrize("case", [(3, 2, 0, 9), (-1, 2, 0, 9), (0, 2, 10, 9), (0, 0, 0, 9), (0, 2, 0, 0)])
def test_counts_that_no_data_have_are_refused(case: tuple[int, int, int, int]) -> None:
    with pytest.raises(DriftError, match="statistics again"):
        counts(*case)


@pytest.mark.parametrize("rows", [20_000, 300_000])
@pytest.mark.parametrize("order", [lambda values: values, np.sort], ids=["as drawn", "sorted"])
def test_no_share_of_a_sketch_is_further_off_than_its_error(rows: int, order: Callable[[Doubles], Doubles]) -> None:
    values = order(GENERATOR.normal(size=rows))
    sketches = Sketches(columns=1)
    sketches.extend(values=values[None, :], counts=np.array([rows]))
    sketch = weighted_values(levels=sketches.state(column=0).levels)
    cuts = np.linspace(-3, 3, 201)
    exact = np.searchsorted(np.sort(values), cuts, side="right") / rows
    assert np.max(np.abs(sketch.cumulative_shares(keys=cuts) - exact)) < SKETCH_ERROR
