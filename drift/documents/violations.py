"""constraint_violations.json: where a data set breaks its constraints."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard.drift.documents.jackson import Json
from modelyard.drift.documents.node import read_document


@dataclass(frozen=True, kw_only=True, slots=True)
class Violation:
    """One broken constraint.

    The feature is a column's name, or `Extra columns` or `Missing columns`; of model quality it is a metric.
    """

    feature: str
    check: str
    description: str


def violations_document(*, violations: Sequence[Violation]) -> Json:
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
            feature=node.get("metric_name" if node.has("metric_name") else "feature_name").text(),
            check=node.get("constraint_check_type").text(),
            description=node.get("description").text(),
        )
        for node in read_document(path=path).get("violations").items()
    )
