"""What the strangers' tests share: how long they watch, and where pip looks for a stranger's library."""

from pathlib import Path

import pytest

from support.strangers import STRANGERS
from support.wheels import write_wheel

QUIET_HOURS = 6
HOURS_A_DAY = 24


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `pytest tests/strangers --days 7` watch a week in place of some hours."""
    parser.addoption("--days", type=int, help="How many quiet days are watched, hour by hour.")


@pytest.fixture
def quiet_hours(request: pytest.FixtureRequest) -> int:
    """How many hours are watched in which nothing changes."""
    days = request.config.getoption("--days", default=None)
    return QUIET_HOURS if days is None else HOURS_A_DAY * int(days)


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where pip looks for a library: nothing is asked of the internet."""
    folder = tmp_path / "wheels"
    source = (STRANGERS / "wine" / "library" / "centroids.py").read_text(encoding="utf-8")
    write_wheel(folder, name="centroids", version="1.0", source=source)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder
