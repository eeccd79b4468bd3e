import json
from datetime import UTC, datetime
from typing import Any

import pytest

from modelyard.rehearsal.sagemaker.transforming.json_paths import JsonPath
from modelyard.rehearsal.sagemaker.transforming.processing import DataProcessing, Stamp
from modelyard.rehearsal.sagemaker.transforming.records import Format, RecordError

STAMP = Stamp(started=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), identifier=lambda: "an-id")


def processing(kind: Format = Format.CSV, **options: Any) -> DataProcessing:
    paths = {name: JsonPath(text=options.pop(name)) for name in ("input_filter", "output_filter") if name in options}
    return DataProcessing(**({"input_format": kind, "output_format": kind} | options | paths))


def through(wanted: DataProcessing, sources: list[bytes], body: bytes) -> bytes:
    return wanted.answer(records=wanted.records(sources), body=body)


def test_without_filters_bytes_pass_unread() -> None:
    wanted = DataProcessing(input_format=None, output_format=None)
    assert [record.payload for record in wanted.records([b"\xff"])] == [b"\xff"]
    assert through(wanted, [b"\xff"], b"\xfe\n\n") == b"\xfe\n\n"


def test_the_model_sees_the_filtered_row() -> None:
    assert processing(input_filter="$[1:]").records([b'id,"a,b",2\n'])[0].payload == b'"a,b",2\n'


def test_a_whole_csv_is_filtered_row_by_row() -> None:
    wanted = processing(input_filter="$[1:]", whole=True)
    assert [record.payload for record in wanted.records([b"a,1\nb,2\n"])] == [b"1\n2\n"]


def test_a_joined_row_is_input_then_output() -> None:
    assert through(processing(join=True), [b"a,1\n", b"b,2\n"], b"0.1\n0.2\n") == b"a,1,0.1\nb,2,0.2"


def test_the_join_has_what_the_input_filter_hid() -> None:
    assert through(processing(join=True, input_filter="$[1:]"), [b"a,1\n"], b"0.1\n") == b"a,1,0.1"


def test_the_output_filter_applies_to_the_joined_row() -> None:
    assert through(processing(join=True, output_filter="$[0,-1]"), [b"a,1\n"], b"0.1\n") == b"a,0.1"


def test_a_joined_object_gets_a_member() -> None:
    found = through(processing(Format.JSON_LINES, join=True), [b'{"id": 1}\n'], b"[0.5]\n")
    assert json.loads(found) == {"id": 1, "SageMakerOutput": [0.5]}


def test_a_joined_value_that_is_no_object_becomes_a_member_too() -> None:
    found = through(processing(Format.JSON_LINES, join=True), [b"[1,2]\n"], b"0.5\n")
    assert json.loads(found) == {"SageMakerInput": [1, 2], "SageMakerOutput": 0.5}


def test_a_whole_json_may_have_several_lines() -> None:
    wanted = processing(Format.JSON, join=True, whole=True)
    assert json.loads(through(wanted, [b'{\n"id": 1\n}'], b"{\n}\n")) == {"id": 1, "SageMakerOutput": {}}


def test_members_are_selected_of_a_joined_object() -> None:
    wanted = processing(Format.JSON_LINES, join=True, output_filter="$['id','SageMakerOutput']")
    assert json.loads(through(wanted, [b'{"id":1,"x":2}\n'], b"3\n")) == {"id": 1, "SageMakerOutput": 3}


def test_an_answer_of_another_count_is_refused_in_awss_words() -> None:
    with pytest.raises(RecordError, match="Fail to join data: mismatched line count between the input and the output"):
        through(processing(join=True), [b"a\n", b"b\n"], b"0.1\n")


def test_a_stamped_row_has_an_id_and_the_jobs_start() -> None:
    assert through(processing(stamp=STAMP), [b"a\n"], b"0\n") == b"0,an-id,2026-01-02T03:04:05Z"


def test_a_stamped_object_has_both_as_members() -> None:
    found = json.loads(through(processing(Format.JSON_LINES, stamp=STAMP), [b"{}\n"], b'{"y": 1}\n'))
    assert found == {"y": 1, "SageMakerInferenceId": "an-id", "SageMakerInferenceTime": "2026-01-02T03:04:05Z"}


def test_a_stamped_value_becomes_a_member() -> None:
    found = json.loads(through(processing(Format.JSON_LINES, stamp=STAMP), [b"{}\n"], b"7\n"))
    assert found["SageMakerOutput"] == 7


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"input_format": None, "input_filter": "$[1:]"}, "ContentType must be one of text/csv"),
        ({"input_format": None, "join": True}, "ContentType must be one of"),
        ({"output_format": None, "output_filter": "$[1:]"}, "Accept must be one of"),
        ({"output_format": None, "stamp": STAMP}, "Accept must be one of"),
        ({"output_format": Format.JSON, "join": True}, "a join needs the same ContentType and Accept"),
    ],
)
def test_what_cannot_be_looked_into_is_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        processing(**options)


def test_a_record_that_is_not_of_its_type_is_named() -> None:
    with pytest.raises(RecordError, match="the record must be application/jsonlines, got b"):
        processing(Format.JSON_LINES, input_filter="$.x").records([b"{"])
