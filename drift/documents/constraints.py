"""constraints.json: what a data set has to keep to, suggested by a baseline and edited by people."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from modelyard.drift.documents.jackson import Json
from modelyard.drift.documents.node import Node, read_document
from modelyard.drift.documents.scala_order import in_scala_order
from modelyard.drift.documents.statistics import Edition
from modelyard.drift.errors import DriftError
from modelyard.drift.measures.registry import MEASURES
from modelyard.drift.profiling.profile import FeatureProfile, Profile
from modelyard.drift.profiling.value_types import InferredType


class ComparisonMethod(StrEnum):
    """How a distance allows for small samples: Robust subtracts what chance explains, Simple does not."""

    ROBUST = "Robust"
    SIMPLE = "Simple"


class CategoricalMethod(StrEnum):
    """How categories are compared."""

    L_INFINITY = "LInfinity"
    CHI_SQUARED = "ChiSquared"


@dataclass(frozen=True, kw_only=True, slots=True)
class Monitoring:
    """The switches and thresholds of a data set, or of one feature that overrides them.

    A categorical method of None is a file of before 2023: categories are not compared. Additional are the settings
    of measures beyond AWS's, by their keys: a threshold, or whether they are on.
    """

    evaluate: bool = True
    emit: bool = True
    datatype_threshold: float = 1.0
    domain_threshold: float = 1.0
    compare: bool = True
    comparison_threshold: float = 0.1
    comparison_method: ComparisonMethod = ComparisonMethod.ROBUST
    categorical_threshold: float = 0.1
    categorical_method: CategoricalMethod | None = CategoricalMethod.L_INFINITY
    additional: Mapping[str, float | bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("datatype_threshold", "domain_threshold"):
            if not 0 <= getattr(self, name) <= 1:
                raise DriftError(f"{name} must be between 0 and 1, got {getattr(self, name)}; give a share")


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureConstraints:
    """What one column has to keep to."""

    name: str
    inferred: InferredType
    completeness: float | None = None
    non_negative: bool | None = None
    domains: tuple[str, ...] | None = None
    monitoring: Monitoring = field(default_factory=Monitoring)

    def __post_init__(self) -> None:
        if self.completeness is not None and not 0 <= self.completeness <= 1:
            raise DriftError(
                f"completeness must be between 0 and 1, got {self.completeness} for {self.name}; give a share"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Constraints:
    """What a data set has to keep to; features in the order of its columns."""

    features: tuple[FeatureConstraints, ...]
    monitoring: Monitoring = field(default_factory=Monitoring)


def suggest_constraints(*, profile: Profile) -> Constraints:
    """Return the constraints that the data set itself just keeps."""
    return Constraints(features=tuple(_suggest_feature(feature) for feature in profile.features))


def _suggest_feature(feature: FeatureProfile) -> FeatureConstraints:
    histogram = feature.histogram if feature.type_counts.present > 0 else None
    return FeatureConstraints(
        name=feature.name,
        inferred=feature.inferred.reported,
        completeness=feature.completeness,
        non_negative=feature.numbers.minimum >= 0 if feature.numbers is not None else None,
        domains=tuple(in_scala_order(histogram)) if histogram is not None else None,
    )


def constraints_document(*, constraints: Constraints, edition: Edition = Edition.SINCE_2023) -> Json:
    """Return the document of suggested constraints, keys in the analyzer's order.

    Overrides are not written.
    """
    document: dict[str, Json] = {
        "perform_comparison": _switch(constraints.monitoring.compare),
        "comparison_threshold": constraints.monitoring.comparison_threshold,
        "comparison_method": constraints.monitoring.comparison_method.value,
    }
    if edition is Edition.SINCE_2023 and constraints.monitoring.categorical_method is not None:
        document["categorical_comparison_threshold"] = constraints.monitoring.categorical_threshold
        document["categorical_drift_method"] = constraints.monitoring.categorical_method.value
    return {
        "version": 0.0,
        "features": [_feature_document(feature) for feature in constraints.features],
        "monitoring_config": {
            "evaluate_constraints": _switch(constraints.monitoring.evaluate),
            "emit_metrics": _switch(constraints.monitoring.emit),
            "datatype_check_threshold": constraints.monitoring.datatype_threshold,
            "domain_content_threshold": constraints.monitoring.domain_threshold,
            "distribution_constraints": document,
        },
    }


def _feature_document(feature: FeatureConstraints) -> Json:
    document: dict[str, Json] = {"name": feature.name, "inferred_type": feature.inferred.value}
    if feature.completeness is not None:
        document["completeness"] = feature.completeness
    if feature.non_negative is not None:
        document["num_constraints"] = {"is_non_negative": feature.non_negative}
    if feature.domains is not None:
        document["string_constraints"] = {"domains": list(feature.domains)}
    return document


def _switch(on: bool) -> str:  # noqa: FBT001  the one argument is what the function is about
    return "Enabled" if on else "Disabled"


def read_constraints(*, path: Path) -> Constraints:
    """Read constraints.json as the analyzer wrote it and people edited it.

    A feature may override the data set's monitoring_config, in its own monitoringConfigOverrides (as AWS's
    documentation has it) or in monitoring_config_overrides of its num_constraints or string_constraints (as the
    SageMaker Python SDK has it).

    Raises:
        DriftError: the file cannot be used.
    """
    document = read_document(path=path)
    old = Monitoring(categorical_method=None)
    monitoring = _read_monitoring(document.get("monitoring_config"), old) if document.has("monitoring_config") else old
    features = tuple(_read_feature(node, monitoring) for node in document.get("features").items())
    seen: set[str] = set()
    for feature in features:
        if feature.name in seen:
            raise DriftError(f"features must have different names, got {feature.name!r} twice in {path}; rename one")
        seen.add(feature.name)
    return Constraints(features=features, monitoring=monitoring)


def _read_feature(node: Node, monitoring: Monitoring) -> FeatureConstraints:
    types = [item.value for item in InferredType]
    strings = node.get("string_constraints") if node.has("string_constraints") else None
    numbers = node.get("num_constraints") if node.has("num_constraints") else None
    non_negative = numbers is not None and numbers.has("is_non_negative")
    return FeatureConstraints(
        name=node.get("name").text(),
        inferred=InferredType(node.get("inferred_type").one_of(*types)),
        completeness=node.get("completeness").share() if node.has("completeness") else None,
        non_negative=numbers.get("is_non_negative").switch() if numbers is not None and non_negative else None,
        domains=_read_domains(strings),
        monitoring=_with_overrides(node, monitoring),
    )


def _read_domains(strings: Node | None) -> tuple[str, ...] | None:
    if strings is None or not strings.has("domains"):
        return None
    return tuple(item.text() for item in strings.get("domains").items())


def _with_overrides(node: Node, monitoring: Monitoring) -> Monitoring:
    for holder in ("num_constraints", "string_constraints"):
        if node.has(holder) and node.get(holder).has("monitoring_config_overrides"):
            monitoring = _read_monitoring(node.get(holder).get("monitoring_config_overrides"), monitoring)
    for name in ("monitoring_config_overrides", "monitoringConfigOverrides"):
        if node.has(name):
            monitoring = _read_monitoring(node.get(name), monitoring)
    return monitoring


def _with_snake_case_keys(node: Node) -> Node:
    renamed = {re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).lower(): value for name, value in node.members().items()}
    return replace(node, value=renamed)


def _read_monitoring(raw: Node, base: Monitoring) -> Monitoring:
    node = _with_snake_case_keys(raw)
    monitoring = replace(
        base,
        evaluate=_switch_in(node, "evaluate_constraints", base.evaluate),
        emit=_switch_in(node, "emit_metrics", base.emit),
        datatype_threshold=_share_in(node, "datatype_check_threshold", base.datatype_threshold),
        domain_threshold=_share_in(node, "domain_content_threshold", base.domain_threshold),
    )
    if node.has("distribution_constraints"):
        monitoring = _read_distribution(_with_snake_case_keys(node.get("distribution_constraints")), monitoring)
    if node.has("additional_measures"):
        monitoring = replace(monitoring, additional=_read_additional(node.get("additional_measures"), base.additional))
    return monitoring


def _read_distribution(node: Node, base: Monitoring) -> Monitoring:
    method, categorical = base.comparison_method, base.categorical_method
    if node.has("comparison_method"):
        method = ComparisonMethod(node.get("comparison_method").one_of(*(item.value for item in ComparisonMethod)))
    if node.has("categorical_drift_method"):
        names = [item.value for item in CategoricalMethod]
        categorical = CategoricalMethod(node.get("categorical_drift_method").one_of(*names))
    # enable_comparisons and min_domain_mass are the names of 2019
    compare = _switch_in(node, "enable_comparisons", base.compare)
    return replace(
        base,
        compare=_switch_in(node, "perform_comparison", compare),
        domain_threshold=_share_in(node, "min_domain_mass", base.domain_threshold),
        comparison_threshold=_number_in(node, "comparison_threshold", base.comparison_threshold),
        comparison_method=method,
        categorical_threshold=_number_in(node, "categorical_comparison_threshold", base.categorical_threshold),
        categorical_method=categorical,
    )


def _read_additional(node: Node, base: Mapping[str, float | bool]) -> Mapping[str, float | bool]:
    keys = sorted(measure.key for measure in MEASURES)
    for name in node.members():
        if name not in keys:
            raise node.error(allowed="an object with keys of " + ", ".join(keys), hint=f"take {name} away")
    settings = dict(base)
    for measure in MEASURES:
        if node.has(measure.key):
            value = node.get(measure.key)
            settings[measure.key] = value.switch() if isinstance(measure.default, bool) else _limit(value)
    return settings


def _switch_in(node: Node, name: str, default: bool) -> bool:  # noqa: FBT001  a default is what the value is
    return node.get(name).switch() if node.has(name) else default


def _share_in(node: Node, name: str, default: float) -> float:
    return node.get(name).share() if node.has(name) else default


def _number_in(node: Node, name: str, default: float) -> float:
    return _limit(node.get(name)) if node.has(name) else default


def _limit(node: Node) -> float:
    number = node.number()
    if not number >= 0:
        raise node.error(allowed="0 or more", hint="give the largest distance that is not yet drift")
    return number
