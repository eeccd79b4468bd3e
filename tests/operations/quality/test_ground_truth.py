"""What proved true, as people write it and as it is put down."""

import json

import pytest

from modelyard.manifest.quality import Quality
from modelyard.operations.failures import Failure
from modelyard.operations.quality.ground_truth import GroundTruth, check_labels, read_ground_truth

BINARY = Quality(problem_type="BinaryClassification", inference="0")
MANY = Quality(problem_type="MulticlassClassification", inference="0")
AMOUNT = Quality(problem_type="Regression", inference="0")


@pytest.mark.parametrize(
    "text",
    [
        "4711,1\n4712,0\n",
        "id,label\n4711,1\n4712,0\n",
        "id, label\n\n4711, 1\n4712,0",
        '{"id": "4711", "label": 1}\n{"label": "0", "id": 4712}\n',
        '"4711","1"\n"4712",0\n',
    ],
)
def test_ids_and_labels_are_read_from_csv_and_from_json(text: str) -> None:
    assert read_ground_truth(text, source="f") == [GroundTruth(id="4711", label="1"), GroundTruth(id="4712", label="0")]


def test_json_s_true_is_the_word() -> None:
    assert read_ground_truth('{"id": "a", "label": true}', source="f") == [GroundTruth(id="a", label="true")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("4711", "f, line 2, must be an id and a label, got 4711"),
        ("4711,1,2", "f, line 2, must be an id and a label, got 4711,1,2"),
        ("4711,", "f, line 2, label must be given, got nothing"),
        (",1", "f, line 2, id must be 1 to 64 characters of ASCII, got ''"),
        (f"{'x' * 65},1", "f, line 2, id must be 1 to 64 characters of ASCII"),
        ("café,1", "f, line 2, id must be 1 to 64 characters of ASCII, got 'café'"),
        ('{"id": "a"}', "f, line 2, label must be given, got nothing"),
        ('{"label": 1}', "f, line 2, id must be 1 to 64 characters of ASCII, got ''"),
        ('{"id": "a", "label": [1]}', "f, line 2, label must be given, got nothing"),
        ('{"id": "a", ', 'f, line 2, must be whole JSON, got {"id": "a",'),
        ('"4711,1', 'f, line 2, must be an id and a label, got "4711,1'),
    ],
)
def test_a_line_that_tells_nothing_is_named_with_its_hint(line: str, said: str) -> None:
    with pytest.raises(Failure) as refused:
        read_ground_truth(f"1,1\n{line}\n", source="f")

    assert str(refused.value).startswith(said)
    assert str(refused.value).endswith('; write for instance 4711,1 or {"id": "4711", "label": 1}')


@pytest.mark.parametrize("text", ["", "\n\n", "id,label\n"])
def test_a_file_that_tells_nothing_is_refused(text: str) -> None:
    with pytest.raises(Failure, match="f must hold an id and a label a line, it holds none; name another file"):
        read_ground_truth(text, source="f")


def test_a_record_is_what_is_merged_with_a_capture() -> None:
    assert GroundTruth(id="4711", label="1").json_line == (
        '{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"4711"},"eventVersion":"0"}'
    )


def test_a_label_with_a_comma_is_one_cell() -> None:
    record = json.loads(GroundTruth(id="4711", label='left, or "gone"').json_line)

    assert record["groundTruthData"]["data"] == '"left, or ""gone"""'


def test_a_line_that_is_written_down_is_read_again() -> None:
    record = GroundTruth(id="a,b", label='"x"')

    assert read_ground_truth(record.csv_line, source="f") == [record]


@pytest.mark.parametrize(
    ("quality", "labels", "classes", "said"),
    [
        (BINARY, "0 1 2", "", r"A label of f must be one of two classes \(0, 1\), got 2; correct it, or leave it out"),
        (MANY, "a b c", "a b", "A label of f must be one of a, b, got c;"),
        (AMOUNT, "1 1e3 high", "", "A label of f must be a number, got high;"),
        (AMOUNT, "1 nan", "", "A label of f must be a number, got nan;"),
    ],
)
def test_labels_that_cannot_have_proved_true_are_refused(
    quality: Quality, labels: str, classes: str, said: str
) -> None:
    records = [GroundTruth(id="i", label=label) for label in labels.split()]

    with pytest.raises(Failure, match=said):
        check_labels(records, quality=quality, classes=classes.split(), source="f")


@pytest.mark.parametrize(
    ("quality", "labels", "classes"), [(BINARY, "yes no", ""), (MANY, "a b c", ""), (AMOUNT, "1 -0.5 1e3", "")]
)
def test_other_labels_are_taken(quality: Quality, labels: str, classes: str) -> None:
    records = [GroundTruth(id="i", label=label) for label in labels.split()]

    check_labels(records, quality=quality, classes=classes.split(), source="f")
