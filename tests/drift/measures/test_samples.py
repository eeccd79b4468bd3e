from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from modelyard.drift.kernels.arrays import Doubles
from modelyard.drift.measures.samples import Samples, category_shares, decile_shares, weighted_values


@dataclass(frozen=True, kw_only=True)
class Column:
    levels: Sequence[Doubles] | None = None
    categories: Mapping[str, int] | None = None


def array(*values: float) -> Doubles:
    return np.array(values, dtype=np.float64)


def test_a_value_of_level_two_stands_for_four() -> None:
    assert weighted_values(levels=[array(1.0), array(), array(1.0, 2.0)]).weights.tolist() == [5, 4]


def test_numbers_are_grouped_by_the_deciles_of_the_baseline() -> None:
    base = weighted_values(levels=[np.arange(1000.0)])
    assert decile_shares(current=base, baseline=base)[1] == pytest.approx([0.1] * 10, abs=0.002)


def test_a_flag_has_as_many_groups_as_values() -> None:
    flags = weighted_values(levels=[array(*[0.0] * 9, 1.0)])
    shares = decile_shares(current=weighted_values(levels=[array(1.0)]), baseline=flags)
    assert [side.tolist() for side in shares] == [[0.0, 1.0], [0.9, 0.1]]


def test_categories_are_in_alphabetical_order() -> None:
    shares = category_shares(current={"b": 3, "c": 1}, baseline={"b": 1, "a": 1})
    assert [side.tolist() for side in shares] == [[0.0, 0.75, 0.25], [0.5, 0.5, 0.0]]


@pytest.mark.parametrize(
    ("current", "baseline"),
    [
        (Column(levels=[]), Column(levels=[array(1.0)])),
        (Column(levels=[array(1.0)]), Column(levels=[array()])),
        (Column(categories={}), Column(categories={"a": 1})),
        (Column(categories={"a": 1}), Column(categories={"a": 0})),
        (Column(levels=[array(1.0)]), Column(categories={"a": 1})),
        (Column(), Column(categories={"a": 1})),
    ],
)
def test_an_empty_side_or_one_of_another_kind_has_no_shares(current: Column, baseline: Column) -> None:
    samples = Samples(current=current, baseline=baseline)
    assert (samples.numbers, samples.categories, samples.shares) == (None, None, None)
