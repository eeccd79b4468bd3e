"""What a CreateHyperParameterTuningJob request asks for: which jobs, in which order, judged by what.

Source: "Define Hyperparameter Ranges" and "Hyperparameter scaling" in AWS's developer guide.
"""

import hashlib
import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.store import Document

CONTINUOUS = 10**9
TUNING_RESOURCES = "HyperParameterTuningResourceConfig"
MOST_HYPERPARAMETERS = 100
# What a definition says for itself, or the search for all of them.
OWN_OR_SHARED = {"HyperParameterRanges": "ParameterRanges", "TuningObjective": "HyperParameterTuningJobObjective"}
STRATEGIES = ("Bayesian", "Random", "Grid")
# What CreateTrainingJob takes of a definition as it is.
SHARED = (
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "StoppingCondition",
    "VpcConfig",
    "Environment",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "CheckpointConfig",
    "RetryStrategy",
)


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
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"a range must have MinValue < MaxValue, got {self.low:g} and {self.high:g}")
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
        margin = 0.4999 if self.whole else 0
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
        ValueError: a list has fewer than two texts, or one of them twice.

    """

    numbers: Mapping[str, NumberRange]
    choices: Mapping[str, Sequence[str]]

    def __post_init__(self) -> None:
        for name, values in self.choices.items():
            if len(values) < 2 or len(set(values)) < len(values):
                raise ValueError(
                    f"the categorical range {name} must have two values or more, each once, got {list(values)}"
                )

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
        """How many combinations there are; a number that is not whole counts as one of a billion."""
        numbers = math.prod(
            int(values.high - values.low) + 1 if values.whole else CONTINUOUS for values in self.numbers.values()
        )
        return numbers * math.prod(len(values) for values in self.choices.values())

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Objective:
    """The metric that is to become small or large, and perhaps a value that is good enough."""

    metric: str
    maximize: bool
    target: float | None = None

    def better(self, value: float, *, than: float) -> bool:
        """Whether a value beats another."""
        return value > than if self.maximize else value < than

    def reached(self, value: float) -> bool:
        """Whether a value is good enough to end the search."""
        return self.target is not None and (value == self.target or self.better(value, than=self.target))


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One training job to be: its definition, what it tries, and the request that starts it, without a name."""

    definition: str | None
    tuned: dict[str, str]
    request: Document
    objective: Objective


@dataclass(frozen=True, kw_only=True, slots=True)
class TuningPlan:
    """A request that can be rehearsed.

    A search is seeded by RandomSeed, or else by the job's name, so that a rehearsal that is repeated tries the same
    values. Bayesian searches as Random does: what a job has found does not guide the next. Early stopping does not
    stop anything early.

    Raises:
        ServiceError: ValidationException, what is not rehearsed or cannot be used.

    """

    request: Document

    def __post_init__(self) -> None:
        config = self.request["HyperParameterTuningJobConfig"]
        if config["Strategy"] not in STRATEGIES:
            raise invalid(f"Strategy must be one of {', '.join(STRATEGIES)} here, got {config['Strategy']}")
        if not self._definitions:
            raise invalid("TrainingJobDefinition must be given, got none; describe the training jobs")
        for definition, (own, shared) in itertools.product(self._definitions, OWN_OR_SHARED.items()):
            if own in definition and shared in config:
                raise invalid(f"a definition must have {own}, or the search {shared}, got both; leave one out")
        self._check_spaces()

    @property
    def most_jobs(self) -> int:
        """How many jobs the search ends after."""
        limit: int | None = self._config["ResourceLimits"].get("MaxNumberOfTrainingJobs")
        if self._grid:
            return sum(space.combinations for space in self._spaces())
        if limit is None:
            raise invalid("MaxNumberOfTrainingJobs must be given for a search that is no grid, got none; set it")
        return limit

    @property
    def parallel(self) -> int:
        """How many jobs run at once."""
        return int(self._config["ResourceLimits"]["MaxParallelTrainingJobs"])

    def candidates(self) -> Iterator[Candidate]:
        """Yield the jobs to run, in order; of several definitions each in its turn."""
        turns = [self._candidates(definition) for definition in self._definitions]
        rounds = itertools.chain.from_iterable(itertools.zip_longest(*turns))
        return itertools.islice((found for found in rounds if found is not None), self.most_jobs)

    @property
    def _config(self) -> Document:
        config: Document = self.request["HyperParameterTuningJobConfig"]
        return config

    @property
    def _grid(self) -> bool:
        return bool(self._config["Strategy"] == "Grid")

    @property
    def _definitions(self) -> list[Document]:
        several: list[Document] = self.request.get("TrainingJobDefinitions", [])
        return [self.request["TrainingJobDefinition"]] if "TrainingJobDefinition" in self.request else several

    def _check_spaces(self) -> None:
        try:
            for space in self._spaces():
                if self._grid:
                    next(space.grid())
            most, combinations = self.most_jobs, sum(space.combinations for space in self._spaces())
        except ValueError as error:
            raise invalid(str(error)) from error
        if combinations < most:
            raise invalid(
                "You don't have enough combinations of hyperparameter ranges. The total number of hyperparameter "
                f"combinations for the provided ranges [{combinations}.0] must be equal or greater than the value of "
                f"MaxNumberOfJobs, [{most}]. Provide additional ranges."
            )
        for definition in self._definitions:
            self._objective(definition)
            self._check_hyperparameters(definition)

    def _check_hyperparameters(self, definition: Document) -> None:
        """Hold what is fixed and what is searched to one another, and both to what a training job takes."""
        fixed, space = definition.get("StaticHyperParameters", {}), self._space(definition)
        searched = space.numbers.keys() | space.choices.keys()
        both = sorted(searched & fixed.keys())
        if both:
            raise invalid(f"StaticHyperParameters and ParameterRanges must differ in their names, got {both} in both")
        count = len(fixed) + len(searched) + 1
        if count > MOST_HYPERPARAMETERS:
            raise invalid(
                f"a training job must have at most {MOST_HYPERPARAMETERS} hyperparameters with the tuned ones and "
                f"_tuning_objective_metric, got {count}; leave some out"
            )

    def _spaces(self) -> list[SearchSpace]:
        return [self._space(definition) for definition in self._definitions]

    def _space(self, definition: Document) -> SearchSpace:
        shared: Document = self._config.get("ParameterRanges", {})
        return SearchSpace.of(definition.get("HyperParameterRanges", shared))

    def _objective(self, definition: Document) -> Objective:
        given = definition.get("TuningObjective", self._config.get("HyperParameterTuningJobObjective"))
        if given is None:
            raise invalid("HyperParameterTuningJobObjective must be given, got none; name the metric to be tuned")
        target = self._config.get("TuningJobCompletionCriteria", {}).get("TargetObjectiveMetricValue")
        return Objective(metric=given["MetricName"], maximize=given["Type"] == "Maximize", target=target)

    def _candidates(self, definition: Document) -> Iterator[Candidate]:
        space, objective = self._space(definition), self._objective(definition)
        for tuned in space.grid() if self._grid else self._drawn(space, name=definition.get("DefinitionName", "")):
            yield Candidate(
                definition=definition.get("DefinitionName"),
                tuned=tuned,
                request=_training_request(definition, tuned=tuned, objective=objective),
                objective=objective,
            )

    def _drawn(self, space: SearchSpace, *, name: str) -> Iterator[dict[str, str]]:
        seed = self._config.get("RandomSeed", self.request["HyperParameterTuningJobName"])
        digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
        chance = random.Random(digest)  # noqa: S311 - a search, no secret
        while True:
            yield space.draw(chance)


def _resources(definition: Document) -> Document:
    """What a job of the search runs on: the first of several instances, which is always free here.

    Source: HyperParameterTuningResourceConfig in the SageMaker API reference.
    """
    if TUNING_RESOURCES not in definition:
        resources: Document = definition["ResourceConfig"]
        return resources
    if "ResourceConfig" in definition:
        raise invalid(f"a definition must have ResourceConfig or {TUNING_RESOURCES}, got both; leave one out")
    given = definition[TUNING_RESOURCES]
    instance = given["InstanceConfigs"][0] if "InstanceConfigs" in given else given
    own = {member: instance[member] for member in ("InstanceType", "InstanceCount", "VolumeSizeInGB")}
    return own | {member: given[member] for member in ("VolumeKmsKeyId",) if member in given}


def _training_request(definition: Document, *, tuned: dict[str, str], objective: Objective) -> Document:
    algorithm = definition["AlgorithmSpecification"]
    return {
        **{member: definition[member] for member in SHARED if member in definition},
        "AlgorithmSpecification": {"TrainingInputMode": "File", **algorithm},
        "ResourceConfig": _resources(definition),
        "HyperParameters": {
            **definition.get("StaticHyperParameters", {}),
            **tuned,
            "_tuning_objective_metric": objective.metric,
        },
    }
