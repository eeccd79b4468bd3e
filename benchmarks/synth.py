"""How long a synth takes, and how it grows with the number of models.

Whole processes of `python app.py`, without the CLI and without the library's validation, in turn with an app of one
bucket, so that a machine whose speed drifts does not decide the ratio.

    python -m benchmarks.synth [--runs N]
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
FLAGS = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
ONE_BUCKET = """
import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
app = cdk.App()
s3.Bucket(cdk.Stack(app, "One"), "Bucket")
app.synth()
"""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Seconds and MiB of one process, and of those it started."""

    wall: float
    peak: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        bucket = Path(folder) / "one_bucket.py"
        bucket.write_text(ONE_BUCKET, encoding="utf-8")
        print(f"{'app':28} {'wall s':>8} {'peak MiB':>9} {'to one bucket':>14}")
        for name, copies, context in (
            ("churn (5 stacks)", 1, {"model": "churn1"}),
            ("10 models", 10, {}),
            ("100 models", 100, {}),
            ("churn of 100 models", 100, {"model": "churn1"}),
        ):
            checkout = checkout_with(Path(folder) / f"{copies}", copies=copies)
            pairs = [
                (run(checkout / "app.py", context={**context, "preview": "true"}), run(bucket, context={}))
                for _ in range(runs)
            ]
            show(name, pairs=pairs)


def show(name: str, *, pairs: list[tuple[Measured, Measured]]) -> None:
    """Medians, and the median of the ratios pair by pair."""
    wall = statistics.median(ours.wall for ours, _ in pairs)
    peak = statistics.median(ours.peak for ours, _ in pairs)
    ratio = statistics.median(ours.wall / theirs.wall for ours, theirs in pairs)
    one = statistics.median(theirs.wall for _, theirs in pairs)
    print(f"{name:28} {wall:8.2f} {peak:9.0f} {ratio:13.2f}x   (one bucket {one:.2f} s)")


def checkout_with(folder: Path, *, copies: int) -> Path:
    """The app with so many copies of the churn model, each with all its tables."""
    if not folder.exists():
        shutil.copytree(ROOT / "training_scripts", folder / "training_scripts")
        for name in ("app.py", "stages.toml"):
            shutil.copy(ROOT / name, folder / name)
        (folder / "models").mkdir()
        text = (ROOT / "models" / "churn.toml").read_text(encoding="utf-8")
        for number in range(1, copies + 1):
            copied = text.replace('name = "churn"', f'name = "churn{number}"')
            (folder / "models" / f"churn{number}.toml").write_text(copied, encoding="utf-8")
    return folder


def run(program: Path, *, context: dict[str, str]) -> Measured:
    """One process from start to exit."""
    with tempfile.TemporaryDirectory() as outdir:
        return synthesize(program, context=context, outdir=Path(outdir))


def synthesize(program: Path, *, context: dict[str, str], outdir: Path) -> Measured:
    """The same into a folder that stays."""
    told = {
        **os.environ,
        "CDK_VALIDATION": "false",
        "PYTHONPATH": str(ROOT),
        "CDK_OUTDIR": str(outdir),
        "CDK_CONTEXT_JSON": json.dumps({**FLAGS, **context}),
    }
    return measured([sys.executable, str(program)], environment=told)


def measured(command: list[str], *, environment: Mapping[str, str]) -> Measured:
    """A process that must end with 0, and what it took with those that it started."""
    started = time.perf_counter()
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    peak = 0.0
    while child.poll() is None:
        peak = max(peak, tree_mib(child.pid))
        time.sleep(0.05)
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)} must end with 0, got {child.returncode}; run it by hand")
    return Measured(wall=time.perf_counter() - started, peak=max(peak, own_mib()))


def tree_mib(pid: int) -> float:
    """The resident memory of a process and its descendants, where the system tells (Linux)."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    status = Path(f"/proc/{pid}/status")
    try:
        lines = status.read_text(encoding="utf-8").splitlines()
        below = [int(child) for child in children.read_text(encoding="utf-8").split()]
    except OSError:
        return 0.0
    resident = next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)
    return resident + sum(tree_mib(child) for child in below)


def own_mib() -> float:
    """The largest single child so far, for systems without /proc."""
    return 0.0 if Path("/proc").exists() else resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


if __name__ == "__main__":
    main()
