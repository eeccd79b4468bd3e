"""The six checks of Model Monitor, and the sentences of constraint_violations.json.

Chosen where AWS is unknown, see docs/drift.md: a wrong number of columns is the only violation, because
columns are matched by position; a feature without the expected type is not compared with its baseline.

The sentences are those of the analyzer's releases since 2020. Where no such sentence is public the source is named.
Numbers are in Java's form.
"""

from collections.abc import Iterator

from modelyard.drift.checking.chi_square import chi_square
from modelyard.drift.checking.distances import categorical_distance, numeric_distance
from modelyard.drift.documents.constraints import (
    CategoricalMethod,
    ComparisonMethod,
    Constraints,
    FeatureConstraints,
    MonitoringConfig,
)
from modelyard.drift.documents.statistics import FeatureStatistics, Statistics
from modelyard.drift.documents.violations import Violation
from modelyard.drift.java_double import java_double
from modelyard.drift.profiling.profile import FeatureProfile, Profile
from modelyard.drift.profiling.value_types import InferredType


def model_monitor_violations(
    *, profile: Profile, constraints: Constraints, baseline: Statistics | None
) -> tuple[Violation, ...]:
    """Return where the profile breaks the constraints, feature by feature; drift needs the baseline's statistics."""
    if not constraints.monitoring.evaluate:
        return ()
    if profile.width != len(constraints.features):
        kind = "extra" if profile.width > len(constraints.features) else "missing"
        columns = Violation(
            feature=f"{kind.capitalize()} columns",
            check=f"{kind}_column_check",
            description=f"There are {kind} columns in current dataset. "
            f"Number of columns in current dataset: {profile.width}, "
            f"Number of columns in baseline constraints: {len(constraints.features)}",
        )
        return (columns,)
    known = baseline.by_name() if baseline is not None else {}
    return tuple(
        violation
        for feature, constraint in zip(profile.features, constraints.features, strict=False)
        if constraint.monitoring.evaluate
        for violation in _feature_violations(feature, constraint, known.get(constraint.name))
    )


def _feature_violations(
    feature: FeatureProfile, constraint: FeatureConstraints, baseline: FeatureStatistics | None
) -> Iterator[Violation]:
    yield from _completeness(feature, constraint)
    yield from _data_type(feature, constraint)
    yield from _domain(feature, constraint)
    if baseline is not None and constraint.monitoring.compare:
        yield from _drift(feature, baseline, constraint.monitoring)


def _completeness(feature: FeatureProfile, constraint: FeatureConstraints) -> Iterator[Violation]:
    if constraint.completeness is not None and feature.completeness < constraint.completeness:
        yield Violation(
            feature=constraint.name,
            check="completeness_check",
            description="Data completeness requirement is not met. "
            f"Expected: {_percent(constraint.completeness)}. Observed: Only {_percent(feature.completeness)}.",
        )


def _data_type(feature: FeatureProfile, constraint: FeatureConstraints) -> Iterator[Violation]:
    threshold, present = constraint.monitoring.datatype_threshold, feature.type_counts.present
    if constraint.inferred is InferredType.UNKNOWN or present == 0:
        return
    integers = feature.type_counts.integral if constraint.takes_integers else 0
    share = (feature.type_counts.of_type(inferred=constraint.inferred) + integers) / present
    expected = constraint.inferred.value
    if share < threshold:
        yield Violation(
            feature=constraint.name,
            check="data_type_check",
            description=f"Data type match requirement is not met. Expected data type: {expected}, "
            f"Expected match: {_percent(threshold)}. Observed: Only {_percent(share)} of data is {expected}.",
        )


def _domain(feature: FeatureProfile, constraint: FeatureConstraints) -> Iterator[Violation]:
    rows = feature.type_counts.present + feature.type_counts.missing
    if constraint.domains is None or rows == 0:
        return
    # deequ's isContainedIn takes a missing value as contained: completeness is a check of its own
    share = (feature.type_counts.missing + feature.count_of(values=constraint.domains)) / rows
    if share < constraint.monitoring.domain_threshold:
        # the only public wording is that of 2019
        yield Violation(
            feature=constraint.name,
            check="categorical_values_check",
            description=f"Value: {java_double(share)} does not meet the constraint requirement! ",
        )


def _drift(feature: FeatureProfile, baseline: FeatureStatistics, monitoring: MonitoringConfig) -> Iterator[Violation]:
    distance = feature_distance(feature=feature, baseline=baseline, monitoring=monitoring)
    numeric = baseline.inferred.numeric
    threshold = monitoring.comparison_threshold if numeric else monitoring.categorical_threshold
    robust = monitoring.comparison_method is ComparisonMethod.ROBUST
    if monitoring.categorical_method is CategoricalMethod.CHI_SQUARED and robust and not numeric:
        # a p-value; AWS's sentence is not public
        broken, what = distance is not None and distance < threshold, ("p-value", "is below")
    else:
        broken, what = distance is not None and distance > threshold, ("distance", "exceeds")
    if distance is not None and broken:
        name, side = what
        yield Violation(
            feature=baseline.name,
            check="baseline_drift_check",
            description=f"Baseline drift {name}: {java_double(distance)} {side} threshold: {java_double(threshold)}",
        )


def _percent(share: float) -> str:
    return f"{java_double(share * 100)}%"


def feature_distance(
    *, feature: FeatureProfile, baseline: FeatureStatistics, monitoring: MonitoringConfig
) -> float | None:
    """Return the distance that the constraints ask for, None where the two sides cannot be compared.

    Of ChiSquared it is the statistic, or with Robust the p-value.
    """
    method, robust = monitoring.comparison_method, monitoring.comparison_method is ComparisonMethod.ROBUST
    if feature.numbers is not None and baseline.levels is not None:
        return numeric_distance(current=feature.numbers.levels, baseline=baseline.levels, method=method)
    if feature.histogram is None or baseline.categories is None or monitoring.categorical_method is None:
        return None
    if monitoring.categorical_method is CategoricalMethod.L_INFINITY:
        return categorical_distance(current=feature.histogram, baseline=baseline.categories, method=method)
    test = chi_square(current=feature.histogram, baseline=baseline.categories)
    if test is None:
        return None
    return test.p_value if robust else test.statistic
