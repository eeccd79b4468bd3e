"""Measure how often the verdict of a check rings for nothing, and how much of a change it finds, beside other rules.

    python -m benchmarks.verdicts quiet --results quiet.jsonl --peer .venv-bench/bin/python
    python -m benchmarks.verdicts followed --years 25
    python -m benchmarks.verdicts dependent --years 0.25
    python -m benchmarks.verdicts changed --days 20 --peer .venv-bench/bin/python

`quiet` are a thousand model-years of 8,760 hourly checks of independent rows, `followed` such years whose checks know
earlier windows, `dependent` quiet windows whose rows are not independent, `changed` days after a change. On the same
windows are AWS's rules, with the constraints that AWS's analyzer suggests (a column's own completeness, its texts,
distance Robust 0.1), and evidently's default preset, which --peer names an interpreter for, with evidently 0.7 and
pandas below 3. Adjusted p-values are of no level, so that one run tells the alarms at one false alarm a year, and at
ten, of which there are enough to be counted.
"""

import argparse
import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.changed_windows import Experiment, changed, subjects
from benchmarks.dependent_windows import WORLDS, dependent
from benchmarks.evidently_peer import Evidently
from benchmarks.followed_years import followed
from benchmarks.populations import SMALL
from benchmarks.quiet_years import Simulation, Year, simulated, table


def quiet(options: argparse.Namespace, *, peer: Evidently | None) -> Iterator[str]:
    """Yield the table of false alarms, and before it each year's seconds as it is done."""
    simulation = Simulation(whole=options.whole, peer=peer, peer_years=options.peer_years)
    years: list[Year] = []
    start = time.monotonic()
    for year in simulated(simulation, scale=options.scale, results=options.results, tables=options.tables):
        years.append(year)
        if len(years) % 50 == 0:
            alarms = sum(one.alarms for one in years)
            yield f"{len(years)} model-years, {alarms} alarms, {time.monotonic() - start:,.0f} s"
    yield from table(years)


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", metavar="PYTHON", help="an interpreter with evidently 0.7 and pandas below 3")
    commands = parser.add_subparsers(dest="what", required=True)
    part = commands.add_parser("quiet", help="false alarms of independent rows")
    part.add_argument("--scale", type=float, default=1.0, help="of the years of each kind, 1,049 together at 1")
    part.add_argument("--tables", nargs="+", default=list(SMALL), choices=list(SMALL))
    part.add_argument("--whole", type=int, default=20, help="first windows of a year, fewer of 70 columns")
    part.add_argument("--peer-years", type=int, default=1, help="of each kind, of which evidently checks a window")
    part.add_argument("--results", type=Path, help="a file of finished years, with which a run goes on")
    part = commands.add_parser("followed", help="false alarms of independent rows, with earlier windows and their days")
    part.add_argument("--years", type=int, default=25, help="of each line, with a baseline each")
    part.add_argument("--whole", type=int, default=200, help="first windows of a line that the analyzer checks")
    part = commands.add_parser("dependent", help="false alarms of rows that are not independent")
    part.add_argument("--years", type=float, default=0.25, help="model-years of each line")
    part.add_argument("--baselines", type=int, default=4, help="among which they are divided")
    part.add_argument("--rows", type=int, default=500, help="of a window")
    part.add_argument("--known-rows", type=int, default=10_000, help="of the baseline")
    part.add_argument("--worlds", nargs="+", type=int, default=list(range(len(WORLDS))), help="by number, from 0 on")
    part = commands.add_parser("changed", help="what is found of changes")
    part.add_argument("--days", type=int, default=20)
    part.add_argument("--baselines", type=int, default=4, help="among which they are divided")
    part.add_argument("--rows", nargs="+", type=int, default=[50, 500, 5000], help="of a window")
    part.add_argument("--known-rows", type=int, default=10_000, help="of the baseline")
    part.add_argument("--peer-windows", type=int, default=8, help="that evidently checks of each size, and quiet ones")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        peer = stack.enter_context(Evidently(python=options.peer)) if options.peer is not None else None
        if options.what == "quiet":
            lines = quiet(options, peer=peer)
        elif options.what == "followed":
            lines = followed(years=options.years, whole=options.whole)
        elif options.what == "dependent":
            lines = dependent(
                [WORLDS[place] for place in options.worlds],
                rows=options.rows,
                known_rows=options.known_rows,
                years=options.years,
                baselines=options.baselines,
            )
        else:
            experiment = Experiment(
                subjects=subjects(),
                known_rows=options.known_rows,
                days=options.days,
                baselines=options.baselines,
                peer=peer,
                peer_windows=options.peer_windows,
            )
            lines = changed(experiment, sizes=options.rows)
        for line in lines:
            print(line, flush=True)


if __name__ == "__main__":
    main()
