"""The nights after: no alarm while nothing has changed, and one at the first check after something has.

`pytest tests/strangers --days 7` watches a week hour by hour in place of a day.
"""

from pathlib import Path

import pytest

from support.strangers import Row, arrived, deployed

DAY = 24
# What a person would call another population: so much more of a column, in half of the rows.
MOVED = {"diabetes": {2: 9.0, 3: 25.0}, "wine": {0: 2.0, 12: 600.0}}
WATCHED = [("diabetes", "drift"), ("diabetes", "model-monitor"), ("wine", "drift")]


@pytest.mark.usefixtures("wheels")
@pytest.mark.parametrize(("name", "engine"), WATCHED)
def test_quiet_days_ring_nothing_and_the_first_check_after_a_drift_does(
    name: str, engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    def moved(row: Row) -> Row:
        shifts = MOVED[name]
        return [repr(float(cell) + shifts[place]) if place in shifts else cell for place, cell in enumerate(row)]

    stranger = arrived(name, folder=tmp_path)
    stranger.watch_by(engine)
    with deployed(stranger, log=tmp_path / "commands.log") as watched:
        watched.pass_hours(DAY * request.config.getoption("--days", default=1))
        assert watched.alarm() is None
        watched.pass_hours(1, moved=moved)
        # The check of that hour begins within the next one.
        watched.pass_hours(1)
        assert watched.alarm(f"dev-{name}-data-quality-violations") is not None
