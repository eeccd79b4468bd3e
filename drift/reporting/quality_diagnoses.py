"""What explains the metrics of a model, in sentences."""

import math
from collections.abc import Mapping, Sequence

from modelyard.drift.documents.violations import Violation
from modelyard.drift.quality.classification import CONSTANT_CLASSIFIER
from modelyard.drift.quality.estimate_sentences import outside_sentence
from modelyard.drift.quality.estimation import Estimate
from modelyard.drift.quality.statistics import FEWEST_FOR_DEVIATIONS, QualityStatistics
from modelyard.drift.quality.task import ProblemType
from modelyard.drift.reporting.metric_titles import metric_title

MOVED = 0.05
# a subsample of 80 % varies half as much as records drawn anew: sqrt(1 / 0.8 - 1)
ERRORS_PER_DEVIATION = 2.0


def quality_diagnoses(
    *,
    live: QualityStatistics,
    baseline: QualityStatistics | None,
    violations: Sequence[Violation],
    estimate: Estimate | None = None,
) -> tuple[str, ...]:
    """Return what is worth knowing beside the violations, nothing for a window without labels."""
    if live.rows == 0:
        return ()
    sentences: list[str | None] = []
    if live.rows < FEWEST_FOR_DEVIATIONS:
        sentences.append(
            f"Only {live.rows} record{'s' * (live.rows != 1)} ha{'ve' if live.rows != 1 else 's'} a label: metrics of "
            f"so few vary much by chance, and have no standard deviation below {FEWEST_FOR_DEVIATIONS}."
        )
    sentences.append(_by_chance(live, baseline, violations))
    undefined = [metric_title(metric=name) for name in live.undefined() if not name.endswith(CONSTANT_CLASSIFIER)]
    if undefined:
        sentences.append(f"These records do not define: {', '.join(undefined)}.")
    sentences += [_no_better_than_constant(live), _labels_moved(live, baseline)]
    sentences.append(outside_sentence(estimate=estimate, live=live) if estimate is not None else None)
    if "r2_textbook" in live.additional:
        sentences.append(
            "The r2 of the files is AWS's, with label and prediction exchanged; "
            "the R² of textbooks stands beside it, and has no limit."
        )
    return tuple(sentence for sentence in sentences if sentence is not None)


def _by_chance(
    live: QualityStatistics, baseline: QualityStatistics | None, violations: Sequence[Violation]
) -> str | None:
    """Name the violations that two standard errors explain, of this run and of the baseline together."""
    if baseline is None:
        return None
    names = []
    for violation in violations:
        now, before = live.metrics.get(violation.feature), baseline.metrics.get(violation.feature)
        if now is not None and before is not None:
            error = ERRORS_PER_DEVIATION * math.hypot(now.deviation, before.deviation)
            if abs(now.value - before.value) < 2 * error:
                names.append(metric_title(metric=violation.feature))
    if not names:
        return None
    return (
        f"Chance alone may explain what is wrong with: {', '.join(names)}. The limit is the baseline's own value; "
        "allow more in constraints.json."
    )


def _no_better_than_constant(live: QualityStatistics) -> str | None:
    """Say so when always giving the most frequent answer would be right as often."""
    if live.confusion_matrix is None:
        return None
    shares = _shares(live.confusion_matrix)
    label, share = max(shares.items(), key=lambda item: item[1])
    right = sum(row.get(name, 0) for name, row in live.confusion_matrix.items()) / live.rows
    if len(shares) < 2 or right > share:
        return None
    return (
        f"Always answering {label} would be right for {share:.1%} of these records; the model is right for {right:.1%}."
    )


def _shares(confusion: Mapping[str, Mapping[str, int]]) -> dict[str, float]:
    counts = {name: sum(row.values()) for name, row in confusion.items()}
    total = sum(counts.values())
    return {name: count / total for name, count in counts.items() if count > 0} if total > 0 else {}


def _labels_moved(live: QualityStatistics, baseline: QualityStatistics | None) -> str | None:
    """Say so when the labels' shares have moved, which alone moves precision and accuracy."""
    if live.confusion_matrix is None or baseline is None or baseline.confusion_matrix is None:
        return None
    now, before = _shares(live.confusion_matrix), _shares(baseline.confusion_matrix)
    by_label = {name: now.get(name, 0.0) - before.get(name, 0.0) for name in {**now, **before}}
    name = "1" if live.problem is ProblemType.BINARY else max(by_label, key=lambda name: abs(by_label[name]))
    was, is_now = before.get(name, 0.0), now.get(name, 0.0)
    if abs(is_now - was) < max(MOVED, 3 * math.sqrt(was * (1 - was) * (1 / live.rows + 1 / max(1, baseline.rows)))):
        return None
    return f"The truth itself has moved: {is_now:.1%} of the labels are {name}, in the baseline {was:.1%}."
