import subprocess
import sys
from functools import reduce
from pathlib import Path

import polars
import pytest

import modelyard.drift
from modelyard.drift import (
    DriftError,
    Profile,
    baseline,
    check,
    profile,
    read_baseline,
    write_baseline,
    write_check,
)
from modelyard.drift.checking.outcome import Status
from modelyard.drift.cli import main
from modelyard.drift.verdict.verdict import EarlierChecks

TRAIN = polars.DataFrame({"n": range(500), "x": [number / 7 for number in range(500)], "city": ["Wien", "Graz"] * 250})


def test_a_table_keeps_to_its_own_baseline() -> None:
    assert check(TRAIN, baseline=baseline(TRAIN)).outcome.status is Status.COMPLETED


def test_a_check_finds_what_the_command_finds_in_the_same_table(tmp_path: Path) -> None:
    live = TRAIN.with_columns(polars.col("x") * 2, city=polars.lit("Linz"))
    TRAIN.write_parquet(tmp_path / "train.parquet")
    live.write_parquet(tmp_path / "live.parquet")
    for command in (["baseline", "train"], ["check", "live", "--baseline", str(tmp_path / "a" / "baseline")]):
        name, table, *options = command
        main(arguments=[name, str(tmp_path / f"{table}.parquet"), "--output", str(tmp_path / "a" / name), *options])

    write_baseline(profile=profile(TRAIN), folder=tmp_path / "b" / "baseline")
    found = check(live, baseline=read_baseline(folder=tmp_path / "b" / "baseline"))
    write_check(check=found, folder=tmp_path / "b" / "check")

    assert len(found.violations) > 0
    for file in sorted((tmp_path / "a").rglob("*.json")):
        assert file.read_bytes() == (tmp_path / "b" / file.relative_to(tmp_path / "a")).read_bytes()


def test_columns_in_another_order_are_matched_by_name() -> None:
    found = check(TRAIN.select("city", "x", "n"), baseline=baseline(TRAIN))
    assert [feature.name for feature in found.profile.features] == ["n", "x", "city"]
    assert found.violations == ()


def test_parts_that_know_the_baseline_are_merged_and_checked_as_the_whole_table() -> None:
    base = baseline(TRAIN)
    live = polars.DataFrame(
        {"n": range(3000), "x": [1.5] * 3000, "city": [f"place {number}" for number in range(2999)] + ["Wien"]}
    )
    whole = reduce(
        Profile.merge, (profile(live[start : start + 1000], baseline=base) for start in range(0, 3000, 1000))
    )
    assert check(whole, baseline=base).violations == check(live, baseline=base).violations


def test_parts_that_do_not_know_the_baseline_are_refused_where_its_texts_were_not_counted() -> None:
    many = polars.DataFrame({"n": range(1100), "x": [0.5] * 1100, "city": [f"place {n}" for n in range(1100)]})
    with pytest.raises(DriftError, match="city must be profiled with its domain watched"):
        check(profile(many), baseline=baseline(TRAIN))


def test_a_baseline_of_no_rows_is_refused() -> None:
    with pytest.raises(DriftError, match="a baseline must be of at least one row, got none; give the training data"):
        baseline(TRAIN.clear())


def test_a_table_without_rows_is_no_data() -> None:
    assert check(TRAIN.clear(), baseline=baseline(TRAIN)).outcome.status is Status.NO_DATA


def test_the_package_itself_loads_none_of_its_libraries() -> None:
    text = "import modelyard.drift, sys; print({'numba', 'numpy', 'polars'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", text], cwd=Path.cwd(), capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_every_name_of_the_library_is_there() -> None:
    assert sorted(modelyard.drift.HOMES) == modelyard.drift.__all__
    assert all(
        getattr(modelyard.drift, name).__module__.startswith("modelyard.drift.") for name in modelyard.drift.HOMES
    )


def test_a_name_that_the_library_does_not_have_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match=r"module 'modelyard\.drift' has no attribute 'drift'"):
        getattr(modelyard.drift, "drift")  # noqa: B009  the name is not one that a type checker knows


def test_checks_that_know_those_before_them_allow_for_the_spread_between_windows() -> None:
    base, found = baseline(TRAIN), [check(TRAIN[::5], baseline=baseline(TRAIN), earlier=[])]
    for _ in range(3):
        found.append(check(TRAIN[::5], baseline=base, earlier=found, hours=6))
    known = found[-1].verdict.earlier if found[-1].verdict is not None else None
    assert known == EarlierChecks(windows=0, of_day=3, missing_of_day=0, unreadable=0)
    assert check(TRAIN, baseline=base).verdict == check(TRAIN, baseline=base, earlier=None, hours=1).verdict


def test_an_earlier_check_that_has_counted_nothing_is_refused() -> None:
    base = baseline(TRAIN)
    with pytest.raises(DriftError, match=r"this one has not; make it with earlier=\[\]"):
        check(TRAIN, baseline=base, earlier=[check(TRAIN, baseline=base)])
