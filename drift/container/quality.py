"""The run of the container for model quality."""

from modelyard.drift.analysis import write_text
from modelyard.drift.checking.outcome import Outcome
from modelyard.drift.container.contract import Publication
from modelyard.drift.container.quality_contract import QualityRun
from modelyard.drift.quality.cloudwatch_metrics import quality_metric_lines
from modelyard.drift.quality.jobs import run_quality
from modelyard.drift.quality.statistics import QualityStatistics
from modelyard.drift.reading.scripts import run_postprocessor


def run_quality_job(*, run: QualityRun) -> Outcome:
    """Do the job, write a check's metrics for CloudWatch, and run the post-processor.

    Raises:
        DriftError: the data, the baseline or the script cannot be used.
    """
    finished = run_quality(job=run.job)
    if run.publication.enabled and run.job.constraints is not None:
        _publish(run.publication, finished.statistics)
    if run.postprocessor is not None:
        run_postprocessor(script=run.postprocessor)
    return finished.outcome


def _publish(publication: Publication, statistics: QualityStatistics) -> None:
    lines = quality_metric_lines(statistics=statistics, emitter=publication.emitter())
    write_text(path=publication.path, text="".join(f"{line}\n" for line in lines))
