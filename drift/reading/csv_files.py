"""CSV files, plain or gzip."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard.drift.errors import DriftError
from modelyard.drift.kernels.arrays import Bytes
from modelyard.drift.kernels.csv_records import first_record_end
from modelyard.drift.line_breaks import split_lines
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.profiling.profiler import Profiler
from modelyard.drift.reading.file_chunks import record_partitions

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, kw_only=True, slots=True)
class _FirstRecord:
    """The first record of a file, and where it begins and ends."""

    fields: tuple[str, ...]
    start: int
    stop: int


def profile_csv(
    *,
    paths: Sequence[Path],
    header: bool,
    known: Sequence[str] = (),
    watch: Sequence[Sequence[str]] = (),
    partition_bytes: int | None = None,
    first: Sequence[str] | None = None,
) -> Profile:
    """Return the profile of CSV files that share their columns.

    Names are those of the first file's header, else the known ones, else _c0, _c1 and on. The first record of the first
    file, or the one that is given, says how many columns there are, as in Spark; fields beyond them are counted as long
    rows, except where known names say that a wider record is a finding.

    Raises:
        DriftError: a file cannot be read, or headers differ.
    """
    names = None if first is None else tuple(first)
    profiler: Profiler | None = None
    for path in paths:
        for number, (data, stop, begins) in enumerate(record_partitions(path=path, size=partition_bytes)):
            if begins and profiler is not None:
                profiler.end_partition()
            start = 0
            if number == 0:
                record = _first_record(data=data, stop=stop, path=path)
                names = _names(first=record, names=names, header=header, path=path)
                start = record.stop if header else record.start
            if profiler is None:
                width = len(names or ()) if header else max(len(names or ()), len(known))
                # As Spark's reader of CSV has it; in JSON and Parquet an empty text is one.
                watched = _watch_order(names=names or (), known=known, watch=watch)
                profiler = Profiler(width=width, watch=watched, quoted_is_missing=True)
            profiler.feed(data=data, start=start, stop=stop)
    if profiler is None:
        profiler = Profiler(width=0)
    named = (names or ()) if header else known
    return profiler.finish(names=named, declared=len(named) if header else 0)


def first_record(*, paths: Sequence[Path], header: bool) -> tuple[str, ...]:
    """Return the first record of the first file that has any, as `profile_csv` is given it.

    Raises:
        DriftError: the file cannot be read, or its header names columns twice.
    """
    for path in paths:
        chunk = next(record_partitions(path=path, size=None), None)
        if chunk is not None:
            first = _first_record(data=chunk.data, stop=chunk.stop, path=path)
            return _names(first=first, names=None, header=header, path=path)
    return ()


def _watch_order(
    *, names: Sequence[str], known: Sequence[str], watch: Sequence[Sequence[str]]
) -> Sequence[Sequence[str]]:
    """Return what to watch by the file's own order of columns, when it has the known names in another."""
    if set(names) != set(known) or len(watch) == 0:
        return watch
    by_name = dict(zip(known, watch, strict=True))
    return [by_name[name] for name in names]


def _names(*, first: _FirstRecord, names: tuple[str, ...] | None, header: bool, path: Path) -> tuple[str, ...]:
    if not header:
        return first.fields if names is None else names
    # Spark's names for columns that the header leaves without one, or names twice: it ignores case there
    counts = Counter(field.lower() for field in first.fields)
    named = tuple(
        f"_c{position}" if name == "" else f"{name}{position}" if counts[name.lower()] > 1 else name
        for position, name in enumerate(first.fields)
    )
    name, times = Counter(named).most_common(1)[0] if named else ("", 0)
    if times > 1:
        raise DriftError(
            f"header must have different names, got {name!r} {times} times in {path}; rename, or say --no-header"
        )
    if names is not None and named != names:
        raise DriftError(
            f"header must be {_short(names)} as in the files before, got {_short(first.fields)} in {path}; "
            "give files with the same columns"
        )
    return named


def _short(names: Sequence[str]) -> str:
    shown = ",".join(names)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _first_record(*, data: Bytes, stop: int, path: Path) -> _FirstRecord:
    start = len(BYTE_ORDER_MARK) if data[:3].tobytes() == BYTE_ORDER_MARK else 0
    end = first_record_end(data, start, stop)
    text = data[start:end].tobytes().decode("utf-8", errors="replace").strip("\r\n")
    try:
        # all but the last are the blank lines before it
        records = list(csv.reader(split_lines(text, keep_ends=True)))
    except csv.Error as error:
        raise DriftError(f"{path} must begin with a CSV record ({error}); give a CSV file") from error
    fields = records[-1] if text.strip(" \t\r\n") else []
    return _FirstRecord(fields=tuple(fields), start=start, stop=end)
