import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.drift.kernels.arrays import Doubles
from modelyard.drift.profiling.sketch import Sketches, SketchState, capacity, sorted_totally, total_capacity


def state_of(*chunks: Doubles) -> SketchState:
    sketches = Sketches(columns=1)
    for chunk in chunks:
        sketches.extend(values=chunk.reshape(1, -1), counts=np.array([len(chunk)]))
    return sketches.state(column=0)


def sketched(*chunks: Doubles) -> tuple[Doubles, ...]:
    return state_of(*chunks).levels


class OneByOne:
    """The published rule, value by value: slow, and nothing in common with the batches of the product."""

    def __init__(self) -> None:
        self.levels: list[list[float]] = [[]]
        self.compactions = [0]
        self.offsets = [0]

    def add(self, value: float) -> None:
        self.levels[0].append(value)
        if sum(map(len, self.levels)) > sum(self.capacity(level) for level in range(len(self.levels))):
            full = next(n for n, level in enumerate(self.levels) if len(level) >= self.capacity(n))
            self.compact(full)

    def merge(self, other: "OneByOne") -> None:
        while len(self.levels) < len(other.levels):
            self.expand()
        for level, values in enumerate(other.levels):
            self.levels[level] += values
        while sum(map(len, self.levels)) >= sum(self.capacity(level) for level in range(len(self.levels))):
            self.compact(next(n for n, level in enumerate(self.levels) if len(level) >= self.capacity(n)))

    def expand(self) -> None:
        self.levels.append([])
        self.compactions.append(0)
        self.offsets.append(0)

    @staticmethod
    def capacity(level: int) -> int:
        return 2 * (int(np.ceil(2048 * 0.64**level / 2)) + 1)

    def compact(self, level: int) -> None:
        if level + 1 == len(self.levels):
            self.expand()
        if self.compactions[level] % 2 == 1:
            self.offsets[level] = 1 - self.offsets[level]
        self.compactions[level] += 1
        even = len(self.levels[level]) // 2 * 2
        kept = sorted(self.levels[level][:even])[self.offsets[level] :: 2]
        self.levels[level] = self.levels[level][even:]
        self.levels[level + 1] += kept


def test_the_capacities_of_the_first_levels_are_those_of_the_published_formula() -> None:
    assert [capacity(level=level) for level in range(3)] == [2050, 1314, 842]


def test_up_to_2050_values_the_sketch_is_the_column_itself() -> None:
    values = np.random.default_rng(1).normal(size=2050)
    assert [level.tolist() for level in sketched(values)] == [values.tolist()]


def test_value_2051_compacts_the_first_2050_and_stays_alone() -> None:
    values = np.random.default_rng(2).permutation(2051).astype(np.float64)
    assert [level.tolist() for level in sketched(values)] == [[values[-1]], sorted(values[:-1])[::2]]


@pytest.mark.parametrize("rows", [3365, 10_000, 68_385, 200_000])
def test_a_long_column_is_sketched_as_value_by_value(rows: int) -> None:
    values = np.random.default_rng(rows).normal(size=rows).round(3)
    reference = OneByOne()
    for value in values.tolist():
        reference.add(value)
    assert [level.tolist() for level in sketched(values)] == reference.levels


@given(cuts=st.lists(st.integers(0, 9000), max_size=6))
@settings(deadline=None, max_examples=30)
def test_chunks_of_any_size_give_the_same_sketch(cuts: list[int]) -> None:
    values = np.random.default_rng(3).normal(size=9000)
    chunks = np.split(values, sorted(cuts))
    assert [level.tolist() for level in sketched(*chunks)] == [level.tolist() for level in sketched(values)]


def test_columns_of_different_lengths_do_not_disturb_each_other() -> None:
    values = np.random.default_rng(4).normal(size=(3, 5000))
    sketches = Sketches(columns=3)
    sketches.extend(values=values, counts=np.array([5000, 0, 3000]))
    sketches.extend(values=values, counts=np.array([100, 5000, 100]))
    alone = sketched(values[2, :3000], values[2, :100])
    assert [level.tolist() for level in sketches.state(column=2).levels] == [level.tolist() for level in alone]


def test_a_column_added_later_has_seen_nothing() -> None:
    sketches = Sketches(columns=1)
    sketches.extend(values=np.ones((1, 10)), counts=np.array([10]))
    sketches.grow(columns=2)
    assert [level.tolist() for level in sketches.state(column=1).levels] == [[]]


@given(sizes=st.lists(st.integers(0, 20_000), min_size=1, max_size=4))
@settings(deadline=None, max_examples=30)
def test_weights_add_up_to_the_number_of_values(sizes: list[int]) -> None:
    levels = sketched(*(np.arange(size, dtype=np.float64) for size in sizes))
    assert sum(len(level) << height for height, level in enumerate(levels)) == sum(sizes)


def test_the_sketch_never_holds_more_than_its_capacity() -> None:
    levels = sketched(np.random.default_rng(5).normal(size=500_000))
    assert sum(map(len, levels)) <= total_capacity(levels=len(levels))


def test_negative_zero_sorts_before_zero_as_in_java() -> None:
    ordered = sorted_totally(np.array([0.0, -0.0, 1.0, -1.0, 0.0, -0.0]))
    assert np.signbit(ordered).tolist() == [True, True, True, False, False, False]


@pytest.mark.parametrize("sizes", [(13, 5), (2049, 1), (1500, 1500), (30_000, 7, 9000), (2050,), (5000, 5000, 5000)])
def test_sketches_are_merged_value_by_value_as_published(sizes: tuple[int, ...]) -> None:
    generator = np.random.default_rng(sum(sizes))
    merged, reference = SketchState(), OneByOne()
    for size in sizes:
        values = generator.normal(size=size)
        merged = merged.merge(state_of(values))
        other = OneByOne()
        for value in values.tolist():
            other.add(value)
        reference.merge(other)
    assert [level.tolist() for level in merged.levels] == reference.levels
