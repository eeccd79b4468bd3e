"""The watching workflow: count the violations of a check that has just been written, whichever engine wrote it."""

from dataclasses import dataclass
from typing import Any

from modelyard.constructs.workflows.states import expression, machine, task

NAMESPACE = "Modelyard"
METRIC = "Violations"

# A state takes 256 KiB (Step Functions quotas): of a longer file the beginning is counted, some 700 violations.
MOST_BYTES = 200_000
LONGEST_SECONDS = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchRun:
    """From a file of violations to a number that an alarm can watch."""

    bucket: str
    endpoint: str
    schedule: str
    partition: str

    @property
    def definition(self) -> dict[str, Any]:
        """The whole state machine, started by S3's event about the file."""
        dimensions = [
            {"Name": "Endpoint", "Value": self.endpoint},
            {"Name": "MonitoringSchedule", "Value": self.schedule},
        ]
        datum = {"MetricName": METRIC, "Dimensions": dimensions, "Value": expression("$states.input.violations")}
        return machine(
            comment=f"Count the violations that a check of {self.endpoint} found",
            start="Read the violations",
            states={
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
                    partition=self.partition,
                ),
                "Publish": task(
                    resource="aws-sdk:cloudwatch:putMetricData",
                    arguments={"Namespace": NAMESPACE, "MetricData": [{**datum, "Unit": "Count"}]},
                    output=expression("$states.input"),
                    then=None,
                    partition=self.partition,
                ),
            },
            seconds=LONGEST_SECONDS,
        )
