"""The hyperparameters that a tuning job tries: every combination, or random ones of ranges.

Source: "Define Hyperparameter Ranges" and "Hyperparameter scaling" in AWS's developer guide.
"""

import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Scaling(StrEnum):
    """On which scale values are spread evenly; Auto is Linear here, AWS chooses for itself."""

    AUTO = "Auto"
    LINEAR = "Linear"
    LOGARITHMIC = "Logarithmic"
    REVERSE_LOGARITHMIC = "ReverseLogarithmic"


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberRange:
    """Numbers from `low` to `high`, both included.

    Raises:
        ValueError: the bounds are not in order, or not within what the scale can show.

    """

    low: float
    high: float
    scaling: Scaling = Scaling.LINEAR
    whole: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            raise ValueError(f"a range must have MinValue <= MaxValue, got {self.low:g} and {self.high:g}")
        if self.scaling is Scaling.LOGARITHMIC and self.low <= 0:
            raise ValueError(f"a Logarithmic range must be above 0, got {self.low:g}; raise MinValue")
        if self.scaling is Scaling.REVERSE_LOGARITHMIC and not (self.low >= 0 and self.high < 1):
            raise ValueError(
                f"a ReverseLogarithmic range must lie within 0 <= x < 1, got {self.low:g} to {self.high:g}"
            )

    def draw(self, chance: random.Random) -> str:
        """Return a random value as text."""
        value = min(max(self._scaled(chance), self.low), self.high)
        return str(round(value)) if self.whole else repr(value)

    def _scaled(self, chance: random.Random) -> float:
        # A whole number stands for what rounds to it, so that the first and the last are as likely as others.
        margin = 0.4999 if self.whole and self.low < self.high else 0
        low, high = self.low - margin, self.high + margin
        if self.scaling is Scaling.LOGARITHMIC:
            return math.exp(chance.uniform(math.log(self.low), math.log(self.high)))
        if self.scaling is Scaling.REVERSE_LOGARITHMIC:
            return 1 - math.exp(chance.uniform(math.log(1 - self.high), math.log(1 - self.low)))
        return chance.uniform(low, high)


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchSpace:
    """What is varied: ranges of numbers, and lists of texts.

    Raises:
        ValueError: a list is empty.

    """

    numbers: Mapping[str, NumberRange]
    choices: Mapping[str, Sequence[str]]

    def __post_init__(self) -> None:
        empty = [name for name, values in self.choices.items() if not values]
        if empty:
            raise ValueError(f"the categorical range {empty[0]} must have a value, got none; add one")

    @classmethod
    def of(cls, ranges: Mapping[str, Any]) -> "SearchSpace":
        """Read ParameterRanges.

        Raises:
            ValueError: a range that cannot be used.

        """
        whole = {given["Name"]: _numbers(given, whole=True) for given in ranges.get("IntegerParameterRanges", [])}
        real = {given["Name"]: _numbers(given, whole=False) for given in ranges.get("ContinuousParameterRanges", [])}
        texts = {given["Name"]: given["Values"] for given in ranges.get("CategoricalParameterRanges", [])}
        return cls(numbers=whole | real, choices=texts)

    @property
    def combinations(self) -> int:
        """How many combinations a grid has."""
        return math.prod(len(values) for values in self.choices.values())

    def grid(self) -> Iterator[dict[str, str]]:
        """Yield every combination.

        Raises:
            ValueError: a range of numbers has no end of them.

        """
        if self.numbers:
            raise ValueError(f"a grid must be of categorical ranges only, got {next(iter(self.numbers))}")
        for values in itertools.product(*self.choices.values()):
            yield dict(zip(self.choices, values, strict=True))

    def draw(self, chance: random.Random) -> dict[str, str]:
        """Return a random combination."""
        numbers = {name: values.draw(chance) for name, values in self.numbers.items()}
        return numbers | {name: chance.choice(values) for name, values in self.choices.items()}


def _numbers(given: Mapping[str, Any], *, whole: bool) -> NumberRange:
    try:
        low, high = float(given["MinValue"]), float(given["MaxValue"])
    except ValueError as error:
        bounds = f"{given['MinValue']!r} and {given['MaxValue']!r}"
        raise ValueError(f"the range {given['Name']} must have numbers as bounds, got {bounds}") from error
    return NumberRange(low=low, high=high, scaling=Scaling(given.get("ScalingType", "Linear")), whole=whole)
