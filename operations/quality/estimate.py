"""Quality without labels: estimated from captured answers on this machine, or by the check in whose folder it lies."""

from pathlib import Path
from typing import Any

from modelyard.drift.documents.files import CALIBRATION_FILE, STATISTICS
from modelyard.drift.quality.documents import read_quality_statistics
from modelyard.drift.quality.estimate_files import read_estimate
from modelyard.drift.quality.estimate_sentences import estimate_sentences
from modelyard.drift.quality.estimation import ASSUMPTION, FEWEST_OF_A_CLASS, FEWEST_RECORDS, Estimate
from modelyard.manifest.quality import BINARY
from modelyard.operations.bucket import DataBucket
from modelyard.operations.failures import Failure
from modelyard.operations.monitoring.monitor import Monitor, quality_declared
from modelyard.operations.monitoring.window import Window
from modelyard.operations.quality.task import declared_task


def can_estimate(monitor: Monitor) -> bool:
    """Return whether the answers have what an estimate needs, and the engine that calibrates the baseline is ours."""
    quality = quality_declared(monitor.deployment)
    return monitor.is_own and quality.problem_type == BINARY and quality.probability is not None


def estimate_window(*, monitor: Monitor, window: Window, baseline: Path | None, work: Path) -> Path | None:
    """Download the answers that were captured in a window, and return the folder of their estimate.

    None where nothing was captured.

    Raises:
        Failure: the baseline cannot estimate.
        DriftError: the answers have no probabilities, or a file cannot be used.
    """
    # The analyzer's compiled code takes as long as everything else that `yard --help` imports.
    from modelyard.drift.quality.jobs import EstimateJob, run_estimate

    deployment = monitor.deployment
    quality, model = quality_declared(deployment), deployment.model
    run = work / "estimate" / f"{window.end:%Y/%m/%d/%H}"
    captures = work / "captures"
    job = EstimateJob(
        task=declared_task(quality),
        captures=captures,
        baseline=work if baseline is None else baseline,
        output=run,
    )
    if not (job.baseline / CALIBRATION_FILE).is_file():
        engine = "" if monitor.is_own else ', with engine = "drift" in [monitoring]'
        raise Failure(
            f"The baseline of quality of {model.name} has no {CALIBRATION_FILE}, which an estimate needs; make one of "
            f"{FEWEST_RECORDS} or more records, {FEWEST_OF_A_CLASS} of each class{engine}: yard baseline {model.name}"
        )
    bucket = DataBucket(aws=deployment.aws, name=deployment.bucket)
    prefix = deployment.output("serving", "CapturePrefix")
    variants = [] if model.serving is None else [variant.name for variant in model.serving.variants]
    for variant in variants:
        for hour in window.hours:
            folder = f"{variant}/{hour:%Y/%m/%d/%H}"
            bucket.download(prefix=f"{prefix}/{folder}", folder=captures / folder)
    estimate = run_estimate(job=job)
    return run if estimate.rows > 0 else None


def estimate_record(run: Path) -> dict[str, Any] | None:
    """Return a run's estimate beside what its labels show, for JSON; None where there is none."""
    estimate = read_estimate(folder=run)
    if estimate is None:
        return None
    live = read_quality_statistics(path=run / STATISTICS)
    return {
        "records": estimate.rows,
        "labelled": live.rows,
        "not_estimated": estimate.reason,
        "assumption": ASSUMPTION,
        "metrics": [
            {
                "metric": name,
                "estimated": metric.value,
                "low": metric.low,
                "high": metric.high,
                "measured": live.metrics[name].value if name in live.metrics else None,
            }
            for name, metric in estimate.metrics.items()
        ],
    }


def estimate_notes(run: Path) -> tuple[str, ...]:
    """Return a run's estimate in words, nothing where there is none."""
    estimate: Estimate | None = read_estimate(folder=run)
    return () if estimate is None else estimate_sentences(estimate=estimate)
