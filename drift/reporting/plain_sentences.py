"""Violations in plain sentences: what is wrong, and by how much."""

import math
import re

from modelyard.drift.documents.violations import Violation

TYPE = re.compile(r"Expected data type: (\w+).*Only ([0-9.E+-]+)% of data")
COMPLETE = re.compile(r"Expected: ([0-9.E+-]+)%\. Observed: Only ([0-9.E+-]+)%")
DISTANCE = re.compile(r"distance: ([0-9.E+-]+) exceeds threshold: ([0-9.E+-]+)")
VALUE = re.compile(r"Value: ([0-9.E+-]+) ")
COLUMNS = re.compile(r"in current dataset: (\d+), .*constraints: (\d+)")
METRIC = re.compile(r"with ([0-9.E+-]+) \+/- ([0-9.E+-]+|NaN) was \w+ '([0-9.E+-]+)'")


def plain_sentence(*, violation: Violation) -> str:
    """Return the sentence, or the analyzer's own words where they are not understood."""
    describe = SENTENCES.get(violation.check)
    return describe(violation) if describe is not None else violation.description.strip()


def _percent(text: str) -> str:
    share = float(text)
    # all and none must stay what they describe
    if 99.95 <= share < 100:
        return "more than 99.9 %"
    return "less than 0.1 %" if 0 < share < 0.05 else f"{share:.1f} %"


def _data_type(violation: Violation) -> str:
    match = TYPE.search(violation.description)
    if match is None:
        return violation.description
    words = {"Integral": "whole numbers", "Fractional": "fractional numbers", "String": "text"}
    kind = words.get(match.group(1), match.group(1))
    return f"Should be {kind}, but only {_percent(match.group(2))} of the values are."


def _completeness(violation: Violation) -> str:
    match = COMPLETE.search(violation.description)
    if match is None:
        return violation.description
    expected, observed = map(_percent, match.groups())
    return f"Values are missing: {observed} are there, the baseline has {expected}."


def _drift(violation: Violation) -> str:
    match = DISTANCE.search(violation.description)
    if match is None:
        return violation.description
    distance, limit = float(match.group(1)), float(match.group(2))
    return f"The distribution has moved: distance {distance:.3f} from the baseline, {limit:g} is allowed."


def _values(violation: Violation) -> str:
    match = VALUE.search(violation.description)
    if match is None:
        return violation.description
    return f"Unknown values: only {_percent(str(float(match.group(1)) * 100))} are ones that the baseline knows."


def _columns(violation: Violation) -> str:
    match = COLUMNS.search(violation.description)
    if match is None:
        return violation.description
    current, baseline = match.groups()
    return f"The data have {current} columns, the baseline has {baseline}; nothing else was compared."


def _metric(violation: Violation) -> str:
    match = METRIC.search(violation.description)
    if match is None:
        return violation.description
    value, deviation, limit = (float(part) for part in match.groups())
    side = "more" if violation.check == "LessThanThreshold" else "less"
    around = "" if math.isnan(deviation) else f" ± {deviation:.2g}"
    return f"It is {value:.4g}{around}; the baseline asks for {limit:.4g} or {side}."


SENTENCES = {
    "data_type_check": _data_type,
    "completeness_check": _completeness,
    "baseline_drift_check": _drift,
    "categorical_values_check": _values,
    "extra_column_check": _columns,
    "missing_column_check": _columns,
    "LessThanThreshold": _metric,
    "GreaterThanThreshold": _metric,
}
