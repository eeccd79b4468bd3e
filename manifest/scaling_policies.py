"""The `[[serving.scaling.tracking]]` and `[[serving.scaling.steps]]` tables: policies beside the predefined metric's.

Sources: "Target tracking scaling policies" and "Step scaling policies" in the Application Auto Scaling user guide;
"Amazon SageMaker AI metrics in Amazon CloudWatch" in the SageMaker developer guide.
"""

import itertools
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from modelyard.manifest.problems import NOTHING, Problem, problem_if
from modelyard.manifest.rules import AwsName, Between, Count, Declared, Each, EachValue, Matches, OneOf
from modelyard.manifest.scaling_schedule import MOST_INSTANCES

LONGEST_COOLDOWN = 3600
# CloudWatch API reference, Metric and Dimension: at most 255 characters, and no colon in a namespace's first place.
NAME = Matches(
    re.compile(r"(?=.{1,255}$)[A-Za-z0-9/._#-]([A-Za-z0-9/._# -]*[A-Za-z0-9/._#-])?"),
    form="1 to 255 letters, digits, inner spaces and / . _ # -",
    hint="write it as CloudWatch shows it",
)
MOST_DIMENSIONS = 30
SIZES = (
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
)
UNITS = (
    *("Seconds", "Milliseconds", "Microseconds", "Percent", "Count", "Count/Second", "None"),
    *(unit for size in SIZES for unit in (size, f"{size}/Second")),
)
# CloudWatch API reference, PutMetricAlarm: an alarm looks back a day at most.
MOST_MINUTES = 1440
# Application Auto Scaling user guide, "Quotas".
MOST_STEPS, MOST_POLICIES = 20, 50

Preset = Literal["invocations", "latency", "cpu", "memory", "disk", "gpu", "gpu-memory"]
Statistic = Literal["Average", "Minimum", "Maximum", "SampleCount", "Sum"]
Adjustment = Literal["ChangeInCapacity", "PercentChangeInCapacity", "ExactCapacity"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ScalingMetric(Declared):
    """A metric by its preset, or one of your own.

    Presets are metrics of each variant: `invocations` of a minute for each instance, `latency` of the model in
    milliseconds, and the use of instances in percent. That of `cpu` is the sum over processors, of `gpu` and
    `gpu-memory` over GPUs: four of them can reach 400. `dimensions` of your own metric are the endpoint's and the
    variant's unless given; `statistic` is by default that of the preset, or Average.
    """

    preset: Preset | None = None
    namespace: Annotated[str | None, NAME] = None
    name: Annotated[str | None, NAME] = None
    statistic: Statistic | None = None
    dimensions: Annotated[
        dict[str, str] | None, Count(0, MOST_DIMENSIONS, hint="a metric has no more"), Each(NAME), EachValue(NAME)
    ] = None
    unit: Annotated[str | None, OneOf(UNITS, hint="leave it out if all of the metric's data have one unit")] = None

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        own = {"namespace": self.namespace, "name": self.name, "dimensions": self.dimensions, "unit": self.unit}
        given = [key for key, value in own.items() if value is not None]
        return (
            problem_if(
                self.preset is not None and bool(given),
                key="preset",
                allowed="left out for a metric of your own",
                got=self.preset,
                hint=f"remove it or {' and '.join(given)}",
            ),
            problem_if(
                self.preset is None and not (self.namespace and self.name),
                key="name",
                allowed="given with a namespace, or a preset in their place",
                got=given if given else NOTHING,
                hint='write for instance metric = "cpu"',
            ),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Tracking(Declared):
    """A policy that holds a metric at its target.

    Of several policies the one that asks for the most instances is followed, and instances go only when all agree that
    may take some away. The metric must fall as instances come: a use, no sum of the work. `latency` has its target in
    milliseconds. Cooldowns are in seconds.
    """

    name: Annotated[str, AwsName()]
    metric: ScalingMetric
    target: float
    scale_in_cooldown: Annotated[int, Between(0, LONGEST_COOLDOWN, hint="give seconds")] = 300
    scale_out_cooldown: Annotated[int, Between(0, LONGEST_COOLDOWN, hint="give seconds")] = 60
    disable_scale_in: bool = False

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        return (
            problem_if(
                not 0 < self.target < math.inf,
                key="target",
                allowed="above 0",
                got=self.target,
                hint="give the value at which the metric is to stay",
            ),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Step(Declared):
    """What a policy does from a distance between metric and threshold on, up to the next step.

    `change` is a number of instances, a percentage of them or, with ExactCapacity, their count.
    """

    distance: Annotated[float, Between(0, 1e12)] = 0.0
    change: Annotated[int, Between(-MOST_INSTANCES, MOST_INSTANCES)]


@dataclass(frozen=True, kw_only=True, slots=True)
class StepScaling(Declared):
    """A policy that an alarm calls, as far as its metric is beyond the threshold.

    The alarm fires when the metric was for some `minutes` on end at the `threshold` or beyond: `above` or `below` it.
    `latency` has its threshold and distances in milliseconds. `min_change` is the least number of instances that a
    percentage stands for. `cooldown` is in seconds.
    """

    name: Annotated[str, AwsName()]
    metric: ScalingMetric
    threshold: float
    breach: Literal["above", "below"] = "above"
    minutes: Annotated[int, Between(1, MOST_MINUTES, hint="an alarm looks back a day at most")] = 3
    adjustment: Adjustment = "ChangeInCapacity"
    min_change: Annotated[int | None, Between(1, MOST_INSTANCES)] = None
    cooldown: Annotated[int, Between(0, LONGEST_COOLDOWN, hint="give seconds")] = 300
    changes: Annotated[tuple[Step, ...], Count(1, MOST_STEPS, hint="say what is changed, and from which distance on")]

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        distances = [step.distance for step in self.changes]
        exact = self.adjustment == "ExactCapacity"
        sign = 1 if self.breach == "above" or exact else -1
        return (
            problem_if(
                not math.isfinite(self.threshold),
                key="threshold",
                allowed="a number",
                got=self.threshold,
                hint="give the value from which on the alarm fires",
            ),
            problem_if(
                distances[:1] != [0] or any(later <= one for one, later in itertools.pairwise(distances)),
                key="changes.distance",
                allowed="0 in the first step and more in each that follows",
                got=distances,
                hint="a step ends where the next begins",
            ),
            problem_if(
                any(step.change * sign <= 0 for step in self.changes),
                key="changes.change",
                allowed="above 0" if sign > 0 else "below 0 for a breach below the threshold",
                got=[step.change for step in self.changes],
                hint="an endpoint keeps one instance at least" if exact else "more load takes more instances",
            ),
            problem_if(
                self.min_change is not None and self.adjustment != "PercentChangeInCapacity",
                key="min_change",
                allowed="left out but for PercentChangeInCapacity",
                got=self.min_change,
                hint="remove it",
            ),
        )


def policy_problems(
    *, tracking: Iterable[Tracking], steps: Iterable[StepScaling], others: Iterable[str]
) -> tuple[Problem | None, ...]:
    """Return what is wrong with the policies of a target as a whole; `others` are names that are taken already."""
    names = [*others, *(one.name for one in tracking), *(one.name for one in steps)]
    return (
        problem_if(
            len(set(names)) < len(names),
            key="tracking.name",
            allowed="different in each policy, of steps too",
            got=sorted({name for name in names if names.count(name) > 1}),
            hint="rename one of them",
        ),
        problem_if(
            len(names) > MOST_POLICIES,
            key="tracking",
            allowed=f"at most {MOST_POLICIES} policies with those of steps",
            got=len(names),
            hint="a target has no more",
        ),
    )
