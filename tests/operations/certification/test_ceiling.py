"""A ceiling on time and money, by a clock and prices that a test gives."""

import dataclasses

import pytest

from modelyard.operations.certification.ceiling import Ceiling, CeilingReached, Meter, Use, hourly
from modelyard.operations.costs.prices import shipped
from modelyard.operations.failures import Failure

# A key of a dollar a month, and an instance of a dollar an hour.
PRICES = dataclasses.replace(shipped(), key=0.0, hour={"ml.m5.large": 1.0})


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def advance(self, *, minutes: float) -> None:
        self.seconds += minutes * 60


@pytest.fixture
def clock() -> Clock:
    return Clock()


def meter(clock: Clock, *, dollars: float = 10, minutes: float = 1000) -> Meter:
    return Meter(ceiling=Ceiling(dollars=dollars, minutes=minutes), prices=PRICES, clock=clock)


@pytest.mark.parametrize(("dollars", "minutes", "option"), [(0, 1, "--max-usd"), (1, -1, "--max-minutes")])
def test_a_ceiling_must_be_above_0(dollars: float, minutes: float, option: str) -> None:
    with pytest.raises(Failure, match=f"{option} must be above 0, got "):
        Ceiling(dollars=dollars, minutes=minutes)


def test_a_ceiling_that_is_no_number_is_refused() -> None:
    with pytest.raises(Failure, match="--max-usd must be above 0, got nan"):
        Ceiling(dollars=float("nan"), minutes=1)


def test_money_is_counted_by_what_runs_and_how_long(clock: Clock) -> None:
    counted = meter(clock)
    counted.run((Use(instance="ml.m5.large", count=2),))
    clock.advance(minutes=30)
    assert counted.dollars == pytest.approx(1.0)
    counted.run(())
    clock.advance(minutes=600)
    assert counted.dollars == pytest.approx(1.0)
    assert counted.minutes == pytest.approx(630)


def test_a_key_is_counted_by_the_hour() -> None:
    assert hourly((), prices=dataclasses.replace(PRICES, key=730.0)) == pytest.approx(1.0)


def test_an_instance_without_a_price_is_refused() -> None:
    with pytest.raises(Failure, match=r"ml\.z9\.large must have a price for a ceiling to be kept, .* by --prices"):
        hourly((Use(instance="ml.z9.large", count=1),), prices=PRICES)


def test_the_time_ends_while_there_is_enough_left_for_the_teardown(clock: Clock) -> None:
    counted = meter(clock, minutes=60)
    clock.advance(minutes=44)
    counted.check()
    clock.advance(minutes=2)
    with pytest.raises(CeilingReached, match=r"46 minutes have passed, .* is --max-minutes 60; raise it and repeat"):
        counted.check()


def test_the_money_ends_while_there_is_enough_left_for_the_teardown(clock: Clock) -> None:
    counted = meter(clock, dollars=1)
    counted.run((Use(instance="ml.m5.large", count=1),))
    clock.advance(minutes=44)
    counted.check()
    clock.advance(minutes=2)
    with pytest.raises(CeilingReached, match=r"0\.77 USD are spent by the price list, .* costs about 0\.25: that is "):
        counted.check()
