"""The six checks of Model Monitor.

Chosen where AWS is unknown, see docs/drift.md: a wrong number of columns is the only violation, because
columns are matched by position; a feature without the expected type is not compared with its baseline.
"""

from collections.abc import Iterator

from modelyard.drift.checking import wording
from modelyard.drift.checking.distances import categorical_distance, chi_square, numeric_distance
from modelyard.drift.documents.constraints import (
    CategoricalMethod,
    ComparisonMethod,
    Constraints,
    FeatureConstraints,
    Monitoring,
)
from modelyard.drift.documents.recorded import FeatureStatistics, Statistics
from modelyard.drift.documents.violations import Violation
from modelyard.drift.profiling.kinds import InferredType
from modelyard.drift.profiling.profile import FeatureProfile, Profile


def compatible_violations(
    *, profile: Profile, constraints: Constraints, baseline: Statistics | None
) -> tuple[Violation, ...]:
    """Return where the profile breaks the constraints, feature by feature.

    Drift needs the baseline's statistics.
    """
    if not constraints.monitoring.evaluate:
        return ()
    if profile.width != len(constraints.features):
        return (wording.column_count(current=profile.width, baseline=len(constraints.features)),)
    known = baseline.named() if baseline is not None else {}
    pairs = zip(profile.features, constraints.features, strict=False)
    return tuple(
        violation
        for feature, wanted in pairs
        if wanted.monitoring.evaluate
        for violation in _of_feature(feature, wanted, known.get(wanted.name))
    )


def _of_feature(
    feature: FeatureProfile, wanted: FeatureConstraints, baseline: FeatureStatistics | None
) -> Iterator[Violation]:
    if wanted.completeness is not None and feature.completeness < wanted.completeness:
        yield wording.completeness(feature=wanted.name, expected=wanted.completeness, observed=feature.completeness)
    yield from _type_violations(feature, wanted)
    yield from _domain_violations(feature, wanted)
    if baseline is not None and wanted.monitoring.compare:
        yield from _drift_violations(feature, baseline, wanted.monitoring)


def _type_violations(feature: FeatureProfile, wanted: FeatureConstraints) -> Iterator[Violation]:
    threshold, present = wanted.monitoring.datatype_threshold, feature.kinds.present
    if wanted.inferred is InferredType.UNKNOWN or present == 0:
        return
    share = feature.kinds.of(expected=wanted.inferred) / present
    if share < threshold:
        yield wording.data_type(
            feature=wanted.name, expected=wanted.inferred.value, threshold=threshold, observed=share
        )


def _domain_violations(feature: FeatureProfile, wanted: FeatureConstraints) -> Iterator[Violation]:
    rows = feature.kinds.present + feature.kinds.missing
    if wanted.domains is None or rows == 0:
        return
    # deequ's isContainedIn takes a missing value as contained: completeness is a check of its own
    inside = feature.kinds.missing + feature.count_of(values=wanted.domains)
    if inside / rows < wanted.monitoring.domain_threshold:
        yield wording.categorical_values(feature=wanted.name, observed=inside / rows)


def _drift_violations(
    feature: FeatureProfile, baseline: FeatureStatistics, monitoring: Monitoring
) -> Iterator[Violation]:
    distance = feature_distance(feature=feature, baseline=baseline, monitoring=monitoring)
    if _is_p_value(baseline, monitoring):
        if distance is not None and distance < monitoring.categorical_threshold:
            yield wording.unlikely_drift(
                feature=baseline.name, p_value=distance, threshold=monitoring.categorical_threshold
            )
        return
    threshold = monitoring.comparison_threshold if baseline.inferred.numeric else monitoring.categorical_threshold
    if distance is not None and distance > threshold:
        yield wording.baseline_drift(feature=baseline.name, distance=distance, threshold=threshold)


def _is_p_value(baseline: FeatureStatistics, monitoring: Monitoring) -> bool:
    chi = monitoring.categorical_method is CategoricalMethod.CHI_SQUARED
    return chi and monitoring.comparison_method is ComparisonMethod.ROBUST and not baseline.inferred.numeric


def feature_distance(*, feature: FeatureProfile, baseline: FeatureStatistics, monitoring: Monitoring) -> float | None:
    """Return the distance that the constraints ask for, None where the two sides cannot be compared."""
    if feature.numbers is not None and baseline.levels is not None:
        return numeric_distance(
            current=feature.numbers.levels, baseline=baseline.levels, method=monitoring.comparison_method
        )
    if feature.histogram is None or baseline.categories is None or monitoring.categorical_method is None:
        return None
    return _categorical(feature, baseline, monitoring)


def _categorical(feature: FeatureProfile, baseline: FeatureStatistics, monitoring: Monitoring) -> float | None:
    current, known = feature.histogram or {}, baseline.categories or {}
    if monitoring.categorical_method is CategoricalMethod.L_INFINITY:
        return categorical_distance(current=current, baseline=known, method=monitoring.comparison_method)
    test = chi_square(current=current, baseline=known)
    if test is None:
        return None
    return test.p_value if monitoring.comparison_method is ComparisonMethod.ROBUST else test.statistic
