from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from modelyard.manifest import Model
from modelyard.manifest.reading import read_model
from modelyard.operations.failures import Failure
from modelyard.operations.monitoring.window import Window, moment, window_of
from support.synth import ROOT

NOW = datetime(2026, 11, 22, 10, 20, 30, tzinfo=UTC)


def model(name: str = "churn", *, schedule: str = "hourly") -> Model:
    read = read_model(ROOT / "models" / f"{name}.toml")
    assert read.monitoring is not None
    return replace(read, monitoring=replace(read.monitoring, schedule=schedule))


def window(*, since: str | None = None, until: str | None = None, schedule: str = "hourly") -> Window:
    return window_of(model=model(schedule=schedule), now=NOW, since=since, until=until)


def test_without_a_start_it_is_the_hour_before_and_this_one_as_far_as_it_has_come() -> None:
    assert str(window()) == "2026-11-22 09:00 to 2026-11-22 11:00 UTC"


def test_a_start_is_widened_to_its_whole_hour() -> None:
    assert str(window(since="3h")) == "2026-11-22 07:00 to 2026-11-22 11:00 UTC"


def test_an_end_is_widened_to_its_whole_hour() -> None:
    assert str(window(since="3h", until="2026-11-22T09:01")) == "2026-11-22 07:00 to 2026-11-22 10:00 UTC"


def test_an_end_on_the_hour_stays() -> None:
    assert str(window(since="3h", until="2026-11-22T09:00")) == "2026-11-22 07:00 to 2026-11-22 09:00 UTC"


def test_a_daily_check_looks_at_whole_days() -> None:
    assert str(window(schedule="daily")) == "2026-11-21 00:00 to 2026-11-23 00:00 UTC"


def test_the_hours_of_a_window_are_all_but_its_end() -> None:
    assert [f"{hour:%H}" for hour in window(since="2h").hours] == ["08", "09", "10"]


def test_the_state_machine_is_given_the_window_in_utc() -> None:
    assert window().input == {"start": "2026-11-22T09:00:00Z", "end": "2026-11-22T11:00:00Z"}


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("3h", NOW - timedelta(hours=3)),
        ("2d", NOW - timedelta(days=2)),
        ("2026-11-22T09:00", datetime(2026, 11, 22, 9, tzinfo=UTC)),
        ("2026-11-22T09:00:00Z", datetime(2026, 11, 22, 9, tzinfo=UTC)),
        ("2026-11-22T09:00+02:00", datetime(2026, 11, 22, 7, tzinfo=UTC)),
    ],
)
def test_a_moment_is_so_long_ago_or_a_time_in_utc_when_it_names_no_zone(text: str, when: datetime) -> None:
    assert moment(text, now=NOW, option="--since") == when


@pytest.mark.parametrize("text", ["", "yesterday", "0h", "3m", "-1h", "99999h"])
def test_anything_else_is_refused_with_what_it_may_be(text: str) -> None:
    with pytest.raises(Failure, match=f"--since must be so long ago as 3h or 2d, or a time as .*, got {text}"):
        moment(text, now=NOW, option="--since")


def test_more_folders_than_a_check_takes_are_refused() -> None:
    with pytest.raises(Failure, match="must have 1 to 8 folders of captures for 1 variants, it has 10"):
        window(since="9h")


def test_two_variants_leave_room_for_half_the_hours() -> None:
    with pytest.raises(Failure, match="must have 1 to 4 folders of captures for 2 variants, it has 5"):
        window_of(model=model("churn_forest"), now=NOW, since="4h", until=None)


def test_earlier_windows_leave_room_for_six_hours() -> None:
    churn = model()
    assert churn.monitoring is not None
    with pytest.raises(Failure, match="must have 1 to 6 folders of captures for 1 variants, it has 8"):
        window_of(
            model=replace(churn, monitoring=replace(churn.monitoring, earlier_windows=True)),
            now=NOW,
            since="7h",
            until=None,
        )


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(Failure, match="it has 0; choose --since and --until nearer to each other"):
        window(since="1h", until="2h")
