"""The two-sample Kolmogorov-Smirnov test of numbers.

The p-value needs no statistics library in the container (docs/decisions/0105).
"""

import math
from dataclasses import dataclass

import numpy as np

from modelyard.drift.java_double import java_double
from modelyard.drift.measures.measure import DistanceMeasure, ReportRow
from modelyard.drift.measures.samples import Samples, WeightedValues


@dataclass(frozen=True, kw_only=True, slots=True)
class TwoSampleTest:
    """The largest difference of cumulative shares, and how likely it is by chance."""

    distance: float
    p_value: float


def kolmogorov_smirnov(*, current: WeightedValues, baseline: WeightedValues) -> TwoSampleTest:
    """Return the test of two samples that are not empty.

    Sketches of more than 2050 records add an error of about 0.001.
    """
    keys = np.union1d(current.values, baseline.values)
    distance = float(np.max(np.abs(current.cumulative_shares(keys=keys) - baseline.cumulative_shares(keys=keys))))
    p_value = two_sample_p_value(distance=distance, n=current.total, m=baseline.total)
    return TwoSampleTest(distance=distance, p_value=p_value)


def two_sample_p_value(*, distance: float, n: float, m: float) -> float:
    """Return how likely two samples of n and m values of one population lie at least so far apart.

    Kolmogorov's limit distribution: good from some 20 values a side on.
    """
    scaled = distance * math.sqrt(n * m / (n + m))
    if scaled < 0.2:
        return 1.0
    terms = ((-1) ** (term - 1) * math.exp(-2 * (term * scaled) ** 2) for term in range(1, 101))
    return min(1.0, max(0.0, 2 * math.fsum(terms)))


class KolmogorovSmirnov(DistanceMeasure):
    """Violated by a p-value below a threshold."""

    key = "kolmogorov_smirnov_p_value"
    check = "kolmogorov_smirnov_check"
    title = "Kolmogorov-Smirnov p-value"
    report_row = ReportRow(title="KS p-value", name="p")

    def value(self, *, samples: Samples) -> float | None:
        """Return the p-value."""
        test = self._test(samples)
        return None if test is None else test.p_value

    def violation(self, *, samples: Samples, threshold: float) -> str | None:
        """Return the sentence of a p-value below the threshold, with the distance."""
        test = self._test(samples)
        if test is None or not test.p_value < threshold:
            return None
        return (
            f"{self.title}: {java_double(test.p_value)} is below threshold: {java_double(threshold)} "
            f"(distance: {java_double(test.distance)})"
        )

    def _test(self, samples: Samples) -> TwoSampleTest | None:
        numbers = samples.numbers
        return None if numbers is None else kolmogorov_smirnov(current=numbers[0], baseline=numbers[1])
