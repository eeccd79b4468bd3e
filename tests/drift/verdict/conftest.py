from collections.abc import Callable, Sequence

import pytest

from modelyard.drift.documents.constraints import suggest_constraints
from modelyard.drift.documents.statistics import profile_statistics
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.verdict.verdict import Alarm, Budget, Verdict, give_verdict

HOURLY = Budget()
ProfileText = Callable[..., Profile]


@pytest.fixture
def verdict_on(profile_csv_text: ProfileText) -> Callable[..., Verdict]:
    """Hold one column of values against another; a second column of x keeps empty values from being blank lines."""

    def verdict(
        known: Sequence[object], live: Sequence[object], *, budget: Budget = HOURLY, alarm: Alarm = Alarm.CONSTRAINTS
    ) -> Verdict:
        def profile(values: Sequence[object]) -> Profile:
            return profile_csv_text("label,value\n" + "".join(f"x,{value}\n" for value in values), header=True)

        baseline = profile(known)
        return give_verdict(
            profile=profile(live),
            constraints=suggest_constraints(profile=baseline),
            baseline=profile_statistics(profile=baseline),
            budget=budget,
            alarm=alarm,
        )

    return verdict
