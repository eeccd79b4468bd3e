"""The population stability index (PSI): 0 when equal, above 0.25 commonly a shift.

A share of zero counts as one in ten thousand, as is usual.
"""

import numpy as np

from modelyard.drift.kernels.arrays import Doubles
from modelyard.drift.measures.measure import DistanceMeasure, ReportRow
from modelyard.drift.measures.samples import Samples

LEAST_SHARE = 1e-4


def population_stability(*, current: Doubles, baseline: Doubles) -> float:
    """Return the population stability index of two lists of shares."""
    p, q = np.maximum(current, LEAST_SHARE), np.maximum(baseline, LEAST_SHARE)
    return float(np.sum((p - q) * np.log(p / q)))


class PopulationStability(DistanceMeasure):
    """Violated above a threshold."""

    key = "psi"
    check = "population_stability_check"
    title = "Population stability index"
    report_row = ReportRow(title="PSI", name="psi")

    def value(self, *, samples: Samples) -> float | None:
        """Return the index of the samples' shares."""
        shares = samples.shares
        return None if shares is None else population_stability(current=shares[0], baseline=shares[1])
