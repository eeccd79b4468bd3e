"""Populations of synthetic tables, from which the benchmarks of the verdict draw windows and baselines.

A law is how a column is drawn. A finite population is 65,536 records of a law, of which windows are drawn with
replacement: that many fit into 16 random bits, and a window is what its records' cells have been counted.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing
import polars

from modelyard.drift import Baseline, Check, Profile, profile
from modelyard.drift.analysis import suggest_baseline
from modelyard.drift.kernels.arrays import Doubles

RECORDS = 1 << 16
# Of more different numbers, those that are not among so many smallest or largest are put together by so many.
MOST_NUMBERS, EXTREMES, TOGETHER = 2048, 128, 64
Boolean = numpy.typing.NDArray[np.bool_]
Cells: TypeAlias = numpy.typing.NDArray[np.uint16]
Draw = Callable[[np.random.Generator, int], Doubles]


@dataclass(frozen=True, kw_only=True, slots=True)
class Law:
    """A column's population: numbers, or texts as the numbers of categories, with a share of gaps and of words."""

    draw: Draw
    text: bool = False
    gaps: float = 0.0
    words: float = 0.0


def normal(mean: float = 0, scale: float = 1) -> Draw:
    """Return a normal column."""
    return lambda generator, rows: generator.normal(mean, scale, rows)


def counter(mean: float) -> Draw:
    """Return a Poisson counter."""
    return lambda generator, rows: generator.poisson(mean, rows).astype(float)


def flag(share: float) -> Draw:
    """Return a flag of 0 and 1."""
    return lambda generator, rows: (generator.random(rows) < share).astype(float)


def categories(shares: Sequence[float]) -> Draw:
    """Return categories of these shares."""
    edges = np.cumsum(np.array(shares) / math.fsum(shares))[:-1]
    return lambda generator, rows: np.searchsorted(edges, generator.random(rows)).astype(float)


def zipf(levels: int, power: float) -> Draw:
    """Return categories of which few are frequent."""
    return categories([1 / rank**power for rank in range(1, levels + 1)])


def exponential(shift: float = 0) -> Draw:
    """Return an exponential column."""
    return lambda generator, rows: generator.exponential(1.0, rows) + shift


def lognormal(shift: float = 0) -> Draw:
    """Return a lognormal column."""
    return lambda generator, rows: generator.lognormal(0.0, 1.0, rows) + shift


def uniform(generator: np.random.Generator, rows: int) -> Doubles:
    """Draw numbers between 0 and 1."""
    return generator.random(rows)


def mixed_with(draw: Draw, *, other: Draw, share: float) -> Draw:
    """Return a column of which another takes a share of the rows."""
    return lambda generator, rows: np.where(
        generator.random(rows) < share, other(generator, rows), draw(generator, rows)
    )


def constant(value: float) -> Draw:
    """Return a column of one value."""
    return lambda _, rows: np.full(rows, value)


FLAGS = (0.01, 0.05, 0.1, 0.3, 0.5)
GAPS = (0.002, 0.01, 0.05, 0.15, 0.4)
FIVE = (0.4, 0.3, 0.15, 0.1, 0.05)
ZEROS = mixed_with(counter(3), other=constant(0), share=0.9)


def clean() -> list[Law]:
    """70 continuous columns without gaps."""
    laws = (normal(), lognormal(), exponential(), uniform)
    return [Law(draw=laws[place % 4]) for place in range(70)]


def sparse() -> list[Law]:
    """30 flags, 15 counters that are mostly 0, 15 texts, 10 continuous columns; 30 have gaps."""
    return [
        *(Law(draw=flag(FLAGS[place % 5]), gaps=GAPS[place % 5] if place < 10 else 0) for place in range(30)),
        *(Law(draw=ZEROS, gaps=GAPS[place % 5] if place < 10 else 0) for place in range(15)),
        *(Law(draw=zipf(30, 1.0), text=True) for _ in range(15)),
        *(Law(draw=normal(), gaps=GAPS[place % 5]) for place in range(10)),
    ]


def mixed() -> list[Law]:
    """28 continuous columns, 17 counters, 10 flags and 15 texts; 10 have gaps."""
    continuous = (normal(), lognormal(), exponential(), lambda generator, rows: generator.beta(2, 5, rows))
    return [
        *(Law(draw=continuous[place % 4], gaps=GAPS[place % 5] if place < 5 else 0) for place in range(28)),
        *(Law(draw=counter(3), gaps=GAPS[place % 5] if place < 5 else 0) for place in range(7)),
        *(Law(draw=counter(30)) for _ in range(5)),
        *(Law(draw=ZEROS) for _ in range(5)),
        *(Law(draw=flag(FLAGS[place % 5])) for place in range(10)),
        *(Law(draw=categories(FIVE), text=True) for _ in range(7)),
        *(Law(draw=zipf(30, 1.0), text=True) for _ in range(5)),
        *(Law(draw=zipf(100, 1.2), text=True) for _ in range(3)),
    ]


def small_clean() -> list[Law]:
    """Eight continuous columns without gaps."""
    return clean()[:8]


def small_sparse() -> list[Law]:
    """Three flags, two counters that are mostly 0, a continuous column and two texts; five have gaps."""
    return [
        Law(draw=flag(0.01), gaps=0.01),
        Law(draw=flag(0.05)),
        Law(draw=flag(0.3), gaps=0.4),
        Law(draw=ZEROS, gaps=0.15),
        Law(draw=ZEROS),
        Law(draw=normal(), gaps=0.4),
        Law(draw=zipf(30, 1.0), text=True),
        Law(draw=categories((0.9, 0.1)), text=True, gaps=0.002),
    ]


def small_mixed() -> list[Law]:
    """Three continuous columns, two counters, a flag and two texts; three have gaps."""
    return [
        Law(draw=normal()),
        Law(draw=lognormal(), gaps=0.05),
        Law(draw=exponential()),
        Law(draw=counter(3), gaps=0.15),
        Law(draw=counter(30)),
        Law(draw=flag(0.1)),
        Law(draw=categories(FIVE), text=True, gaps=0.002),
        Law(draw=zipf(30, 1.0), text=True),
    ]


def small_texts() -> list[Law]:
    """Eight texts of 2 to 100 categories; three have gaps."""
    return [
        Law(draw=categories((0.5, 0.5)), text=True),
        Law(draw=categories(FIVE), text=True),
        Law(draw=categories(FIVE), text=True, gaps=0.4),
        *(Law(draw=zipf(30, 1.0), text=True, gaps=gaps) for gaps in (0, 0.05, 0.2)),
        *(Law(draw=zipf(100, 1.2), text=True) for _ in range(2)),
    ]


WIDE = {"mixed": mixed, "clean": clean, "sparse": sparse}
SMALL = {"mixed": small_mixed, "clean": small_clean, "sparse": small_sparse, "texts": small_texts}


@dataclass(frozen=True, kw_only=True, slots=True)
class Population:
    """65,536 records of a column: its sorted different values, and the cell of each record; the last cell has gaps."""

    values: Doubles
    cells: Cells
    text: bool

    @property
    def labels(self) -> list[str]:
        """The values as texts."""
        return [f"v{value:g}" for value in self.values.tolist()]

    def column(self, cells: Cells) -> polars.Series:
        """Return a column of the records of these cells."""
        absent = cells == len(self.values)
        known = np.where(absent, 0, cells)
        values = polars.Series(self.labels)[known] if self.text else _numbers(self.values[known])
        return values.set(polars.Series(absent), None)


def population_of(law: Law, *, generator: np.random.Generator) -> Population:
    """Return a population of a law; numbers are rounded to fewer different ones, but for the extremes."""
    present = round((1 - law.gaps) * RECORDS)
    values, cells = np.unique(law.draw(generator, present), return_inverse=True)
    if len(values) > MOST_NUMBERS:
        places = np.arange(len(values))
        inner = places[EXTREMES:-EXTREMES:TOGETHER]
        firsts = np.concatenate([places[:EXTREMES], inner, places[-EXTREMES:]])
        values, cells = values[firsts], (np.searchsorted(firsts, places, side="right") - 1)[cells]
    gaps = np.full(RECORDS - present, len(values))
    return Population(values=values, cells=np.concatenate([cells, gaps]).astype(np.uint16), text=law.text)


def frame_of(populations: Sequence[Population], *, cells: Sequence[Cells]) -> polars.DataFrame:
    """Return a table of the records of these cells of each column."""
    columns = zip(populations, cells, strict=True)
    return polars.DataFrame({f"c{place}": one.column(drawn) for place, (one, drawn) in enumerate(columns)})


def table_of(laws: Sequence[Law], *, rows: int, generator: np.random.Generator, copies: int = 1) -> polars.DataFrame:
    """Return a table of these laws, of which each row may be there several times."""
    columns = {}
    for place, law in enumerate(laws):
        drawn = np.repeat(law.draw(generator, -(-rows // copies)), copies)[:rows]
        present = np.repeat(generator.random(-(-rows // copies)) >= law.gaps, copies)[:rows]
        words = int(generator.binomial(int(present.sum()), law.words))
        columns[f"c{place}"] = _column(drawn, present, words=words, law=law)
    return polars.DataFrame(columns)


def profile_of(
    laws: Sequence[Law], *, rows: int, generator: np.random.Generator, copies: int = 1, known: Baseline | None = None
) -> Profile:
    """Return the profile of a table of these laws; a baseline's texts are counted."""
    return profile(table_of(laws, rows=rows, generator=generator, copies=copies), baseline=known)


def _column(drawn: Doubles, present: Boolean, *, words: int, law: Law) -> polars.Series:
    if not law.text and words == 0:
        return _numbers(drawn).set(~polars.Series(present), None)
    texts = [f"v{value:g}" if law.text else repr(value) for value in drawn.tolist()]
    for place in np.flatnonzero(present)[:words].tolist():
        texts[place] = "word"
    return polars.Series(texts).set(~polars.Series(present), None)


def _numbers(values: Doubles) -> polars.Series:
    whole = bool(np.all(values == np.round(values)))
    return polars.Series(values.astype(np.int64) if whole else values)


def reference_of(found: Profile) -> Baseline:
    """Return a profile as a baseline, with the completeness that AWS's analyzer suggests: the baseline's own."""
    suggested = suggest_baseline(profile=found)
    features = tuple(
        replace(one, completeness=feature.completeness)
        for one, feature in zip(suggested.constraints.features, found.features, strict=True)
    )
    return replace(suggested, constraints=replace(suggested.constraints, features=features))


def broken_rules(checked: Check) -> dict[str, set[str]]:
    """Return which checks of AWS's rules each column breaks."""
    found: dict[str, set[str]] = {}
    for one in checked.violations:
        found.setdefault(one.feature, set()).add(one.check)
    return found
