"""The `[[serving.scaling.schedule]]` tables: other bounds from a moment on, by the calendar."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from modelyard.manifest.problems import NOTHING, Problem, problem_if
from modelyard.manifest.rules import AtMost, AwsName, Between, Declared, Matches, TimeZone
from modelyard.shared.cron import cron_faults

# Of a variant, deployed or scaled to (SageMaker API reference, CreateEndpointConfig).
MOST_INSTANCES = 1000
UTC = "UTC"
# "Scheduled actions per scalable target: 200" (Application Auto Scaling user guide, "Quotas").
MOST_ACTIONS = 200
# Application Auto Scaling API reference, PutScheduledAction.
LONGEST_EXPRESSION = 1600
EXPRESSION = Matches(
    re.compile(r"rate\([1-9][0-9]* (minutes?|hours?|days?)\)|cron\((\S+ ){5}\S+\)|at\([0-9T:-]{19}\)"),
    form="cron(0 7 ? * MON-FRI *), rate(1 day) or at(2027-01-01T00:00:00), as Application Auto Scaling writes them",
    hint="write one of the three forms",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduledAction(Declared):
    """Other bounds from a moment on, until another action changes them.

    `expression` is a cron, a rate or, for once, an at; `timezone` is that of a cron or an at. `min` and `max` replace
    those of `scaling`; the one that is left out stays as it is. The count moves only to fit between the new bounds.
    """

    name: Annotated[str, AwsName()]
    expression: Annotated[str, EXPRESSION, AtMost(LONGEST_EXPRESSION)]
    timezone: Annotated[str, TimeZone()] = UTC
    min: Annotated[int | None, Between(1, MOST_INSTANCES, hint="an endpoint keeps one instance at least")] = None
    max: Annotated[int | None, Between(1, MOST_INSTANCES)] = None

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        faults = list(expression_faults(self.expression))
        return (
            problem_if(
                bool(faults),
                key="expression",
                allowed="a moment or recurrence that Application Auto Scaling takes",
                got=self.expression,
                hint="; ".join(faults),
            ),
            problem_if(
                self.timezone != UTC and self.expression.startswith("rate"),
                key="timezone",
                allowed="left out for a rate, which has none",
                got=self.timezone,
                hint="remove it or write a cron",
            ),
            problem_if(
                self.min is None and self.max is None,
                key="min",
                allowed="given, or max in its place, or both",
                got=NOTHING,
                hint="say what the action changes",
            ),
            problem_if(
                self.min is not None and self.max is not None and self.min > self.max,
                key="min",
                allowed=f"at most max ({self.max})",
                got=self.min,
                hint="lower it or raise max",
            ),
        )


def expression_faults(expression: str) -> Iterator[str]:
    """Yield what is wrong with an expression of one of the three forms."""
    if expression.startswith("cron"):
        yield from cron_faults(expression)
    elif expression.startswith("at"):
        try:
            datetime.fromisoformat(expression.removeprefix("at(").removesuffix(")"))
        except ValueError as error:
            yield f"write a date and time that there is: {error}"


def schedule_problems(schedule: Iterable[ScheduledAction], *, low: int, high: int) -> Iterator[Problem | None]:
    """Yield what is wrong with actions as a whole, between the bounds that hold before the first of them.

    An action that names one bound meets whatever the other one is at its time: Application Auto Scaling refuses a
    minimum above the maximum.
    """
    actions = list(schedule)
    names = [action.name for action in actions]
    yield problem_if(
        len(set(names)) < len(names),
        key="schedule.name",
        allowed="different in each action",
        got=sorted({name for name in names if names.count(name) > 1}),
        hint="rename one of them",
    )
    least_max = min([high, *(action.max for action in actions if action.max is not None)])
    greatest_min = max([low, *(action.min for action in actions if action.min is not None)])
    for action in actions:
        yield problem_if(
            action.min is not None and action.max is None and action.min > least_max,
            key=f"schedule.{action.name}.min",
            allowed=f"at most every max that it may meet ({least_max}), or given with a max",
            got=action.min,
            hint="give max, too",
        )
        yield problem_if(
            action.max is not None and action.min is None and action.max < greatest_min,
            key=f"schedule.{action.name}.max",
            allowed=f"at least every min that it may meet ({greatest_min}), or given with a min",
            got=action.max,
            hint="give min, too",
        )
