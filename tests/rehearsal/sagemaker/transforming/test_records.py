import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.rehearsal.sagemaker.transforming.records import (
    Assembly,
    Format,
    Record,
    RecordError,
    Split,
    Strategy,
    TooLarge,
    assemble,
    batches,
    capture_key,
    format_of,
    manifest,
    payload,
    read,
    split,
    write,
)


def records(*payloads: bytes) -> list[Record]:
    return [Record(source=text, payload=text) for text in payloads]


def test_lines_are_records_that_end_in_a_line_feed() -> None:
    assert split(body=b"1,2\n3,4", kind=Split.LINE) == [b"1,2\n", b"3,4\n"]


def test_empty_lines_are_no_records() -> None:
    assert split(body=b"\n1\n\r\n \n2\n", kind=Split.LINE) == [b"1\n", b"2\n"]


def test_a_carriage_return_belongs_to_its_record() -> None:
    assert split(body=b"1\r\n2\r3\n", kind=Split.LINE) == [b"1\r\n", b"2\r3\n"]


def test_an_object_that_is_not_split_is_one_record() -> None:
    assert split(body=b"1\n2\n", kind=Split.NONE) == [b"1\n2\n"]


@pytest.mark.parametrize("kind", list(Split))
def test_an_empty_object_has_no_record(kind: Split) -> None:
    assert split(body=b"", kind=kind) == []


def test_several_records_go_together_up_to_the_limit() -> None:
    found = list(batches(records=records(b"12\n", b"34\n", b"56\n"), strategy=Strategy.MULTI, most_bytes=6))
    assert [payload(group) for group in found] == [b"12\n34\n", b"56\n"]


def test_single_records_go_alone() -> None:
    found = batches(records=records(b"1\n", b"2\n"), strategy=Strategy.SINGLE, most_bytes=100)
    assert [payload(group) for group in found] == [b"1\n", b"2\n"]


def test_a_record_above_the_limit_is_refused_with_both_sizes() -> None:
    with pytest.raises(TooLarge, match="at most 1 MB, got 1048577 bytes; raise MaxPayloadInMB"):
        list(batches(records=records(b"x" * (1024**2 + 1)), strategy=Strategy.MULTI, most_bytes=1024**2))


@given(st.lists(st.binary(min_size=1, max_size=9), max_size=30), st.integers(min_value=9, max_value=40))
def test_batches_lose_nothing_keep_order_and_fit(payloads: list[bytes], most: int) -> None:
    groups = list(batches(records=records(*payloads), strategy=Strategy.MULTI, most_bytes=most))
    assert [record.payload for group in groups for record in group] == payloads
    assert all(0 < len(payload(group)) <= most for group in groups)


def test_assembled_lines_end_once() -> None:
    assert assemble(answers=[b"1\n2\n", b"3"], kind=Assembly.LINE) == b"1\n2\n3\n"


def test_answers_without_assembly_follow_each_other_as_they_are() -> None:
    assert assemble(answers=[b"1", b"2\n"], kind=Assembly.NONE) == b"12\n"


def test_a_row_of_lists_is_refused() -> None:
    with pytest.raises(RecordError, match="must select cells of a row"):
        write(value=[[1]], kind=Format.CSV)


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("text/csv", Format.CSV),
        ("Text/CSV; charset=utf-8", Format.CSV),
        ("application/json", Format.JSON),
        ("application/jsonlines", Format.JSON_LINES),
        ("image/png", None),
        (None, None),
    ],
)
def test_a_content_type_is_read_without_its_parameters(content_type: str | None, kind: Format | None) -> None:
    assert format_of(content_type) is kind


def test_a_manifest_is_a_prefix_and_names() -> None:
    assert json.loads(manifest(prefix="s3://bucket/p/", names=["a", "b"])) == [{"prefix": "s3://bucket/p/"}, "a", "b"]


def test_a_manifest_lies_in_the_hour_of_the_start() -> None:
    moment = datetime(2026, 1, 2, 3, tzinfo=UTC)
    assert capture_key(side="input", started=moment, name="x") == "input/2026/01/02/03/x.json"


@pytest.mark.parametrize("kind", [Format.JSON, Format.JSON_LINES])
def test_json_that_is_nested_too_deeply_is_refused(kind: Format) -> None:
    with pytest.raises(RecordError, match=f"the record must be {kind.value}"):
        read(text=b"[" * 200_000, kind=kind)
