"""The sentences of constraint_violations.json, as releases of the analyzer since 2020 word them.

Where no such sentence is public the source is named. Numbers are in Java's form.
"""

from modelyard.drift.documents.jackson import java_double
from modelyard.drift.documents.violations import Violation


def _percent(share: float) -> str:
    return f"{java_double(share * 100)}%"


def data_type(*, feature: str, expected: str, threshold: float, observed: float) -> Violation:
    """Return the violation of a share of values that are of the expected type."""
    return Violation(
        feature=feature,
        check="data_type_check",
        description=f"Data type match requirement is not met. Expected data type: {expected}, "
        f"Expected match: {_percent(threshold)}. Observed: Only {_percent(observed)} of data is {expected}.",
    )


def completeness(*, feature: str, expected: float, observed: float) -> Violation:
    """Return the violation of a share of rows that have a value."""
    return Violation(
        feature=feature,
        check="completeness_check",
        description="Data completeness requirement is not met. "
        f"Expected: {_percent(expected)}. Observed: Only {_percent(observed)}.",
    )


def baseline_drift(*, feature: str, distance: float, threshold: float) -> Violation:
    """Return the violation of a distance from the baseline."""
    return Violation(
        feature=feature,
        check="baseline_drift_check",
        description=f"Baseline drift distance: {java_double(distance)} exceeds threshold: {java_double(threshold)}",
    )


def unlikely_drift(*, feature: str, p_value: float, threshold: float) -> Violation:
    """Return the violation of ChiSquared with Robust, which is a p-value; AWS's sentence is not public."""
    return Violation(
        feature=feature,
        check="baseline_drift_check",
        description=f"Baseline drift p-value: {java_double(p_value)} is below threshold: {java_double(threshold)}",
    )


def categorical_values(*, feature: str, observed: float) -> Violation:
    """Return the violation of a share of records inside the domain, in the only public wording (2019)."""
    return Violation(
        feature=feature,
        check="categorical_values_check",
        description=f"Value: {java_double(observed)} does not meet the constraint requirement! ",
    )


def column_count(*, current: int, baseline: int) -> Violation:
    """Return the violation of a number of columns that differs from the baseline's."""
    kind = "extra" if current > baseline else "missing"
    return Violation(
        feature=f"{kind.capitalize()} columns",
        check=f"{kind}_column_check",
        description=f"There are {kind} columns in current dataset. "
        f"Number of columns in current dataset: {current}, "
        f"Number of columns in baseline constraints: {baseline}",
    )
