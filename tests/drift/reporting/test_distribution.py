from collections.abc import Callable

import pytest

from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reporting.distribution import distribution
from support.drift.summaries import statistics

ProfileText = Callable[..., Profile]


def test_few_different_numbers_have_a_bar_each(profile_csv_text: ProfileText) -> None:
    found = statistics(profile_csv_text, "1\n2\n2\n5\n").features[0]
    bars = distribution(live=found, baseline=None)
    assert bars is not None
    assert (bars.labels, bars.live, bars.baseline) == (("1", "2", "5"), (0.25, 0.5, 0.25), None)


def test_many_different_numbers_are_in_24_bars_of_both_sides(profile_csv_text: ProfileText) -> None:
    found = statistics(profile_csv_text, "".join(f"{n}\n" for n in range(1000))).features[0]
    bars = distribution(live=found, baseline=found)
    assert bars is not None
    assert (len(bars.labels), bars.live == bars.baseline) == (24, True)
    assert sum(bars.live or ()) == pytest.approx(1.0)


def test_one_far_value_does_not_squeeze_the_others_into_one_bar(profile_csv_text: ProfileText) -> None:
    found = statistics(profile_csv_text, "".join(f"{n}\n" for n in [*range(1000), 10**9])).features[0]
    bars = distribution(live=found, baseline=None)
    assert bars is not None
    assert max(bars.live or ()) < 0.1


def test_categories_beyond_twelve_are_put_together(profile_csv_text: ProfileText) -> None:
    found = statistics(profile_csv_text, "".join(f"c{n:02d}\n" for n in range(20))).features[0]
    bars = distribution(live=found, baseline=None)
    assert bars is not None
    assert bars.labels[-1] == "8 others"
    assert (bars.live or ())[-1] == pytest.approx(0.4)


def test_a_column_without_values_has_no_bars(profile_csv_text: ProfileText) -> None:
    found = statistics(profile_csv_text, ",1\n").features[0]
    assert distribution(live=found, baseline=None) is None
