"""constraints.json: what a data set has to keep to, suggested by a baseline and edited by people."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from modelyard.drift.documents.jackson import Json
from modelyard.drift.documents.node import Node, read_document
from modelyard.drift.documents.scala_order import categories_in_order
from modelyard.drift.documents.statistics import Edition
from modelyard.drift.errors import DriftError
from modelyard.drift.measures.registry import MEASURES
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.profiling.value_types import InferredType

# What a completeness allows for: a check of so many records falls below it by chance once in so many checks.
CHECK_ROWS = 100
RARE = 1e-5


class ComparisonMethod(StrEnum):
    """How a distance allows for small samples: Robust subtracts what chance explains, Simple does not."""

    ROBUST = "Robust"
    SIMPLE = "Simple"


class CategoricalMethod(StrEnum):
    """How categories are compared."""

    L_INFINITY = "LInfinity"
    CHI_SQUARED = "ChiSquared"


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitoringConfig:
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
    """What one column has to keep to; `takes_integers` is whether an integer's text counts as Fractional, too."""

    name: str
    inferred: InferredType
    completeness: float | None = None
    non_negative: bool | None = None
    domains: tuple[str, ...] | None = None
    takes_integers: bool = False
    monitoring: MonitoringConfig = field(default_factory=MonitoringConfig)

    def __post_init__(self) -> None:
        if self.completeness is not None and not 0 <= self.completeness <= 1:
            raise DriftError(
                f"completeness must be between 0 and 1, got {self.completeness} for {self.name}; give a share"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Constraints:
    """What a data set has to keep to; features in the order of its columns."""

    features: tuple[FeatureConstraints, ...]
    monitoring: MonitoringConfig = field(default_factory=MonitoringConfig)

    @property
    def not_compared(self) -> tuple[str, ...]:
        """The names of the columns that are not checked."""
        return tuple(feature.name for feature in self.features if not feature.monitoring.evaluate)


def suggest_constraints(*, profile: Profile) -> Constraints:
    """Return the constraints that the data set itself just keeps, but for completeness, which allows for chance."""
    return Constraints(
        features=tuple(
            FeatureConstraints(
                name=feature.name,
                inferred=feature.inferred.reported,
                completeness=least_complete(feature.completeness),
                non_negative=feature.numbers.minimum >= 0 if feature.numbers is not None else None,
                domains=tuple(categories_in_order(feature.histogram, column=feature.name, pairs=profile.category_count))
                if feature.histogram is not None and feature.type_counts.present > 0
                else None,
            )
            for feature in profile.features
        )
    )


def least_complete(share: float) -> float:
    """Return the least share of present values that a small check of the same data has, but for rare chance.

    A column of which a part is missing has by chance fewer values in half of all windows. deequ's rule suggests a lower
    bound, too, of the baseline's own many rows (RetainCompletenessRule); a check of an hour has fewer. Exact binomial
    tail of a check of `CHECK_ROWS` records; what is always or never there stays 1 or 0.
    """
    if share in (0.0, 1.0):
        return share
    below = 0.0
    for present in range(CHECK_ROWS + 1):
        below += math.comb(CHECK_ROWS, present) * share**present * (1 - share) ** (CHECK_ROWS - present)
        if below > RARE:
            return present / CHECK_ROWS
    return share


def constraints_document(*, constraints: Constraints, edition: Edition = Edition.SINCE_2024) -> Json:
    """Return the document of suggested constraints, keys in the analyzer's order.

    Of overrides only that is written which says that a feature is not checked.
    """
    monitoring = constraints.monitoring
    distribution: dict[str, Json] = {
        "perform_comparison": _switch(monitoring.compare),
        "comparison_threshold": monitoring.comparison_threshold,
        "comparison_method": monitoring.comparison_method.value,
    }
    if edition is not Edition.UNTIL_2022 and monitoring.categorical_method is not None:
        distribution["categorical_comparison_threshold"] = monitoring.categorical_threshold
        distribution["categorical_drift_method"] = monitoring.categorical_method.value
    features: list[Json] = []
    for feature in constraints.features:
        document: dict[str, Json] = {"name": feature.name, "inferred_type": feature.inferred.value}
        if feature.completeness is not None:
            document["completeness"] = feature.completeness
        if feature.non_negative is not None:
            document["num_constraints"] = {"is_non_negative": feature.non_negative}
        if feature.domains is not None:
            document["string_constraints"] = {"domains": list(feature.domains)}
        if not feature.monitoring.evaluate:
            document["monitoringConfigOverrides"] = {"evaluate_constraints": _switch(feature.monitoring.evaluate)}
        features.append(document)
    return {
        "version": 0.0,
        "features": features,
        "monitoring_config": {
            "evaluate_constraints": _switch(monitoring.evaluate),
            "emit_metrics": _switch(monitoring.emit),
            "datatype_check_threshold": monitoring.datatype_threshold,
            "domain_content_threshold": monitoring.domain_threshold,
            "distribution_constraints": distribution,
        },
    }


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
    old = MonitoringConfig(categorical_method=None)
    monitoring = document.read("monitoring_config", lambda node: _read_monitoring(node, old), default=old)
    features = tuple(_read_feature(node, monitoring) for node in document.get("features").items())
    seen: set[str] = set()
    for feature in features:
        if feature.name in seen:
            raise DriftError(f"features must have different names, got {feature.name!r} twice in {path}; rename one")
        seen.add(feature.name)
    return Constraints(features=features, monitoring=monitoring)


def _read_feature(node: Node, monitoring: MonitoringConfig) -> FeatureConstraints:
    non_negative = node.find("num_constraints", "is_non_negative")
    domains = node.find("string_constraints", "domains")
    own = FeatureConstraints(
        name=node.get("name").text(),
        inferred=InferredType(node.get("inferred_type").one_of(*InferredType)),
        completeness=node.read("completeness", Node.share, default=None),
        non_negative=None if non_negative is None else non_negative.switch(),
        domains=None if domains is None else tuple(item.text() for item in domains.items()),
    )
    for place in (
        ("num_constraints", "monitoring_config_overrides"),
        ("string_constraints", "monitoring_config_overrides"),
        ("monitoring_config_overrides",),
        ("monitoringConfigOverrides",),
    ):
        overrides = node.find(*place)
        if overrides is not None:
            monitoring = _read_monitoring(overrides, monitoring)
    return replace(own, monitoring=monitoring)


def _with_snake_case_keys(node: Node) -> Node:
    renamed = {re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).lower(): value for name, value in node.members().items()}
    return replace(node, value=renamed)


def _read_monitoring(raw: Node, base: MonitoringConfig) -> MonitoringConfig:
    node = _with_snake_case_keys(raw)
    monitoring = replace(
        base,
        evaluate=node.read("evaluate_constraints", Node.switch, default=base.evaluate),
        emit=node.read("emit_metrics", Node.switch, default=base.emit),
        datatype_threshold=node.read("datatype_check_threshold", Node.share, default=base.datatype_threshold),
        domain_threshold=node.read("domain_content_threshold", Node.share, default=base.domain_threshold),
    )
    if node.has("distribution_constraints"):
        monitoring = _read_distribution(_with_snake_case_keys(node.get("distribution_constraints")), monitoring)
    if node.has("additional_measures"):
        monitoring = replace(monitoring, additional=_read_additional(node.get("additional_measures"), base.additional))
    return monitoring


def _read_distribution(node: Node, base: MonitoringConfig) -> MonitoringConfig:
    method, categorical = base.comparison_method, base.categorical_method
    if node.has("comparison_method"):
        method = ComparisonMethod(node.get("comparison_method").one_of(*ComparisonMethod))
    if node.has("categorical_drift_method"):
        categorical = CategoricalMethod(node.get("categorical_drift_method").one_of(*CategoricalMethod))
    # enable_comparisons and min_domain_mass are the names of 2019
    compare = node.read("enable_comparisons", Node.switch, default=base.compare)
    return replace(
        base,
        compare=node.read("perform_comparison", Node.switch, default=compare),
        domain_threshold=node.read("min_domain_mass", Node.share, default=base.domain_threshold),
        comparison_threshold=node.read("comparison_threshold", _limit, default=base.comparison_threshold),
        comparison_method=method,
        categorical_threshold=node.read("categorical_comparison_threshold", _limit, default=base.categorical_threshold),
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


def _limit(node: Node) -> float:
    number = node.number()
    if not number >= 0:
        raise node.error(allowed="0 or more", hint="give the largest distance that is not yet drift")
    return number
