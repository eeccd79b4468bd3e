"""What explains many violations: one plain sentence where a pattern is known."""

import re
from collections.abc import Iterator, Sequence

from modelyard.drift.checking.distances import cannot_exceed
from modelyard.drift.documents.constraints import ComparisonMethod, Constraints
from modelyard.drift.documents.statistics import FeatureStatistics, Statistics
from modelyard.drift.documents.violations import Violation
from modelyard.drift.profiling.value_types import InferredType

ONLY = re.compile(r"Observed: Only ([0-9.E-]+)% of data")
MANY = 3


def diagnoses(
    *,
    current: Statistics,
    baseline: Statistics | None,
    constraints: Constraints | None,
    violations: Sequence[Violation],
) -> tuple[str, ...]:
    """Return sentences on a header sent as data, shifted columns, constant columns and what the distance cannot see.

    Columns that are not checked are named, and looked at no further.
    """
    ignored = constraints.not_compared if constraints is not None else ()
    known = {} if baseline is None else {name: one for name, one in baseline.by_name().items() if name not in ignored}
    pairs = [(feature, known[feature.name]) for feature in current.features if feature.name in known]
    return (
        *((f"Not compared with the baseline: {_listed(ignored)}.",) if ignored else ()),
        *_header(current.rows, violations),
        *_shift([feature for feature, _ in pairs], [feature for _, feature in pairs]),
        *_constant(pairs),
        *_insensitive(pairs, constraints),
    )


def _header(rows: int, violations: Sequence[Violation]) -> Iterator[str]:
    """Yield when many features have the same few values of another type: a line of names among the data."""
    counts: dict[int, int] = {}
    for violation in violations:
        match = ONLY.search(violation.description) if violation.check == "data_type_check" else None
        if match is not None:
            wrong = round((1 - float(match.group(1)) / 100) * rows)
            counts[wrong] = counts.get(wrong, 0) + 1
    wrong, features = max(counts.items(), key=lambda item: item[1], default=(0, 0))
    if features >= MANY and 0 < wrong <= max(1, rows // 20):
        lines = "1 record is" if wrong == 1 else f"{wrong} records are"
        yield (
            f"{lines} of another type in {features} features at once: this is what a header line sent as data looks "
            "like. Send the data without its header."
        )


def _shift(current: Sequence[FeatureStatistics], baseline: Sequence[FeatureStatistics]) -> Iterator[str]:
    """Yield when the features lie in their neighbours' ranges and not in their own."""
    own = _fitting(current, baseline)
    for step, direction in ((1, "left"), (-1, "right")):
        moved = baseline[1:] if step == 1 else baseline[:-1]
        here = current[:-1] if step == 1 else current[1:]
        if len(here) >= MANY and _fitting(here, moved) >= 0.8 and own <= 0.5:
            yield (
                f"Most features look like the next one in the baseline, one place to the {direction}: the columns "
                "seem shifted. Compare the order of the columns that the client sends."
            )


def _fitting(current: Sequence[FeatureStatistics], baseline: Sequence[FeatureStatistics]) -> float:
    pairs = list(zip(current, baseline, strict=True))
    return sum(_fits(ours, theirs) for ours, theirs in pairs) / len(pairs) if pairs else 1.0


def _fits(current: FeatureStatistics, baseline: FeatureStatistics) -> bool:
    if current.inferred is InferredType.UNKNOWN or current.inferred is not baseline.inferred:
        return current.inferred is InferredType.UNKNOWN
    if current.moments is not None and baseline.moments is not None:
        return baseline.moments.minimum <= current.moments.mean <= baseline.moments.maximum
    ours, theirs = current.categories, baseline.categories
    return ours is None or theirs is None or not ours.keys().isdisjoint(theirs.keys())


def _constant(pairs: Sequence[tuple[FeatureStatistics, FeatureStatistics]]) -> Iterator[str]:
    names = [ours.name for ours, theirs in pairs if _is_constant(ours) and not _is_constant(theirs)]
    if names:
        yield f"Only one value in the live data, several in the baseline: {_listed(names)}."


def _is_constant(feature: FeatureStatistics) -> bool:
    if feature.present < 2:
        return False
    if feature.moments is not None:
        return feature.moments.minimum == feature.moments.maximum
    return feature.categories is not None and len(feature.categories) == 1


def _insensitive(
    pairs: Sequence[tuple[FeatureStatistics, FeatureStatistics]], constraints: Constraints | None
) -> Iterator[str]:
    wanted = {feature.name: feature.monitoring for feature in constraints.features} if constraints is not None else {}
    names = [
        ours.name
        for ours, theirs in pairs
        if ours.levels is not None
        and theirs.levels is not None
        and ours.name in wanted
        and wanted[ours.name].compare
        and wanted[ours.name].comparison_method is ComparisonMethod.ROBUST
        and cannot_exceed(current=ours.levels, baseline=theirs.levels, threshold=wanted[ours.name].comparison_threshold)
    ]
    if names:
        yield (
            f"Too few different values for the Robust distance to find drift, however large: {_listed(names)}. Ask for "
            "psi or jensen_shannon in additional_measures to watch them."
        )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:8])
    return shown if len(names) <= 8 else f"{shown} and {len(names) - 8} more"
