"""The rehearsal's record of a certification: its clock, and what it refuses. `test_lives` makes one."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from modelyard.scenario.reference import STEP_SECONDS, main, moved_clock


class Connected:
    """A local AWS of one endpoint, whose clock is looked at."""

    def __init__(self, *, status: str = "InService", minute: int = 0, broken: bool = False) -> None:
        self.advanced: list[float] = []
        self._status = status
        self._minute = minute
        self._broken = broken

    def client(self, _service: str) -> Any:
        return self

    def list_endpoints(self) -> Any:
        return {"Endpoints": [{"EndpointStatus": self._status}]}

    def now(self) -> datetime:
        return datetime(2026, 11, 27, 3, self._minute, tzinfo=UTC)

    def flush(self) -> None:
        if self._broken:
            raise ConnectionError("the local AWS is gone")

    def advance(self, *, seconds: float) -> None:
        self.advanced.append(seconds)


def moved(connection: Connected) -> list[float]:
    with moved_clock(connection):  # type: ignore[arg-type]
        time.sleep(0.6)
    return connection.advanced


def test_the_clock_is_moved_while_an_endpoint_is_updated_and_not_else() -> None:
    assert set(moved(Connected(status="Updating"))) == {STEP_SECONDS}
    assert moved(Connected(status="InService")) == []


def test_a_life_does_not_begin_shortly_before_the_hour_whose_check_would_be_none_of_it() -> None:
    assert moved(Connected(minute=50)) == [660]


def test_what_went_wrong_with_the_clock_is_raised() -> None:
    with pytest.raises(ConnectionError, match="the local AWS is gone"):
        moved(Connected(broken=True))


def test_a_model_that_a_life_cannot_play_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "reference.json"
    assert main(["mnist_tf", "--output", str(file)]) == 1
    assert "mnist_tf must have" in capsys.readouterr().err
    assert not file.exists()


def test_a_word_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["churn", "--ouptut", "x"]) == 1
    assert "No such option: --ouptut" in capsys.readouterr().err
