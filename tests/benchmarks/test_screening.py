"""The screen of the simulated model-years, held to the verdict that it stands before."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.followed_years import Followed
from benchmarks.populations import RECORDS, SMALL, Population, frame_of, population_of, reference_of
from benchmarks.quiet_years import RAISED, checked_window, least_p_value, rate_with_interval
from benchmarks.screening import Screen, screen_of
from modelyard.drift import Baseline, Check, profile
from modelyard.drift.verdict.column_tests import Floors, column_tests
from modelyard.drift.verdict.hypothesis_test import Aspect, Scope
from modelyard.drift.verdict.verdict import AspectVerdict

KINDS = [("mixed", 50, 1000), ("clean", 300, 1000), ("sparse", 100, 5000), ("texts", 200, 1000), ("clean", 3000, 5000)]


def screened(table: str, *, rows: int, known_rows: int, moved: float = 0.0) -> tuple[Screen, Baseline]:
    """The screen of a table and its baseline; a share of the records is moved to larger values or gaps."""
    generator = np.random.default_rng([rows, known_rows])
    populations = [population_of(law, generator=generator) for law in SMALL[table]()]
    cells = [one.cells[generator.integers(0, RECORDS, known_rows)] for one in populations]
    baseline = reference_of(profile(frame_of(populations, cells=cells)))
    if moved > 0:
        populations = [_moved(one, share=moved, generator=generator) for one in populations]
    return screen_of(populations, baseline=baseline, rows=rows, seed=7), baseline


def _moved(population: Population, *, share: float, generator: np.random.Generator) -> Population:
    larger = np.maximum(population.cells, generator.permutation(population.cells))
    return replace(population, cells=np.where(generator.random(RECORDS) < share, larger, population.cells))


def _aspects(checked: Check) -> Sequence[AspectVerdict]:
    assert checked.verdict is not None
    return checked.verdict.aspects


@pytest.mark.parametrize(("table", "rows", "known_rows"), KINDS)
def test_the_screen_passes_on_every_window_that_the_verdict_rings_for(table: str, rows: int, known_rows: int) -> None:
    screen, baseline = screened(table, rows=rows, known_rows=known_rows, moved=0.12)
    flagged = screen.flagged(windows=60, budget=RAISED)

    ringing = [
        number
        for number in range(60)
        if least_p_value(checked_window(screen, baseline=baseline, window=number)) <= RAISED.level
    ]

    assert ringing
    assert set(ringing) <= set(np.flatnonzero(flagged).tolist())


def test_the_screen_passes_on_every_window_whose_day_the_verdict_rings_for() -> None:
    screen, baseline = screened("mixed", rows=50, known_rows=5000, moved=0.25)
    flagged = screen.flagged(windows=50, budget=RAISED, with_days=True)
    year = Followed(screen=screen, baseline=baseline)

    checked = [year.check(window=number) for number in range(50)]
    ringing = [number for number, one in enumerate(checked) if least_p_value(one) <= RAISED.level]
    aspects = [one for number in ringing for one in _aspects(checked[number]) if one.p_value <= RAISED.level]

    assert any(one.scope is Scope.DAY for one in aspects)
    assert set(ringing) <= set(np.flatnonzero(flagged).tolist())


def test_the_screen_leaves_out_nearly_all_quiet_windows() -> None:
    screen, _ = screened("mixed", rows=200, known_rows=5000)

    assert screen.flagged(windows=2000, budget=RAISED).sum() < 2000 * 0.15


@pytest.mark.parametrize("table", SMALL)
def test_the_screen_compares_the_baseline_s_counts_as_the_verdict_does(table: str) -> None:
    screen, baseline = screened(table, rows=500, known_rows=5000)
    assert baseline.statistics is not None
    window = profile(frame_of(screen.populations, cells=screen.drawn(window=0)), baseline=baseline)

    for column, current, known in zip(screen.columns, window.features, baseline.statistics.features, strict=True):
        tests = column_tests(current=current, baseline=known, holds_answers=False, floors=Floors()).tests
        (values,) = (test for test in tests if test.aspect is Aspect.VALUES)
        assert [one.counts.known for one in values.comparisons] == column.known_counts


def test_a_window_is_drawn_the_same_again_and_others_are_not() -> None:
    screen, _ = screened("mixed", rows=100, known_rows=1000)
    first, again, other = (screen.drawn(window=number) for number in (3, 3, 4))

    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not any(np.array_equal(one, two) for one, two in zip(first, other, strict=True))
    assert not np.array_equal(first[0], first[1])


def test_windows_have_the_shares_of_their_population() -> None:
    screen, _ = screened("sparse", rows=10_000, known_rows=1000)
    population, drawn = screen.populations[2], screen.drawn(window=0)[2]
    cells = len(population.values) + 1

    expected = np.bincount(population.cells, minlength=cells) / RECORDS
    assert np.bincount(drawn, minlength=cells) / 10_000 == pytest.approx(expected, abs=0.02)


def test_a_screen_without_the_baseline_s_statistics_is_refused() -> None:
    screen, baseline = screened("clean", rows=50, known_rows=1000)

    with pytest.raises(ValueError, match="statistics of the baseline"):
        screen_of(screen.populations, baseline=replace(baseline, statistics=None), rows=50, seed=1)


def test_a_rate_has_the_interval_of_baselines_that_differ() -> None:
    assert rate_with_interval([0, 0, 0], years=3) == "below 1"
    assert rate_with_interval([1, 1, 1, 1], years=4) == "1.00 ± 0.98"
    assert rate_with_interval([0, 0, 0, 8], years=4) == "2.00 ± 3.92"
