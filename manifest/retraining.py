"""The `[training.retrain]` table: when a model is trained again by itself, and on which data it must prove better."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from modelyard.manifest.problems import NOTHING, Problem, problem_if
from modelyard.manifest.rules import AtMost, Between, DataPath, Declared, Instance, TimeZone
from modelyard.manifest.schedule import LONGEST_SCHEDULE, RECURRING, schedule_problem

AlarmKind = Literal["drift", "quality"]

# The name of an execution may be used again after 90 days (Step Functions API reference, StartExecution).
LONGEST_PERIOD_DAYS = 90
# What the runs are named after that a schedule or an alarm has started; a person's begin with a year.
RUN_PREFIX = "retrain-"


@dataclass(frozen=True, kw_only=True, slots=True)
class Retrain(Declared):
    """When a run is started without a person, and how its best model is compared with the one that is promoted.

    `schedule`, with its `timezone`, starts one again and again; `on` names the alarms that do: of `"drift"`, of
    `"quality"`. However many of them call, a run is started once in `period_days`, and none while one runs or a
    proposal is open. `held_out` is a dataset that no run is trained on, written as the channels are: both models score
    it, with transform jobs on `instance`. `captures_to` names the channel to which captured requests with their ground
    truth are added, all but one in five, which are held out as well.
    """

    held_out: Annotated[str, DataPath()]
    schedule: Annotated[str | None, AtMost(LONGEST_SCHEDULE), RECURRING] = None
    timezone: Annotated[str, TimeZone()] = "UTC"
    on: tuple[AlarmKind, ...] = ()
    period_days: Annotated[int, Between(1, LONGEST_PERIOD_DAYS)] = 1
    captures_to: str | None = None
    instance: Annotated[str, Instance("transform")] = "ml.m5.large"

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        twice = sorted({kind for kind in self.on if self.on.count(kind) > 1})
        return (
            schedule_problem(self.schedule),
            problem_if(
                self.schedule is None and not self.on,
                key="schedule",
                allowed="given, or on in its place",
                got=NOTHING,
                hint='write schedule = "rate(7 days)", or on = ["drift"]',
            ),
            problem_if(bool(twice), key="on", allowed="different alarms", got=twice, hint="name each once"),
        )
