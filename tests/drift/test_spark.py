"""What Spark on this machine says of a table, held to what is said of it here."""

import json
import os
import subprocess
from collections.abc import Mapping
from datetime import date
from functools import reduce
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import polars
import pytest

from modelyard.drift import Profile, profile, profile_from_bytes
from modelyard.drift.reading.frames import profile_tables
from modelyard.drift.verdict.verdict import Answer
from support.synth import ROOT

PYTHON = ROOT / ".spark" / "bin" / "python"
PROGRAM = ROOT / "tests" / "support" / "drift" / "spark_profiles.py"
PARTITIONS = (1, 3, 7)
ROWS = 20_000
TABLE = polars.DataFrame(
    {
        "i": [number * 7919 % 10_007 for number in range(ROWS)],
        "x": [None if number % 11 == 0 else number * 0.37 for number in range(ROWS)],
        "s": [f"city {number % 130}" if number % 5 else None for number in range(ROWS)],
        "b": [number % 3 == 0 for number in range(ROWS)],
        # of one type in each half, and of another together
        "t": ["0.5" if number % 2 else "3" for number in range(ROWS // 2)] + ["word"] * (ROWS // 2),
        "d": [date(2026, 1, 1 + number % 28) for number in range(ROWS)],
    }
)

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="Spark: make spark")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spark")
    TABLE.write_parquet(folder / "table.parquet")
    command = list(map(str, (PYTHON, PROGRAM, folder / "table.parquet", folder, *PARTITIONS)))
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def said(folder: Path) -> Mapping[str, Any]:
    return dict(json.loads((folder / "said.json").read_text()))


def profile_of_spark(folder: Path, partitions: int) -> Profile:
    return profile_from_bytes(content=(folder / f"{partitions}.profile").read_bytes(), origin="Spark")


@pytest.mark.parametrize("partitions", PARTITIONS)
def test_partitions_are_profiled_as_their_profiles_merged_in_their_order(
    folder: Path, said: Mapping[str, Any], partitions: int
) -> None:
    sizes = said[str(partitions)]["partitions"]
    assert len(sizes) == partitions
    parts = [
        profile_tables(tables=[TABLE[start:stop]], columns=TABLE.columns)
        for start, stop in pairwise(accumulate(sizes, initial=0))
    ]
    assert profile_of_spark(folder, partitions) == reduce(Profile.merge, parts)


@pytest.mark.parametrize("partitions", PARTITIONS)
def test_only_the_last_digits_depend_on_the_partitions(folder: Path, partitions: int) -> None:
    found, here = profile_of_spark(folder, partitions), profile(TABLE)
    assert (found.rows, found.width, found.typed, found.reading) == (here.rows, here.width, here.typed, here.reading)
    for ours, theirs in zip(found.features, here.features, strict=True):
        assert (ours.name, ours.type_counts, ours.registers) == (theirs.name, theirs.type_counts, theirs.registers)
        assert (ours.categories, ours.histogram) == (theirs.categories, theirs.histogram)
        if ours.numbers is not None and theirs.numbers is not None:
            assert (ours.numbers.minimum, ours.numbers.maximum) == (theirs.numbers.minimum, theirs.numbers.maximum)
            assert ours.numbers.mean == pytest.approx(theirs.numbers.mean, rel=1e-12)
            assert ours.numbers.deviation == pytest.approx(theirs.numbers.deviation, rel=1e-12)


def test_one_partition_has_every_bit_of_the_table_in_memory(folder: Path) -> None:
    assert profile_of_spark(folder, 1) == profile(TABLE)


def test_a_dataframe_of_spark_is_checked_against_its_own_baseline(said: Mapping[str, Any]) -> None:
    assert said["unchanged"] == Answer.UNCHANGED.value


def test_a_change_is_found_whatever_the_order_of_the_columns(said: Mapping[str, Any]) -> None:
    assert said["changed"] == Answer.CHANGED.value


def test_partitions_without_rows_change_nothing(said: Mapping[str, Any]) -> None:
    assert said["few"] == [2, ["n", "s"]]
    assert said["none"] == [0, ["n", "s"]]


def test_what_is_refused_on_a_worker_is_one_sentence_on_the_driver(said: Mapping[str, Any]) -> None:
    assert said["nested"] == "column several must be a number or a text, got List(Int64); give flat columns"


def test_columns_of_one_name_are_refused(said: Mapping[str, Any]) -> None:
    assert said["equal"] == "columns must have different names, got 'i' 2 times; rename one"
