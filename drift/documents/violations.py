"""constraint_violations.json: where a data set breaks its constraints."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard.drift.documents.jackson import Json
from modelyard.drift.documents.node import Node, read_document

# AWS's violations have names of their own for some metrics; its statistics and constraints do not.
NAMES_IN_VIOLATIONS = {
    "true_positive_rate": "truePositiveRate",
    "true_negative_rate": "trueNegativeRate",
    "false_positive_rate": "falsePositiveRate",
    "false_negative_rate": "falseNegativeRate",
}
METRICS_OF_NAMES = {name: metric for metric, name in NAMES_IN_VIOLATIONS.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Violation:
    """One broken constraint.

    The feature is a column's name, or `Extra columns` or `Missing columns`; of model quality it is a metric, by its
    name in statistics.json.
    """

    feature: str
    check: str
    description: str


def violations_document(*, violations: Sequence[Violation]) -> dict[str, Json]:
    """Return the document, an empty list when there are none."""
    return {
        "violations": [
            {
                "feature_name": violation.feature,
                "constraint_check_type": violation.check,
                "description": violation.description,
            }
            for violation in violations
        ]
    }


def read_violations(*, path: Path) -> tuple[Violation, ...]:
    """Read the violations of a run, of model quality as well.

    Raises:
        DriftError: the file cannot be used.
    """
    return tuple(
        Violation(
            feature=_feature(node),
            check=node.get("constraint_check_type").text(),
            description=node.get("description").text(),
        )
        for node in read_document(path=path).get("violations").items()
    )


def _feature(node: Node) -> str:
    if not node.has("metric_name"):
        return node.get("feature_name").text()
    name = node.get("metric_name").text()
    return METRICS_OF_NAMES.get(name, name)
