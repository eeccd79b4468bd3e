import gzip
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.quality.merged_files import read_merged_files, write_merged
from modelyard.drift.quality.merging import Merger

Line = Callable[..., str]


Write = Callable[[Path, Sequence[str]], Path]


HOUR = Path("churn/primary/2026/11/22/09/00-00-000-a.jsonl")


def test_merged_lines_are_written_by_the_captures_paths(
    tmp_path: Path, write_lines: Write, captured_line: Line, label_line: Line
) -> None:
    packed = tmp_path / "captures" / "churn" / "b.jsonl.gz"
    write_lines(tmp_path / "captures" / HOUR, [captured_line("a", "0.9")])
    packed.parent.mkdir(exist_ok=True)
    packed.write_bytes(gzip.compress(captured_line("b", "0.1").encode()))
    truth = write_lines(tmp_path / "labels.jsonl", [label_line("a", "1"), label_line("b", "0")])
    merger = Merger(captures=tmp_path / "captures", ground_truth=truth)
    for _ in range(2):
        write_merged(lines=merger.merged_lines(), folder=tmp_path / "out")
    written = sorted(path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.*"))
    assert written == [Path("churn/b.jsonl"), HOUR]
    assert sum(found.text.count(b"\n") for found in read_merged_files(folder=tmp_path / "out")) == 2


def test_a_capture_file_of_many_chunks_becomes_one_merged_file(
    tmp_path: Path, write_lines: Write, captured_line: Line, label_line: Line
) -> None:
    long = "1," * 50_000
    names = [str(number) for number in range(30)]
    write_lines(tmp_path / "captures.jsonl", [captured_line(name, long) for name in names])
    write_lines(tmp_path / "labels.jsonl", [label_line(name, "1") for name in names])
    merger = Merger(captures=tmp_path / "captures.jsonl", ground_truth=tmp_path / "labels.jsonl")
    write_merged(lines=merger.merged_lines(), folder=tmp_path / "out")
    assert len((tmp_path / "out" / "captures.jsonl").read_text().splitlines()) == 30


def test_a_folder_that_cannot_be_written_is_refused(
    tmp_path: Path, write_lines: Write, captured_line: Line, label_line: Line
) -> None:
    captures = write_lines(tmp_path / "a.jsonl", [captured_line("a", "1")])
    truth = write_lines(tmp_path / "b.jsonl", [label_line("a", "1")])
    merger = Merger(captures=captures, ground_truth=truth)
    with pytest.raises(DriftError, match="cannot be written"):
        write_merged(lines=merger.merged_lines(), folder=captures)
