"""Least privilege, proved: every permission of every role is taken away once, and the work that needs it done.

    PYTHONPATH=tests python -m proofs.permissions [--model NAME]... [--only TEXT]... [--every N]
        [--without-tracking] [--json FILE]

Five models are deployed to a local AWS with the real CDK CLI: every part of their work is done once with all
permissions, and IAM's decisions are written down. Then each action of each statement is removed, each resource of
several narrowed to another, each condition's value and each trust changed, one at a time; the part of the work that
asked for it is done again. What nothing asks for needs no run: it is reported at once. Then everything is widened, one
thing at a time, in the finished templates, and the template checks are asked. It ends with 1 if something is noticed by
nobody and explained by no entry of reviewed.toml, or if an entry explains nothing.

The stage tracks, which takes an MLflow server (`make tracking`). Whoever has none leaves tracking out: what it adds to
the roles is not proved then, and the last line says so.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proofs.permissions.declarations import MODELS
from proofs.permissions.proof import Proof
from proofs.permissions.report import documents, show
from proofs.permissions.reviewed import read_reviewed
from proofs.permissions.widening import widenings
from proofs.permissions.world import Failed, build
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from modelyard.rehearsal.sagemaker.tracking.server import MlflowMissingError, find_python
from modelyard.rehearsal.session import Rehearsal
from modelyard.shared.console import make_console
from support.synth import ROOT


def main(arguments: Sequence[str]) -> int:
    """Prove, print, and return 0 where everything is noticed or explained."""
    options = _options(arguments)
    console = make_console()
    try:
        mlflow = None if options.without_tracking else find_python(ROOT)
        findings = _findings(options, mlflow=mlflow, console=console)
    except MlflowMissingError as missing:
        console.print(f"{missing}; or leave tracking unproved: --without-tracking")
        return 1
    except Failed as failed:
        console.print(str(failed))
        return 1
    reviewed = read_reviewed()
    if options.json is not None:
        options.json.write_text(json.dumps(documents(findings, reviewed=reviewed), indent=1), encoding="utf-8")
    whole = not (options.model or options.only) and options.every == 1 and mlflow is not None
    well = show(findings, reviewed=reviewed, whole=whole, console=console)
    if mlflow is None:
        console.print("NOT PROVED tracking: its app's role and what training roles may do with the app; nobody tried")
    return 0 if well else 1


def is_wanted(label: str, *, only: Sequence[str]) -> bool:
    """Whether a change has one of the texts, or there are none to have."""
    return not only or any(text in label for text in only)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m proofs.permissions", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--model", action="append", default=[], choices=MODELS, help="deploy this model and no other, or these"
    )
    parser.add_argument(
        "--only", action="append", default=[], help="only changes whose role, action or resource has one of these texts"
    )
    parser.add_argument("--every", type=int, default=1, help="only every Nth of them")
    parser.add_argument(
        "--without-tracking", action="store_true", help="leave unproved what [tracking] of a stage adds"
    )
    parser.add_argument("--json", type=Path, help="write all findings here")
    return parser.parse_args(arguments)


def _findings(options: argparse.Namespace, *, mlflow: Path | None, console: Console) -> list[dict[str, Any]]:
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with (
        tempfile.TemporaryDirectory() as folder,
        Rehearsal() as rehearsal,
        Progress(*columns, console=console) as progress,
    ):
        models = options.model or MODELS
        shown = progress.add_task(f"deploy {', '.join(models)}", total=None)
        world = build(rehearsal=rehearsal, folder=Path(folder), models=models, mlflow=mlflow)
        proof = Proof(world=world, told=lambda what: progress.update(shown, description=what), wanted=lambda _: True)
        proof.rehearse()
        changes = [change for change in proof.changes() if is_wanted(change.label, only=options.only)]
        changes = changes[:: options.every]
        progress.update(shown, total=len(changes), completed=0)
        found = []
        for finding in proof.findings(changes):
            found.append(finding.document)
            progress.advance(shown)
        progress.update(shown, description="widen")
        return [*found, *(one.document for one in widenings(world.templates))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
