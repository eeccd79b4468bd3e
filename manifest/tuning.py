"""The `[training.tuning]` table: a hyperparameter tuning job in the place of listed trials."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from modelyard.manifest.hyperparameters import HYPERPARAMETER_NAME, Hyperparameter
from modelyard.manifest.problems import NOTHING, Problem, problem_if
from modelyard.manifest.rules import AtMost, Between, Count, Declared, Each

Strategy = Literal["Bayesian", "Random", "Grid", "Hyperband"]

# Limits of CreateHyperParameterTuningJob (SageMaker API reference).
MOST_TUNED_JOBS = 750
MOST_PARALLEL_TUNED_JOBS = 100
MOST_RANGES = 30
MOST_WORDS = 30
LONGEST_WORD = 256


@dataclass(frozen=True, kw_only=True, slots=True)
class Range(Declared):
    """The values that a tuning job may choose: numbers from `min` to `max`, or a list of words."""

    min: Annotated[float | None, AtMost(LONGEST_WORD)] = None
    max: Annotated[float | None, AtMost(LONGEST_WORD)] = None
    values: Annotated[tuple[str, ...], Count(0, MOST_WORDS, hint="list fewer"), Each(AtMost(LONGEST_WORD))] = ()
    scaling: Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"] = "Auto"

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        low, high = self.min, self.max
        if self.values:
            twice = sorted({word for word in self.values if self.values.count(word) > 1})
            return (
                problem_if(
                    len(self.values) == 1,
                    key="values",
                    allowed="two words or more",
                    got=list(self.values),
                    hint="a search varies what it is given: write a single value under hyperparameters",
                ),
                problem_if(
                    bool(twice),
                    key="values",
                    allowed="different words",
                    got=twice,
                    hint="list each word once",
                ),
                problem_if(
                    low is not None or high is not None,
                    key="values",
                    allowed="left out beside min and max",
                    got=list(self.values),
                    hint="keep the words or the bounds",
                ),
            )
        return (
            problem_if(
                low is None or high is None or not -math.inf < low < high < math.inf,
                key="min",
                allowed=f"given and below max ({NOTHING if high is None else high})",
                got=NOTHING if low is None else low,
                hint="write { min = 1, max = 8 }, or a list of words",
            ),
            problem_if(
                low is not None and low <= 0 and self.scaling == "Logarithmic",
                key="scaling",
                allowed=f"Auto or Linear when min is not above 0 ({low})",
                got=self.scaling,
                hint="raise min above 0 or change the scaling",
            ),
            problem_if(
                self.scaling == "ReverseLogarithmic" and not ((low is None or low >= 0) and (high is None or high < 1)),
                key="scaling",
                allowed=f"Auto or Linear unless all lies from 0 to below 1 ({low} to {high})",
                got=self.scaling,
                hint="change the scaling or the bounds",
            ),
        )

    @property
    def kind(self) -> Literal["Integer", "Continuous", "Categorical"]:
        """How SageMaker is to vary it: whole numbers at both ends make it an integer."""
        if self.values:
            return "Categorical"
        whole = all(type(bound) is int for bound in (self.min, self.max))
        return "Integer" if whole else "Continuous"

    @property
    def ends(self) -> tuple[Hyperparameter, ...]:
        """The values that show whether all of it is allowed: every word, or the two bounds."""
        bounds = (self.min, self.max)
        return self.values if self.values else tuple(bound for bound in bounds if bound is not None)

    @property
    def choices(self) -> float:
        """How many values it has: without end for numbers that are not whole."""
        if self.values:
            return len(self.values)
        if self.min is None or self.max is None or self.kind == "Continuous":
            return math.inf
        return self.max - self.min + 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Tuning(Declared):
    """A hyperparameter search in place of listed trials."""

    ranges: Annotated[
        dict[str, Range],
        Count(1, MOST_RANGES, hint="name the hyperparameters to vary"),
        Each(HYPERPARAMETER_NAME),
    ]
    strategy: Strategy = "Bayesian"
    max_jobs: Annotated[int, Between(1, MOST_TUNED_JOBS)] = 10
    max_parallel: Annotated[int, Between(1, MOST_PARALLEL_TUNED_JOBS)] = 2
    early_stopping: bool = False

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        numeric = [name for name, searched in self.ranges.items() if not searched.values]
        return (
            problem_if(
                self.max_parallel > self.max_jobs,
                key="max_parallel",
                allowed=f"at most max_jobs ({self.max_jobs})",
                got=self.max_parallel,
                hint="lower it or raise max_jobs",
            ),
            problem_if(
                self.strategy == "Grid" and bool(numeric),
                key="strategy",
                allowed=f"Bayesian, Random or Hyperband while {', '.join(numeric)} is a range of numbers",
                got=self.strategy,
                hint="list the values as words, or choose another strategy",
            ),
            problem_if(
                bool(self.ranges) and self.strategy != "Grid" and self.combinations < self.max_jobs,
                key="max_jobs",
                allowed=f"at most the {self.combinations} combinations of the ranges",
                got=self.max_jobs,
                hint="lower it or widen a range",
            ),
            problem_if(
                self.strategy == "Grid" and self.jobs > MOST_TUNED_JOBS,
                key="ranges",
                allowed=f"of at most {MOST_TUNED_JOBS} combinations",
                got=self.jobs,
                hint="list fewer words, or choose another strategy",
            ),
            problem_if(
                self.strategy == "Hyperband" and self.early_stopping,
                key="early_stopping",
                allowed="false with Hyperband, which stops jobs by itself",
                got=self.early_stopping,
                hint="leave it out",
            ),
        )

    @property
    def jobs(self) -> int:
        """How many training jobs the search makes: a grid makes one for each combination."""
        if self.strategy != "Grid":
            return self.max_jobs
        return math.prod(len(searched.values) for searched in self.ranges.values())

    @property
    def combinations(self) -> float:
        """How many different jobs there could be."""
        return math.prod(searched.choices for searched in self.ranges.values())
