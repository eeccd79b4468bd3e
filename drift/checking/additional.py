"""Checks beyond AWS, each off until the constraints ask for it in additional_measures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from modelyard.drift.checking.measures import (
    by_category,
    grouped,
    jensen_shannon,
    kolmogorov_smirnov,
    population_stability,
    weighted,
)
from modelyard.drift.documents.constraints import AdditionalMeasures, Constraints
from modelyard.drift.documents.jackson import java_double
from modelyard.drift.documents.recorded import FeatureStatistics, Statistics
from modelyard.drift.documents.violations import Violation


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What can be measured between a feature and its baseline; None where it does not apply."""

    psi: float | None = None
    jensen_shannon: float | None = None
    distance: float | None = None
    p_value: float | None = None
    new_categories: tuple[str, ...] = ()
    vanished_categories: tuple[str, ...] = ()


def measured(*, current: FeatureStatistics, baseline: FeatureStatistics) -> Measured:
    """Return every measure that applies to two columns.

    Numbers by their sketches, texts by their categories.
    """
    if current.levels is not None and baseline.levels is not None:
        return _numbers(current, baseline)
    if current.categories is not None and baseline.categories is not None:
        return _categories(current.categories, baseline.categories)
    return Measured()


def _numbers(current: FeatureStatistics, baseline: FeatureStatistics) -> Measured:
    ours, theirs = weighted(levels=current.levels or ()), weighted(levels=baseline.levels or ())
    shares, test = grouped(current=ours, baseline=theirs), kolmogorov_smirnov(current=ours, baseline=theirs)
    if shares is None or test is None:
        return Measured()
    return Measured(
        psi=population_stability(current=shares[0], baseline=shares[1]),
        jensen_shannon=jensen_shannon(current=shares[0], baseline=shares[1]),
        distance=test.distance,
        p_value=test.p_value,
    )


def _categories(current: Mapping[str, int], baseline: Mapping[str, int]) -> Measured:
    shares = by_category(current=current, baseline=baseline)
    if shares is None:
        return Measured()
    return Measured(
        psi=population_stability(current=shares[0], baseline=shares[1]),
        jensen_shannon=jensen_shannon(current=shares[0], baseline=shares[1]),
        distance=float(max(abs(shares[0] - shares[1]))),
        new_categories=tuple(sorted(current.keys() - baseline.keys())),
        vanished_categories=tuple(sorted(baseline.keys() - current.keys())),
    )


def additional_violations(
    *, current: Statistics, constraints: Constraints, baseline: Statistics | None
) -> tuple[Violation, ...]:
    """Return the violations of measures that the constraints ask for; the first column is the prediction."""
    if baseline is None or not constraints.monitoring.evaluate:
        return ()
    ours, theirs = current.named(), baseline.named()
    return tuple(
        violation
        for place, feature in enumerate(constraints.features)
        if feature.monitoring.evaluate and feature.name in ours and feature.name in theirs
        for violation in _of_feature(
            feature.name,
            measured(current=ours[feature.name], baseline=theirs[feature.name]),
            feature.monitoring.additional,
            is_prediction=place == 0,
        )
    )


def _of_feature(name: str, found: Measured, wanted: AdditionalMeasures, *, is_prediction: bool) -> Iterator[Violation]:
    yield from _above(name, "population_stability_check", "Population stability index", found.psi, wanted.psi)
    yield from _above(
        name, "jensen_shannon_check", "Jensen-Shannon distance", found.jensen_shannon, wanted.jensen_shannon
    )
    yield from _unlikely(name, found, wanted.kolmogorov_smirnov_p_value)
    if is_prediction:
        limit = wanted.prediction_drift
        yield from _above(name, "prediction_drift_check", "Prediction drift distance", found.distance, limit)
    if wanted.new_categories:
        yield from _listed(name, "new_categories_check", "not in the baseline", found.new_categories)
    if wanted.vanished_categories:
        yield from _listed(name, "vanished_categories_check", "only in the baseline", found.vanished_categories)


def _above(name: str, check: str, measure: str, value: float | None, limit: float | None) -> Iterator[Violation]:
    if value is not None and limit is not None and value > limit:
        sentence = f"{measure}: {java_double(value)} exceeds threshold: {java_double(limit)}"
        yield Violation(feature=name, check=check, description=sentence)


def _unlikely(name: str, found: Measured, limit: float | None) -> Iterator[Violation]:
    if found.p_value is not None and limit is not None and found.p_value < limit:
        sentence = (
            f"Kolmogorov-Smirnov p-value: {java_double(found.p_value)} is below threshold: "
            f"{java_double(limit)} "
            f"(distance: {java_double(found.distance if found.distance is not None else 0.0)})"
        )
        yield Violation(feature=name, check="kolmogorov_smirnov_check", description=sentence)


def _listed(name: str, check: str, where: str, values: tuple[str, ...]) -> Iterator[Violation]:
    if len(values) > 0:
        shown = ", ".join(values[:5]) + (", ..." if len(values) > 5 else "")
        yield Violation(feature=name, check=check, description=f"There are {len(values)} values {where}: {shown}")
