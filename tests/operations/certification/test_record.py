"""The record's file: what is written is read, and what is no record is refused in a sentence."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelyard.operations.certification.record import History, Resource, read_record, write_record
from modelyard.operations.failures import Failure
from support.records import call, event, record

WHOLE = record(
    calls=[call(answer={"A": [1, {"B": "<name-1>"}]}), call(code="ValidationException", text="No")],
    events=[event("CREATE_COMPLETE")],
    histories=[History(subject="endpoint", states=("Creating", "InService"))],
    resources=[Resource(stack="foundation", resource="Data", kind="AWS::S3::Bucket", gone=None, said="Unknown")],
)


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_record(WHOLE, file=tmp_path / "record.json")
    assert read_record(tmp_path / "record.json") == WHOLE


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda document: document.update(format="other"), 'must have "format": "modelyard-certification"'),
        (lambda document: document.update(version=2), "must be of version 1, got 2; compare it with the release that"),
        (lambda document: document.pop("ended"), r"required field missing @ \$\.ended; ask for the whole file"),
        (lambda document: document.update(steps=3), r"expected tuple @ \$\.steps"),
        (
            lambda document: document["steps"][0]["calls"][0].update(parameters=[]),
            r"expected a mapping @ \$\.steps\[0\]\.calls\[0\]\.parameters",
        ),
        (lambda document: document["steps"][0].update(outcome="odd"), r"@ \$\.steps\[0\]\.outcome"),
    ],
)
def test_a_file_that_is_no_record_is_refused(tmp_path: Path, change: Callable[[Any], Any], said: str) -> None:
    document = json.loads(json.dumps(WHOLE.document))
    change(document)
    (tmp_path / "record.json").write_text(json.dumps(document))
    with pytest.raises(Failure, match=said):
        read_record(tmp_path / "record.json")


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "[]"])
def test_a_file_that_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "record.json").write_text(text)
    with pytest.raises(Failure, match=r"record\.json must (be a record|have \"format\")"):
        read_record(tmp_path / "record.json")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"must be a record that yard certify wrote: .*No such file"):
        read_record(tmp_path / "record.json")
