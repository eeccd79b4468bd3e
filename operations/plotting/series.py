"""The values of a metric while a job trained, read from the job's own log as SageMaker reads them.

CloudWatch keeps the values by the minute, of which a short job has one; the log has each (developer guide, "Define
training metrics": the first group of the expression is the value).
"""

import math
import re
from collections.abc import Iterable

from botocore.exceptions import ClientError

from modelyard.drift.line_breaks import split_lines
from modelyard.operations.aws import Aws
from modelyard.operations.failures import says_absent

GROUP = "/aws/sagemaker/TrainingJobs"


def log_lines(*, aws: Aws, job: str) -> list[str]:
    """Return what a training job printed, in its order; nothing when its log has expired."""
    pages = aws.client("logs").get_paginator("filter_log_events")
    try:
        found = pages.paginate(logGroupName=GROUP, logStreamNamePrefix=f"{job}/").build_full_result()
    except ClientError as error:
        if says_absent(error):
            return []
        raise
    own = [event for event in found["events"] if event["logStreamName"].startswith(f"{job}/")]
    events = sorted(own, key=lambda event: event["timestamp"])
    return [line for event in events for line in split_lines(event["message"])]


def values_of(*, lines: Iterable[str], expression: str) -> list[float]:
    """Return the values that an expression finds, one after the other."""
    found = [match[1] for line in lines for match in re.finditer(expression, line)]
    return [value for value in map(_number, found) if math.isfinite(value)]


def _number(text: str) -> float:
    """What is found and is no number counts for nothing, as for SageMaker."""
    try:
        return float(text)
    except ValueError:
        return math.nan
