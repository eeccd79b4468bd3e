from collections.abc import Sequence
from dataclasses import replace

from modelyard.drift.analysis import Check
from modelyard.drift.documents.constraints import (
    Constraints,
    MonitoringConfig,
)


def with_monitoring(constraints: Constraints, monitoring: MonitoringConfig) -> Constraints:
    features = tuple(replace(feature, monitoring=monitoring) for feature in constraints.features)
    return Constraints(features=features, monitoring=monitoring)


def column(values: Sequence[object]) -> str:
    return "".join(f"{value},x\n" for value in values)


def check_names(found: Check) -> list[str]:
    return [violation.check for violation in found.violations]
