"""Real changes of one column, each at three sizes: the column before, and after."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.populations import (
    FIVE,
    Draw,
    Law,
    categories,
    constant,
    counter,
    exponential,
    flag,
    lognormal,
    mixed_with,
    normal,
)
from modelyard.drift.kernels.arrays import Doubles

MEANS, SCALES = (0.25, 0.5, 1.0), (1.25, 1.5, 2.0)
FEW, SOME, ROWS = (0.005, 0.02, 0.1), (0.05, 0.1, 0.2), (0.05, 0.2, 1.0)
GAPS = 0.15
# The variance of a lognormal column is (e - 1) e.
LOGNORMAL_DEVIATION = math.sqrt((math.e - 1) * math.e)


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A change: its kind and size, the column before and after, and how often each row comes after it."""

    kind: str
    size: str
    before: Law
    after: Law
    copies: int = 1


def changes() -> Iterator[Change]:
    """Yield twenty-six kinds at three sizes each."""
    yield from _of_means_and_shapes()
    yield from _of_values()
    yield from _of_texts()
    yield from _of_gaps_and_types()


def _numbers(kind: str, size: str, before: Draw, after: Draw) -> Change:
    return Change(kind=kind, size=size, before=Law(draw=before), after=Law(draw=after))


def _of_means_and_shapes() -> Iterator[Change]:
    for size in MEANS:
        yield _numbers("mean up (normal)", f"{size} sd", normal(), normal(size))
        yield _numbers("mean down (normal)", f"{size} sd", normal(), normal(-size))
        yield _numbers("mean up (exponential)", f"{size} sd", exponential(), exponential(size))
        yield _numbers("mean up (lognormal)", f"{size} sd", lognormal(), lognormal(LOGNORMAL_DEVIATION * size))
        yield _numbers("rate of a counter (Poisson of 3)", f"{size} sd", counter(3), counter(3 + math.sqrt(3) * size))
    for scale in SCALES:
        yield _numbers("spread", f"x{scale}", normal(), normal(scale=scale))
    for degrees in (10, 5, 3):
        yield _numbers("heavier tails, same spread", f"t of {degrees}", normal(), _student(degrees))
    for shape in (16, 4, 1):
        yield _numbers("skewed, same mean and spread", f"{2 / math.sqrt(shape):g}", normal(), _skewed(shape))
    for share in SOME:
        yield _numbers("a subgroup moved by 3 sd", f"{share:.0%}", normal(), _partly(normal(3), share))


def _of_values() -> Iterator[Change]:
    for step in (0.5, 1.0, 2.0):
        yield _numbers("rounded", f"to {step} sd", normal(), _rounded(step))
    positive = normal(2)
    for share in (0.01, 0.1, 1.0):
        yield _numbers(
            "unit x1,000", f"{share:.0%}", positive, mixed_with(positive, other=normal(2000, 1000), share=share)
        )
        yield _numbers("sign turned", f"{share:.0%}", positive, mixed_with(positive, other=normal(-2), share=share))
    for share in ROWS:
        yield _numbers("stuck at a usual value", f"{share:.0%}", normal(), _partly(constant(0.5), share))
        yield _numbers(
            "zeros (Poisson of 3)", f"{share:.0%}", counter(3), mixed_with(counter(3), other=constant(0), share=share)
        )
        yield _numbers("columns swapped", f"{share:.0%}", normal(), _partly(normal(1, 2), share))
    for share in FEW:
        yield _numbers("-999 among numbers", f"{share:.1%}", normal(), _partly(constant(-999), share))
    for share in (0.08, 0.15, 0.25):
        yield _numbers("flag of 5 %", f"{share:.0%}", flag(0.05), flag(share))
    for copies in (2, 5, 20):
        yield Change(
            kind="duplicated rows",
            size=f"{copies} times",
            before=Law(draw=normal()),
            after=Law(draw=normal()),
            copies=copies,
        )


def _of_texts() -> Iterator[Change]:
    before = Law(draw=categories(FIVE), text=True)
    for more in SOME:
        after = Law(draw=categories((FIVE[0] - more, FIVE[1] + more, *FIVE[2:])), text=True)
        yield Change(kind="text of 30 %", size=f"{FIVE[1] + more:.0%}", before=before, after=after)
    for share in (0.01, 0.02, 0.1):
        after = Law(draw=categories((*(one * (1 - share) for one in FIVE), share)), text=True)
        yield Change(kind="new text", size=f"{share:.0%}", before=before, after=after)
    for place in (4, 3, 1):
        left = categories([0 if other == place else share for other, share in enumerate(FIVE)])
        after = Law(draw=left, text=True)
        yield Change(kind="a text vanishes", size=f"{FIVE[place]:.0%}", before=before, after=after)


def _of_gaps_and_types() -> Iterator[Change]:
    for share in (0.01, 0.05, 0.2):
        yield Change(
            kind="missing, from none",
            size=f"{share:.0%}",
            before=Law(draw=normal()),
            after=Law(draw=normal(), gaps=share),
        )
    gaps = Law(draw=normal(), gaps=GAPS)
    for share in (0.2, 0.25, 0.35):
        after = Law(draw=normal(), gaps=share)
        yield Change(kind="missing, from 15 %", size=f"{share:.0%}", before=gaps, after=after)
    for share in (0.1, 0.5, 1.0):
        filled = GAPS * share
        after = Law(draw=_partly(constant(0), filled / (1 - GAPS + filled)), gaps=GAPS - filled)
        yield Change(kind="missing becomes 0", size=f"{share:.0%} of 15 %", before=gaps, after=after)
    for share in FEW:
        after = Law(draw=normal(), words=share)
        yield Change(kind="words among numbers", size=f"{share:.1%}", before=Law(draw=normal()), after=after)
    for share in ROWS:
        after = Law(draw=mixed_with(flag(0.3), other=_probability, share=share))
        yield Change(
            kind="probabilities in place of 0 and 1", size=f"{share:.0%}", before=Law(draw=flag(0.3)), after=after
        )


def _partly(other: Draw, share: float) -> Draw:
    return mixed_with(normal(), other=other, share=share)


def _student(degrees: int) -> Draw:
    scale = math.sqrt((degrees - 2) / degrees)
    return lambda generator, rows: scale * generator.standard_t(degrees, rows)


def _skewed(shape: float) -> Draw:
    return lambda generator, rows: (generator.gamma(shape, 1.0, rows) - shape) / math.sqrt(shape)


def _rounded(step: float) -> Draw:
    return lambda generator, rows: np.round(generator.normal(size=rows) / step) * step


def _probability(generator: np.random.Generator, rows: int) -> Doubles:
    return generator.beta(1.5, 3.5, rows)
