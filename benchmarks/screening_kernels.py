"""The compiled loops of the screen: windows are drawn, counted, and their p-values computed.

Numbers are those of SplitMix64: a state of its own for each column and window, 16 bits for each record.
"""

import math

import numpy as np

from benchmarks.populations import Cells
from modelyard.drift.jit import jit_entry, jit_inline
from modelyard.drift.kernels.arrays import Doubles, Flags, Integers
from modelyard.drift.verdict.earlier import DAY_HOURS

# The columns of a line of comparisons.
FIRST_CELL, LAST_CELL, KNOWN, PART, FLOOR, ONLY_MORE = range(6)
# Nearer to the mean than so many deviations no tail is small enough to ring, at up to a thousand alarms a year.
USUAL = 2.0
# In the place of a p-value, where the difference is below its floor.
TOO_SMALL = 4.0
NEGLIGIBLE = 1e-12
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST_FACTOR, SECOND_FACTOR = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
S16, S27, S30, S31 = np.uint64(16), np.uint64(27), np.uint64(30), np.uint64(31)
PLACE = np.uint64(0xFFFF)
HOURS_OF_A_DAY = round(DAY_HOURS)


@jit_inline
def _mixed(state: np.uint64) -> np.uint64:
    """Return a random number of a state: the finalizer of SplitMix64."""
    first = (state ^ (state >> S30)) * FIRST_FACTOR
    second = (first ^ (first >> S27)) * SECOND_FACTOR
    return second ^ (second >> S31)


@jit_entry
def draw_records(stream: np.uint64, window: np.uint64, cells: Cells, drawn: Cells) -> None:
    """Draw the records of a window with replacement; a stream and a window give the same ones each time."""
    state, bits = _mixed(_mixed(stream) ^ window), stream
    for place in range(len(drawn)):
        if place % 4 == 0:
            state = state + GOLDEN
            bits = _mixed(state)
        drawn[place] = cells[bits & PLACE]
        bits = bits >> S16


@jit_inline
def _count_records(stream: np.uint64, window: np.uint64, rows: int, cells: Cells, counts: Integers) -> None:
    """Count the records that `draw_records` draws, by their cells."""
    counts[:] = 0
    state, bits = _mixed(_mixed(stream) ^ window), stream
    for place in range(rows):
        if place % 4 == 0:
            state = state + GOLDEN
            bits = _mixed(state)
        counts[cells[bits & PLACE]] += 1
        bits = bits >> S16


@jit_inline
def _few(found: float, rows: float, known: float, known_rows: float, error: float) -> float:
    """Return the tail of few: of the beta-binomial distribution, term by term; 1 where it is a usual one."""
    if known == 0:
        return 1.0
    count = np.round(min(1.0, found / rows + error) * rows)
    a, b = known, known_rows - known + 1
    mean = a / (a + b)
    below = rows * mean - count
    if below <= 0 or below * below < USUAL * USUAL * rows * mean * (1 - mean) * (1 + rows / (a + b)):
        return 1.0
    term = math.exp(
        math.lgamma(rows + 1)
        - math.lgamma(count + 1)
        - math.lgamma(rows - count + 1)
        + math.lgamma(count + a)
        + math.lgamma(rows - count + b)
        - math.lgamma(rows + a + b)
        + math.lgamma(a + b)
        - math.lgamma(a)
        - math.lgamma(b)
    )
    total = term
    while count > 0 and term > total * NEGLIGIBLE:
        term *= count * (rows - count + b) / ((rows - count + 1) * (count - 1 + a))
        total += term
        count -= 1
    return total


@jit_inline
def _share_p_value(
    found: float, rows: float, known: float, known_rows: float, floor: float, only_more: float, error: float
) -> float:
    """Return the p-value of a share, twice a tail that may be 1, or that the difference is too small."""
    difference = found / rows - known / known_rows
    if (difference if only_more > 0 else abs(difference)) < floor:
        return TOO_SMALL
    if difference < 0:
        return 2 * _few(found, rows, known, known_rows, error)
    tail = _few(rows - found, rows, known_rows - known, known_rows, error)
    return tail if only_more > 0 else 2 * tail


@jit_inline
def _ranks_ring(
    counts: Integers, known: Doubles, present: float, known_rows: float, error: float, limit: float
) -> bool:
    """Return whether Wilcoxon's or Mood's score is beyond its limit: midranks, the variance of all permutations."""
    every = present + known_rows
    below = first = second = fourth = own = own_squares = 0.0
    for cell in range(len(known)):
        pooled = counts[cell] + known[cell]
        rank = (below + pooled / 2) / every - 0.5
        square = rank * rank
        below += pooled
        first += pooled * rank
        second += pooled * square
        fourth += pooled * square * square
        own += counts[cell] * rank
        own_squares += counts[cell] * square
    scale = present * known_rows / (every * (every - 1))
    for score, mean, squares in ((own, first / every, second), (own_squares, second / every, fourth)):
        variance = scale * (squares - every * mean * mean)
        if variance > 0:
            distance = abs(score - present * mean) - present * known_rows / every * error
            if distance > limit * math.sqrt(variance):
                return True
    return False


@jit_entry
def screen_column(
    stream: np.uint64,
    rows: int,
    cells: Cells,
    comparisons: Doubles,
    known: Doubles,
    totals: Doubles,
    limits: Doubles,
    counts: Integers,
    found: Integers,
    flagged: Flags,
) -> None:
    """Flag the windows that a column may ring for.

    Args:
        stream: The column's random numbers.
        rows: Of a window.
        cells: The cell of each record; the last is of gaps.
        comparisons: A line each: first and last cell, the baseline's count, part of the level, floor, whether less is
            no change (1). The last line is of gaps.
        known: The baseline's weight in each cell of numbers whose ranks are compared; else none.
        totals: The baseline's values, and its rows.
        limits: The level of a test, the limit of a rank score, what a sketched baseline may err by.
        counts: Room for the count of each cell.
        found: Of each window, the count of each comparison; without lines none is kept.
        flagged: Of each window, set to 1.
    """
    level, rank_limit, error = limits
    gaps = len(counts) - 1
    for window in range(len(flagged)):
        _count_records(stream, np.uint64(window), rows, cells, counts)
        present = rows - counts[gaps]
        rings, large = False, False
        if present > 0:
            count, last_cell, last_first = 0, -1, -1
            for line in range(len(comparisons) - 1):
                first, last = int(comparisons[line, FIRST_CELL]), int(comparisons[line, LAST_CELL])
                if first != last_first or last < last_cell:
                    count, last_cell = 0, first - 1
                for cell in range(last_cell + 1, last + 1):
                    count += counts[cell]
                last_cell, last_first = last, first
                if len(found) > 0:
                    found[window, line] = count
                p_value = _share_p_value(
                    count,
                    present,
                    comparisons[line, KNOWN],
                    totals[0],
                    comparisons[line, FLOOR],
                    comparisons[line, ONLY_MORE],
                    error,
                )
                large = large or p_value < TOO_SMALL
                rings = rings or p_value <= level * comparisons[line, PART]
            if large and len(known) > 0 and not rings:
                rings = _ranks_ring(counts, known, present, totals[0], error, rank_limit)
        line = len(comparisons) - 1
        if len(found) > 0:
            found[window, line] = counts[gaps]
        p_value = _share_p_value(
            counts[gaps],
            rows,
            comparisons[line, KNOWN],
            totals[1],
            comparisons[line, FLOOR],
            comparisons[line, ONLY_MORE],
            0.0,
        )
        if rings or p_value <= level * comparisons[line, PART]:
            flagged[window] = 1


@jit_entry
def screen_days(
    rows: int, comparisons: Doubles, totals: Doubles, limits: Doubles, found: Integers, sums: Integers, flagged: Flags
) -> None:
    """Flag the windows with which the last 24 may ring together, as `screen_column` has counted them.

    Args:
        rows: Of a window.
        comparisons: As in `screen_column`, the parts those of a test without ranks.
        totals: As in `screen_column`.
        limits: As in `screen_column`.
        found: Of each window, the count of each comparison.
        sums: Room for the sum of each.
        flagged: Of each window, set to 1.
    """
    gaps = len(comparisons) - 1
    sums[:] = 0
    for window in range(len(flagged)):
        for line in range(len(comparisons)):
            sums[line] += found[window, line]
            if window >= HOURS_OF_A_DAY:
                sums[line] -= found[window - HOURS_OF_A_DAY, line]
        every = rows * min(window + 1, HOURS_OF_A_DAY)
        for line in range(len(comparisons)):
            of_values = line < gaps
            known = totals[0] if of_values else totals[1]
            together = every - sums[gaps] if of_values else every
            if together > 0:
                p_value = _share_p_value(
                    sums[line],
                    together,
                    comparisons[line, KNOWN],
                    known,
                    comparisons[line, FLOOR],
                    comparisons[line, ONLY_MORE],
                    limits[2] if of_values else 0.0,
                )
                if p_value <= limits[0] * comparisons[line, PART]:
                    flagged[window] = 1
