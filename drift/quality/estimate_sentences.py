"""An estimate in words, for the page, the terminal and the exit message."""

from collections.abc import Mapping

from modelyard.drift.quality.estimation import ASSUMPTION, Estimate, MetricEstimate
from modelyard.drift.quality.statistics import QualityStatistics

SHORT = {"accuracy": "accuracy", "auc": "AUC", "precision": "precision", "recall": "recall", "f1": "F1"}


def estimate_sentences(*, estimate: Estimate) -> tuple[str, ...]:
    """Return what is expected with 95 % intervals and on which assumption, or why nothing is claimed."""
    if not estimate.metrics:
        reason = "it has too few expected labels of one class" if estimate.reason is None else estimate.reason
        return (f"Quality is not estimated: {reason}.",)
    values = ", ".join(f"{SHORT[name]} {_interval(metric)}" for name, metric in estimate.metrics.items())
    return (f"Estimated without labels, for {estimate.rows:,} answers: {values}.", ASSUMPTION)


def _interval(metric: MetricEstimate) -> str:
    return f"{metric.value:.3f} ({metric.low:.3f} to {metric.high:.3f})"


def measured_outside(*, estimate: Estimate, live: QualityStatistics) -> Mapping[str, float]:
    """Return the metrics that labels have shown to lie outside of their intervals; of the same records alone."""
    if estimate.rows != live.rows:
        return {}
    measured = {name: live.metrics[name].value for name in estimate.metrics if name in live.metrics}
    return {
        name: value
        for name, value in measured.items()
        if value < estimate.metrics[name].low or value > estimate.metrics[name].high
    }


def outside_sentence(*, estimate: Estimate, live: QualityStatistics) -> str | None:
    """Say so where the labels contradict the estimate."""
    outside = measured_outside(estimate=estimate, live=live)
    if not outside:
        return None
    values = ", ".join(
        f"{SHORT[name]} {value:.3f}, estimated {_interval(estimate.metrics[name])}" for name, value in outside.items()
    )
    return (
        f"The labels do not show what was estimated without them: {values}. If the next windows do not either, "
        "probabilities no longer come true as in the baseline: do not rely on estimates until there is a new one."
    )
