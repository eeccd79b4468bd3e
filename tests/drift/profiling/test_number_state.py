import math
import operator
from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import pytest

from modelyard.drift.documents.statistics import Edition
from modelyard.drift.profiling.profile import NumberProfile
from modelyard.drift.reading.source import Format, Source, profiled
from support.drift.columns import numbers_of


def numbers_of_files(folder: Path, *columns: Sequence[float]) -> NumberProfile:
    for number, values in enumerate(columns):
        (folder / f"{number}.csv").write_text("".join(f"{value!r}\n" for value in values))
    return numbers_of(profiled(source=Source(path=folder, format=Format.CSV, header=False)).features[0])


def spark_deviation(*partitions: Sequence[float]) -> float:
    """CentralMomentAgg as Spark's sources have it: a buffer for each partition, all merged into an empty one."""
    n, avg, m2 = 0.0, 0.0, 0.0
    for values in partitions:
        right_n, right_avg, right_m2 = 0.0, 0.0, 0.0
        for value in values:
            right_n += 1.0
            delta = value - right_avg
            right_avg += delta / right_n
            right_m2 += delta * (delta - delta / right_n)
        new_n = n + right_n
        delta = right_avg - avg
        delta_n = delta / new_n
        m2 = m2 + right_m2 + delta * delta_n * n * right_n
        avg += delta_n * right_n
        n = new_n
    return math.sqrt(m2 / n)


@pytest.mark.parametrize("cut", [1, 13, 50])
def test_deviations_are_those_of_spark_with_a_partition_a_file(tmp_path: Path, cut: int) -> None:
    values = [math.sin(number) * 10**6 + 0.1 for number in range(100)]
    parts = [values[:cut], values[cut:], values[:7]]
    assert numbers_of_files(tmp_path, *parts).deviation == spark_deviation(*parts)


def test_the_sum_is_that_of_the_files_sums(tmp_path: Path) -> None:
    parts = [[0.1] * 10, [0.7, 0.1, 0.3]]
    expected = reduce(operator.add, parts[0]) + reduce(operator.add, parts[1])
    assert numbers_of_files(tmp_path, *parts).sum == expected


def test_whole_sums_of_two_files_start_again_beyond_64_bits(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(f"{2**62}\n")
    found = profiled(source=Source(path=tmp_path, format=Format.CSV, header=False)).features[0]
    assert numbers_of(found).sum == float(-(2**63))


def test_releases_before_2023_split_a_file_where_a_record_begins_beyond_each_four_mebibytes(tmp_path: Path) -> None:
    values = [math.sin(number) for number in range(300_000)]
    lines = [f"{value:.16f}\n" for value in values]
    text = "".join(lines)
    (tmp_path / "one.csv").write_text(text)
    begins = [0]
    for line in lines:
        begins.append(begins[-1] + len(line))
    size = 4_194_304
    parts: list[list[float]] = [[] for _ in range(len(text) // size + 1)]
    for begin, line in zip(begins, lines, strict=False):
        # Hadoop's reader of lines also reads the one that begins where its part ends
        parts[max(begin - 1, 0) // size].append(float(line))
    for edition, expected in (
        (Edition.UNTIL_2022, spark_deviation(*parts)),
        (Edition.SINCE_2023, spark_deviation([float(line) for line in lines])),
    ):
        source = Source(path=tmp_path, format=Format.CSV, header=False, partition_bytes=edition.partition_bytes)
        assert numbers_of(profiled(source=source).features[0]).deviation == expected
