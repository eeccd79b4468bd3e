import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from modelyard.drift.analysis import write_document
from modelyard.drift.errors import DriftError
from modelyard.drift.verdict.earlier import Earlier, Window, WindowTest
from modelyard.drift.verdict.verdict import Verdict
from modelyard.drift.verdict.window_document import read_window, read_windows, window_document, window_file

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEST = WindowTest(comparisons="ab", rows=10, found=(1, 2), scores=(0.5, -0.25), changed=True)


def written(path: Path, window: Window, **changes: Any) -> Path:
    document = window_document(window=window)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**document, **changes}))
    return path


@pytest.mark.parametrize(
    "window", [Window(tests={("x", "values"): TEST, ("", "unreadable"): TEST}, start=NOON, end=NOON), Window(tests={})]
)
def test_a_window_is_read_back_as_it_was(tmp_path: Path, window: Window) -> None:
    assert read_window(path=written(tmp_path / "window.json", window)) == window


def test_what_a_verdict_has_counted_is_read_back(tmp_path: Path, verdict_on: Callable[..., Verdict]) -> None:
    found = verdict_on([0.5, 1.5, 2.5] * 300, [0.5, 1.5] * 50, earlier=Earlier()).window
    assert found is not None
    write_document(path=tmp_path / "window.json", document=window_document(window=found))
    assert read_window(path=tmp_path / "window.json") == found


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": "noon"}, "start must be a time of ISO 8601, got 'noon'"),
        ({"end": "2026-11-22T12:00:00"}, "end must be a time with its zone"),
        ({"tests": None}, "tests must be given"),
    ],
)
def test_a_file_that_is_no_window_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = written(tmp_path / "window.json", Window(tests={}), **changes)
    with pytest.raises(DriftError, match=message):
        read_window(path=path)


def test_files_that_cannot_be_used_are_counted(tmp_path: Path) -> None:
    written(tmp_path / "2026" / "11" / "22" / "13" / window_file(start=NOON), Window(tests={}, start=NOON, end=NOON))
    broken = tmp_path / "2026" / "11" / "22" / "14" / window_file(start=NOON)
    broken.parent.mkdir()
    broken.write_text("{")
    windows, unreadable = read_windows(folder=tmp_path)
    assert ([one.start for one in windows], unreadable) == ([NOON], 1)


def test_without_a_folder_there_are_none(tmp_path: Path) -> None:
    assert read_windows(folder=tmp_path / "nothing") == ([], 0)


def test_a_file_is_named_by_when_its_window_begins() -> None:
    assert window_file(start=datetime.fromisoformat("2026-11-22T13:00:00+01:00")) == "window-20261122T120000Z.json"
