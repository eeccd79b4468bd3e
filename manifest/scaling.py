"""The `scaling` table of `[serving]`: how many instances a variant may have, and when it gets another."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from modelyard.manifest.problems import NOTHING, Problem, problem_if
from modelyard.manifest.rules import Between, Count, Declared
from modelyard.manifest.scaling_policies import LONGEST_COOLDOWN, MOST_POLICIES, StepScaling, Tracking, policy_problems
from modelyard.manifest.scaling_schedule import MOST_ACTIONS, MOST_INSTANCES, ScheduledAction, schedule_problems

# The console shows a policy of this name, and no other, as the variant's own.
PREDEFINED_POLICY = "SageMakerEndpointInvocationScalingPolicy"
POLICIES = Count(0, MOST_POLICIES, hint="a target has no more")


@dataclass(frozen=True, kw_only=True, slots=True)
class Scaling(Declared):
    """Between which bounds a variant scales, and by what: a predefined metric, `tracking`, `steps`, or several.

    `invocations_per_instance` counts the requests of a minute; AWS's developer guide recommends half of what an
    instance can take (target = highest requests a second x 0.5 x 60). `concurrent_requests_per_model` is the metric
    that SageMaker publishes every ten seconds, for faster scale-out. Cooldowns, in seconds, and `disable_scale_in` are
    those of this metric's policy. `schedule` changes the bounds by the calendar: each action until the next.
    """

    min: int
    max: Annotated[int, Between(1, MOST_INSTANCES)]
    invocations_per_instance: float | None = None
    concurrent_requests_per_model: float | None = None
    scale_in_cooldown: Annotated[int, Between(0, LONGEST_COOLDOWN, hint="give seconds")] = 300
    scale_out_cooldown: Annotated[int, Between(0, LONGEST_COOLDOWN, hint="give seconds")] = 60
    disable_scale_in: bool = False
    tracking: Annotated[tuple[Tracking, ...], POLICIES] = ()
    steps: Annotated[tuple[StepScaling, ...], POLICIES] = ()
    schedule: Annotated[
        tuple[ScheduledAction, ...], Count(0, MOST_ACTIONS, hint="AWS takes no more: join some in one cron")
    ] = ()

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        return (
            problem_if(
                not 1 <= self.min <= self.max,
                key="min",
                allowed=f"between 1 and max ({self.max})",
                got=self.min,
                hint="lower it or raise max" if self.min >= 1 else "an endpoint keeps one instance at least",
            ),
            self._target_problem(),
            *policy_problems(
                tracking=self.tracking,
                steps=self.steps,
                others=() if self.metric is None else (PREDEFINED_POLICY,),
            ),
            *schedule_problems(self.schedule, low=self.min, high=self.max),
        )

    @property
    def target(self) -> float | None:
        """The value that the predefined metric is held at, if one is tracked."""
        return next(iter(self._targets().values()), None)

    @property
    def metric(self) -> str | None:
        """The predefined metric of Application Auto Scaling, if one is tracked."""
        if self.invocations_per_instance is not None:
            return "SageMakerVariantInvocationsPerInstance"
        if self.concurrent_requests_per_model is not None:
            return "SageMakerVariantConcurrentRequestsPerModelHighResolution"
        return None

    @property
    def tracked(self) -> int:
        """How many policies hold a metric at a target."""
        return len(self.tracking) + (self.metric is not None)

    def _target_problem(self) -> Problem | None:
        given = self._targets()
        wanted = 0 if self.tracking or self.steps else 1
        return problem_if(
            not wanted <= len(given) <= 1 or not all(0 < value < math.inf for value in given.values()),
            key="invocations_per_instance",
            allowed="above 0, or concurrent_requests_per_model in its place",
            got=given if given else NOTHING,
            hint="give one of the two; `yard size` measures it",
        )

    def _targets(self) -> dict[str, float]:
        targets = {
            "invocations_per_instance": self.invocations_per_instance,
            "concurrent_requests_per_model": self.concurrent_requests_per_model,
        }
        return {key: value for key, value in targets.items() if value is not None}
