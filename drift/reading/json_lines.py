"""JSON lines: one object a line, its columns in alphabetical order as in Spark."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from modelyard.drift.errors import DriftError
from modelyard.drift.line_breaks import split_lines
from modelyard.drift.profiling.profile import Profile, Reading
from modelyard.drift.profiling.value_types import TypeCounts
from modelyard.drift.reading.file_chunks import line_chunks
from modelyard.drift.reading.json_rows import flatten, parse_json
from modelyard.drift.reading.row_batcher import RowBatcher


def profile_json_lines(
    *, paths: Sequence[Path], known: Sequence[str] = (), watch: Sequence[Sequence[str]] = ()
) -> Profile:
    """Return the profile of JSON lines; lines that are no JSON object are counted.

    Raises:
        DriftError: a file cannot be read.
    """
    batcher = RowBatcher(known=known, watch=watch)
    unreadable: Counter[str] = Counter()
    for path in paths:
        for data, stop in line_chunks(path=path):
            for line in split_lines(data[:stop].tobytes()):
                if not line.strip():
                    continue
                try:
                    value = parse_json(text=line)
                    if not isinstance(value, Mapping):
                        raise DriftError("they are no objects")  # noqa: TRY301  counted like what is no JSON
                    batcher.add_named(parts=[flatten(value=value)])
                except DriftError as error:
                    unreadable[str(error)] += 1
    return widen_integers(profile=batcher.finish(reading=Reading(unreadable=dict(unreadable))))


def widen_integers(*, profile: Profile) -> Profile:
    """Return the profile with whole numbers counted as Fractional in Fractional columns.

    JSON and Parquet have one type a column, so Spark reads 1 among fractions as 1.0; in CSV it stays an
    integer.
    """
    features = list(profile.features)
    for position, feature in enumerate(features):
        types = feature.type_counts
        if types.fractional > 0 and types.string + types.boolean == 0:
            merged = TypeCounts(missing=types.missing, fractional=types.fractional + types.integral)
            features[position] = replace(feature, type_counts=merged)
    return replace(profile, features=tuple(features))
