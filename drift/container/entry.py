"""The run of the container, from its environment to its exit code."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from modelyard.drift.analysis import Baseline, write_baseline, write_check
from modelyard.drift.checking.outcome import Outcome, Status, outcome, profiled_sentence
from modelyard.drift.checking.own_data import broken_columns_message
from modelyard.drift.container.cloudwatch_metrics import metric_lines
from modelyard.drift.container.contract import (
    Analysis,
    EarlierPlaces,
    Job,
    check_instances,
    message_path,
    read_analysis,
    read_job,
)
from modelyard.drift.container.publishing import publish
from modelyard.drift.container.quality import run_quality_job
from modelyard.drift.container.quality_contract import read_merge_job, read_quality_run_job
from modelyard.drift.container.retraining_contract import read_retraining_job
from modelyard.drift.documents.constraints import read_constraints
from modelyard.drift.documents.files import write_bytes, write_text
from modelyard.drift.documents.profile_bytes import profile_to_bytes
from modelyard.drift.documents.statistics import read_statistics
from modelyard.drift.errors import DriftError
from modelyard.drift.escaping import for_terminal
from modelyard.drift.quality.jobs import run_merge
from modelyard.drift.reading.scripts import load_preprocessor, run_postprocessor
from modelyard.drift.reading.source import Format, Source, profile_part, profiled
from modelyard.drift.retraining_data import run_retraining_job
from modelyard.drift.source_analysis import check
from modelyard.drift.verdict.earlier import Earlier, earlier_by_time
from modelyard.drift.verdict.window_document import read_windows, window_document, window_file

FAILED = 255


def main(*, environment: Mapping[str, str] | None = None) -> int:
    """Run the job that the environment describes and return the exit code: 0 completed, 255 failed.

    DRIFT_ROOT, for runs outside a container, is a folder that takes the place of /opt/ml.
    """
    variables = os.environ if environment is None else environment
    root = Path(variables.get("DRIFT_ROOT", "/opt/ml"))
    try:
        check_instances(environment=variables, root=root)
        match read_analysis(environment=variables, root=root):
            case Analysis.DATA_QUALITY:
                result = run(job=read_job(environment=variables, root=root))
            case Analysis.MERGE:
                result = run_merge(job=read_merge_job(environment=variables, root=root))
            case Analysis.MODEL_QUALITY:
                result = run_quality_job(run=read_quality_run_job(environment=variables, root=root))
            case Analysis.RETRAINING_DATA:
                result = run_retraining_job(job=read_retraining_job(environment=variables, root=root))
    except DriftError as error:
        return _exit(message=f"Error: {error}", root=root, code=FAILED)
    return _exit(message=result.message, root=root, code=0)


def _exit(*, message: str, root: Path, code: int) -> int:
    stream = sys.stdout if code == 0 else sys.stderr
    # a log and the job's exit message end on somebody's terminal
    visible = for_terminal(message)
    stream.write(visible + "\n")
    try:
        write_text(path=message_path(root=root), text=visible)
    except DriftError as error:
        sys.stderr.write(f"{for_terminal(str(error))}\n")
        return FAILED
    return code


def run(*, job: Job) -> Outcome:
    """Make a baseline, or check against one, write what the contract asks for, and run the post-processor.

    Raises:
        DriftError: the data or the baseline cannot be used.
    """
    if job.part is not None:
        return _profile_part(job=job, part=job.part)
    if job.constraints is not None:
        result = _check(job=job, constraints=job.constraints)
    else:
        profile = profiled(source=_source(job=job), processes=None) if job.source.exists() else None
        if profile is None or profile.rows == 0:
            raise DriftError(_no_files(job=job))
        written = write_baseline(profile=profile, folder=job.output)
        result = outcome(rows=profile.rows, violations=(), reading=profile.reading)
        result = replace(result, message=result.message + broken_columns_message(written.broken))
    if job.postprocessor is not None:
        run_postprocessor(script=job.postprocessor)
    return result


def _profile_part(*, job: Job, part: Path) -> Outcome:
    constraints = read_constraints(path=job.constraints) if job.constraints is not None else None
    # there may be fewer files than instances
    job.source.mkdir(parents=True, exist_ok=True)
    profile = profile_part(source=_source(job=job), constraints=constraints, processes=None)
    write_bytes(path=part, content=profile_to_bytes(profile=profile))
    return Outcome(status=Status.COMPLETED, message=profiled_sentence(profile=profile))


def _source(*, job: Job) -> Source:
    preprocessor = load_preprocessor(script=job.preprocessor) if job.preprocessor is not None else None
    return Source(
        path=job.source,
        format=job.data.format,
        header=job.data.header,
        sides=job.data.sides,
        preprocessor=preprocessor,
        answer=job.answer,
    )


def _no_files(*, job: Job) -> str:
    kind = "json" if job.data.format in (Format.CAPTURE, Format.JSON_LINES) else job.data.format.value
    return (
        f"Could not find any {kind} file under directory {job.source}. Please verify if the provided dataset path is "
        "correct or if data capturing in your Endpoint is turned on."
    )


def _earlier(*, places: EarlierPlaces) -> Earlier:
    windows, unreadable = read_windows(folder=places.folder, start=places.start, end=places.end)
    return earlier_by_time(windows, start=places.start, end=places.end, unreadable=unreadable)


def _check_parts(*, job: Job) -> None:
    found = len(list(job.source.glob("*.profile")))
    if found != job.parts:
        raise DriftError(
            f"{job.source} must hold the profiles of {job.parts} instances, it holds {found}; profile the parts again"
        )


def _check(*, job: Job, constraints: Path) -> Outcome:
    baseline = Baseline(
        constraints=read_constraints(path=constraints),
        statistics=read_statistics(path=job.statistics) if job.statistics is not None else None,
    )
    if job.parts > 0:
        _check_parts(job=job)
    if not job.source.exists():
        return Outcome(status=Status.NO_DATA, message=f"NoData: {_no_files(job=job)}")
    earlier = None if job.earlier is None else _earlier(places=job.earlier)
    checked = check(
        source=_source(job=job),
        baseline=baseline,
        budget=job.budget,
        alarm=job.alarm,
        earlier=earlier,
        processes=None,
    )
    write_check(check=checked, folder=job.output, sketches=job.sketches)
    if job.earlier is not None and checked.verdict is not None and checked.verdict.window is not None:
        window = replace(checked.verdict.window, start=job.earlier.start, end=job.earlier.end)
        path = job.earlier.output / window_file(start=job.earlier.start)
        write_text(path=path, text=json.dumps(window_document(window=window), separators=(",", ":")))
    if job.publication.enabled:
        lines = metric_lines(
            profile=checked.profile,
            constraints=baseline.constraints,
            baseline=baseline.statistics,
            emitter=job.publication.emitter(),
        )
        publish(publication=job.publication, lines=lines)
    return checked.outcome
