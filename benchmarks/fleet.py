"""How synth, plan and deploy grow with the number of models, and how many of each resource there are.

    python -m benchmarks.fleet [--sizes 1 10 50 100] [--deploy]

Whole processes over generated manifests (benchmarks/fleet_manifests.py), without the library's validation. The plan is
of two assemblies that differ in one line of one model. `--deploy` also starts a local AWS and deploys one model with
the CDK CLI, once for each size: what the other manifests cost him who deploys one.
"""

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fleet_manifests import write_fleet
from benchmarks.synth import ROOT, Measured, measured, synthesize
from modelyard.rehearsal.session import Connection, Rehearsal
from modelyard.scenario.commands import Commands

# Trained only: what is deployed needs no artifact that is not there.
DEPLOYED = "model0005"
CHANGED = ("max = 2,", "max = 3,")
LIMITED = ("IAM::Role", "Events::Rule", "StepFunctions::StateMachine", "ApplicationAutoScaling::ScalableTarget")


@dataclass(frozen=True, kw_only=True)
class Size:
    """What one fleet took, and what its templates hold."""

    models: int
    synth: Measured
    alone: Measured
    plan: Measured
    resources: Counter[str]
    largest: tuple[int, int]
    stacks: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 10, 50, 100])
    parser.add_argument("--deploy", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print("models  synth s   MiB  one s  plan s  stacks  resources  KiB in the largest  resources in the largest")
        found = [show(measure(models, folder=Path(folder) / str(models))) for models in given.sizes]
        show_resources(found[-1])
        if given.deploy:
            show_deploys(given.sizes, folder=Path(folder))


def measure(models: int, *, folder: Path) -> Size:
    """One fleet: all of it, one of it, and a line of one model changed."""
    write_fleet(folder / "models", models=models)
    context = {"models": str(folder / "models")}
    synth = synthesize(ROOT / "app.py", context=context, outdir=folder / "before")
    alone = synthesize(ROOT / "app.py", context={**context, "model": "model0000"}, outdir=folder / "one")
    change(folder / "models" / "model0000.toml")
    synthesize(ROOT / "app.py", context=context, outdir=folder / "after")
    command = [
        sys.executable,
        "-m",
        "modelyard.operations",
        "plan",
        str(folder / "before"),
        "--head",
        str(folder / "after"),
    ]
    plan = measured(command, environment=os.environ)
    bodies = list(templates(folder / "before"))
    return Size(
        models=models,
        synth=synth,
        alone=alone,
        plan=plan,
        resources=sum(bodies, Counter()),
        largest=(max(map(size_of, files(folder / "before"))), max(body.total() for body in bodies)),
        stacks=len(bodies),
    )


def change(file: Path) -> None:
    """Let a model grow by one instance more."""
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(*CHANGED), encoding="utf-8")


def files(folder: Path) -> list[Path]:
    """The templates of an assembly."""
    return sorted(folder.glob("*.template.json"))


def size_of(file: Path) -> int:
    """The bytes of a file."""
    return file.stat().st_size


def templates(folder: Path) -> Iterator[Counter[str]]:
    """The resources of each template by type."""
    for file in files(folder):
        resources = json.loads(file.read_text(encoding="utf-8"))["Resources"]
        yield Counter(one["Type"].removeprefix("AWS::") for one in resources.values())


def show(size: Size) -> Size:
    """A line of the table."""
    print(
        f"{size.models:6} {size.synth.wall:8.2f} {size.synth.peak:5.0f} {size.alone.wall:6.2f} {size.plan.wall:7.2f}"
        f" {size.stacks:7} {size.resources.total():10} {size.largest[0] / 1024:19.0f} {size.largest[1]:25}"
    )
    return size


def show_resources(size: Size) -> None:
    """How many of each type; a star for those that AWS limits for a whole account."""
    print(f"\nresources of {size.models} models")
    for kind, count in size.resources.most_common():
        print(f"  {kind:45} {count:6}  {count / size.models:6.2f} a model{'  *' if kind in LIMITED else ''}")


def show_deploys(sizes: list[int], *, folder: Path) -> None:
    """Deploy one model beside each fleet's manifests."""
    print("\nmodels  deploy of one, s")
    for models in sizes:
        with Rehearsal() as rehearsal:
            print(f"{models:6} {deploy(rehearsal.connection, models=models, folder=folder / f'deploy{models}'):17.2f}")


def deploy(connection: Connection, *, models: int, folder: Path) -> float:
    """The seconds of `cdk deploy -c model=…`, from nothing, of one model and what it stands on."""
    write_fleet(folder / "models", models=max(models, int(DEPLOYED.removeprefix("model")) + 1))
    commands = Commands(connection=connection, folder=ROOT, log=folder / "log")
    commands.cdk("bootstrap", f"aws://{connection.account}/{connection.region}", folder=folder)
    context = ("--context", f"models={folder / 'models'}", "--context", f"model={DEPLOYED}")
    into = ("--require-approval", "never", "--output", str(folder / "out"))
    return commands.cdk("deploy", "--all", *into, *context).seconds


if __name__ == "__main__":
    main()
