"""A telecom-churn table that is made up: 70 columns, the label first, about one customer in six leaves.

The columns are those of a well-known teaching table after one-hot encoding: what a customer uses, the plans,
the state and the area code. Who leaves follows rules that a tree can find and a straight line cannot, with
noise on top, so that a good model's area under the ROC curve is well above 0.8 and below 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modelyard.operations.datasets.integers import Integers, IntegerSource, write_lines

LETTERS = "akalarazcacoctdcdeflgahiiaidilinkskylamamdmemimnmomsmtncndnenhnjnmnvnyohokorpariscsdtntxutvavtwawiwvwy"
STATES = tuple(LETTERS[index : index + 2] for index in range(0, len(LETTERS), 2))
AREA_CODES = ("408", "415", "510")
NUMBERS = (
    "account_length",
    "vmail_message",
    "day_mins",
    "day_calls",
    "eve_mins",
    "eve_calls",
    "night_mins",
    "night_calls",
    "intl_mins",
    "intl_calls",
    "custserv_calls",
)
FLAGS = (
    *(f"state_{state}" for state in STATES),
    *(f"area_code_{code}" for code in AREA_CODES),
    "intl_plan_no",
    "intl_plan_yes",
    "vmail_plan_no",
    "vmail_plan_yes",
)
COLUMNS = ("churn", *NUMBERS, *FLAGS)
# Minutes are kept in tenths, so that every number in the maker is whole.
TENTHS = frozenset({"day_mins", "eve_mins", "night_mins", "intl_mins"})
SMALLEST = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Population:
    """What a population's customers use on average: minutes in tenths a day, calls in hundredths."""

    day_mins: int = 1800
    intl_mins: int = 103
    custserv_calls: int = 156
    intl_plan_percent: int = 12

    def __post_init__(self) -> None:
        if not 0 <= self.intl_plan_percent <= 100:
            raise ValueError(f"intl_plan_percent must be between 0 and 100, got {self.intl_plan_percent}")


USUAL = Population()
# A summer of price wars: more talk by day and abroad, more complaints, more international plans.
DRIFTED = Population(day_mins=2350, intl_mins=131, custserv_calls=290, intl_plan_percent=30)

# Of every 20 rows: train, validation, batch and traffic.
PARTS = (12, 4, 2, 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChurnTable:
    """Labelled customers to make: how many, of which population, from which seed.

    Raises:
        ValueError: fewer rows than the smallest table whose five files all have both labels.

    """

    rows: int = 5000
    population: Population = USUAL
    seed: int = 2026

    def __post_init__(self) -> None:
        if self.rows < SMALLEST:
            raise ValueError(f"rows must be {SMALLEST} or more, got {self.rows}; fewer leave a file without churners")

    def write(self, *, folder: Path) -> tuple[Path, ...]:
        """Write the channels, the baseline and two files without labels, and return the five paths.

        Of every 20 rows 12 go to train/, 4 to validation/, 2 to batch/ and 2 to traffic/. baseline/ holds the
        rows of train/ again under a header, the label as a probability, 0.0 or 1.0: a check holds the answers
        of a model against that column, and takes it for whole numbers otherwise. train/ and validation/ have
        the label first and no header, as XGBoost's container reads CSV; batch/ and traffic/ have neither.
        """
        lines = self._lines()
        train, validation, batch, traffic = _cut(lines=lines, parts=PARTS)
        files = {
            "train/train.csv": train,
            "validation/validation.csv": validation,
            "baseline/baseline.csv": [",".join(COLUMNS), *map(_as_probability, train)],
            "batch/batch.csv": [_without_label(line) for line in batch],
            "traffic/traffic.csv": [_without_label(line) for line in traffic],
        }
        for name, content in files.items():
            write_lines(path=folder / name, lines=content)
        return tuple(folder / name for name in files)

    def traffic(self) -> tuple[tuple[str, str], ...]:
        """Return the rows of traffic/, each as its label and the rest of the line."""
        *_, traffic = _cut(lines=self._lines(), parts=PARTS)
        return tuple((label, features) for label, _, features in (line.partition(",") for line in traffic))

    def _lines(self) -> list[str]:
        numbers = self._numbers()
        flags = self._flags(vmail=numbers["vmail_message"] > 0)
        churn = self._churn(numbers=numbers, intl_plan=flags["intl_plan_yes"])
        texts = [churn.astype(str).tolist()]
        texts += [_texts(values=numbers[name], tenths=name in TENTHS) for name in NUMBERS]
        texts += [flags[name].astype(str).tolist() for name in FLAGS]
        return [",".join(cells) for cells in zip(*texts, strict=True)]

    def _numbers(self) -> dict[str, Integers]:
        people = self.population
        has_vmail = self._source.column(name="vmail_plan", count=self.rows, span=100) < 28
        return {
            "account_length": self._bell(name="account_length", mean=101, deviation=40, low=1),
            "vmail_message": np.where(has_vmail, self._bell(name="vmail_message", mean=29, deviation=8, low=4), 0),
            "day_mins": self._bell(name="day_mins", mean=people.day_mins, deviation=540),
            "day_calls": self._bell(name="day_calls", mean=100, deviation=20),
            "eve_mins": self._bell(name="eve_mins", mean=2010, deviation=507),
            "eve_calls": self._bell(name="eve_calls", mean=100, deviation=20),
            "night_mins": self._bell(name="night_mins", mean=2009, deviation=505),
            "night_calls": self._bell(name="night_calls", mean=100, deviation=19),
            "intl_mins": self._bell(name="intl_mins", mean=people.intl_mins, deviation=28),
            "intl_calls": self._bell(name="intl_calls", mean=45, deviation=25, low=10) // 10,
            "custserv_calls": self._bell(name="custserv_calls", mean=people.custserv_calls, deviation=140) // 100,
        }

    def _bell(self, *, name: str, mean: int, deviation: int, low: int = 0) -> Integers:
        rendered = self._source.bell(name=name, count=self.rows, mean=mean, deviation=deviation)
        return np.maximum(rendered, low)

    def _flags(self, *, vmail: NDArray[np.bool_]) -> dict[str, Integers]:
        rendered = self._source.column(name="intl_plan", count=self.rows, span=100)
        states = self._one_hot(name="state", values=STATES)
        areas = self._one_hot(name="area_code", values=AREA_CODES)
        intl = _yes_no(name="intl_plan", yes=rendered < self.population.intl_plan_percent)
        return states | areas | intl | _yes_no(name="vmail_plan", yes=vmail)

    def _one_hot(self, *, name: str, values: Sequence[str]) -> dict[str, Integers]:
        rendered = self._source.column(name=name, count=self.rows, span=len(values))
        return {f"{name}_{value}": (rendered == index).astype(np.int64) for index, value in enumerate(values)}

    def _churn(self, *, numbers: dict[str, Integers], intl_plan: Integers) -> Integers:
        """Label with 1 whoever has more reasons to leave, some luck included, than the threshold."""
        luck = self._source.bell(name="luck", count=self.rows, mean=0, deviation=38)
        return (_reasons(numbers=numbers, intl_plan=intl_plan) + luck > 100).astype(np.int64)

    @property
    def _source(self) -> IntegerSource:
        return IntegerSource(seed=self.seed)


def _reasons(*, numbers: dict[str, Integers], intl_plan: Integers) -> Integers:
    """Weigh the reasons to leave: 100 is as many as to stay."""
    heavy_bill = np.clip((numbers["day_mins"] - 2200) // 5, 0, 130) * (numbers["vmail_message"] == 0)
    evenings = np.clip((numbers["eve_mins"] - 1800) // 20, -30, 60) * (numbers["day_mins"] > 2000)
    complaints = np.where((numbers["custserv_calls"] >= 4) & (numbers["day_mins"] < 1900), 150, 0)
    timeout = np.where(numbers["custserv_calls"] >= 4, 40, 6 * numbers["custserv_calls"])
    abroad = intl_plan * np.where((numbers["intl_calls"] <= 2) | (numbers["intl_mins"] > 131), 160, 20)
    newcomer = np.where(numbers["account_length"] < 30, 15, 0)
    total: Integers = heavy_bill + evenings + complaints + timeout + abroad + newcomer
    return total


def _yes_no(*, name: str, yes: NDArray[np.bool_]) -> dict[str, Integers]:
    return {f"{name}_no": (~yes).astype(np.int64), f"{name}_yes": yes.astype(np.int64)}


def _texts(*, values: Integers, tenths: bool) -> list[str]:
    if not tenths:
        return [str(value) for value in values.tolist()]
    return [f"{value // 10}.{value % 10}" for value in values.tolist()]


def _cut(*, lines: list[str], parts: tuple[int, ...]) -> list[list[str]]:
    edges = [sum(parts[:index]) * len(lines) // sum(parts) for index in range(len(parts) + 1)]
    return [lines[start:end] for start, end in pairwise(edges)]


def _as_probability(line: str) -> str:
    label, _, features = line.partition(",")
    return f"{label}.0,{features}"


def _without_label(line: str) -> str:
    return line.partition(",")[2]
