"""The `rollout` table of `[serving]`: how traffic moves to a new model."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from modelyard.manifest.problems import NOTHING, Problem, problem_if
from modelyard.manifest.rules import Between, Declared

# Limits of UpdateEndpoint's DeploymentConfig (SageMaker API reference; developer guide, "Deployment guardrails").
MOST_PERCENT = 50
LEAST_PERCENT = 5
LEAST_LINEAR_PERCENT = 10
LONGEST_WAIT_MINUTES = 60
SHORTEST_TIMEOUT_SECONDS = 600
LONGEST_TIMEOUT_SECONDS = 28_800
MOST_ALARMS = 10

# What starting a new fleet and shifting to it may take, beside the waits that are asked for.
START_ALLOWANCE_SECONDS = 1800


@dataclass(frozen=True, kw_only=True, slots=True)
class Rollout(Declared):
    """How traffic is shifted to a new endpoint configuration.

    `percent` is how much is shifted first (canary), at each step (linear) or at a time (rolling). `bake_minutes` is how
    long the alarms are watched after each step, and how long the old fleet is kept afterwards. `timeout_minutes` is by
    default the time of all steps plus half an hour.
    """

    strategy: Literal["all-at-once", "canary", "linear", "rolling"] = "all-at-once"
    percent: int | None = None
    bake_minutes: Annotated[int, Between(0, LONGEST_WAIT_MINUTES, hint="SageMaker waits an hour at most")] = 5
    timeout_minutes: int | None = None

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        return (
            self._percent_problem(),
            problem_if(
                not max(SHORTEST_TIMEOUT_SECONDS, self.waiting_seconds + 1)
                <= self.timeout_seconds
                <= LONGEST_TIMEOUT_SECONDS,
                key="timeout_minutes",
                allowed=f"above the waits ({self.waiting_seconds // 60}) and between 10 and 480",
                got=self.timeout_seconds // 60,
                hint="raise it, or lower bake_minutes",
            ),
        )

    @property
    def least_instances(self) -> int:
        """The fewest instances of which a part can move: at most half of the fleet may."""
        return 1 if self.strategy == "all-at-once" else 2

    @property
    def share(self) -> int:
        """The percent that moves in one step."""
        return 100 if self.percent is None else self.percent

    @property
    def steps(self) -> int:
        """How many times traffic is shifted."""
        return {"all-at-once": 1, "canary": 2}.get(self.strategy, -(-100 // max(self.share, 1)))

    @property
    def waiting_seconds(self) -> int:
        """The sum of all waits: between the steps, and before the old fleet ends."""
        return self.steps * self.bake_minutes * 60

    @property
    def timeout_seconds(self) -> int:
        """When SageMaker gives up."""
        if self.timeout_minutes is not None:
            return self.timeout_minutes * 60
        return min(
            max(SHORTEST_TIMEOUT_SECONDS, self.waiting_seconds + START_ALLOWANCE_SECONDS),
            LONGEST_TIMEOUT_SECONDS,
        )

    def _percent_problem(self) -> Problem | None:
        if self.strategy == "all-at-once":
            return problem_if(
                self.percent is not None,
                key="percent",
                allowed="left out for all-at-once",
                got=self.percent,
                hint="remove it or choose canary, linear or rolling",
            )
        least = LEAST_LINEAR_PERCENT if self.strategy == "linear" else LEAST_PERCENT
        return problem_if(
            self.percent is None or not least <= self.percent <= MOST_PERCENT,
            key="percent",
            allowed=f"between {least} and {MOST_PERCENT} for {self.strategy}",
            got=self.percent if self.percent is not None else NOTHING,
            hint="at most half of the fleet may move at a time",
        )
