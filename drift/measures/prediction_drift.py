"""Drift of the prediction: the largest difference of cumulative shares, or of a category's share."""

from modelyard.drift.measures.kolmogorov_smirnov import kolmogorov_smirnov
from modelyard.drift.measures.measure import DistanceMeasure
from modelyard.drift.measures.samples import Samples


class PredictionDrift(DistanceMeasure):
    """Violated above a threshold."""

    key = "prediction_drift"
    check = "prediction_drift_check"
    title = "Prediction drift distance"
    prediction_only = True

    def value(self, *, samples: Samples) -> float | None:
        """Return the distance, which allows for nothing that chance explains."""
        if samples.numbers is not None:
            return kolmogorov_smirnov(current=samples.numbers[0], baseline=samples.numbers[1]).distance
        shares = samples.shares
        return None if shares is None else float(max(abs(shares[0] - shares[1])))
