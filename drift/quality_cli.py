"""The command `python -m modelyard.drift quality merge|baseline|check|estimate`."""

import argparse
from pathlib import Path

from modelyard.drift.checking.outcome import Outcome, Status
from modelyard.drift.documents.files import CONSTRAINTS
from modelyard.drift.errors import DriftError
from modelyard.drift.quality.documents import read_quality_constraints
from modelyard.drift.quality.estimate_sentences import estimate_sentences
from modelyard.drift.quality.jobs import EstimateJob, MergeJob, QualityJob, run_estimate, run_merge, run_quality
from modelyard.drift.quality.task import DEFAULT_THRESHOLD, ProblemType, Task, named_problem_type
from modelyard.drift.reading.source import Format, guess_format


def merge(options: argparse.Namespace) -> Outcome:
    """Merge captures with ground truth."""
    return run_merge(job=MergeJob(captures=options.data, ground_truth=options.ground_truth, output=options.output))


def baseline(options: argparse.Namespace) -> Outcome:
    """Suggest a baseline from a data set with predictions and labels."""
    if options.problem_type is None:
        raise DriftError(f"--problem-type must be given, it is missing; name one of {', '.join(ProblemType)}")
    job = QualityJob(
        task=_task(options, named_problem_type(name=options.problem_type)),
        source=options.data,
        format=options.format if options.format is not None else guess_format(path=options.data),
        header=options.header,
        output=options.output,
    )
    return run_quality(job=job).outcome


def check(options: argparse.Namespace) -> Outcome:
    """Check captures with their ground truth, or merged lines."""
    constraints = options.baseline / CONSTRAINTS
    problem = options.problem_type
    known = (
        named_problem_type(name=problem) if problem is not None else read_quality_constraints(path=constraints).problem
    )
    job = QualityJob(
        task=_task(options, known),
        source=_existing(options.data),
        format=None,
        ground_truth=_existing(options.ground_truth) if options.ground_truth is not None else None,
        merged=options.merged,
        constraints=constraints,
        output=options.output,
    )
    return run_quality(job=job).outcome


def estimate(options: argparse.Namespace) -> Outcome:
    """Estimate the quality of captures that have no labels yet."""
    problem = read_quality_constraints(path=options.baseline / CONSTRAINTS).problem
    job = EstimateJob(
        task=_task(options, problem),
        captures=_existing(options.data),
        baseline=options.baseline,
        output=options.output,
    )
    found = run_estimate(job=job)
    if found.rows == 0:
        return Outcome(status=Status.NO_DATA, message="NoData: There were no answers to estimate the quality of.")
    return Outcome(status=Status.COMPLETED, message=" ".join(["Completed:", *estimate_sentences(estimate=found)]))


def _existing(path: Path) -> Path:
    if not path.exists():
        raise DriftError(f"{path} does not exist; give a file or a folder of records")
    return path


def _task(options: argparse.Namespace, problem: ProblemType) -> Task:
    return Task(
        problem=problem,
        inference=options.inference_attribute,
        probability=options.probability_attribute,
        threshold=options.probability_threshold,
        ground_truth=options.ground_truth_attribute,
        positive_label=options.positive_label,
    )


def add_merge(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `merge`."""
    parser.add_argument("data", type=Path, metavar="CAPTURES", help="a file, or a folder of captured records")
    parser.add_argument("ground_truth", type=Path, metavar="GROUND_TRUTH", help="a file, or a folder, of labels")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="where the merged lines go")


def add_baseline(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `baseline`."""
    parser.add_argument("data", type=Path, metavar="DATA", help="a data set with predictions and labels")
    parser.add_argument("--format", type=Format, choices=(Format.CSV, Format.JSON_LINES, Format.PARQUET))
    parser.add_argument("--header", action=argparse.BooleanOptionalAction, default=True, help="of CSV files")
    _add_task(parser)
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="where the files go")


def add_check(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `check`."""
    parser.add_argument("data", type=Path, metavar="DATA", help="captured records, or merged lines")
    parser.add_argument("--ground-truth", type=Path, metavar="DIR", help="the labels that captured records need")
    parser.add_argument("--baseline", type=Path, required=True, metavar="DIR", help="a folder with constraints.json")
    parser.add_argument("--merged", type=Path, metavar="DIR", help="where the merged lines are kept")
    _add_task(parser)
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="where the files go")


def add_estimate(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `estimate`."""
    parser.add_argument("data", type=Path, metavar="CAPTURES", help="a file, or a folder of captured records")
    parser.add_argument("--baseline", type=Path, required=True, metavar="DIR", help="a folder with calibration.json")
    _add_task(parser)
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="where the files go")


def _add_task(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--problem-type", metavar="TYPE", help=f"one of {', '.join(ProblemType)}")
    parser.add_argument("--inference-attribute", metavar="PLACE", help="of the prediction: 0, a name, or $.path")
    parser.add_argument("--probability-attribute", metavar="PLACE", help="of the positive class's probability")
    parser.add_argument("--probability-threshold", type=float, default=DEFAULT_THRESHOLD, metavar="NUMBER")
    parser.add_argument("--ground-truth-attribute", metavar="PLACE", help="of the label")
    parser.add_argument("--positive-label", metavar="TEXT", help="the label that means yes, if it is not 1")
