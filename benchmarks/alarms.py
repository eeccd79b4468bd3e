"""Measure how often a check of a quiet population rings, and how soon it finds one that has moved.

    python -m benchmarks.alarms --weeks 5

Tables of scikit-learn become datasets and models as in a project of `yard new`. Each hour has 100 to 200 rows of the
table, drawn with replacement, with the answers of the trained model in front. A week has 168 such hours, each with a
check of its own against the baseline. The population that has moved is the same one with two columns of half of the
rows moved by one to two of their standard deviations.
"""

import argparse
import contextlib
import csv
import importlib
import io
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import datasets

from modelyard.drift.analysis import Baseline, read_baseline, write_baseline
from modelyard.drift.reading.source import Format, Source, profiled
from modelyard.drift.source_analysis import check
from modelyard.manifest.limits import Limits
from modelyard.manifest.structuring import structured
from modelyard.operations.failures import Failure
from modelyard.operations.project_template.table import Table, read_table
from modelyard.operations.project_template.writing import TEMPLATE
from modelyard.operations.promotion.limits import limited

LABEL = "outcome"
FEWEST, MOST = 100, 200
HOURS = 168
# By how much half of the rows are moved, two columns of each table.
MOVED = {
    "diabetes": {"bmi": 9.0, "bp": 25.0},
    "wine": {"alcohol": 1.2, "proline": 450.0},
    "breast_cancer": {"mean radius": 5.0, "mean texture": 6.0},
}
LIMITS: dict[str, dict[str, Any] | None] = {
    "none": None,
    "p < 1e-3": {"measures": {"kolmogorov_smirnov_p_value": 1e-3}, "ignore": [LABEL]},
    "p < 1e-6": {"measures": {"kolmogorov_smirnov_p_value": 1e-6}, "ignore": [LABEL]},
    "p < 1e-6, label compared": {"measures": {"kolmogorov_smirnov_p_value": 1e-6}},
    "psi > 0.25": {"measures": {"psi": 0.25}, "ignore": [LABEL]},
    "AWS's distance, Simple, 0.2": {"comparison_method": "Simple", "comparison_threshold": 0.2, "ignore": [LABEL]},
    "AWS's distance, Simple, 0.3": {"comparison_method": "Simple", "comparison_threshold": 0.3, "ignore": [LABEL]},
    "AWS's distance, Robust, 0.02": {"comparison_threshold": 0.02, "ignore": [LABEL]},
    "AWS's distance, Robust, 0": {"comparison_threshold": 0.0, "ignore": [LABEL]},
    "as yard new declares": {
        "comparison_threshold": 0.02,
        "measures": {"kolmogorov_smirnov_p_value": 1e-6},
        "ignore": [LABEL],
    },
}


@dataclass(frozen=True, kw_only=True)
class Population:
    """The rows of a table as an endpoint captures them: the answer first."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def hour(self, generator: np.random.Generator) -> list[tuple[str, ...]]:
        """Return the traffic of an hour."""
        count = int(generator.integers(FEWEST, MOST + 1))
        return [self.rows[number] for number in generator.integers(0, len(self.rows), count)]

    def moved(self, rows: Sequence[Sequence[str]], *, by: dict[str, float]) -> list[list[str]]:
        """Return rows of which every second one has moved."""
        shifts = {self.names.index(name): shift for name, shift in by.items()}
        return [
            [repr(float(cell) + shifts[place]) if place in shifts and number % 2 else cell for place, cell in one]
            for number, one in ((number, list(enumerate(row))) for number, row in enumerate(rows))
        ]


def write_table(name: str, *, file: Path) -> None:
    """Write one of scikit-learn's tables as CSV with a header."""
    options = {"scaled": False} if name == "diabetes" else {}
    loaded = getattr(datasets, f"load_{name}")(**options)
    with file.open("w", encoding="utf-8", newline="") as text:
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow([*loaded.feature_names, LABEL])
        rows.writerows(
            [*features, label] for features, label in zip(loaded.data.tolist(), loaded.target.tolist(), strict=True)
        )


def answered(*, table: Table, folder: Path) -> Population:
    """Train as the template does on the table's datasets, and return all of its rows with the model's answers."""
    for name, text in table.files().items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    scripts = [TEMPLATE / part / "training_scripts" / "my_model" for part in ("common", table.task)]
    sys.path[:0] = [str(script) for script in scripts]
    for module in ("train", "rows"):
        sys.modules.pop(module, None)
    train = importlib.import_module("train")
    arguments = ["--train", str(folder / "train"), "--validation", str(folder / "validation")]
    with contextlib.redirect_stdout(io.StringIO()):
        code = train.main([*arguments, "--model-dir", str(folder)])
    if code != 0:
        raise Failure("the template's script must train on the table, it did not")
    features = [column for column in table.columns if column is not table.label]
    rows = list(zip(*(column.cells for column in features), strict=True))
    answers = train.predict_fn([list(row) for row in rows], train.model_fn(str(folder)))
    del sys.path[: len(scripts)]
    return Population(
        names=tuple(column.name for column in table.columns),
        rows=tuple((str(answer), *row) for answer, row in zip(answers, rows, strict=True)),
    )


def baseline_of(*, folder: Path, limits: dict[str, Any] | None) -> Baseline:
    """Return the baseline that a training run suggests, with limits in it."""
    if limits is None:
        return read_baseline(folder=folder)
    document = json.loads((folder / "constraints.json").read_text(encoding="utf-8"))
    declared = structured(limits, Limits, file="measured")
    changed = folder / "limited"
    changed.mkdir(exist_ok=True)
    (changed / "statistics.json").write_bytes((folder / "statistics.json").read_bytes())
    written = limited(document, limits=declared, source="constraints.json", model="measured")
    (changed / "constraints.json").write_text(json.dumps(written), encoding="utf-8")
    return read_baseline(folder=changed)


def violations(rows: Sequence[Sequence[str]], *, baseline: Baseline, file: Path) -> list[str]:
    """Return what a check of an hour's rows finds, each as the column and the check."""
    with file.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text, lineterminator="\n").writerows(rows)
    found = check(source=Source(path=file, format=Format.CSV, header=False), baseline=baseline)
    return [f"{violation.feature}: {violation.check}" for violation in found.violations]


def measure(name: str, *, weeks: int, titles: Sequence[str], folder: Path) -> Iterator[str]:
    """Yield a line of a table for each of the limits."""
    write_table(name, file=folder / "table.csv")
    population = answered(table=read_table(folder / "table.csv", label=LABEL), folder=folder)
    write_baseline(
        profile=profiled(source=Source(path=folder / "baseline" / "baseline.csv", format=Format.CSV)), folder=folder
    )
    for title in titles:
        baseline = baseline_of(folder=folder, limits=LIMITS[title])
        rang, loud, caught = 0, 0, 0
        for seed in range(weeks):
            generator = np.random.default_rng(seed)
            hours = [population.hour(generator) for _ in range(HOURS)]
            alarms = sum(bool(violations(hour, baseline=baseline, file=folder / "hour.csv")) for hour in hours)
            rang, loud = rang + alarms, loud + (alarms > 0)
            caught += sum(
                bool(violations(population.moved(hour, by=MOVED[name]), baseline=baseline, file=folder / "hour.csv"))
                for hour in hours
            )
        count = weeks * HOURS
        yield f"| {name} | {title} | {rang} of {count} | {loud} of {weeks} | {caught} of {count} |"


def main() -> None:
    """Measure each table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weeks", type=int, default=5)
    parser.add_argument("--tables", nargs="+", default=list(MOVED))
    parser.add_argument("--limits", nargs="+", default=list(LIMITS), choices=list(LIMITS))
    options = parser.parse_args()
    print("| table | limits | quiet hours with an alarm | weeks with one | hours found after the drift |")
    print("|---|---|---:|---:|---:|")
    for name in options.tables:
        with tempfile.TemporaryDirectory() as folder:
            for line in measure(name, weeks=options.weeks, titles=options.limits, folder=Path(folder)):
                print(line, flush=True)


if __name__ == "__main__":
    main()
