"""Parquet files, as the CSV that they would be.

Another process reads them: of a damaged file its reader panics, which is no Exception, or aborts the process.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from modelyard.drift.errors import DriftError
from modelyard.drift.line_breaks import split_lines
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.profiling.profiler import Profiler

# -P: whatever lies in the current folder is no module
COMMAND = (sys.executable, "-P", "-m", "modelyard.drift.reading.parquet_worker")


def profile_parquet(
    *,
    paths: Sequence[Path],
    known: Sequence[str] = (),
    watch: Sequence[Sequence[str]] = (),
    first: Sequence[str] | None = None,
) -> Profile:
    """Return the profile of Parquet files of the same columns; not-a-number is a missing value, infinity a number.

    With known names the columns are put into their order when they are the same. Where they are not all files of
    a table, `first` are the columns of its first one.

    Raises:
        DriftError: a file cannot be read, or a column holds lists or structures.
    """
    with _start_worker() as reader:
        names = list(first) if first is not None else reader.names(path=paths[0]) if paths else []
        order = list(known) if set(known) == set(names) else names
        profiler = Profiler(width=len(order), watch=watch)
        for number, path in enumerate(paths):
            if number > 0:
                profiler.end_partition()
            if set(reader.names(path=path)) != set(order):
                raise DriftError(f"{path} must have the columns of the first file; give files of the same columns")
            for empty, data in reader.csv(path=path, columns=order):
                profiler.note_empty_rows(count=empty)
                profiler.feed(data=np.frombuffer(data, dtype=np.uint8), start=0, stop=len(data))
    return profiler.finish(names=order, declared=len(order), typed=True)


def text_rows(*, path: Path, names: Sequence[str]) -> Iterator[tuple[str | None, ...]]:
    """Yield the rows of some columns as texts.

    Raises:
        DriftError: the file cannot be read, or a column is not there.
    """
    with _start_worker() as reader:
        missing = sorted(set(names) - set(reader.names(path=path)))
        if missing:
            raise DriftError(f"{path} must have a column {missing[0]}, it has none; name one of its columns")
        columns = sorted(set(names))
        positions = [columns.index(name) for name in names]
        for row in reader.texts(path=path, columns=columns):
            yield tuple(row[position] for position in positions)


def column_kinds(*, path: Path) -> dict[str, str]:
    """Return the columns of a file, each with what it holds: integer, number, boolean or text.

    Raises:
        DriftError: the file cannot be read, or a column holds lists or structures.
    """
    with _start_worker() as reader:
        return reader.kinds(path=path)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reader:
    """The process that reads, and what it says."""

    process: subprocess.Popen[bytes]

    def names(self, *, path: Path) -> list[str]:
        """Return the names of a file's columns; raises as `kinds` does."""
        return list(self.kinds(path=path))

    def kinds(self, *, path: Path) -> dict[str, str]:
        """Return a file's columns, each with what it holds.

        Raises:
            DriftError: a column is neither a number nor a text.
        """
        (answer,) = self._answers({"path": str(path)}, path=path, ends="columns")
        for name, kind in answer["refused"].items():
            raise DriftError(f"column {name} must be a number or a text, got {kind} in {path}; give flat columns")
        return dict(answer["columns"])

    def csv(self, *, path: Path, columns: Sequence[str]) -> Iterator[tuple[int, bytearray]]:
        """Yield how many rows were empty, and the others as CSV without a header."""
        for answer in self._answers({"path": str(path), "columns": columns, "form": "csv"}, path=path, ends="last"):
            if "size" in answer:
                content = bytearray(self._output.read(answer["size"]))
                if len(content) != answer["size"]:
                    raise self._worker_ended(path)
                yield answer["empty"], content

    def texts(self, *, path: Path, columns: Sequence[str]) -> Iterator[list[str | None]]:
        """Yield the rows as texts."""
        for answer in self._answers({"path": str(path), "columns": columns, "form": "text"}, path=path, ends="last"):
            yield from answer.get("rows", ())

    @property
    def _output(self) -> BinaryIO:
        return cast("BinaryIO", self.process.stdout)

    def _answers(self, request: dict[str, Any], *, path: Path, ends: str) -> Iterator[dict[str, Any]]:
        """Ask, and yield the answers up to the one that ends them."""
        try:
            # unbuffered: what a reader that has ended was not told is not told again when the pipe is closed
            os.write(cast("BinaryIO", self.process.stdin).fileno(), json.dumps(request).encode() + b"\n")
        except BrokenPipeError as error:
            raise self._worker_ended(path) from error
        answer: dict[str, Any] = {}
        while ends not in answer:
            line = self._output.readline()
            if not line.endswith(b"\n"):
                raise self._worker_ended(path)
            answer = json.loads(line)
            if "error" in answer:
                raise _unreadable(path, (split_lines(answer["error"]) or [""])[0])
            yield answer

    def _worker_ended(self, path: Path) -> DriftError:
        return _unreadable(path, f"its reader broke down with exit code {self.process.wait()}")


def _unreadable(path: Path, why: str) -> DriftError:
    return DriftError(f"{path} cannot be read as Parquet ({why}); give a Parquet file")


@contextmanager
def _start_worker() -> Iterator[_Reader]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    # what the reader prints of a panic is for its developers
    with subprocess.Popen(  # noqa: S603  fixed words
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        try:
            yield _Reader(process=process)
        finally:
            process.kill()
