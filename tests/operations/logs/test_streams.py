"""Lines of CloudWatch Logs, written by hand on a local AWS and read as `yard logs` reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from modelyard.operations.aws import Aws
from modelyard.operations.logs.streams import LogReader, LogSource, last_lines, retention_days
from support.local_aws import SharedLocalAws


@dataclass(frozen=True, kw_only=True)
class Group:
    """A log group of a test's own."""

    local_aws: SharedLocalAws
    name: str
    start: int

    @property
    def client(self) -> Any:
        return self.local_aws.client("logs")

    def write(self, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        """Append lines, each so many milliseconds after the start."""
        listed = self.client.describe_log_streams(logGroupName=self.name, logStreamNamePrefix=stream)["logStreams"]
        if not listed:
            self.client.create_log_stream(logGroupName=self.name, logStreamName=stream)
        events = [{"timestamp": self.start + after, "message": message} for after, message in lines]
        self.client.put_log_events(logGroupName=self.name, logStreamName=stream, logEvents=events)

    def source(self, prefix: str, *, label: str) -> LogSource:
        return LogSource(group=self.name, prefix=prefix, label=label)


@pytest.fixture
def group(local_aws: SharedLocalAws) -> Group:
    name = f"/test/{local_aws.name('group')}"
    local_aws.client("logs").create_log_group(logGroupName=name)
    minute_ago = int(local_aws.now().timestamp() * 1000) - 60_000
    return Group(local_aws=local_aws, name=name, start=minute_ago)


def test_lines_of_several_jobs_come_in_order_of_time(group: Group, reached: Aws) -> None:
    group.write("a/algo-1", [(0, "first"), (40, "third")])
    group.write("b/algo-1", [(20, "second")])
    reader = LogReader(aws=reached)

    lines = reader.read([group.source("a/", label="deep"), group.source("b/", label="shallow")])

    assert [(line.source, line.message) for line in lines] == [
        ("deep", "first"),
        ("shallow", "second"),
        ("deep", "third"),
    ]
    assert reader.has_several


def test_a_line_of_a_job_of_several_hosts_says_from_which_it_is(group: Group, reached: Aws) -> None:
    group.write("a/algo-1", [(0, "one")])
    group.write("a/algo-2", [(1, "two")])

    lines = LogReader(aws=reached).read([group.source("a/", label="deep")])

    assert [line.source for line in lines] == ["deep/algo-1", "deep/algo-2"]


def test_a_job_whose_name_begins_another_s_has_lines_of_its_own_alone(group: Group, reached: Aws) -> None:
    group.write("a/algo-1", [(0, "own")])
    group.write("ab/algo-1", [(0, "other")])

    assert [line.message for line in LogReader(aws=reached).read([group.source("a/", label="a")])] == ["own"]


def test_a_log_longer_than_a_page_is_read_to_its_end(group: Group, reached: Aws) -> None:
    for first in range(0, 12_000, 6_000):
        group.write("a/algo-1", [(number, f"line {number}") for number in range(first, first + 6_000)])

    lines = LogReader(aws=reached).read([group.source("a/", label="a")])

    assert [line.message for line in lines] == [f"line {number}" for number in range(12_000)]


def test_a_second_look_gives_what_came_since(group: Group, reached: Aws) -> None:
    source = group.source("a/", label="a")
    group.write("a/algo-1", [(0, "before")])
    reader = LogReader(aws=reached)
    reader.read([source])
    assert reader.read([source]) == []

    group.write("a/algo-1", [(50_000, "since")])
    group.write("a/algo-2", [(50_001, "of a new host")])

    assert [line.message for line in reader.read([source])] == ["since", "of a new host"]


def test_a_group_that_is_not_there_has_no_lines(local_aws: SharedLocalAws, reached: Aws) -> None:
    source = LogSource(group=f"/test/{local_aws.name('none')}", prefix="", label="none")
    reader = LogReader(aws=reached)

    assert reader.read([source]) == []
    assert not reader.has_read
    assert last_lines(aws=reached, source=source) == []
    assert retention_days(aws=reached, group=source.group) is None


def test_the_last_lines_are_ten_of_each_stream_that_is_asked_for(group: Group, reached: Aws) -> None:
    group.write("a/i-1", [(number, f"log {number}") for number in range(15)])
    group.write("a/i-1/data-log", [(0, "data")])
    source = group.source("a/", label="a")

    assert last_lines(aws=reached, source=source, stream_suffix="/data-log") == ["data"]
    assert last_lines(aws=reached, source=source) == [*(f"log {number}" for number in range(5, 15)), "data"]


def test_how_long_a_group_keeps_its_lines_is_its_own_and_not_that_of_one_with_a_longer_name(
    group: Group, reached: Aws
) -> None:
    group.client.create_log_group(logGroupName=f"{group.name}-longer")
    group.client.put_retention_policy(logGroupName=f"{group.name}-longer", retentionInDays=3)
    group.client.put_retention_policy(logGroupName=group.name, retentionInDays=7)

    assert retention_days(aws=reached, group=group.name) == 7
