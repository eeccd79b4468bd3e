"""Calibration: predictions in bins, beside the mean of the labels in each."""

from dataclasses import dataclass

import numpy as np

from modelyard.drift.kernels.arrays import Doubles, Integers

BINS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class CalibrationBin:
    """Records of similar predictions: how many they are, their mean prediction, and the mean of their labels."""

    count: int
    prediction: float
    label: float


def calibration_bins(*, labels: Doubles | Integers, predictions: Doubles) -> tuple[CalibrationBin, ...]:
    """Return about ten bins of about as many records each, by ascending prediction; equal ones stay together."""
    if len(predictions) == 0:
        return ()
    edges = np.unique(np.quantile(predictions, np.arange(1, BINS) / BINS))
    bins = np.searchsorted(edges, predictions, side="left")
    size = len(edges) + 1
    counts = np.bincount(bins, minlength=size)
    sums = (np.bincount(bins, weights=values, minlength=size) for values in (predictions, labels))
    rows = zip(counts.tolist(), *(values.tolist() for values in sums), strict=True)
    return tuple(
        CalibrationBin(count=count, prediction=prediction / count, label=label / count)
        for count, prediction, label in rows
        if count > 0
    )
