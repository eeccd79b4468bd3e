"""Violations of the measures that constraints.json asks for in additional_measures."""

from modelyard.drift.documents.constraints import Constraints
from modelyard.drift.documents.statistics import Statistics
from modelyard.drift.documents.violations import Violation
from modelyard.drift.measures.registry import MEASURES
from modelyard.drift.measures.samples import Samples


def additional_violations(
    *, current: Statistics, constraints: Constraints, baseline: Statistics | None
) -> tuple[Violation, ...]:
    """Return the violations, column by column; a measure that nobody asks for is not computed."""
    if baseline is None or not constraints.monitoring.evaluate:
        return ()
    live, known = current.by_name(), baseline.by_name()
    violations: list[Violation] = []
    for column, feature in enumerate(constraints.features):
        if not (feature.monitoring.evaluate and feature.name in live and feature.name in known):
            continue
        samples = Samples(current=live[feature.name], baseline=known[feature.name])
        for measure in MEASURES:
            setting = feature.monitoring.additional.get(measure.key, measure.default)
            if setting is None or setting is False or (measure.prediction_only and column != 0):
                continue
            sentence = measure.violation(samples=samples, threshold=setting)
            if sentence is not None:
                violations.append(Violation(feature=feature.name, check=measure.check, description=sentence))
    return tuple(violations)
