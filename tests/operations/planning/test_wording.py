import pytest

from modelyard.operations.planning.wording import duration


@pytest.mark.parametrize(("seconds", "said"), [(0, "no time"), (45, "45 s"), (300, "5 min"), (90, "1 min 30 s")])
def test_seconds_are_said_exactly(seconds: int, said: str) -> None:
    assert duration(seconds) == said
