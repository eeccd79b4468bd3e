"""Measure model quality: wall and processor time and peak memory of whole processes, for so many captured records.

    python -m benchmarks.quality --records 100000 1000000

Nine of ten captures have a ground truth, in another order than they came. Compiled code of an earlier run is at hand.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks.drift import measure_command

REQUEST = ",".join(str(number) for number in range(20))
PROBLEM = ("--problem-type", "BinaryClassification")


def make_records(*, folder: Path, records: int) -> None:
    """Write scored data, capture files of 100,000 records and as many labels as there are to come."""
    generator = np.random.default_rng(20261122)
    scores = generator.random(records).round(6)
    labels = (generator.random(records) < scores).astype(int)
    (folder / "captures").mkdir()
    _write_scored(path=folder / "scored.csv", scores=scores[:10_000].tolist(), labels=labels[:10_000].tolist())
    for start in range(0, records, 100_000):
        path = folder / "captures" / f"{start:09d}.jsonl"
        path.write_text("".join(capture_line(number=n, score=float(scores[n])) for n in range(start, start + 100_000)))
    order = generator.permutation(records)[: records * 9 // 10]
    (folder / "labels.jsonl").write_text("".join(label_line(number=n, label=int(labels[n])) for n in order.tolist()))


def _write_scored(*, path: Path, scores: Sequence[float], labels: Sequence[int]) -> None:
    rows = (f"{label},{score}\n" for label, score in zip(labels, scores, strict=True))
    path.write_text("label,score\n" + "".join(rows))


def capture_line(*, number: int, score: float) -> str:
    """Return a captured record as the service writes it, of 20 columns and a score."""
    sides = {
        "endpointInput": {"observedContentType": "text/csv", "mode": "INPUT", "data": REQUEST, "encoding": "CSV"},
        "endpointOutput": {
            "observedContentType": "text/csv",
            "mode": "OUTPUT",
            "data": f"{score}\n",
            "encoding": "CSV",
        },
    }
    metadata = {"eventId": name(number=number), "inferenceTime": "2026-11-22T09:00:00Z"}
    record = {"captureData": sides, "eventMetadata": metadata, "eventVersion": "0"}
    return json.dumps(record, separators=(",", ":")) + "\n"


def label_line(*, number: int, label: int) -> str:
    """Return a ground truth as the contract has it."""
    truth = {"data": str(label), "encoding": "CSV"}
    record = {"groundTruthData": truth, "eventMetadata": {"eventId": name(number=number)}, "eventVersion": "0"}
    return json.dumps(record, separators=(",", ":")) + "\n"


def name(*, number: int) -> str:
    """Return an id of the length of a UUID."""
    return f"{number:08d}-5c1b-4f0e-9a77-000000000000"


def commands(*, folder: Path) -> dict[str, list[str]]:
    """Return what is measured, by its name; the baseline comes first."""
    drift = [sys.executable, "-m", "modelyard.drift", "quality"]
    paths = {name: str(folder / name) for name in ("captures", "labels.jsonl", "baseline", "merged", "run")}
    check = ["--ground-truth", paths["labels.jsonl"], "--baseline", paths["baseline"], "--probability-attribute", "0"]
    scored = ["--probability-attribute", "score", "--ground-truth-attribute", "label", "--output", paths["baseline"]]
    return {
        "baseline of 10,000": [*drift, "baseline", str(folder / "scored.csv"), *PROBLEM, *scored],
        "merge": [*drift, "merge", paths["captures"], paths["labels.jsonl"], "--output", paths["merged"]],
        "merge and check": [*drift, "check", paths["captures"], *check, "--output", paths["run"]],
        "check of merged lines": [*drift, "check", paths["merged"], *check[2:], "--output", paths["run"]],
    }


def main(*, arguments: Sequence[str] | None = None) -> int:
    """Print a table of all measurements; return 1 when a command failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, nargs="+", default=[100_000], help="multiples of 100,000")
    failed = 0
    sys.stdout.write("| what | records | wall s | processor s | peak MiB |\n| --- | ---: | ---: | ---: | ---: |\n")
    for records in parser.parse_args(arguments).records:
        with tempfile.TemporaryDirectory() as folder:
            # in a process of its own: a child's peak memory begins with its parent's
            with ProcessPoolExecutor(max_workers=1) as maker:
                maker.submit(make_records, folder=Path(folder), records=records).result()
            for what, command in commands(folder=Path(folder)).items():
                usage = measure_command(command=command)
                failed += usage.code not in (0, 2)
                figures = f"{usage.wall:.1f} | {usage.processor:.1f} | {usage.memory:,.0f}"
                sys.stdout.write(f"| {what} | {records:,} | {figures} |\n")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
