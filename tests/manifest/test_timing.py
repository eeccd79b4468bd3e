from collections import Counter

import pytest

from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.problems import Invalid
from modelyard.manifest.timing import EARLIEST_MINUTE, LATEST_MINUTE, minute_of

FLEET = [f"prod-model-{number}-data-quality" for number in range(1000)]


def test_a_schedule_s_minute_follows_from_its_name_and_never_changes() -> None:
    names = ("dev-churn-data-quality", "dev-churn-forest-data-quality")

    assert [minute_of(name=name) for name in names] == [36, 27]


def test_a_minute_lies_after_late_captures_and_before_the_hour_s_end() -> None:
    assert {minute_of(name=name) for name in FLEET} == set(range(EARLIEST_MINUTE, LATEST_MINUTE + 1))


def test_a_thousand_checks_begin_forty_times_apart() -> None:
    at_once = Counter(minute_of(name=name) for name in FLEET)

    assert max(at_once.values()) <= 2 * len(FLEET) / len(at_once)


def test_the_chosen_minute_is_taken_as_it_is() -> None:
    assert minute_of(name="dev-churn-data-quality", chosen=59) == 59


@pytest.mark.parametrize("minute", [10, 59])
def test_a_check_of_our_own_engine_may_begin_from_minute_10_to_59(minute: int) -> None:
    assert Monitoring(engine="drift", minute=minute).minute == minute


@pytest.mark.parametrize("minute", [0, 9, 60])
def test_a_minute_at_which_captures_may_be_missing_is_refused(minute: int) -> None:
    with pytest.raises(Invalid) as refused:
        Monitoring(engine="drift", minute=minute)

    assert str(refused.value) == (
        f"minute must be between 10 and 59, got {minute}; "
        "the captures of an hour's last minutes arrive some minutes late"
    )


def test_a_minute_for_aws_s_engine_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        Monitoring(engine="model-monitor", minute=30)

    assert str(refused.value) == (
        "minute must be left out with the engine model-monitor, got 30; "
        "SageMaker knows no minutes: it begins 0 to 20 after the hour, each check by itself"
    )
