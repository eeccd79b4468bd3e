"""The Jensen-Shannon distance, base 2: the root of the divergence, 0 when equal, 1 when disjoint."""

import math

import numpy as np

from modelyard.drift.kernels.arrays import Doubles
from modelyard.drift.measures.measure import DistanceMeasure, ReportRow
from modelyard.drift.measures.samples import Samples


def jensen_shannon(*, current: Doubles, baseline: Doubles) -> float:
    """Return the Jensen-Shannon distance of two lists of shares."""
    middle = (current + baseline) / 2
    divergence = (_relative_entropy(current, middle) + _relative_entropy(baseline, middle)) / 2
    return math.sqrt(max(0.0, divergence))


def _relative_entropy(shares: Doubles, middle: Doubles) -> float:
    positive = shares > 0
    return float(np.sum(shares[positive] * np.log2(shares[positive] / middle[positive])))


class JensenShannon(DistanceMeasure):
    """Violated above a threshold."""

    key = "jensen_shannon"
    check = "jensen_shannon_check"
    title = "Jensen-Shannon distance"
    report_row = ReportRow(title="Jensen-Shannon", name="js")

    def value(self, *, samples: Samples) -> float | None:
        """Return the distance of the samples' shares."""
        shares = samples.shares
        return None if shares is None else jensen_shannon(current=shares[0], baseline=shares[1])
