"""Columns of a baseline's data that break the constraints which they suggest, with the cause and what to do."""

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from modelyard.drift.checking.model_monitor import model_monitor_violations
from modelyard.drift.documents.constraints import Constraints, least_complete
from modelyard.drift.documents.violations import Violation
from modelyard.drift.profiling.profile import FeatureProfile, Profile

INFINITIES = frozenset({"inf", "-inf", "+inf", "infinity", "-infinity", "+infinity"})
# The pattern of kernels.fields, which would be compiled anew for these few texts.
NUMBER = re.compile(r"[-+]? ?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
MOST_EXAMPLES = 3
MOST_NAMED = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class BrokenColumn:
    """A column whose own data do not keep to what they suggest."""

    feature: str
    cause: str
    remedy: str

    @property
    def sentence(self) -> str:
        """All of it."""
        return f"{self.feature}: {self.cause}; {self.remedy}."


def broken_columns(*, profile: Profile, constraints: Constraints) -> tuple[BrokenColumn, ...]:
    """Return the columns that the very data which suggested the constraints break, or leave without a mean."""
    # the distance of data from themselves is nothing, and need not be measured
    of_width = replace(profile, width=len(profile.features))
    violations = model_monitor_violations(profile=of_width, constraints=constraints, baseline=None)
    features = {feature.name: feature for feature in profile.features}
    found = [_explained(violation, features[violation.feature]) for violation in violations]
    return (*_wider_records(profile), *found, *_infinite(profile))


def broken_columns_message(columns: Sequence[BrokenColumn]) -> str:
    """Return what a baseline's exit message says of them, nothing where there are none."""
    if not columns:
        return ""
    beyond = len(columns) - MOST_NAMED
    more = f" And {beyond} more." if beyond > 0 else ""
    sentences = " ".join(column.sentence for column in columns[:MOST_NAMED])
    return f" The data do not keep to their own baseline: {sentences}{more}"


def _wider_records(profile: Profile) -> Iterator[BrokenColumn]:
    if profile.width > len(profile.features):
        yield BrokenColumn(
            feature=f"Column {len(profile.features) + 1}",
            cause=f"{profile.reading.long_rows:,} of {profile.rows:,} records have more fields than there are columns",
            remedy="put fields with commas in quotes, or name all columns",
        )


def _infinite(profile: Profile) -> Iterator[BrokenColumn]:
    for feature in profile.features:
        if feature.numbers is not None and math.isinf(max(feature.numbers.maximum, -feature.numbers.minimum)):
            yield BrokenColumn(
                feature=feature.name,
                cause="a value is infinite, which leaves the column without a mean and a deviation",
                remedy="leave it out, or write the largest number that can occur",
            )


def _explained(violation: Violation, feature: FeatureProfile) -> BrokenColumn:
    types = feature.type_counts
    if violation.check != "data_type_check":
        cause, remedy = violation.description.strip().rstrip("."), "change the limit of the column"
        return BrokenColumn(feature=feature.name, cause=cause, remedy=remedy)
    numbers, present = types.fractional + types.integral, types.present
    share = types.of_type(inferred=feature.inferred) / present
    allow = f"allow a datatype_check_threshold of {least_complete(share):g} for the column"
    if feature.inferred.numeric:
        cause = f"{types.integral:,} of {present:,} values are whole numbers among fractions, another type to a check"
        remedy = f"write them with a decimal point, or {allow}"
    elif types.string == 0:
        cause = f"{types.boolean:,} of {present:,} values are true or false among numbers"
        remedy = "write 1 and 0 for them"
    elif types.string > numbers:
        cause, remedy = f"{numbers:,} of {present:,} values are numbers among texts", allow
    else:
        words = _words(feature)
        shown = f" ({', '.join(json.dumps(word, ensure_ascii=False) for word in words[:MOST_EXAMPLES])})" * bool(words)
        cause = f"{present - numbers:,} of {present:,} values are words among numbers{shown}"
        infinite = len(words) > 0 and {word.lower() for word in words} <= INFINITIES
        remedy = "write the largest number that can occur" if infinite else "leave the field empty where no value is"
    return BrokenColumn(feature=feature.name, cause=cause, remedy=remedy)


def _words(feature: FeatureProfile) -> list[str]:
    """The texts that are no numbers, the most frequent first; none where there were too many different ones to keep."""
    counts = feature.categories if feature.categories is not None else {}
    return sorted((text for text in counts if NUMBER.fullmatch(text) is None), key=lambda text: (-counts[text], text))
