from collections.abc import Callable

from modelyard.drift.analysis import Check
from modelyard.drift.documents.constraints import (
    MonitoringConfig,
)
from modelyard.drift.profiling.profile import Profile
from support.drift.checks import column
from support.drift.columns import categories

ProfileText = Callable[..., Profile]


def test_up_to_1024_different_texts_are_counted_exactly(profile_csv_text: ProfileText) -> None:
    profile = profile_csv_text("".join(f"v{n % 1024}\n" for n in range(4000)))
    assert categories(profile) == {f"v{n}": 4 if n < 928 else 3 for n in range(1024)}


def test_more_than_1024_different_texts_are_not_kept(profile_csv_text: ProfileText) -> None:
    assert profile_csv_text("".join(f"v{n}\n" for n in range(1025))).features[0].categories is None


def test_of_more_than_512_columns_only_256_different_texts_are_kept(profile_csv_text: ProfileText) -> None:
    profile = profile_csv_text("".join(f"v{n}" + "," * 512 + "\n" for n in range(257)))
    assert profile.features[0].categories is None


CheckCsv = Callable[..., Check]


def test_watching_a_domain_does_not_change_the_distinct_count(check_csv: CheckCsv) -> None:
    live = [f"new {n}" for n in range(1800)]
    watched = check_csv(column(["a", "b"]), column([*live, "a"])).profile.features[0].approximate_distinct
    plain = check_csv(column(range(2)), column([*live, "a"])).profile.features[0].approximate_distinct
    assert watched == plain


def test_values_beside_a_watched_domain_are_counted_too(check_csv: CheckCsv) -> None:
    monitoring = MonitoringConfig(domain_threshold=0.0)
    live = column([*["a"] * 5, *["new"] * 3, *["other"] * 2])
    found = check_csv(column(["a", "b"]), live, monitoring=monitoring).profile.features[0]
    assert found.categories == {"a": 5, "new": 3, "other": 2}
