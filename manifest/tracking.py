"""The `tracking` table of a stage: an MLflow App, on whose screen the trials of all models are looked at."""

import re
from dataclasses import dataclass
from typing import Annotated

from modelyard.manifest.rules import Declared, Matches

# SageMaker API reference, WeeklyMaintenanceWindowStart.
MAINTENANCE = Matches(
    re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun):([01][0-9]|2[0-3]):[0-5][0-9]"),
    form="a day and a time of UTC such as Sun:03:30",
    hint="leave it out for AWS to choose",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExperimentTracking(Declared):
    """An MLflow App of the stage: each trial of a run is logged to it beside the experiment.

    `tracking = {}` is enough. `maintenance` is when in the week AWS may maintain the app; left out, AWS chooses.
    """

    maintenance: Annotated[str | None, MAINTENANCE] = None
