"""JSON lines: one object a line, its columns in alphabetical order as in Spark."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from modelyard.drift.errors import DriftError
from modelyard.drift.line_breaks import split_lines
from modelyard.drift.profiling.kinds import KindCounts
from modelyard.drift.profiling.profile import FeatureProfile, Profile, Reading
from modelyard.drift.reading.feeding import Feeder
from modelyard.drift.reading.jsontext import flat, parsed
from modelyard.drift.reading.lines import line_chunks


def profile_json_lines(
    *, paths: Sequence[Path], known: Sequence[str] = (), watch: Sequence[Sequence[str]] = ()
) -> Profile:
    """Return the profile of JSON lines; lines that are no JSON object are counted.

    Raise DriftError for unread files.
    """
    feeder = Feeder(known=known, watch=watch)
    unreadable: Counter[str] = Counter()
    for path in paths:
        for data, stop in line_chunks(path=path):
            for line in split_lines(data[:stop].tobytes()):
                _take(line, feeder, unreadable)
    return as_typed(profile=feeder.finish(reading=Reading(unreadable=dict(unreadable))))


def _take(line: bytes, feeder: Feeder, unreadable: Counter[str]) -> None:
    if not line.strip():
        return
    try:
        feeder.named(parts=[flat(value=_object(line))])
    except DriftError as error:
        unreadable[str(error)] += 1


def _object(line: bytes) -> Mapping[str, object]:
    value = parsed(text=line)
    if not isinstance(value, Mapping):
        raise DriftError("they are no objects")
    return value


def as_typed(*, profile: Profile) -> Profile:
    """Return the profile with whole numbers counted as Fractional in Fractional columns.

    JSON and Parquet have one type a column, so Spark reads 1 among fractions as 1.0; in CSV it stays an
    integer.
    """
    return replace(profile, features=tuple(map(_typed, profile.features)))


def _typed(feature: FeatureProfile) -> FeatureProfile:
    kinds = feature.kinds
    if kinds.fractional == 0 or kinds.string + kinds.boolean > 0:
        return feature
    merged = KindCounts(missing=kinds.missing, fractional=kinds.fractional + kinds.integral)
    return replace(feature, kinds=merged)
