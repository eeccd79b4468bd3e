"""Measure drift, and beside it the peers: wall time, rows per second, peak memory, of whole processes.

    python benchmarks/drift.py --rows 100000 1000000
    python benchmarks/drift.py --rows 1000000 --tables numbers texts --captures --peers .venv-bench/bin/python
    python benchmarks/drift.py --rows 100000 1000000 --tables wide

The data are made once, from a fixed seed, in a folder of their own. Every figure is of a process from its
start to its end, with the compiled code of an earlier run at hand; --cold measures the first run as well.
"""

import argparse
import json
import multiprocessing
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars

BLOCK = 250_000
REPOSITORY = Path(__file__).resolve().parents[1]
DIFFERENT = (2, 3, 5, 7, 9, 11, 12, 15, 20, 30, 50, 54, 80, 100, 130, 300, 1000, 2000, 5000, 20000)
WHYLOGS = "import sys, pandas, whylogs; whylogs.log(pandas.read_csv(sys.argv[1])).view().to_pandas()"
EVIDENTLY = """
import sys, pandas
from evidently import Report
from evidently.presets import DataDriftPreset, DataSummaryPreset
tables = [pandas.read_csv(path) for path in sys.argv[1:]]
Report([DataDriftPreset() if len(tables) > 1 else DataSummaryPreset()]).run(*tables)
"""
PANDAS = """
import sys, numpy, pandas
from scipy.stats import ks_2samp
tables = [pandas.read_csv(path) for path in sys.argv[1:]]
numbers = tables[0].select_dtypes("number")
tables[0].describe(include="all"), tables[0].nunique()
[numpy.histogram(numbers[name].dropna(), 10) for name in numbers]
if len(tables) > 1:
    [ks_2samp(numbers[name].dropna(), tables[1][name].dropna()) for name in numbers]
"""
TABLES = {"numbers": "70 numbers", "texts": "70 numbers + 20 texts", "wide": "1,000 numbers"}
POLARS = "import sys, polars; polars.read_csv(sys.argv[1])"


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """One process: seconds from start to end, seconds of processor, peak memory in MiB, and its exit code."""

    wall: float
    processor: float
    memory: float
    code: int


def measure_command(*, command: Sequence[str], environment: dict[str, str] | None = None) -> Usage:
    """Run a command without its output and return what it used."""
    start = time.perf_counter()
    silent = os.open(os.devnull, os.O_WRONLY)
    actions = [(os.POSIX_SPAWN_DUP2, silent, 1), (os.POSIX_SPAWN_DUP2, silent, 2)]
    child = os.posix_spawn(command[0], list(command), {**os.environ, **(environment or {})}, file_actions=actions)
    _, status, usage = os.wait4(child, 0)
    os.close(silent)
    return Usage(
        wall=time.perf_counter() - start,
        processor=usage.ru_utime + usage.ru_stime,
        memory=usage.ru_maxrss / 1024,
        code=os.waitstatus_to_exitcode(status),
    )


def table(*, rows: int, kind: str, generator: np.random.Generator) -> polars.DataFrame:
    """Return the columns of a kind of table.

    The 70 numbers are a label, 15 short ones, 4 long ones and 50 flags, which a wide table repeats until they are
    1,000; texts have 2 to 20,000 values.
    """
    if kind == "wide":
        frame = table(rows=rows, kind="numbers", generator=generator)
        named = [frame.select(polars.all().name.suffix(f"_{part}")) for part in range(15)]
        return polars.concat(named, how="horizontal")[:, :1000]
    columns: dict[str, object] = {"label": generator.integers(0, 2, rows)}
    columns |= {f"count{n}": generator.integers(0, 99, rows) for n in range(8)}
    columns |= {f"decimal{n}": generator.normal(20, 5, rows).round(1) for n in range(7)}
    columns |= {f"long{n}": generator.normal(size=rows) for n in range(4)}
    columns |= {f"flag{n}": (generator.random(rows) < 0.02 + n / 100).astype(np.int64) for n in range(50)}
    if kind == "texts":
        columns |= {f"text{n}": texts(rows=rows, of=of, generator=generator) for n, of in enumerate(DIFFERENT)}
    frame = polars.DataFrame(columns)
    gaps = [polars.when(generator.random(rows) < 0.02).then(None) for _ in range(3)]
    holes = zip(gaps, ("count0", "decimal0", "long0"), strict=True)
    return frame.with_columns(gap.otherwise(polars.col(name)).alias(name) for gap, name in holes)


def texts(*, rows: int, of: int, generator: np.random.Generator) -> polars.Series:
    """Return texts of so many different values."""
    return "value-" + polars.Series(generator.integers(0, of, rows)).cast(polars.String)


def blocks(*, rows: int, most: int) -> Iterator[int]:
    """Yield the sizes of the blocks that make up so many rows."""
    while rows > 0:
        yield min(rows, most)
        rows -= most


def make_table(*, folder: Path, rows: int, kind: str) -> Path:
    """Return a CSV file of so many rows, made if it is not there yet."""
    path = folder / f"{kind}-{rows}.csv"
    if path.exists():
        return path
    generator = np.random.default_rng(20261122)
    with path.open("wb") as file:
        for number, size in enumerate(blocks(rows=rows, most=BLOCK // 10 if kind == "wide" else BLOCK)):
            frame = table(rows=size, kind=kind, generator=generator)
            frame.write_csv(file, include_header=number == 0)
    return path


def make_captures(*, folder: Path, rows: int) -> Path:
    """Return a folder with a capture file of so many records of the numeric table."""
    path = folder / f"captures-{rows}" / "00-00-000-x.jsonl"
    if path.exists():
        return path.parent
    path.parent.mkdir()
    with make_table(folder=folder, rows=rows, kind="numbers").open() as lines, path.open("w") as file:
        next(lines)
        for number, line in enumerate(lines):
            response, _, request = line.rstrip("\n").partition(",")
            file.write(capture_line(number=number, response=response, request=request))
    return path.parent


def make_in_subprocess(make: Callable[..., Path], *, folder: Path, rows: int, kind: str | None = None) -> Path:
    """Return what was made in a process of its own: a child's peak memory begins at its parent's."""
    named = {} if kind is None else {"kind": kind}
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(make, folder=folder, rows=rows, **named).result()


def capture_line(*, number: int, response: str, request: str) -> str:
    """Return one record as the service writes it."""
    side = '{{"observedContentType":"text/csv","mode":"{}","data":"{}","encoding":"CSV"}}'
    sides = f'"endpointInput":{side.format("INPUT", request)},"endpointOutput":{side.format("OUTPUT", response)}'
    about = f'{{"eventId":"00000000-0000-4000-8000-{number:012d}","inferenceTime":"2026-11-22T10:00:00Z"}}'
    return f'{{"captureData":{{{sides}}},"eventMetadata":{about},"eventVersion":"0"}}\n'


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """Something to measure: its name, how many rows it reads, and the command."""

    name: str
    rows: int
    command: tuple[str, ...]


def drift_cases(*, folder: Path, rows: int, kind: str) -> Iterator[Case]:
    """Yield drift's baseline and check of a table."""
    data, base = str(make_in_subprocess(make_table, folder=folder, rows=rows, kind=kind)), str(folder / f"base-{kind}")
    command = (sys.executable, "-m", "modelyard.drift")
    made = (*command, "baseline", data, "--output", base)
    yield Case(name=f"drift baseline, {TABLES[kind]}", rows=rows, command=made)
    check = (*command, "check", data, "--baseline", base, "--output", str(folder / "run"))
    yield Case(name=f"drift check, {TABLES[kind]}", rows=rows, command=check)
    if kind == "wide":
        name = f"drift check --no-sketches, {TABLES[kind]}"
        yield Case(name=name, rows=rows, command=(*check, "--no-sketches"))


def capture_cases(*, folder: Path, rows: int) -> Iterator[Case]:
    """Yield drift's check of captured records, and the baseline that it needs."""
    base, data = folder / "base-captures", make_in_subprocess(make_captures, folder=folder, rows=rows)
    training = make_in_subprocess(make_table, folder=folder, rows=100_000, kind="numbers")
    measure_command(
        command=(sys.executable, "-m", "modelyard.drift", "baseline", str(training), "--output", str(base)),
        environment={"PYTHONPATH": str(REPOSITORY)},
    )
    command = (sys.executable, "-m", "modelyard.drift", "check", str(data), "--baseline", str(base))
    yield Case(name="drift check, captured records", rows=rows, command=(*command, "--output", str(folder / "run")))


def peer_cases(*, folder: Path, rows: int, kind: str, python: str) -> Iterator[Case]:
    """Yield the peers on the same bytes: profiles, and drift from a baseline of the same size."""
    data, columns = str(make_in_subprocess(make_table, folder=folder, rows=rows, kind=kind)), TABLES[kind]
    yield Case(name=f"polars read_csv alone, {columns}", rows=rows, command=(python, "-c", POLARS, data))
    yield Case(name=f"pandas profile, {columns}", rows=rows, command=(python, "-c", PANDAS, data))
    yield Case(name=f"pandas + scipy drift, {columns}", rows=rows, command=(python, "-c", PANDAS, data, data))
    yield Case(name=f"whylogs profile, {columns}", rows=rows, command=(python, "-c", WHYLOGS, data))
    yield Case(name=f"evidently summary, {columns}", rows=rows, command=(python, "-c", EVIDENTLY, data))
    if rows <= 100_000:
        yield Case(name=f"evidently drift, {columns}", rows=rows, command=(python, "-c", EVIDENTLY, data, data))


def report(*, case: Case, times: int) -> None:
    """Measure a case so many times and print the median as a line of a Markdown table."""
    # the analyzer is found in the repository, wherever this is started
    runs = [measure_command(command=case.command, environment={"PYTHONPATH": str(REPOSITORY)}) for _ in range(times)]
    wall = statistics.median(run.wall for run in runs)
    processor = statistics.median(run.processor for run in runs)
    memory, code = max(run.memory for run in runs), runs[-1].code
    failed = "" if code in (0, 2) else f" (exit code {code})"
    figures = f"{wall:.2f} | {processor:.2f} | {case.rows / wall:,.0f} | {memory:,.0f}"
    print(f"| {case.name}{failed} | {case.rows:,} | {figures} |", flush=True)


def first_run(*, folder: Path) -> None:
    """Print what the very first run takes, when nothing is compiled yet."""
    data = str(make_in_subprocess(make_table, folder=folder, rows=100_000, kind="numbers"))
    with tempfile.TemporaryDirectory() as empty:
        command = (sys.executable, "-m", "modelyard.drift", "baseline", data, "--output", str(folder / "first"))
        environment = {"NUMBA_CACHE_DIR": empty, "PYTHONPATH": str(REPOSITORY)}
        run = measure_command(command=command, environment=environment)
    print(f"| drift baseline, nothing compiled yet | 100,000 | {run.wall:.2f} | {run.processor:.2f} | | |")


def machine() -> str:
    """Return the machine in a line."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = {line.partition(":")[2].strip() for line in lines if line.startswith("model name")}
    kind = ", ".join(sorted(names)) or platform.processor()
    return f"{os.cpu_count()} cores, {kind}, Python {platform.python_version()}"


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000])
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=["numbers"], help="which tables are read")
    parser.add_argument("--captures", action="store_true", help="also captured records")
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter with requirements-bench.txt installed")
    parser.add_argument("--cold", action="store_true", help="also the first run, with nothing compiled")
    parser.add_argument("--times", type=int, default=3, help="runs of which the median is taken")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "drift-benchmark")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    print(machine(), json.dumps({"date": time.strftime("%Y-%m-%d")}), sep="\n")
    print("\n| what | rows | wall s | processor s | rows/s | peak MiB |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    if options.cold:
        first_run(folder=options.folder)
    for rows in options.rows:
        for kind in options.tables:
            for case in drift_cases(folder=options.folder, rows=rows, kind=kind):
                report(case=case, times=options.times)
            if options.peers is not None:
                peers = peer_cases(folder=options.folder, rows=rows, kind=kind, python=options.peers)
                for case in peers:
                    report(case=case, times=1)
        if options.captures:
            for case in capture_cases(folder=options.folder, rows=rows):
                report(case=case, times=options.times)


if __name__ == "__main__":
    main()
