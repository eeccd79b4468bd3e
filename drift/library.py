"""What a data scientist calls in a notebook: `profile`, `baseline` and `check` of a table in memory."""

from modelyard.drift.analysis import Baseline, Check, check_profile, suggest_baseline
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reading.frames import Frame, profile_frame


def profile(data: Frame, *, baseline: Baseline | None = None) -> Profile:
    """Return what is known of a table after one pass.

    Args:
        data: A DataFrame of polars or pandas, or a table that Arrow's C stream gives. Numbers and booleans keep their
            types; texts have the type that their contents imply, as the texts of captured CSV have.
        baseline: What the profile will be checked against: its columns' order and texts are then kept.

    Raises:
        DriftError: this is no table, or a column is neither of numbers nor of texts.
    """
    features = baseline.constraints.features if baseline is not None else ()
    return profile_frame(
        frame=data,
        known=[feature.name for feature in features],
        watch=[feature.domains if feature.domains is not None else () for feature in features],
    )


def baseline(data: Frame | Profile) -> Baseline:
    """Return the constraints that a table suggests, and its statistics; `broken` are columns that break them.

    Raises:
        DriftError: the data cannot be used, or have no rows.
    """
    found = data if isinstance(data, Profile) else profile(data)
    if found.rows == 0:
        raise DriftError("a baseline must be of at least one row, got none; give the training data")
    return suggest_baseline(profile=found)


def check(data: Frame | Profile, *, baseline: Baseline) -> Check:
    """Hold a table against a baseline, as Model Monitor holds captures against it.

    A profile is one that was made, or merged of those that were made, with `profile(data, baseline=baseline)`.

    Raises:
        DriftError: the data cannot be used.
    """
    found = data if isinstance(data, Profile) else profile(data, baseline=baseline)
    return check_profile(profile=found, baseline=baseline)
