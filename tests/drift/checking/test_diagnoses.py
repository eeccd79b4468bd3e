from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from modelyard.drift.analysis import Baseline
from modelyard.drift.checking.diagnoses import diagnoses
from modelyard.drift.documents.constraints import suggest_constraints
from modelyard.drift.documents.statistics import profile_statistics
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reading.source import Format, Source
from modelyard.drift.source_analysis import check
from support.drift.summaries import text

ProfileText = Callable[..., Profile]


@pytest.fixture
def diagnosed(tmp_path: Path, profile_csv_text: ProfileText) -> Callable[[str, str], tuple[str, ...]]:
    """What is said of live CSV text held against training CSV text."""

    def diagnose(training: str, live: str) -> tuple[str, ...]:
        profile = profile_csv_text(training)
        baseline = Baseline(
            constraints=suggest_constraints(profile=profile), statistics=profile_statistics(profile=profile)
        )
        (tmp_path / "live.csv").write_text(live)
        found = check(source=Source(path=tmp_path / "live.csv", format=Format.CSV, header=False), baseline=baseline)
        return diagnoses(
            current=profile_statistics(profile=found.profile),
            baseline=baseline.statistics,
            constraints=baseline.constraints,
            violations=found.violations,
        )

    return diagnose


def rows(generator: np.random.Generator, count: int) -> list[list[float]]:
    centres = np.array([5.0, 500.0, 50_000.0, 5e6, 5e8])
    table: list[list[float]] = (centres * generator.uniform(0.9, 1.1, (count, 5))).round(2).tolist()
    return table


def test_a_header_line_sent_as_data_is_named_as_such(
    diagnosed: Callable[[str, str], tuple[str, ...]],
) -> None:
    numbers = text(rows(np.random.default_rng(1), 300))
    (sentence,) = diagnosed(numbers, "a,b,c,d,e\n" + numbers)
    assert sentence.startswith("1 record is of another type in 5 features at once: this is what a header line")


def test_wrong_values_in_many_records_are_not_called_a_header(
    diagnosed: Callable[[str, str], tuple[str, ...]],
) -> None:
    numbers = text(rows(np.random.default_rng(1), 300))
    assert diagnosed(numbers, "a,b,c,d,e\n" * 200 + numbers) == ()


def test_columns_that_moved_by_one_place_are_named_as_such(
    diagnosed: Callable[[str, str], tuple[str, ...]],
) -> None:
    table = rows(np.random.default_rng(2), 300)
    (sentence,) = diagnosed(text(table), text([[*row[1:], row[0]] for row in table]))
    assert "one place to the left: the columns seem shifted" in sentence


def test_columns_that_moved_to_the_right_are_named_as_such(
    diagnosed: Callable[[str, str], tuple[str, ...]],
) -> None:
    table = rows(np.random.default_rng(2), 300)
    (sentence,) = diagnosed(text(table), text([[row[-1], *row[:-1]] for row in table]))
    assert "one place to the right" in sentence


def test_a_column_that_became_constant_is_named(diagnosed: Callable[[str, str], tuple[str, ...]]) -> None:
    train = "".join(f"{n},{n % 997}\n" for n in range(1000))
    live = "".join(f"7,{n % 997}\n" for n in range(1000))
    assert "Only one value in the live data, several in the baseline: _c0." in diagnosed(train, live)


def test_a_column_that_the_distance_is_blind_to_is_named(
    diagnosed: Callable[[str, str], tuple[str, ...]],
) -> None:
    flags = "".join(f"{n % 2},{n}\n" for n in range(1000))
    (sentence,) = diagnosed(flags, flags)
    assert sentence.startswith("Too few different values for the Robust distance to find drift, however large: _c0.")


def test_equal_data_of_many_values_need_no_comment(diagnosed: Callable[[str, str], tuple[str, ...]]) -> None:
    numbers = text(rows(np.random.default_rng(1), 300))
    assert diagnosed(numbers, numbers) == ()
