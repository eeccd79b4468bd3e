"""statistics.json, constraints.json and constraint_violations.json of model quality.

Source: AWS's developer guide, model quality metrics; the wording of a violation is that of a real run.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from modelyard.drift.documents.jackson import Json
from modelyard.drift.documents.node import Node, read_document
from modelyard.drift.documents.violations import NAMES_IN_VIOLATIONS, Violation
from modelyard.drift.errors import DriftError
from modelyard.drift.quality.calibration import CalibrationBin
from modelyard.drift.quality.curves import Curve
from modelyard.drift.quality.statistics import Metric, QualityStatistics
from modelyard.drift.quality.task import ProblemType

BEFORE_CURVES = ("false_negative_rate",)
# beside what AWS writes
ADDITIONAL, CALIBRATION = "additional_metrics", "calibration"


class ComparisonOperator(StrEnum):
    """When a metric violates its constraint."""

    GREATER = "GreaterThanThreshold"
    LESS = "LessThanThreshold"


# AWS suggests constraints for these alone
CONSTRAINED = {
    ProblemType.BINARY: (
        "recall",
        "precision",
        "accuracy",
        "true_positive_rate",
        "true_negative_rate",
        "false_positive_rate",
        "false_negative_rate",
        "auc",
        "f0_5",
        "f1",
        "f2",
    ),
    ProblemType.MULTICLASS: (
        "accuracy",
        "weighted_recall",
        "weighted_precision",
        "weighted_f0_5",
        "weighted_f1",
        "weighted_f2",
    ),
    ProblemType.REGRESSION: ("mae", "mse", "rmse", "r2"),
}
ERRORS = frozenset({"mae", "mse", "rmse", "false_positive_rate", "false_negative_rate"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Constraint:
    """The limit of one metric."""

    metric: str
    threshold: float
    operator: ComparisonOperator


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityConstraints:
    """The limits of a model's metrics."""

    problem: ProblemType
    constraints: tuple[Constraint, ...]


def quality_statistics_document(
    *, statistics: QualityStatistics, start: str | None = None, end: str | None = None
) -> Json:
    """Return the document of a window's metrics; start and end are its times, as they were given."""
    window = {name: time for name, time in (("start_time", start), ("end_time", end)) if time is not None}
    metrics: dict[str, Json] = {}
    if statistics.confusion_matrix is not None:
        metrics["confusion_matrix"] = statistics.confusion_matrix
    for name, metric in statistics.metrics.items():
        metrics[name] = _metric(metric, problem=statistics.problem)
        if name in BEFORE_CURVES and statistics.roc_curve is not None and statistics.precision_recall_curve is not None:
            rates, recalls = statistics.roc_curve.thinned(), statistics.precision_recall_curve.thinned()
            metrics["receiver_operating_characteristic_curve"] = {
                "false_positive_rates": rates.x.tolist(),
                "true_positive_rates": rates.y.tolist(),
            }
            metrics["precision_recall_curve"] = {"precisions": recalls.y.tolist(), "recalls": recalls.x.tolist()}
    document: dict[str, Json] = {
        "version": 0.0,
        "dataset": {"item_count": statistics.rows, **window},
        f"{statistics.problem.stem}_metrics": metrics,
    }
    if statistics.additional:
        document[ADDITIONAL] = {
            name: _metric(metric, problem=statistics.problem) for name, metric in statistics.additional.items()
        }
    if statistics.calibration:
        document[CALIBRATION] = [
            {"count": group.count, "mean_prediction": group.prediction, "mean_label": group.label}
            for group in statistics.calibration
        ]
    return document


def _metric(metric: Metric, *, problem: ProblemType) -> Json:
    # Of few records AWS writes null in real files of classifications, and "NaN" in one of a regression.
    is_there = problem is ProblemType.REGRESSION or not math.isnan(metric.deviation)
    return {"value": metric.value, "standard_deviation": metric.deviation if is_there else None}


def suggest_quality_constraints(*, statistics: QualityStatistics) -> QualityConstraints:
    """Return the constraints that these metrics just keep, none for a metric that they do not define."""
    return QualityConstraints(
        problem=statistics.problem,
        constraints=tuple(
            Constraint(
                metric=name,
                threshold=statistics.metrics[name].value,
                operator=ComparisonOperator.GREATER if name in ERRORS else ComparisonOperator.LESS,
            )
            for name in CONSTRAINED[statistics.problem]
            if name in statistics.metrics and name not in statistics.undefined()
        ),
    )


def quality_constraints_document(*, constraints: QualityConstraints) -> Json:
    """Return the document of constraints."""
    limits: dict[str, Json] = {
        limit.metric: {"threshold": limit.threshold, "comparison_operator": limit.operator.value}
        for limit in constraints.constraints
    }
    return {"version": 0.0, f"{constraints.problem.stem}_constraints": limits}


def quality_violations_document(*, violations: Sequence[Violation]) -> Json:
    """Return the document, an empty list when there are none."""
    return {
        "violations": [
            {
                "constraint_check_type": violation.check,
                "description": violation.description,
                "metric_name": NAMES_IN_VIOLATIONS.get(violation.feature, violation.feature),
            }
            for violation in violations
        ]
    }


def read_quality_constraints(*, path: Path) -> QualityConstraints:
    """Read constraints.json as it was suggested and people edited it.

    Raises:
        DriftError: the file cannot be used.
    """
    document = read_document(path=path)
    problem = _problem(document, "constraints")
    limits = document.get(f"{problem.stem}_constraints")
    constraints: list[Constraint] = []
    for name in filter(limits.has, limits.members()):
        limit = limits.get(name)
        threshold = limit.get("threshold").number()
        if not np.isfinite(threshold):
            raise limit.get("threshold").error(
                allowed="a number", hint="give the worst value that is still good, or take the metric away"
            )
        operator = ComparisonOperator(limit.get("comparison_operator").one_of(*ComparisonOperator))
        constraints.append(Constraint(metric=name, threshold=threshold, operator=operator))
    return QualityConstraints(problem=problem, constraints=tuple(constraints))


def _problem(document: Node, kind: str) -> ProblemType:
    for problem in ProblemType:
        if document.has(f"{problem.stem}_{kind}"):
            return problem
    names = ", ".join(f"{problem.stem}_{kind}" for problem in ProblemType)
    raise DriftError(f"{document.file} must have one of {names}, it has none; make a baseline of model quality")


def read_quality_statistics(*, path: Path) -> QualityStatistics:
    """Read statistics.json of model quality back.

    Raises:
        DriftError: it cannot be used.
    """
    document = read_document(path=path)
    problem = _problem(document, "metrics")
    metrics = document.get(f"{problem.stem}_metrics")
    confusion = metrics.find("confusion_matrix")
    rows = {} if confusion is None else {name: confusion.get(name) for name in confusion.members()}
    groups = document.find(CALIBRATION)
    return QualityStatistics(
        problem=problem,
        rows=document.get("dataset").get("item_count").count(),
        metrics=_read_metrics(metrics),
        additional=document.read(ADDITIONAL, _read_metrics, default={}),
        confusion_matrix=None
        if confusion is None
        else {name: {inner: row.get(inner).count() for inner in row.members()} for name, row in rows.items()},
        roc_curve=_curve(
            metrics, "receiver_operating_characteristic_curve", "false_positive_rates", "true_positive_rates"
        ),
        precision_recall_curve=_curve(metrics, "precision_recall_curve", "recalls", "precisions"),
        calibration=()
        if groups is None
        else tuple(
            CalibrationBin(
                count=group.get("count").count(),
                prediction=group.get("mean_prediction").number(),
                label=group.get("mean_label").number(),
            )
            for group in groups.items()
        ),
    )


def is_quality_statistics(*, path: Path) -> bool:
    """Return whether a statistics.json is of model quality.

    Raises:
        DriftError: the file is no JSON object.
    """
    return any(read_document(path=path).has(f"{problem.stem}_metrics") for problem in ProblemType)


def _read_metrics(node: Node) -> Mapping[str, Metric]:
    nodes = {name: node.get(name) for name in node.members() if node.has(name)}
    return {
        name: Metric(
            value=metric.get("value").number(),
            deviation=metric.get("standard_deviation").number() if metric.has("standard_deviation") else math.nan,
        )
        for name, metric in nodes.items()
        if metric.has("value")
    }


def _curve(metrics: Node, name: str, x: str, y: str) -> Curve | None:
    if not metrics.has(name):
        return None
    curve = metrics.get(name)
    xs, ys = (np.array([item.number() for item in curve.get(axis).items()], dtype=np.float64) for axis in (x, y))
    return Curve(x=xs, y=ys)
