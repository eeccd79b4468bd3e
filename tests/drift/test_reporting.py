import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from modelyard.drift.analysis import Baseline, check, write_check
from modelyard.drift.checking.diagnoses import diagnoses
from modelyard.drift.documents.constraints import Constraints, suggested_constraints
from modelyard.drift.documents.recorded import Statistics, recorded
from modelyard.drift.documents.violations import Violation
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reading.source import Format, Source
from modelyard.drift.reporting.distribution import distribution
from modelyard.drift.reporting.markdown import as_markdown
from modelyard.drift.reporting.page import as_page
from modelyard.drift.reporting.picture import as_png
from modelyard.drift.reporting.plain import plain
from modelyard.drift.reporting.runs import Run, read_run, run_name
from modelyard.drift.reporting.summary import Summary, summarized

ProfileText = Callable[..., Profile]


def statistics(profile_text: ProfileText, text: str) -> Statistics:
    return recorded(profile=profile_text(text))


def run_of(found: Statistics, *violations: Violation, name: str = "run") -> Run:
    return Run(name=name, statistics=found, constraints=None, violations=violations)


TYPES = Violation(
    feature="_c0",
    check="data_type_check",
    description="Data type match requirement is not met. "
    "Expected data type: Integral, Expected match: 100.0%. "
    "Observed: Only 99.0% of data is Integral.",
)


@pytest.fixture
def diagnosed(tmp_path: Path, profile_csv_text: ProfileText) -> Callable[[str, str], tuple[str, ...]]:
    """What is said of live CSV text held against training CSV text."""

    def diagnose(training: str, live: str) -> tuple[str, ...]:
        profile = profile_csv_text(training)
        baseline = Baseline(constraints=suggested_constraints(profile=profile), statistics=recorded(profile=profile))
        (tmp_path / "live.csv").write_text(live)
        found = check(source=Source(path=tmp_path / "live.csv", format=Format.CSV, header=False), baseline=baseline)
        return diagnoses(
            current=recorded(profile=found.profile),
            baseline=baseline.statistics,
            constraints=baseline.constraints,
            violations=found.violations,
        )

    return diagnose


def rows(generator: np.random.Generator, count: int) -> list[list[float]]:
    centres = np.array([5.0, 500.0, 50_000.0, 5e6, 5e8])
    table: list[list[float]] = (centres * generator.uniform(0.9, 1.1, (count, 5))).round(2).tolist()
    return table


def text(table: list[list[float]]) -> str:
    return "".join(",".join(f"{value!r}" for value in row) + "\n" for row in table)


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


@pytest.mark.parametrize(
    ("check_type", "description", "sentence"),
    [
        ("data_type_check", TYPES.description, "Should be whole numbers, but only 99.0 % of the values are."),
        (
            "completeness_check",
            "Data completeness requirement is not met. Expected: 100.0%. Observed: Only 99.00990099009901%.",
            "Values are missing: 99.0 % are there, the baseline has 100.0 %.",
        ),
        (
            "baseline_drift_check",
            "Baseline drift distance: 0.17354640931273702 exceeds threshold: 0.1",
            "The distribution has moved: distance 0.174 from the baseline, 0.1 is allowed.",
        ),
        (
            "categorical_values_check",
            "Value: 0.75 does not meet the constraint requirement! ",
            "Unknown values: only 75.0 % are ones that the baseline knows.",
        ),
        (
            "extra_column_check",
            "There are extra columns in current dataset. Number of columns in current "
            "dataset: 23, Number of columns "
            "in baseline constraints: 22",
            "The data have 23 columns, the baseline has 22; nothing else was compared.",
        ),
        ("data_type_check", "Value: 0.9 does not meet", "Value: 0.9 does not meet"),
        ("completeness_check", "other words", "other words"),
        ("baseline_drift_check", "other words", "other words"),
        ("categorical_values_check", "other words", "other words"),
        ("missing_column_check", "other words", "other words"),
        ("a check of tomorrow", "other words ", "other words"),
    ],
)
def test_a_violation_is_said_plainly(check_type: str, description: str, sentence: str) -> None:
    assert plain(violation=Violation(feature="x", check=check_type, description=description)) == sentence


def test_almost_all_is_not_rounded_to_all() -> None:
    violation = Violation(
        feature="x", check="data_type_check", description=TYPES.description.replace("99.0%", "99.9997%")
    )
    assert plain(violation=violation) == "Should be whole numbers, but only more than 99.9 % of the values are."


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


@pytest.fixture
def summary(profile_csv_text: ProfileText) -> Summary:
    """Two runs, the last with a violation."""
    found = statistics(profile_csv_text, "1,a\n2,b\n")
    return summarized(runs=[run_of(found, name="first"), run_of(found, TYPES, name="last")], baseline=None)


def test_the_verdict_counts_violations_and_features(summary: Summary) -> None:
    assert summary.verdict == "1 violation in 1 feature"


def test_the_trend_has_every_run(summary: Summary) -> None:
    assert summary.trend == (("first", 2, 0), ("last", 2, 1))


def test_features_with_violations_come_first(profile_csv_text: ProfileText) -> None:
    found = statistics(profile_csv_text, "a,1\nb,2\n")
    violation = Violation(feature="_c1", check="x", description="y")
    made = summarized(runs=[run_of(found, violation)], baseline=None)
    assert [feature.name for feature in made.features] == ["_c1", "_c0"]


def test_a_run_without_rows_has_a_verdict_of_its_own() -> None:
    made = summarized(runs=[run_of(Statistics(rows=0, features=()))], baseline=None)
    assert (made.status, made.verdict) == ("no data", "No data in this window")


def test_a_summary_needs_a_run() -> None:
    with pytest.raises(DriftError, match="runs must be at least one folder, got none"):
        summarized(runs=[], baseline=None)


def test_markdown_has_the_verdict_and_the_findings(summary: Summary) -> None:
    made = as_markdown(summary=summary)
    assert "1 violation in 1 feature" in made.splitlines()[0]
    assert "| \\_c0 | Should be whole numbers, but only 99.0 % of the values are. |" in made


def test_markdown_of_many_findings_is_short(profile_csv_text: ProfileText) -> None:
    made = summarized(runs=[run_of(statistics(profile_csv_text, "1\n"), *[TYPES] * 60)], baseline=None)
    assert "… and 40 more." in as_markdown(summary=made)


def test_a_name_cannot_break_the_markdown_table(profile_csv_text: ProfileText) -> None:
    violation = Violation(feature="a|b\n<i>", check="x", description="y")
    made = summarized(runs=[run_of(statistics(profile_csv_text, "1\n"), violation)], baseline=None)
    assert "| a\\|b\\\\u000a\\<i\\> | y |" in as_markdown(summary=made)


@pytest.mark.parametrize("violations", [0, 1, 60])
def test_the_picture_is_a_png_of_a_card(profile_csv_text: ProfileText, violations: int) -> None:
    found = statistics(profile_csv_text, "1\n")
    made = summarized(runs=[run_of(found), run_of(found, *[TYPES] * violations)], baseline=None)
    assert Image.open(io.BytesIO(as_png(summary=made))).size == (1200, 630)


def test_a_script_in_the_data_stays_data(profile_csv_text: ProfileText) -> None:
    found = recorded(profile=profile_csv_text("</script><script>alert(1)\nx\n", header=True))
    page = as_page(summary=summarized(runs=[run_of(found)], baseline=None))
    assert "<script>alert" not in page


def test_placeholders_in_the_data_stay_data(profile_csv_text: ProfileText) -> None:
    found = recorded(profile=profile_csv_text("{{script}}\nx\n", header=True))
    violation = Violation(feature="{{data}}", check="x", description="{{script}}")
    page = as_page(summary=summarized(runs=[run_of(found, violation)], baseline=None))
    assert page.count("use strict") == 1


def test_a_page_of_many_findings_lists_two_hundred(profile_csv_text: ProfileText) -> None:
    made = summarized(runs=[run_of(statistics(profile_csv_text, "1\n"), *[TYPES] * 500)], baseline=None)
    assert "… and 300 more" in as_page(summary=made)


def test_a_run_is_named_by_its_hour(tmp_path: Path) -> None:
    assert run_name(folder=tmp_path / "2026" / "11" / "22" / "10") == "2026-11-22 10:00"


def test_a_run_elsewhere_is_named_by_its_folder(tmp_path: Path) -> None:
    assert run_name(folder=tmp_path / "friday") == "friday"


def test_a_written_run_is_read_back(tmp_path: Path, profile_csv_text: ProfileText) -> None:
    profile = profile_csv_text("1\n")
    baseline = Baseline(constraints=Constraints(features=()), statistics=None)
    (tmp_path / "live.csv").write_text("1\n")
    found = check(source=Source(path=tmp_path / "live.csv", format=Format.CSV, header=False), baseline=baseline)
    write_check(check=found, folder=tmp_path / "run")
    assert (read_run(folder=tmp_path / "run").violations, profile.rows) == (found.violations, 1)


def test_a_folder_without_statistics_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(DriftError, match=r"must hold statistics.json, it does not"):
        read_run(folder=tmp_path)
