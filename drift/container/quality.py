"""The run of the container for model quality."""

from modelyard.drift.analysis import write_text
from modelyard.drift.checking.outcome import Outcome
from modelyard.drift.container.contract import Publication
from modelyard.drift.container.publishing import emitter
from modelyard.drift.container.quality_contract import QualityRun
from modelyard.drift.quality.jobs import run_quality
from modelyard.drift.quality.measuring import Measured
from modelyard.drift.quality.metrics import quality_metric_lines
from modelyard.drift.reading.scripts import run_postprocessor


def run_quality_job(*, run: QualityRun) -> Outcome:
    """Do the job, write a check's metrics for CloudWatch, and run the post-processor.

    Raise DriftError when the data, the baseline or the script cannot be used.
    """
    finished = run_quality(job=run.job)
    if run.publication.enabled and run.job.constraints is not None:
        _publish(run.publication, finished.measured)
    if run.postprocessor is not None:
        run_postprocessor(script=run.postprocessor)
    return finished.outcome


def _publish(publication: Publication, found: Measured) -> None:
    lines = quality_metric_lines(measured=found, emitter=emitter(publication=publication))
    write_text(path=publication.path, text="".join(f"{line}\n" for line in lines))
