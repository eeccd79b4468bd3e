"""Schedules as EventBridge Scheduler takes them, for whatever a manifest has started again and again."""

import re

from modelyard.manifest.problems import Problem, problem_if
from modelyard.manifest.rules import Matches
from modelyard.shared.cron import cron_faults

# EventBridge Scheduler API reference, CreateSchedule.
LONGEST_SCHEDULE = 256

# What EventBridge Scheduler takes, but for the one-time form, which would start nothing a second time.
RECURRING = Matches(
    re.compile(r"rate\([1-9][0-9]* (minutes?|hours?|days?)\)|cron\((\S+ ){5}\S+\)"),
    form="rate(1 day) or cron(0 3 * * ? *), as EventBridge Scheduler writes them",
    hint="write one of the two forms or leave it out",
)


def schedule_problem(schedule: str | None) -> Problem | None:
    """Return the problem of the key `schedule` where its value is a cron that EventBridge Scheduler refuses."""
    if schedule is None or re.match(r"cron\((\S+ ){5}\S+\)$", schedule) is None:
        return None
    faults = list(cron_faults(schedule))
    return problem_if(
        bool(faults),
        key="schedule",
        allowed="a cron that EventBridge Scheduler takes",
        got=schedule,
        hint="; ".join(faults),
    )
