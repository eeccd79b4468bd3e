"""The `[monitoring]` table: the hourly check of the captured traffic."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from modelyard.manifest.catalogue import OWN_IMAGE
from modelyard.manifest.data_layout import VERDICT_FILE, VIOLATIONS_FILE
from modelyard.manifest.limits import Limits
from modelyard.manifest.problems import Problem, problem_if
from modelyard.manifest.quality import Quality
from modelyard.manifest.rules import LONGEST_IMAGE, AtMost, Between, DataPath, Declared, Instance
from modelyard.manifest.timing import EARLIEST_MINUTE, LAST_OF_HOUR
from modelyard.shared.instance_types import instance_types

# All that a monitoring schedule takes (SageMaker API reference, ScheduleConfig), but for the one-time NOW.
CRON = re.compile(r"cron\(0 (\*|(?:[01]?[0-9]|2[0-3])(?:/(?P<step>0?[1-9]|1[0-9]|2[0-4]))?) \? \* \* \*\)")
WORDS = {"hourly": "cron(0 * ? * * *)", "daily": "cron(0 0 ? * * *)"}
LARGEST_VOLUME_GB = 16_384
# Of a processing job (API reference, ProcessingClusterConfig).
MOST_INSTANCES = 100

# A processing job takes ten inputs (API reference); the code and the baseline are two of them.
MOST_FOLDERS = 8
# Earlier windows lie by month, and those of four weeks in two of them.
MONTHS_OF_WINDOWS = 2
# From one in a thousand years to one an hour, which is every check.
FEWEST_ALARMS, MOST_ALARMS = 0.001, 8760
LATE_CAPTURES = "the captures of an hour's last minutes arrive some minutes late"

TruthFolders = Literal["hour", "day", "month"]
# How many hours a folder of what proved true has at least, from the smallest.
TRUTH_FOLDERS: dict[TruthFolders, int] = {"hour": 1, "day": 24, "month": 24 * 28}


@dataclass(frozen=True, kw_only=True, slots=True)
class Monitoring(Declared):
    """How often, against which baseline and with which engine the traffic is checked.

    `engine = "model-monitor"` is AWS's analyzer, "closed to new customers effective 7/30/26"; `"drift"` is
    this repository's, which reads and writes the same files. `baseline` is empty until `yard promote` writes it.
    `image` is your own image for the drift engine, in place of the analyzer's archive. `alarm_violations` is how many
    violations in one check raise the alarm. `minute` is the minute of the hour in which the drift engine starts; by
    default it is derived from the schedule's name, so that the checks of many models do not start together. `quality`
    is a second check with the same schedule and instance, which compares predictions with ground truth. `limits` are
    what the check allows, in place of what the baseline suggests. `alarm_on` is what the alarm counts with the engine
    `drift`: the `"constraints"` that break, or the changes of the `"verdict"`, which is given at
    `false_alarms_per_year`, 1 where it is left out: how often a year of checks of unchanged traffic may ring. With
    `earlier_windows` it allows for how much the windows before have varied, and tests the last 24 hours together too.
    With `instances` above 1 a check has a job before it, in which each instance profiles its part of the captures.
    `publish_metrics` puts metrics of each feature, and of each measure of quality, into CloudWatch, some USD 0.30 a
    month each; the number of violations, which the alarm watches, is published either way. Without `sketches` the
    statistics of a check with the engine `drift` are smaller, by up to 90 kB a column of numbers, and the page of
    `yard drift` has no distribution of them.
    """

    engine: Literal["model-monitor", "drift"]
    schedule: str = "hourly"
    instance: Annotated[str, Instance("processing")] = "ml.m5.xlarge"
    volume_gb: Annotated[int, Between(1, LARGEST_VOLUME_GB)] = 20
    max_runtime_minutes: int = 30
    baseline: Annotated[str | None, DataPath()] = None
    image: Annotated[str | None, AtMost(LONGEST_IMAGE)] = None
    alarm_violations: Annotated[int, Between(1, 1_000_000)] = 1
    publish_metrics: bool = False
    minute: Annotated[int | None, Between(EARLIEST_MINUTE, LAST_OF_HOUR, hint=LATE_CAPTURES)] = None
    quality: Quality | None = None
    limits: Limits | None = None
    alarm_on: Literal["constraints", "verdict"] | None = None
    false_alarms_per_year: Annotated[float | None, Between(FEWEST_ALARMS, MOST_ALARMS)] = None
    earlier_windows: bool = False
    instances: Annotated[int, Between(1, MOST_INSTANCES)] = 1
    sketches: bool = True

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        # each of the two jobs of a check on several instances may take so long
        longest = self.period_hours * 60 // (2 if self.instances > 1 else 1)
        delay = self.quality.label_delay_hours if self.quality is not None else 0
        return (
            problem_if(
                CRON.fullmatch(self.cron) is None,
                key="schedule",
                allowed="hourly, daily, cron(0 H ? * * *) or cron(0 H/N ? * * *) with hours",
                got=self.schedule,
                hint="SageMaker knows no minutes and no days: the shortest period is an hour",
            ),
            problem_if(
                not 1 <= self.max_runtime_minutes <= longest,
                key="max_runtime_minutes",
                allowed=f"between 1 and {longest}",
                got=self.max_runtime_minutes,
                hint="a check must end before the next begins",
            ),
            self._quality_runtime_problem(),
            problem_if(
                delay % self.folder_hours != 0,
                key="quality.label_delay_hours",
                allowed=f"a multiple of {self.folder_hours} with a daily check",
                got=delay,
                hint="a daily check reads whole days of captures",
            ),
            self._image_problem(),
            self._volume_problem(),
            *(
                problem_if(
                    self.engine != "drift",
                    key=f"limits.{key}",
                    allowed="left out with the engine model-monitor",
                    got=self.engine,
                    hint="AWS's analyzer has none of these measures: use comparison_threshold, or the engine drift",
                )
                for key in (self.limits.measured if self.limits is not None else ())
            ),
            *(
                problem_if(
                    value is not None and self.engine != "drift",
                    key=key,
                    allowed="left out with the engine model-monitor",
                    got=value,
                    hint="AWS's analyzer gives no verdict: use limits that allow for chance, or the engine drift",
                )
                for key, value in (
                    ("alarm_on", self.alarm_on),
                    ("false_alarms_per_year", self.false_alarms_per_year),
                    ("earlier_windows", True if self.earlier_windows else None),
                )
            ),
            problem_if(
                self.instances > 1 and self.engine != "drift",
                key="instances",
                allowed="1 with the engine model-monitor",
                got=self.instances,
                hint="nobody has seen AWS's analyzer share out a check; use a larger instance, or the engine drift",
            ),
            problem_if(
                not self.sketches and self.engine != "drift",
                key="sketches",
                allowed="left out with the engine model-monitor",
                got=self.sketches,
                hint="AWS's analyzer always writes them",
            ),
            problem_if(
                self.minute is not None and self.engine != "drift",
                key="minute",
                allowed="left out with the engine model-monitor",
                got=self.minute,
                hint="SageMaker knows no minutes: it begins 0 to 20 after the hour, each check by itself",
            ),
        )

    @property
    def declared_limits(self) -> Mapping[str, Any] | None:
        """The limits of the check of the traffic as TOML has them; None where the baseline's own hold."""
        return None if self.limits is None else self.limits.document

    @property
    def counted_file(self) -> str:
        """The file of a check's results of which the alarm counts the violations."""
        return VERDICT_FILE if self.alarm_on == "verdict" else VIOLATIONS_FILE

    @property
    def most_folders(self) -> int:
        """How many folders of captures a check with the engine drift reads."""
        return MOST_FOLDERS - (MONTHS_OF_WINDOWS if self.earlier_windows else 0)

    @property
    def cron(self) -> str:
        """The schedule as SageMaker writes it, in UTC."""
        return WORDS.get(self.schedule, self.schedule)

    @property
    def period_hours(self) -> int:
        """How many hours one check looks back at: those since the one before it."""
        match = CRON.fullmatch(self.cron)
        if match is None or match[1] == "*":
            return 1
        return int(match["step"]) if match["step"] else 24

    @property
    def folder_hours(self) -> int:
        """The hours of one folder that a check reads: captures lie by hour, a day from 0 to 24 in one folder."""
        return 24 if self.cron == WORDS["daily"] else 1

    def _quality_runtime_problem(self) -> Problem | None:
        """Source: developer guide, "Schedule model quality monitoring jobs"."""
        longest = self.period_hours * 30
        return problem_if(
            self.quality is not None and self.engine == "model-monitor" and self.max_runtime_minutes > longest,
            key="max_runtime_minutes",
            allowed=f"at most {longest} with [monitoring.quality] and model-monitor",
            got=self.max_runtime_minutes,
            hint="its two jobs, merging and measuring, share the time until the next",
        )

    def _volume_problem(self) -> Problem | None:
        """Source: SageMaker API reference, ProcessingClusterConfig, VolumeSizeInGB."""
        machine = instance_types().get(self.instance)
        disk = 0 if machine is None else machine.local_disk_gb
        return problem_if(
            0 < disk < self.volume_gb,
            key="volume_gb",
            allowed=f"at most {disk} on {self.instance}, whose own disks take the place of a volume",
            got=self.volume_gb,
            hint="lower it or choose a larger instance",
        )

    def _image_problem(self) -> Problem | None:
        if self.image is None:
            return None
        return problem_if(
            self.engine != "drift" or OWN_IMAGE.fullmatch(self.image) is None,
            key="image",
            allowed="the URI of an image in ECR, and only with the engine drift",
            got=self.image,
            hint="leave it out to use AWS's image",
        )


def truth_folders(*, monitoring: Monitoring, room: int) -> TruthFolders | None:
    """The smallest folders in which all that proved true of a window fits into so many inputs; None if none does.

    It is told from the window's first hour on and up to the check, which is in the hour after the last.
    """
    delay = monitoring.quality.label_delay_hours if monitoring.quality is not None else 0
    hours = monitoring.period_hours + delay + 1
    fitting = (name for name, size in TRUTH_FOLDERS.items() if _touched(hours, size=size) <= room)
    return next(fitting, None)


def _touched(hours: int, *, size: int) -> int:
    """How many folders so many hours may lie in: where they begin is not known."""
    return hours if size == 1 else -(-(hours - 1) // size) + 1
