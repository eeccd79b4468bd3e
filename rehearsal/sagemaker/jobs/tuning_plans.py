"""What a CreateHyperParameterTuningJob request asks for: which jobs, in which order, judged by what."""

import hashlib
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.jobs.search_spaces import SearchSpace
from modelyard.rehearsal.sagemaker.store import Document

STRATEGIES = ("Bayesian", "Random", "Grid")
# What CreateTrainingJob takes of a definition as it is.
SHARED = (
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "VpcConfig",
    "Environment",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "CheckpointConfig",
    "RetryStrategy",
)


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
        for member in ("WarmStartConfig", "Autotune"):
            if member in self.request:
                raise invalid(f"{member} is not rehearsed; leave it out")
        if not self._definitions:
            raise invalid("TrainingJobDefinition must be given, got none; describe the training jobs")
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
            _ = self.most_jobs
        except ValueError as error:
            raise invalid(str(error)) from error
        for definition in self._definitions:
            self._objective(definition)

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


def _training_request(definition: Document, *, tuned: dict[str, str], objective: Objective) -> Document:
    algorithm = definition["AlgorithmSpecification"]
    return {
        **{member: definition[member] for member in SHARED if member in definition},
        "AlgorithmSpecification": {"TrainingInputMode": "File", **algorithm},
        "HyperParameters": {
            **definition.get("StaticHyperParameters", {}),
            **tuned,
            "_tuning_objective_metric": objective.metric,
        },
    }
