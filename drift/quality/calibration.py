"""Whether answers mean what they say: predictions in groups, beside what came true in each."""

from dataclasses import dataclass

import numpy as np

from modelyard.drift.kernels.arrays import Doubles, Integers

_GROUPS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Records of similar predictions: how many they are, their mean prediction, and the mean of their labels."""

    count: int
    prediction: float
    label: float


def calibrated(*, labels: Doubles | Integers, predictions: Doubles) -> tuple[Group, ...]:
    """Return about ten groups of about as many records each, by ascending prediction; equal ones stay together."""
    if len(predictions) == 0:
        return ()
    edges = np.unique(np.quantile(predictions, np.arange(1, _GROUPS) / _GROUPS))
    places = np.searchsorted(edges, predictions, side="left")
    size = len(edges) + 1
    counts = np.bincount(places, minlength=size)
    sums = (np.bincount(places, weights=values, minlength=size) for values in (predictions, labels))
    rows = zip(counts.tolist(), *(values.tolist() for values in sums), strict=True)
    return tuple(
        Group(count=count, prediction=prediction / count, label=label / count)
        for count, prediction, label in rows
        if count > 0
    )
