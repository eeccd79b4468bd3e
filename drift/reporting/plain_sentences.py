"""Violations in plain sentences: what is wrong, and by how much."""

import math
import re
from collections.abc import Callable
from functools import partial

from modelyard.drift.documents.violations import Violation

KINDS = {"Integral": "whole numbers", "Fractional": "fractional numbers", "String": "text"}
NUMBER = r"([0-9.E+-]+)"


def plain_sentence(*, violation: Violation) -> str:
    """Return the sentence, or the analyzer's own words where they are not understood."""
    pattern, sentence = SENTENCES.get(violation.check, (None, None))
    match = None if pattern is None else re.search(pattern, violation.description)
    return violation.description.strip() if match is None or sentence is None else sentence(*match.groups())


def _percent(share: float) -> str:
    # all and none must stay what they describe
    if 99.95 <= share < 100:
        return "more than 99.9 %"
    return "less than 0.1 %" if 0 < share < 0.05 else f"{share:.1f} %"


def _limit(value: str, deviation: str | None, limit: str, *, side: str) -> str:
    around = "" if deviation is None or math.isnan(float(deviation)) else f" ± {float(deviation):.2g}"
    return f"It is {float(value):.4g}{around}; the baseline asks for {float(limit):.4g} or {side}."


COLUMNS = (
    r"in current dataset: (\d+), .*constraints: (\d+)",
    "The data have {} columns, the baseline has {}; nothing else was compared.".format,
)
METRIC = rf"with {NUMBER}(?: \+/- ([0-9.E+-]+|NaN))? was \w+ '{NUMBER}'"
# For each check what its description looks like, and the sentence from the parts of it.
SENTENCES: dict[str, tuple[str, Callable[..., str]]] = {
    "data_type_check": (
        rf"Expected data type: (\w+).*Only {NUMBER}% of data",
        lambda kind, share: f"Should be {KINDS.get(kind, kind)}, but only {_percent(float(share))} of the values are.",
    ),
    "completeness_check": (
        rf"Expected: {NUMBER}%\. Observed: Only {NUMBER}%",
        lambda expected, observed: (
            f"Values are missing: {_percent(float(observed))} are there, "
            f"the baseline asks for {_percent(float(expected))}."
        ),
    ),
    "baseline_drift_check": (
        rf"distance: {NUMBER} exceeds threshold: {NUMBER}",
        lambda distance, limit: (
            f"The distribution has moved: distance {float(distance):.3f} from the baseline, "
            f"{float(limit):g} is allowed."
        ),
    ),
    "categorical_values_check": (
        rf"Value: {NUMBER} ",
        lambda share: f"Unknown values: only {_percent(float(share) * 100)} are ones that the baseline knows.",
    ),
    "extra_column_check": COLUMNS,
    "missing_column_check": COLUMNS,
    "unreadable_record_check": (
        r"current dataset: (\d+) \((.*)\)",
        "Nobody has looked at {} records, which could not be read: {}.".format,
    ),
    "LessThanThreshold": (METRIC, partial(_limit, side="more")),
    "GreaterThanThreshold": (METRIC, partial(_limit, side="less")),
}
