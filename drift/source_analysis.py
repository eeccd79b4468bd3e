"""A check of a source: its files are read, profiled, and held against a baseline.

Apart from `analysis`, for reading compiles the kernels, and who only reads a baseline needs none.
"""

from modelyard.drift.analysis import HOURLY, Baseline, Check, check_profile
from modelyard.drift.reading.source import Source, profiled
from modelyard.drift.verdict.earlier import Earlier
from modelyard.drift.verdict.verdict import Alarm, Budget


def check(
    *,
    source: Source,
    baseline: Baseline,
    budget: Budget | None = HOURLY,
    alarm: Alarm = Alarm.CONSTRAINTS,
    earlier: Earlier | None = None,
    processes: int | None = 1,
) -> Check:
    """Hold the source, read by so many processes, against the baseline; see `check_profile` and `profiled`.

    Raises:
        DriftError: the data cannot be read, or the alarm is to ring on a verdict and none can be given.
    """
    profile = profiled(source=source, constraints=baseline.constraints, processes=processes)
    return check_profile(
        profile=profile,
        baseline=baseline,
        answer=source.answer,
        budget=budget,
        alarm=alarm,
        earlier=earlier,
    )
