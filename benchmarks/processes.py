"""Measure what several processes read in the files of a folder, and what it takes to merge what they found.

    python -m benchmarks.processes --files 16 --processes 1 2

Each file is the same one under another name, so that the data lie in memory: the rates are of processors, not of disks.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from pathlib import Path

import polars

from benchmarks.drift import Usage, machine, make_captures, make_in_subprocess, make_table, measure_command
from modelyard.drift import Profile, profile, profile_from_bytes, profile_to_bytes

ROWS = 250_000
COMMAND = (sys.executable, "-m", "modelyard.drift")


def make_parquet(*, folder: Path, rows: int) -> Path:
    """Return the numeric table as Parquet."""
    path = folder / f"numbers-{rows}.parquet"
    if not path.exists():
        polars.read_csv(make_table(folder=folder, rows=rows, kind="numbers")).write_parquet(path)
    return path


def many(path: Path, *, count: int) -> Path:
    """Return a folder with so many files of this content."""
    folder = path.parent / f"{path.stem}-{path.suffix[1:]}-times-{count}"
    folder.mkdir(exist_ok=True)
    for number in range(count):
        name = folder / f"{number:05}{path.suffix}"
        if not name.exists():
            name.hardlink_to(path)
    return folder


def cases(*, folder: Path, files: int) -> Iterator[tuple[str, Path, tuple[str, ...]]]:
    """Yield what is read: its name, its folder and the command without the number of processes."""
    table = make_in_subprocess(make_table, folder=folder, rows=ROWS, kind="numbers")
    base = folder / "base-processes"
    measure_command(command=(*COMMAND, "baseline", str(table), "--output", str(base)))
    output = ("--output", str(folder / "run-processes"))
    data = many(table, count=files)
    yield "CSV, 70 numbers", data, (*COMMAND, "baseline", str(data), *output)
    data = many(make_in_subprocess(make_parquet, folder=folder, rows=ROWS), count=files)
    yield "Parquet, 70 numbers", data, (*COMMAND, "baseline", str(data), *output)
    captured = next(make_in_subprocess(make_captures, folder=folder, rows=ROWS).iterdir())
    data = many(captured, count=files)
    check = ("check", str(data), "--baseline", str(base), "--format", "capture")
    yield "captured records", data, (*COMMAND, *check, *output)


def seconds(function: Callable[[], object], *, times: int = 20) -> float:
    """Return how long a call takes, the fastest of some."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    return min(taken)


def merging(*, folder: Path) -> Iterator[str]:
    """Yield what a profile of the numeric table weighs, and what its bytes and its merging take."""
    table = polars.read_csv(make_table(folder=folder, rows=ROWS, kind="numbers"))
    part = profile(table)
    total = reduce(Profile.merge, [part] * 8)
    content = profile_to_bytes(profile=part)
    yield f"a profile of {table.width} columns and {ROWS:,} rows: {len(content) / 1024:,.0f} KiB"
    yield f"to bytes: {1000 * seconds(lambda: profile_to_bytes(profile=part)):.1f} ms"
    yield f"from bytes: {1000 * seconds(lambda: profile_from_bytes(content=content, origin='memory')):.1f} ms"
    yield f"merged: {1000 * seconds(lambda: total.merge(part)):.1f} ms"


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, nargs="+", default=[16])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "drift-benchmark")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    print(machine(), time.strftime("%Y-%m-%d"))
    print("\n| what | files | MB | processes | wall s | processor s | MB/s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for files in options.files:
        for name, data, command in cases(folder=options.folder, files=files):
            size = sum(path.stat().st_size for path in data.iterdir()) / 1e6
            for processes in options.processes:
                used = _measured(command=(*command, "--processes", str(processes)))
                row = (name, files, f"{size:,.0f}", processes, f"{used.wall:.1f}", f"{used.processor:.1f}")
                print("|", " | ".join(map(str, row)), f"| {size / used.wall:,.0f} |", flush=True)
    for line in merging(folder=options.folder):
        print("*", line)


def _measured(*, command: Sequence[str]) -> Usage:
    """The faster of two runs."""
    runs = [measure_command(command=command) for _ in range(2)]
    if any(run.code not in (0, 2) for run in runs):
        raise SystemExit(f"{' '.join(command)} failed; run it to see why")
    return min(runs, key=lambda run: run.wall)


if __name__ == "__main__":
    main()
