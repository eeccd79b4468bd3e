import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from modelyard.drift.quality.merging import Merger, read_label

Line = Callable[..., str]


Records = list[dict[str, dict[str, str]]]


Merge = Callable[..., tuple[Merger, Records]]


Write = Callable[[Path, Sequence[str]], Path]


HOUR = Path("churn/primary/2026/11/22/09/00-00-000-a.jsonl")


@pytest.fixture
def merge(tmp_path: Path, write_lines: Write) -> Merge:
    """Merge lines of captures with lines of ground truth; return the merger and the merged records."""

    def merge(captures: Sequence[str], labels: Sequence[str], at_a_time: int = 1 << 20) -> tuple[Merger, Records]:
        write_lines(tmp_path / "captures" / HOUR, captures)
        write_lines(tmp_path / "truth" / "2026/11/22/10/labels.jsonl", labels)
        merger = Merger(captures=tmp_path / "captures", ground_truth=tmp_path / "truth", at_a_time=at_a_time)
        lines = [line for merged in merger.merged_lines() for line in merged.text.splitlines()]
        return merger, [json.loads(line) for line in lines]

    return merge


def test_a_merged_line_is_the_captured_record_with_its_ground_truth(
    merge: Merge, captured_line: Line, label_line: Line
) -> None:
    line = captured_line("a", "0.9")
    _, records = merge([line], [label_line("a", "1")])
    assert records == [{**json.loads(line), "groundTruthData": {"data": "1", "encoding": "CSV"}}]


@pytest.fixture
def tallied(merge: Merge) -> Callable[..., str]:
    """Merge, and return what came of it in words."""

    def tallied(captures: Sequence[str], labels: Sequence[str]) -> str:
        merger, _ = merge(captures, labels)
        return merger.counts.sentences()

    return tallied


def test_inference_ids_come_before_event_ids(merge: Merge, captured_line: Line, label_line: Line) -> None:
    lines = [captured_line("a", "0.9", inference="order-1"), captured_line("b", "0.1")]
    merger, records = merge(lines, [label_line("order-1", "1"), label_line("b", "0"), label_line("a", "0")])
    assert [record["groundTruthData"]["data"] for record in records] == ["1", "0"]
    assert merger.counts.unclaimed == 1


def test_one_inference_id_of_several_captures_labels_them_all(
    tallied: Callable[..., str], captured_line: Line, label_line: Line
) -> None:
    lines = [captured_line(name, "0.9", inference="order-1") for name in "ab"]
    assert tallied(lines, [label_line("order-1", "1")]) == "2 of 2 captured records have a ground truth."


def test_captures_without_and_labels_beyond_are_counted(
    tallied: Callable[..., str], captured_line: Line, label_line: Line
) -> None:
    said = tallied([captured_line("a", "0.9"), captured_line("b", "0.9")], [label_line("b", "1"), label_line("c", "0")])
    assert said == "1 of 2 captured records has a ground truth. 1 ground truth belongs to none of them."


def test_of_labels_given_again_the_last_one_counts(merge: Merge, captured_line: Line, label_line: Line) -> None:
    merger, records = merge([captured_line("a", "0.9")], [label_line("a", "0"), label_line("a", "1")])
    assert records[0]["groundTruthData"] == {"data": "1", "encoding": "CSV"}
    assert "1 ground truth was given again; the last one counts." in merger.counts.sentences()


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("{", "they are not JSON"),
        ("[" * 100_000, "they are not JSON"),
        ("[]", "they are no objects"),
        ('{"eventMetadata": {"eventId": "a"}}', "they have no captureData"),
        ('{"captureData": {}, "eventMetadata": {}}', "their eventMetadata has no inferenceId or eventId"),
        ('{"captureData": {}}', "their eventMetadata has no inferenceId or eventId"),
    ],
)
def test_captures_that_cannot_be_read_are_counted_with_their_cause(
    tallied: Callable[..., str], captured_line: Line, label_line: Line, line: str, cause: str
) -> None:
    said = tallied([line, "", captured_line("a", "0.9")], [label_line("a", "1")])
    assert f"1 captured record could not be read: 1 because {cause}." in said
    assert said.startswith("1 of 1 captured record has")


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("nonsense", "they are not JSON"),
        ('{"eventMetadata": {"eventId": "a"}}', "they have no groundTruthData with data in quotes"),
        (
            '{"groundTruthData": {"data": 1}, "eventMetadata": {"eventId": "a"}}',
            "no groundTruthData with data in quotes",
        ),
        ('{"groundTruthData": {"data": "1"}, "eventMetadata": {"inferenceId": "a"}}', "has no eventId"),
    ],
)
def test_labels_that_cannot_be_read_are_counted_with_their_cause(
    tallied: Callable[..., str], captured_line: Line, label_line: Line, line: str, cause: str
) -> None:
    said = tallied([captured_line("a", "0.9")], [line, label_line("a", "1")])
    assert "1 ground truth could not be read: 1 because " in said
    assert cause in said


def test_more_ground_truth_than_is_kept_at_a_time_merges_the_same(
    merge: Merge, captured_line: Line, label_line: Line
) -> None:
    names = [f"record-{number}" for number in range(200)]
    captures = [captured_line(name, "0.5") for name in [*names, "alone"]]
    labels = [label_line(name, str(len(name))) for name in [*names, "other", "record-7"]]
    whole, expected = merge([*captures, "{"], [*labels, "{"])
    parts, records = merge([*captures, "{"], [*labels, "{"], at_a_time=2000)
    assert sorted(map(str, records)) == sorted(map(str, expected))
    assert parts.counts == whole.counts


def test_folders_that_are_not_there_have_nothing_to_merge(tmp_path: Path) -> None:
    merger = Merger(captures=tmp_path / "none", ground_truth=tmp_path / "neither")
    assert list(merger.merged_lines()) == []
    assert merger.counts.sentences() == "0 of 0 captured records have a ground truth."


def test_the_ground_truth_is_kept_as_it_was_given() -> None:
    line = b'{"groundTruthData": {"data": "\\u00e9", "encoding": "JSON"}, "eventMetadata": {"eventId": "a"}}'
    assert read_label(line=line) == (b"a", b'{"data":"\\u00e9","encoding":"JSON"}')
