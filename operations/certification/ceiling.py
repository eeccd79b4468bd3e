"""What a life may cost and how long it may take, said before it begins and held while it runs."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from modelyard.operations.costs.prices import HOURS_A_MONTH, Prices
from modelyard.operations.failures import Failure

MINUTES_AN_HOUR = 60
# Kept back from both ceilings: what is torn down costs until it is gone.
TEARDOWN_MINUTES = 15


class CeilingReached(Failure):
    """The life ends here, and is torn down."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """Instances that run at the same time."""

    instance: str
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Ceiling:
    """The most US dollars and minutes.

    Raises:
        Failure: one of them is not above 0.
    """

    dollars: float
    minutes: float

    def __post_init__(self) -> None:
        for option, value in (("--max-usd", self.dollars), ("--max-minutes", self.minutes)):
            if not value > 0:
                raise Failure(f"{option} must be above 0, got {value:g}; leave it out for the default")


def hourly(uses: tuple[Use, ...], *, prices: Prices) -> float:
    """Return what instances cost an hour, with the stage's key.

    Raises:
        Failure: a type has no price.
    """
    dollars = prices.key / HOURS_A_MONTH
    for use in uses:
        price = prices.instance_hour(use.instance)
        if price is None:
            raise Failure(
                f"{use.instance} must have a price for a ceiling to be kept, the table has none; add it to a copy and "
                "give that by --prices"
            )
        dollars += price * use.count
    return dollars


@dataclass(kw_only=True)
class Meter:
    """Counts the time and, by the price list, the money that a life has taken so far; `clock` gives seconds."""

    ceiling: Ceiling
    prices: Prices
    clock: Callable[[], float] = time.monotonic
    _began: float = field(init=False)
    _since: float = field(init=False)
    _rate: float = 0.0
    _spent: float = 0.0

    def __post_init__(self) -> None:
        self._began = self._since = self.clock()

    @property
    def minutes(self) -> float:
        """Minutes since the beginning."""
        return (self.clock() - self._began) / 60

    @property
    def dollars(self) -> float:
        """What has been spent: each instance from when it was asked for to when it was gone, so never too little."""
        return self._spent + self._rate * (self.clock() - self._since) / 3600

    def run(self, uses: tuple[Use, ...]) -> None:
        """Say what runs from now on."""
        self._spent, self._since = self.dollars, self.clock()
        self._rate = hourly(uses, prices=self.prices)

    def check(self) -> None:
        """Do nothing while both ceilings can be kept.

        Raises:
            CeilingReached: with what the teardown takes, one of them would be passed.
        """
        reserve = self._rate * TEARDOWN_MINUTES / MINUTES_AN_HOUR
        if self.minutes + TEARDOWN_MINUTES > self.ceiling.minutes:
            raise CeilingReached(
                f"{self.minutes:.0f} minutes have passed, and the teardown takes about {TEARDOWN_MINUTES}: that is "
                f"--max-minutes {self.ceiling.minutes:g}; raise it and repeat"
            )
        if self.dollars + reserve > self.ceiling.dollars:
            raise CeilingReached(
                f"{self.dollars:.2f} USD are spent by the price list, and the teardown costs about {reserve:.2f}: that "
                f"is --max-usd {self.ceiling.dollars:g}; raise it and repeat"
            )
