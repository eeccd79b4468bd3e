from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from modelyard.drift.quality.merged_files import write_merged
from modelyard.drift.quality.merging import Merger

Write = Callable[[Path, Sequence[str]], Path]


def test_large_files_are_read_by_compiled_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_lines: Write, captured_line: Callable[..., str]
) -> None:
    path = write_lines(tmp_path / "a.jsonl", [captured_line("a", "0.5")])
    assert not Merger(captures=path, ground_truth=path).compiled
    monkeypatch.setattr("modelyard.drift.quality.chunks.WORTH_COMPILING", 100)
    merger = Merger(captures=path, ground_truth=path)
    assert merger.compiled
    write_merged(lines=merger.merged_lines(), folder=tmp_path / "out")
    assert merger.counts.captures == 1
