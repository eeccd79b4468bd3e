"""The files of a folder, profiled one by one in several processes and merged in the order of their paths.

So the result is, to the last bit, that of one process, which sums up each file apart and merges in this order, too.
"""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reading.captures import BOTH_SIDES
from modelyard.drift.reading.csv_files import first_record
from modelyard.drift.reading.source import Format, Source, Wanted, profile_files

# What a process is asked for at a time: small files together, for each answer is sent.
RUN_BYTES, RUN_FILES = 1 << 23, 64
# Files that are profiled before it is their turn to be merged wait in memory.
AHEAD = 2
# Below it the start of two processes takes as long as they save: docs/drift.md, "More than one machine". Where Python
# reads line by line one process uses one processor, else more than one.
WORTH_BYTES = {Format.CSV: 1 << 30, Format.CAPTURE: 1 << 30, Format.PARQUET: 1 << 28, Format.JSON_LINES: 1 << 25}


def profiled_by_processes(*, source: Source, wanted: Wanted, processes: int | None) -> Profile | None:
    """Return the profile of the source, or None where one process has to read all of it, or does so as fast.

    It has to where the files do not have the same columns. None are as many processes as read it fastest.

    Raises:
        DriftError: the data cannot be read, or not by so many processes.
    """
    reason = _reason_for_one(source=source, wanted=wanted)
    if processes is None:
        processes = 1 if reason is not None else _fastest(source=source)
        if processes == 1:
            return None
    if processes < 1:
        raise DriftError(f"processes must be 1 or more, got {processes}; leave the option out")
    if reason is not None:
        raise DriftError(f"processes must be 1, got {processes}: {reason}; leave the option out")
    total = Profile(rows=0, width=0, features=())
    for part in _parts(source=source, wanted=wanted, processes=processes):
        if min(total.rows, part.rows) > 0 and _names(total) != _names(part):
            return None
        total = total.merge(part)
    return total


def _reason_for_one(*, source: Source, wanted: Wanted) -> str | None:
    """Return why only one process can read the source, if that is so."""
    if source.preprocessor is not None:
        return "a preprocessor may remember the records before"
    if source.format is Format.PROFILE:
        return "profiles are merged one after the other"
    if source.partition_bytes is not None:
        return "files of the edition 2022 have several partitions each"
    if source.format is Format.CAPTURE and len(wanted.known) == 0:
        return "captured records without a baseline are placed as those before them were"
    return None


def _fastest(*, source: Source) -> int:
    """Return how many processes read the source fastest on this machine."""
    files = source.files()
    by_line = source.answer is not None or set(source.sides) != set(BOTH_SIDES)
    worth = WORTH_BYTES[Format.JSON_LINES if by_line else source.format]
    if sum(path.stat().st_size for path in files) < worth:
        return 1
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(processors if processors is not None else 1, sum(1 for _ in _runs(files)))


def _names(profile: Profile) -> list[str]:
    return [feature.name for feature in profile.features]


def _parts(*, source: Source, wanted: Wanted, processes: int) -> Iterator[Profile]:
    """Yield the profile of each file, in the order of their paths."""
    # most runs need one process alone
    import multiprocessing
    from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor

    files = source.files()
    first = _first_columns(source=source, files=files)
    waiting: deque[Future[list[Profile]]] = deque()
    # a process that is started anew inherits no lock that a thread of this one holds
    with ProcessPoolExecutor(max_workers=processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            for paths in _runs(files):
                waiting.append(pool.submit(_profile_each, source, wanted, paths, first))
                if len(waiting) > AHEAD * processes:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        except BrokenProcessPool as error:
            raise DriftError(
                f"a process that read files of {source.path} has ended before it was done, often for want of memory; "
                "use fewer processes"
            ) from error
        finally:
            for future in waiting:
                future.cancel()


def _first_columns(*, source: Source, files: Sequence[Path]) -> tuple[str, ...]:
    """What the first file says of the columns, where the later ones are held to it."""
    if source.format is Format.CSV:
        return first_record(paths=files, header=source.header)
    if source.format is Format.PARQUET and files:
        # polars is needed, and loaded, for Parquet alone
        from modelyard.drift.reading.parquet import column_kinds

        return tuple(column_kinds(path=files[0]))
    return ()


def _runs(files: Sequence[Path]) -> Iterator[list[Path]]:
    run: list[Path] = []
    size = 0
    for path in files:
        run.append(path)
        size += path.stat().st_size
        if size >= RUN_BYTES or len(run) == RUN_FILES:
            yield run
            run, size = [], 0
    if run:
        yield run


def _profile_each(source: Source, wanted: Wanted, paths: Sequence[Path], first: tuple[str, ...]) -> list[Profile]:
    return [profile_files(source=source, wanted=wanted, paths=[path], first=first) for path in paths]
