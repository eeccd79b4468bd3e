"""The run of the container for model quality."""

from modelyard.drift.checking.outcome import Outcome
from modelyard.drift.container.cloudwatch_metrics import quality_metric_lines
from modelyard.drift.container.publishing import publish
from modelyard.drift.container.quality_contract import QualityRunJob
from modelyard.drift.quality.jobs import run_quality
from modelyard.drift.reading.scripts import run_postprocessor


def run_quality_job(*, run: QualityRunJob) -> Outcome:
    """Do the job, publish a check's metrics, and run the post-processor.

    Raises:
        DriftError: the data, the baseline or the script cannot be used.
    """
    result = run_quality(job=run.job)
    if run.publication.enabled and run.job.constraints is not None:
        lines = quality_metric_lines(statistics=result.statistics, emitter=run.publication.emitter())
        publish(publication=run.publication, lines=lines)
    if run.postprocessor is not None:
        run_postprocessor(script=run.postprocessor)
    return result.outcome
