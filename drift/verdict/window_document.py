"""What later checks need of a window, in a file of its own, so that a month of them is small.

The file is named by when the window begins: windows of different lengths may end together.
"""

from datetime import UTC, datetime
from pathlib import Path

from modelyard.drift.documents.jackson import Json
from modelyard.drift.documents.node import Node, read_document
from modelyard.drift.errors import DriftError
from modelyard.drift.verdict.earlier import Window, WindowTest, earliest_start
from modelyard.drift.verdict.hypothesis_test import Aspect

FILES = "window-*.json"


def window_file(*, start: datetime) -> str:
    """Return the name of the file of a window that begins then."""
    return f"window-{start.astimezone(UTC):%Y%m%dT%H%M%SZ}.json"


def window_document(*, window: Window) -> dict[str, Json]:
    """Return the document of a window."""
    return {
        "version": 1,
        "baseline": window.baseline,
        "start": None if window.start is None else window.start.isoformat(),
        "end": None if window.end is None else window.end.isoformat(),
        "tests": [
            {
                "column": column,
                "aspect": str(aspect),
                "comparisons": test.comparisons,
                "rows": test.rows,
                "found": list(test.found),
                "scores": list(test.scores),
                "changed": test.changed,
            }
            for (column, aspect), test in window.tests.items()
        ],
    }


def read_window(*, path: Path) -> Window:
    """Read a window of an earlier check.

    Raises:
        DriftError: the file cannot be used.
    """
    node = read_document(path=path)
    return Window(
        baseline=node.get("baseline").text(),
        tests=dict(map(_read_test, node.get("tests").items())),
        start=node.read("start", _moment, default=None),
        end=node.read("end", _moment, default=None),
    )


def read_windows(*, folder: Path, start: datetime, end: datetime) -> tuple[list[Window], int]:
    """Return the windows below a folder that one of these times may have to know, and how many files cannot be used.

    The folder need not exist. Names are in the order of time, and what begins too early or too late is not read.
    """
    first, last = window_file(start=earliest_start(start=start, end=end)), window_file(start=start)
    windows, unreadable = [], 0
    for path in sorted(path for path in folder.rglob(FILES) if first <= path.name < last):
        try:
            windows.append(read_window(path=path))
        except DriftError:
            unreadable += 1
    return windows, unreadable


def _read_test(node: Node) -> tuple[tuple[str, str], WindowTest]:
    test = WindowTest(
        comparisons=node.get("comparisons").text(),
        rows=node.get("rows").count(),
        found=tuple(count.count() for count in node.get("found").items()),
        scores=tuple(score.number() for score in node.get("scores").items()),
        changed=node.get("changed").switch(),
    )
    return (node.get("column").text(), node.get("aspect").one_of(*Aspect)), test


def _moment(node: Node) -> datetime:
    try:
        moment = datetime.fromisoformat(node.text())
    except ValueError as error:
        raise node.error(allowed="a time of ISO 8601", hint="make the check again") from error
    if moment.tzinfo is None:
        raise node.error(allowed="a time with its zone", hint="make the check again")
    return moment
