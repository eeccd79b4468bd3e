import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.quality.files import merged_files, write_merged
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
        lines = [line for merged in merger.merged() for line in merged.text.splitlines()]
        return merger, [json.loads(line) for line in lines]

    return merge


def test_a_merged_line_is_the_captured_record_with_its_ground_truth(
    merge: Merge, captured: Line, labelled: Line
) -> None:
    line = captured("a", "0.9")
    _, records = merge([line], [labelled("a", "1")])
    assert records == [{**json.loads(line), "groundTruthData": {"data": "1", "encoding": "CSV"}}]


@pytest.fixture
def tallied(merge: Merge) -> Callable[..., str]:
    """Merge, and return what came of it in words."""

    def tallied(captures: Sequence[str], labels: Sequence[str]) -> str:
        merger, _ = merge(captures, labels)
        return merger.tally.sentences()

    return tallied


def test_inference_ids_come_before_event_ids(merge: Merge, captured: Line, labelled: Line) -> None:
    lines = [captured("a", "0.9", inference="order-1"), captured("b", "0.1")]
    merger, records = merge(lines, [labelled("order-1", "1"), labelled("b", "0"), labelled("a", "0")])
    assert [record["groundTruthData"]["data"] for record in records] == ["1", "0"]
    assert merger.tally.unclaimed == 1


def test_one_inference_id_of_several_captures_labels_them_all(
    tallied: Callable[..., str], captured: Line, labelled: Line
) -> None:
    lines = [captured(name, "0.9", inference="order-1") for name in "ab"]
    assert tallied(lines, [labelled("order-1", "1")]) == "2 of 2 captured records have a ground truth."


def test_captures_without_and_labels_beyond_are_counted(
    tallied: Callable[..., str], captured: Line, labelled: Line
) -> None:
    said = tallied([captured("a", "0.9"), captured("b", "0.9")], [labelled("b", "1"), labelled("c", "0")])
    assert said == "1 of 2 captured records has a ground truth. 1 ground truth belongs to none of them."


def test_of_labels_given_again_the_last_one_counts(merge: Merge, captured: Line, labelled: Line) -> None:
    merger, records = merge([captured("a", "0.9")], [labelled("a", "0"), labelled("a", "1")])
    assert records[0]["groundTruthData"] == {"data": "1", "encoding": "CSV"}
    assert "1 ground truth was given again; the last one counts." in merger.tally.sentences()


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
    tallied: Callable[..., str], captured: Line, labelled: Line, line: str, cause: str
) -> None:
    said = tallied([line, "", captured("a", "0.9")], [labelled("a", "1")])
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
    tallied: Callable[..., str], captured: Line, labelled: Line, line: str, cause: str
) -> None:
    said = tallied([captured("a", "0.9")], [line, labelled("a", "1")])
    assert "1 ground truth could not be read: 1 because " in said
    assert cause in said


def test_more_ground_truth_than_is_kept_at_a_time_merges_the_same(merge: Merge, captured: Line, labelled: Line) -> None:
    names = [f"record-{number}" for number in range(200)]
    captures = [captured(name, "0.5") for name in [*names, "alone"]]
    labels = [labelled(name, str(len(name))) for name in [*names, "other", "record-7"]]
    whole, expected = merge([*captures, "{"], [*labels, "{"])
    parts, records = merge([*captures, "{"], [*labels, "{"], at_a_time=2000)
    assert sorted(map(str, records)) == sorted(map(str, expected))
    assert parts.tally == whole.tally


def test_merged_lines_are_written_by_the_captures_paths(
    tmp_path: Path, write_lines: Write, captured: Line, labelled: Line
) -> None:
    packed = tmp_path / "captures" / "churn" / "b.jsonl.gz"
    write_lines(tmp_path / "captures" / HOUR, [captured("a", "0.9")])
    packed.parent.mkdir(exist_ok=True)
    packed.write_bytes(gzip.compress(captured("b", "0.1").encode()))
    truth = write_lines(tmp_path / "labels.jsonl", [labelled("a", "1"), labelled("b", "0")])
    merger = Merger(captures=tmp_path / "captures", ground_truth=truth)
    for _ in range(2):
        write_merged(lines=merger.merged(), folder=tmp_path / "out")
    written = sorted(path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.*"))
    assert written == [Path("churn/b.jsonl"), HOUR]
    assert sum(found.text.count(b"\n") for found in merged_files(folder=tmp_path / "out")) == 2


def test_a_capture_file_of_many_chunks_becomes_one_merged_file(
    tmp_path: Path, write_lines: Write, captured: Line, labelled: Line
) -> None:
    long = "1," * 50_000
    names = [str(number) for number in range(30)]
    write_lines(tmp_path / "captures.jsonl", [captured(name, long) for name in names])
    write_lines(tmp_path / "labels.jsonl", [labelled(name, "1") for name in names])
    merger = Merger(captures=tmp_path / "captures.jsonl", ground_truth=tmp_path / "labels.jsonl")
    write_merged(lines=merger.merged(), folder=tmp_path / "out")
    assert len((tmp_path / "out" / "captures.jsonl").read_text().splitlines()) == 30


def test_folders_that_are_not_there_have_nothing_to_merge(tmp_path: Path) -> None:
    merger = Merger(captures=tmp_path / "none", ground_truth=tmp_path / "neither")
    assert list(merger.merged()) == []
    assert merger.tally.sentences() == "0 of 0 captured records have a ground truth."


def test_a_folder_that_cannot_be_written_is_refused(
    tmp_path: Path, write_lines: Write, captured: Line, labelled: Line
) -> None:
    captures = write_lines(tmp_path / "a.jsonl", [captured("a", "1")])
    truth = write_lines(tmp_path / "b.jsonl", [labelled("a", "1")])
    merger = Merger(captures=captures, ground_truth=truth)
    with pytest.raises(DriftError, match="cannot be written"):
        write_merged(lines=merger.merged(), folder=captures)


def test_the_ground_truth_is_kept_as_it_was_given() -> None:
    line = b'{"groundTruthData": {"data": "\\u00e9", "encoding": "JSON"}, "eventMetadata": {"eventId": "a"}}'
    assert read_label(line=line) == (b"a", b'{"data":"\\u00e9","encoding":"JSON"}')
