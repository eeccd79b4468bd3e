"""What the strangers' tests share: how long they watch, and where pip looks for a stranger's library."""

from pathlib import Path

import pytest

from support.strangers import STRANGERS
from support.wheels import write_wheel


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `pytest tests/strangers --days 7` watch a week in place of a day."""
    parser.addoption("--days", type=int, default=1, help="How many quiet days are watched, hour by hour.")


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where pip looks for a library: nothing is asked of the internet."""
    folder = tmp_path / "wheels"
    source = (STRANGERS / "wine" / "library" / "centroids.py").read_text(encoding="utf-8")
    write_wheel(folder, name="centroids", version="1.0", source=source)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder
