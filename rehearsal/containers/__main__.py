"""The command `python -m modelyard.rehearsal.containers train|serve`: one job or one server, by hand."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from modelyard.rehearsal.containers.ending import Ending
from modelyard.rehearsal.containers.servers import ModelServer, ServedModel, ServerError
from modelyard.rehearsal.containers.training import TrainingRun, TrainingSpec
from modelyard.rehearsal.containers.training_results import MetricDefinition, TrainingStatus
from modelyard.shared.container_families import SCRIPT_FAMILIES


def main(arguments: Sequence[str]) -> int:
    """Train or serve, and return the exit code: 0, or 1 with a sentence."""
    options = _options(arguments)
    try:
        return _train(options) if options.command == "train" else _serve(options)
    except (ValueError, OSError, ServerError) as error:
        print(f"{options.command}: {error}", file=sys.stderr)
        return 1


def _train(options: argparse.Namespace) -> int:
    job = TrainingSpec(
        name=options.name,
        source=options.source,
        program=options.program,
        family=SCRIPT_FAMILIES.get(options.family),
        content_types=_pairs(options.content_type),
        channels={name: Path(value) for name, value in _pairs(options.channel).items()},
        hyperparameters=_pairs(options.hyperparameter),
        metrics=[MetricDefinition(name=name, regex=regex) for name, regex in _pairs(options.metric).items()],
        host_count=options.hosts,
        max_runtime_seconds=options.max_runtime,
    )
    missing = [f"{name}={path}" for name, path in job.channels.items() if not path.exists()]
    if missing:
        raise ValueError(f"a channel must be a file or folder that exists, got {missing[0]}")
    _refuse_full(options.output)
    run = TrainingRun(job=job, folder=options.output, on_line=lambda host, line: print(host, line, flush=True))
    # The first Ctrl-C stops the job as StopTrainingJob does, so that what it has is saved.
    ending = Ending(signal.SIGINT)

    def stop_when_asked() -> None:
        ending.wait()
        run.stop()

    threading.Thread(target=stop_when_asked, daemon=True).start()
    result = run.wait()
    for name, value in result.final_metrics.items():
        print(f"{name} = {value:g}")
    print(result.failure_reason or f"{result.secondary_status}: {result.model_archive}")
    return 1 if result.status == TrainingStatus.FAILED else 0


def _serve(options: argparse.Namespace) -> int:
    model = ServedModel(
        archive=options.model,
        source=options.source,
        program=options.program,
        family=SCRIPT_FAMILIES.get(options.family),
    )
    _refuse_full(options.folder)
    ending = Ending(signal.SIGTERM, signal.SIGINT)
    with ModelServer(model=model, folder=options.folder, on_line=lambda line: print(line, flush=True)):
        ending.wait()
    return 0


def _refuse_full(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise ValueError(f"{folder} must be new or empty, as the container's tree goes there; choose another folder")


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    wrong = [text for text, (name, sign, _) in zip(texts, pairs, strict=True) if not (name and sign)]
    if wrong:
        raise ValueError(f"an option must be name=value, got {wrong[0]!r}")
    return {name: value for name, _, value in pairs}


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m modelyard.rehearsal.containers", description="Train or serve by hand."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="run a training job to its end")
    serve = commands.add_parser("serve", help="serve a model until Ctrl-C")
    for command in (train, serve):
        command.add_argument("--source", type=Path, help="the script's folder, or its sourcedir.tar.gz")
        command.add_argument(
            "--family", choices=list(SCRIPT_FAMILIES), help="whose container; leave out for one of your own"
        )
        command.add_argument("--program", help="the script to run; leave both out to do without a script")
    train.add_argument("--output", type=Path, required=True, help="a new folder for the trees and archives")
    train.add_argument("--channel", action="append", default=[], help="name=folder, once a channel")
    train.add_argument("--content-type", action="append", default=[], help="name=type, for XGBoost's own algorithm")
    train.add_argument("--hyperparameter", action="append", default=[], help="name=value, once a hyperparameter")
    train.add_argument("--metric", action="append", default=[], help="name=regular expression with a group")
    train.add_argument("--hosts", type=int, default=1, help="how many hosts (default 1)")
    train.add_argument("--max-runtime", type=float, default=86_400, help="seconds (default 86400)")
    train.add_argument("--name", default="by-hand", help="the job's name (default by-hand)")
    serve.add_argument("--model", type=Path, required=True, help="a model.tar.gz, or what it unpacks to")
    serve.add_argument("--folder", type=Path, required=True, help="a new folder for the container's tree")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
