import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from modelyard.drift.documents.files import write_document
from modelyard.drift.errors import DriftError
from modelyard.drift.verdict.earlier import Earlier, Window, WindowTest, earlier_by_time
from modelyard.drift.verdict.verdict import Verdict
from modelyard.drift.verdict.window_document import read_window, read_windows, window_document, window_file

HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEST = WindowTest(comparisons="ab", rows=10, found=(1, 2), scores=(0.5, -0.25), changed=True)


def written(path: Path, window: Window, **changes: Any) -> Path:
    document = window_document(window=window)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**document, **changes}))
    return path


@pytest.mark.parametrize(
    "window",
    [
        Window(baseline="b", tests={("x", "values"): TEST, ("", "unreadable"): TEST}, start=NOON, end=NOON),
        Window(baseline="b", tests={}),
    ],
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
    path = written(tmp_path / "window.json", Window(baseline="b", tests={}), **changes)
    with pytest.raises(DriftError, match=message):
        read_window(path=path)


def test_files_that_cannot_be_used_are_counted(tmp_path: Path) -> None:
    written(tmp_path / "2026" / "11" / window_file(start=NOON), Window(baseline="b", tests={}, start=NOON, end=NOON))
    (tmp_path / "2026" / "11" / window_file(start=NOON + HOUR)).write_text("{")
    windows, unreadable = read_windows(folder=tmp_path, start=NOON + 2 * HOUR, end=NOON + 3 * HOUR)
    assert ([one.start for one in windows], unreadable) == ([NOON], 1)


def test_files_of_windows_that_do_not_count_are_not_read(tmp_path: Path) -> None:
    for hours in (0, 1, -400):
        (tmp_path / window_file(start=NOON + hours * HOUR)).write_text("{")
    assert read_windows(folder=tmp_path, start=NOON, end=NOON + HOUR) == ([], 0)


def test_all_windows_that_count_are_read(tmp_path: Path) -> None:
    known = [Window(baseline="b", tests={}, start=NOON - n * HOUR, end=NOON - (n - 1) * HOUR) for n in range(1, 300)]
    for one in known:
        assert one.start is not None
        written(tmp_path / window_file(start=one.start), one)
    every = earlier_by_time(known, start=NOON, end=NOON + HOUR, unreadable=0)
    found, _ = read_windows(folder=tmp_path, start=NOON, end=NOON + HOUR)
    assert len(found) < 200
    assert earlier_by_time(found, start=NOON, end=NOON + HOUR, unreadable=0) == every


def test_without_a_folder_there_are_none(tmp_path: Path) -> None:
    assert read_windows(folder=tmp_path / "nothing", start=NOON, end=NOON + HOUR) == ([], 0)


def test_a_file_is_named_by_when_its_window_begins() -> None:
    assert window_file(start=datetime.fromisoformat("2026-11-22T13:00:00+01:00")) == "window-20261122T120000Z.json"
