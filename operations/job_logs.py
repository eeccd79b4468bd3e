"""The ends of the logs of SageMaker's jobs: a job's reason often says no more than to look there."""

from botocore.exceptions import ClientError

from modelyard.operations.aws import Aws
from modelyard.operations.failures import says_absent

LAST_LINES = 10


def last_lines(*, aws: Aws, kind: str, job: str, stream_suffix: str = "") -> list[str]:
    """Return the last lines of the streams of a job whose names end so; none for a job that has no log.

    `kind` is the log group's last part, such as `TrainingJobs`.
    """
    logs, group = aws.client("logs"), f"/aws/sagemaker/{kind}"
    try:
        streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/")["logStreams"]
    except ClientError as error:
        # A job that failed before its container ran has no log, and an account's first one no group.
        if says_absent(error):
            return []
        raise
    lines: list[str] = []
    for stream in streams:
        if stream["logStreamName"].endswith(stream_suffix):
            events = logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], limit=LAST_LINES, startFromHead=False
            )["events"]
            lines += [str(event["message"]).rstrip() for event in events]
    return lines
