"""The lines of SageMaker's jobs and endpoints in CloudWatch Logs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from modelyard.operations.aws import Aws
from modelyard.operations.failures import says_absent
from modelyard.operations.jobs import Kind

LAST_LINES = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class LogSource:
    """The streams of one job or endpoint: those of a log group whose names begin with `prefix`."""

    group: str
    prefix: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LogLine:
    """One line; `source` is the label, with the rest of the stream's name where there are several."""

    at: datetime
    source: str
    message: str

    @property
    def document(self) -> dict[str, str]:
        """The line for a program."""
        return {"at": self.at.isoformat(timespec="milliseconds"), "source": self.source, "message": self.message}


class LogReader:
    """Reads logs on from where it was; streams may come to be while it reads. `has_read` is whether a line came."""

    def __init__(self, *, aws: Aws) -> None:
        self._aws = aws
        self._tokens: dict[tuple[str, str], str] = {}
        self.has_read = False

    @property
    def has_several(self) -> bool:
        """Whether lines came from more than one stream, so that each must say from which."""
        return len(self._tokens) > 1

    def read(self, sources: Sequence[LogSource]) -> list[LogLine]:
        """Return the lines that are new since the last call, in order of time."""
        lines = [line for source in sources for line in self._read_source(source)]
        self.has_read = self.has_read or bool(lines)
        return sorted(lines, key=lambda line: line.at)

    def _read_source(self, source: LogSource) -> Iterator[LogLine]:
        streams = streams_of(aws=self._aws, group=source.group, prefix=source.prefix)
        for stream in streams:
            part = stream.removeprefix(source.prefix)
            name = f"{source.label}/{part}" if len(streams) > 1 else source.label
            for event in self._new_events(group=source.group, stream=stream):
                at = datetime.fromtimestamp(event["timestamp"] / 1000, tz=UTC)
                yield LogLine(at=at, source=name, message=str(event["message"]).rstrip())

    def _new_events(self, *, group: str, stream: str) -> Iterator[dict[str, Any]]:
        """Yield the events after the last token; at a stream's end the answer has the token that was asked with."""
        token = self._tokens.get((group, stream))
        while True:
            asked = {} if token is None else {"nextToken": token}
            page = self._aws.client("logs").get_log_events(
                logGroupName=group, logStreamName=stream, startFromHead=True, **asked
            )
            yield from page["events"]
            self._tokens[group, stream] = page["nextForwardToken"]
            if page["nextForwardToken"] == token:
                return
            token = page["nextForwardToken"]


def job_source(*, kind: Kind, name: str, label: str) -> LogSource:
    """Return where a job's log lies (developer guide, "Log groups and streams that Amazon SageMaker AI sends")."""
    return LogSource(group=f"/aws/sagemaker/{kind}Jobs", prefix=f"{name}/", label=label)


def endpoint_source(name: str) -> LogSource:
    """Return where an endpoint's log lies: in a group of its own."""
    return LogSource(group=f"/aws/sagemaker/Endpoints/{name}", prefix="", label=name)


def streams_of(*, aws: Aws, group: str, prefix: str) -> list[str]:
    """Return the names of a group's streams that begin so; none where there is no group."""
    begins = {"logStreamNamePrefix": prefix} if prefix else {}
    pages = aws.client("logs").get_paginator("describe_log_streams")
    try:
        found = pages.paginate(logGroupName=group, **begins).build_full_result()
    except ClientError as error:
        # A job that failed before its container ran has no log, and an account's first one no group.
        if says_absent(error):
            return []
        raise
    return [stream["logStreamName"] for stream in found["logStreams"]]


def last_lines(*, aws: Aws, source: LogSource, stream_suffix: str = "") -> list[str]:
    """Return the last lines of the streams of a source whose names end so; none where there is no log."""
    lines: list[str] = []
    for stream in streams_of(aws=aws, group=source.group, prefix=source.prefix):
        if stream.endswith(stream_suffix):
            events = aws.client("logs").get_log_events(
                logGroupName=source.group, logStreamName=stream, limit=LAST_LINES, startFromHead=False
            )["events"]
            lines += [str(event["message"]).rstrip() for event in events]
    return lines


def retention_days(*, aws: Aws, group: str) -> int | None:
    """Return how long a group keeps its lines; None for one that keeps them for ever, and where there is none."""
    found = aws.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    return next((one.get("retentionInDays") for one in found if one["logGroupName"] == group), None)
