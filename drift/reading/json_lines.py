"""JSON lines: one object a line, its columns in alphabetical order as in Spark."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from modelyard.drift.errors import DriftError
from modelyard.drift.line_breaks import split_lines
from modelyard.drift.profiling.profile import Profile, Reading
from modelyard.drift.reading.file_chunks import line_partitions
from modelyard.drift.reading.json_rows import flatten, parse_json
from modelyard.drift.reading.row_batcher import RowBatcher


def profile_json_lines(
    *,
    paths: Sequence[Path],
    known: Sequence[str] = (),
    watch: Sequence[Sequence[str]] = (),
    partition_bytes: int | None = None,
) -> Profile:
    """Return the profile of JSON lines; lines that are no JSON object are counted.

    Raises:
        DriftError: a file cannot be read.
    """
    batcher = RowBatcher(known=known, watch=watch)
    unreadable: Counter[str] = Counter()
    for path in paths:
        for data, stop, begins in line_partitions(path=path, size=partition_bytes):
            if begins:
                batcher.end_partition()
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
    return batcher.finish(reading=Reading(unreadable=dict(unreadable)), typed=True)
