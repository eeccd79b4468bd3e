"""The command: `python -m modelyard.drift baseline|check|profile|report|quality`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import NoReturn, TypeVar

from modelyard.drift import quality_cli
from modelyard.drift.analysis import read_baseline, write_baseline, write_check
from modelyard.drift.checking.outcome import Outcome, Status, outcome, profiled_sentence
from modelyard.drift.checking.own_data import broken_columns_message
from modelyard.drift.documents.files import write_bytes, write_document
from modelyard.drift.documents.importance import IMPORTANCE, read_importance
from modelyard.drift.documents.profile_bytes import profile_to_bytes
from modelyard.drift.documents.statistics import Edition
from modelyard.drift.errors import DriftError
from modelyard.drift.escaping import for_terminal
from modelyard.drift.reading.scripts import load_preprocessor, run_postprocessor
from modelyard.drift.reading.source import Format, Source, guess_format, profile_part, profiled
from modelyard.drift.source_analysis import check
from modelyard.drift.verdict.sentences import headline
from modelyard.drift.verdict.verdict import Alarm, Budget

E = TypeVar("E", bound=StrEnum)
PROFILE = ".profile"
CODES = {Status.COMPLETED: 0, Status.COMPLETED_WITH_VIOLATIONS: 2, Status.NO_DATA: 3}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # argparse itself would end with 2, which here means violations
        raise DriftError(f"{message}; see {self.prog} --help")


def main(*, arguments: Sequence[str] | None = None) -> int:
    """Run the command. Exit codes: 0 nothing found, 1 error, 2 violations, 3 no data."""
    try:
        parser = _Parser(
            prog="modelyard-drift",
            description="Profile data, and check data against a profile, as AWS Model Monitor does.",
            epilog="Exit codes: 0 nothing found, 1 error, 2 violations, 3 no data.",
        )
        commands = parser.add_subparsers(required=True, metavar="COMMAND")
        baseline = commands.add_parser("baseline", help="write statistics.json and constraints.json of a data set")
        _add_data(baseline)
        _add_results(baseline)
        how = "a JSON object of columns and how important each is to the model, for the report's order"
        baseline.add_argument("--importance", type=Path, metavar="FILE", help=how)
        baseline.set_defaults(run=_run_baseline)
        check_parser = commands.add_parser("check", help="hold data, or captured records, against a baseline")
        _add_data(check_parser)
        _add_results(check_parser)
        what = "a folder with statistics.json and constraints.json"
        check_parser.add_argument("--baseline", type=Path, required=True, metavar="DIR", help=what)
        check_parser.add_argument(
            "--sketches",
            action=argparse.BooleanOptionalAction,
            default=True,
            help="whether statistics.json has sketches, from which a report draws numbers (it has)",
        )
        _add_verdict(check_parser)
        check_parser.set_defaults(run=_run_check)
        _add_profile(commands.add_parser("profile", help="write what is found in a part of the data, to be merged"))
        _add_report(commands.add_parser("report", help="write the results of runs as a page"))
        _add_quality(
            commands.add_parser("quality", help="measure a model's answers against what turned out to be true")
        )
        options = parser.parse_args(arguments)
        return int(options.run(options))
    except DriftError as error:
        sys.stderr.write(f"{for_terminal(str(error))}\n")
        return 1


def _add_quality(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, add, run, text in (
        ("merge", quality_cli.add_merge, quality_cli.merge, "join captured records with the labels that came later"),
        ("baseline", quality_cli.add_baseline, quality_cli.baseline, "write the metrics of predictions with labels"),
        ("check", quality_cli.add_check, quality_cli.check, "hold captured records with labels against a baseline"),
        ("estimate", quality_cli.add_estimate, quality_cli.estimate, "estimate the metrics of records without labels"),
    ):
        command = commands.add_parser(name, help=text)
        add(command)
        command.set_defaults(run=partial(_run_quality, run))


def _run_quality(run: Callable[[argparse.Namespace], Outcome], options: argparse.Namespace) -> int:
    result = run(options)
    _print(result.message)
    return CODES[result.status]


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, metavar="DATA", help="a file, or a folder of files")
    parser.add_argument(
        "--format",
        type=partial(_one_of, Format, "--format"),
        help="csv, json, parquet, capture, or profile of what `profile` wrote; without it, by the name",
    )
    parser.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether CSV files begin with a header (they do, if not said otherwise)",
    )
    parser.add_argument("--preprocessor", type=Path, metavar="SCRIPT", help="a script with preprocess_handler")
    parser.add_argument(
        "--edition",
        type=partial(_one_of, Edition, "--edition"),
        default=Edition.SINCE_2024,
        help="2022 for files as until February 2023, 2023 as until June 2024",
    )
    parser.add_argument(
        "--processes", type=int, metavar="N", help="how many read the files of a folder; by default the fastest"
    )


def _add_results(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--postprocessor", type=Path, metavar="SCRIPT", help="a script with postprocess_handler")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="where the files go")


def _add_profile(parser: argparse.ArgumentParser) -> None:
    _add_data(parser)
    what = "the folder of the baseline that it will be checked against"
    parser.add_argument("--baseline", type=Path, metavar="DIR", help=what)
    what = "the file, such as part-1.profile; a folder of such files is DATA"
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help=what)
    parser.set_defaults(run=_run_profile)


def _add_verdict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--false-alarms-per-year",
        type=float,
        default=1.0,
        metavar="NUMBER",
        help="how often a year of checks of unchanged data may be called changed (1, if not said otherwise)",
    )
    parser.add_argument(
        "--hours", type=float, default=1.0, metavar="NUMBER", help="how many of the year's hours the data are of (1)"
    )
    parser.add_argument(
        "--alarm-on",
        type=partial(_one_of, Alarm, "--alarm-on"),
        default=Alarm.CONSTRAINTS,
        help="constraints or verdict: which of the two ends with exit code 2",
    )


def _one_of(kind: type[E], option: str, text: str) -> E:
    if text not in list(kind):
        raise DriftError(f"{option} must be one of {', '.join(kind)}, got {text}; name one of them")
    return kind(text)


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN_DIR", help="result folders, oldest first")
    parser.add_argument("--baseline", type=Path, metavar="DIR", help="the folder that the runs were held against")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="the page, such as report.html")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also a summary as Markdown")
    parser.add_argument("--png", type=Path, metavar="FILE", help="also a summary as a picture")
    parser.add_argument("--subject", metavar="TEXT", help="whose data they are, such as a model and its endpoint")
    parser.add_argument("--answer", metavar="COLUMN", help="the column that holds what the model answered")
    parser.set_defaults(run=_run_report)


def _source(options: argparse.Namespace) -> Source:
    script = options.preprocessor
    return Source(
        path=options.data,
        format=options.format if options.format is not None else guess_format(path=options.data),
        header=options.header,
        preprocessor=load_preprocessor(script=script) if script is not None else None,
        partition_bytes=options.edition.partition_bytes,
    )


def _run_baseline(options: argparse.Namespace) -> int:
    profile = profiled(source=_source(options), processes=options.processes)
    if profile.rows == 0:
        raise DriftError(f"{options.data} must hold at least one record, it holds none; give the training data")
    importance = None
    if options.importance is not None:
        columns = [feature.name for feature in profile.features]
        importance = read_importance(path=options.importance, columns=columns)
    written = write_baseline(profile=profile, folder=options.output, edition=options.edition)
    if importance is not None:
        write_document(path=options.output / IMPORTANCE, document=dict(importance))
    result = outcome(rows=profile.rows, violations=(), reading=profile.reading)
    size = f"{profile.rows} rows, {len(profile.features)} features."
    message = f"{result.message} {size}{broken_columns_message(written.broken)}"
    return _finish(options, message, Status.COMPLETED)


def _run_profile(options: argparse.Namespace) -> int:
    if options.output.suffix != PROFILE:
        raise DriftError(
            f"--output must be a file whose name ends in {PROFILE}, got {options.output}; a check knows profiles by it"
        )
    constraints = None if options.baseline is None else read_baseline(folder=options.baseline).constraints
    profile = profile_part(source=_source(options), constraints=constraints, processes=options.processes)
    write_bytes(path=options.output, content=profile_to_bytes(profile=profile))
    _print(profiled_sentence(profile=profile))
    return 0


def _run_check(options: argparse.Namespace) -> int:
    baseline = read_baseline(folder=options.baseline)
    budget = Budget(false_alarms_per_year=options.false_alarms_per_year, hours=options.hours)
    result = check(
        source=_source(options),
        baseline=baseline,
        budget=budget,
        alarm=options.alarm_on,
        processes=options.processes,
    )
    write_check(check=result, folder=options.output, edition=options.edition, sketches=options.sketches)
    code = _finish(options, result.outcome.message, result.outcome.status)
    if result.verdict is not None:
        _print(f"Verdict: {headline(verdict=result.verdict)}.")
    return code


def _finish(options: argparse.Namespace, message: str, status: Status) -> int:
    if options.postprocessor is not None:
        run_postprocessor(script=options.postprocessor)
    _print(message)
    return CODES[status]


def _print(sentence: str) -> None:
    sys.stdout.write(f"{for_terminal(sentence)}\n")


def _run_report(options: argparse.Namespace) -> int:
    # only a report needs the page's and the picture's code
    from modelyard.drift.reporting.files import write_report

    sentence = write_report(
        runs=options.runs,
        baseline=options.baseline,
        page=options.output,
        markdown=options.markdown,
        picture=options.png,
        subject=options.subject,
        answer=options.answer,
    )
    _print(sentence)
    return 0
