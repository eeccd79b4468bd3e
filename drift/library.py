"""What a data scientist calls in a notebook: `profile`, `baseline` and `check` of a table in memory."""

from collections.abc import Sequence

from modelyard.drift.analysis import Baseline, Check, check_profile, suggest_baseline
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reading.frames import Frame, profile_frame
from modelyard.drift.reading.source import Wanted
from modelyard.drift.verdict.earlier import Window, earlier_in_order
from modelyard.drift.verdict.verdict import Budget


def profile(data: Frame, *, baseline: Baseline | None = None) -> Profile:
    """Return what is known of a table after one pass.

    Args:
        data: A DataFrame of polars or pandas, or a table that Arrow's C stream gives. Numbers and booleans keep their
            types; texts have the type that their contents imply, as the texts of captured CSV have.
        baseline: What the profile will be checked against: its columns' order and texts are then kept.

    Raises:
        DriftError: this is no table, or a column is neither of numbers nor of texts.
    """
    wanted = Wanted.of(baseline.constraints if baseline is not None else None)
    return profile_frame(frame=data, known=wanted.known, watch=wanted.watch)


def baseline(data: Frame | Profile) -> Baseline:
    """Return the constraints that a table suggests, and its statistics; `broken` are columns that break them.

    Raises:
        DriftError: the data cannot be used, or have no rows.
    """
    found = data if isinstance(data, Profile) else profile(data)
    if found.rows == 0:
        raise DriftError("a baseline must be of at least one row, got none; give the training data")
    return suggest_baseline(profile=found)


def check(
    data: Frame | Profile, *, baseline: Baseline, earlier: Sequence[Check] | None = None, hours: float = 1.0
) -> Check:
    """Hold a table against a baseline, as Model Monitor holds captures against it.

    Args:
        data: A table, or a profile that was made, or merged of those that were made, with
            `profile(data, baseline=baseline)`.
        baseline: What it is held against.
        earlier: The checks of the windows before this one, oldest first, each made with those before it, the first with
            `[]`. The verdict then allows for how much unchanged windows vary, and tests the last 24 hours together.
            Without it rows are taken as independent.
        hours: How long a window is; a check has its part of the year's one false alarm.

    Raises:
        DriftError: the data cannot be used, or an earlier check was made without `earlier`.
    """
    found = data if isinstance(data, Profile) else profile(data, baseline=baseline)
    before = None if earlier is None else earlier_in_order([_window(one) for one in earlier], hours=hours)
    return check_profile(profile=found, baseline=baseline, budget=Budget(hours=hours), earlier=before)


def _window(check: Check) -> Window:
    if check.verdict is None or check.verdict.window is None:
        raise DriftError(
            "an earlier check must have counted what later ones need, this one has not; make it with earlier=[]"
        )
    return check.verdict.window
