"""The workflow that makes the baseline of quality: of answers to labelled data, put in the data bucket before."""

import json
from dataclasses import dataclass
from typing import Any

from modelyard.constructs.workflows.analysis import (
    BASELINE_DATASET,
    BASELINE_FORMAT,
    OUTPUT,
    Analyzer,
    from_s3,
    processing_job,
    report_to,
)
from modelyard.constructs.workflows.quality_environment import table_environment
from modelyard.constructs.workflows.requests import JobContext
from modelyard.constructs.workflows.states import RUN, expression, give_up, machine, name_the_run, task, text
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.names import MARK
from modelyard.manifest.quality import Quality

ALLOWANCE_SECONDS = 1800


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityBaselineRun:
    """One baseline; the execution's name is the run, below whose name the data lie and the baseline will."""

    monitoring: Monitoring
    quality: Quality
    layout: DataLayout
    endpoint: str
    job_context: JobContext
    analyzer: Analyzer
    topic_arn: str
    partition: str

    @property
    def job_prefix(self) -> str:
        """What the names of its jobs begin with."""
        return f"{self.endpoint}{MARK}basis-"

    @property
    def definition(self) -> dict[str, Any]:
        """The whole state machine."""
        baseline = self.layout.quality_baseline(run=RUN)
        data = text(self.job_context.uri(self.layout.quality_data(run=RUN)))
        request = processing_job(
            monitoring=self.monitoring,
            analyzer=self.analyzer,
            job_context=self.job_context,
            inputs=[from_s3(name="baseline_dataset_input", uri=data, path=BASELINE_DATASET), *self.analyzer.inputs],
            outputs=[report_to(text(self.job_context.uri(baseline)))],
            environment={
                **table_environment(quality=self.quality),
                "dataset_format": json.dumps(BASELINE_FORMAT),
                "dataset_source": BASELINE_DATASET,
                "output_path": OUTPUT,
                "publish_cloudwatch_metrics": "Disabled",
            },
        )
        return machine(
            comment=f"Measure what {self.endpoint} answered to labelled data, as a baseline",
            start="Name the run",
            states={
                "Name the run": name_the_run(then="Measure"),
                "Measure": task(
                    resource="sagemaker:createProcessingJob.sync",
                    arguments={"ProcessingJobName": text(f"{self.job_prefix}{RUN}"), **request},
                    output={"run": expression("$run"), "baseline": text(baseline)},
                    then="Done",
                    caught_by="Report the failure",
                    partition=self.partition,
                ),
                "Done": {"Type": "Succeed"},
                **give_up(
                    subject=f"{self.endpoint}: no baseline of quality",
                    topic_arn=self.topic_arn,
                    partition=self.partition,
                ),
            },
            seconds=self.monitoring.max_runtime_minutes * 60 + ALLOWANCE_SECONDS,
        )
