"""The watching workflow: count the violations of a check that has just been written, whichever engine wrote it."""

from dataclasses import dataclass
from typing import Any

from modelyard.constructs.workflows.states import choose, expression, give_up, machine, refuse_run, task
from modelyard.manifest.data_layout import VIOLATIONS_FILE

NAMESPACE = "Modelyard"
METRIC = "Violations"

# A state takes 256 KiB (Step Functions quotas): of a longer file the beginning is counted, some 700 violations.
MOST_BYTES = 200_000
# The waits of three tasks that are tried again, each some ten minutes at most.
LONGEST_SECONDS = 1800
BROKEN = """
    $states.input.detail.ProcessingJobName & ' ended as ' & $states.input.detail.ProcessingJobStatus
    & ($exists($states.input.detail.FailureReason) ? ': ' & $states.input.detail.FailureReason : '')
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchRun:
    """From a file of violations, among a check's results, to a number that an alarm can watch."""

    bucket: str
    endpoint: str
    schedule: str
    topic_arn: str
    partition: str
    file: str = VIOLATIONS_FILE

    @property
    def definition(self) -> dict[str, Any]:
        """The whole state machine, started by an event: S3's about the file, or SageMaker's about a job without one."""
        dimensions = [
            {"Name": "Endpoint", "Value": self.endpoint},
            {"Name": "MonitoringSchedule", "Value": self.schedule},
        ]
        datum = {"MetricName": METRIC, "Dimensions": dimensions, "Value": expression("$states.input.violations")}
        return machine(
            comment=f"Count the violations that a check of {self.endpoint} found",
            start="Is there a report?",
            states={
                "Is there a report?": choose(
                    when="$exists($states.input.detail.object)", then="Read the violations", otherwise="No report"
                ),
                "No report": refuse_run(error="CheckFailed", cause=expression(BROKEN)),
                "Read the violations": task(
                    resource="aws-sdk:s3:getObject",
                    arguments={
                        "Bucket": self.bucket,
                        "Key": expression("$states.input.detail.object.key"),
                        "Range": f"bytes=0-{MOST_BYTES - 1}",
                    },
                    # Counted as text, so that a file too long to be read whole counts as well.
                    output={"violations": expression('$count($match($states.result.Body, /"constraint_check_type"/))')},
                    then="Publish",
                    caught_by="Report the failure",
                    partition=self.partition,
                ),
                "Publish": task(
                    resource="aws-sdk:cloudwatch:putMetricData",
                    arguments={"Namespace": NAMESPACE, "MetricData": [{**datum, "Unit": "Count"}]},
                    output=expression("$states.input"),
                    then="Done",
                    caught_by="Report the failure",
                    partition=self.partition,
                ),
                "Done": {"Type": "Succeed"},
                **give_up(
                    subject=f"{self.schedule}: a check has no count of violations",
                    topic_arn=self.topic_arn,
                    partition=self.partition,
                ),
            },
            seconds=LONGEST_SECONDS,
        )
