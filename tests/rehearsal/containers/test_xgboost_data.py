import math

import pytest

from modelyard.rehearsal.containers.xgboost_data import csv_table, libsvm_table


@pytest.mark.parametrize("line", ["1,2", "1\t2", "1;2", "1|2", "1, 2"])
def test_what_divides_the_cells_is_told_from_the_first_line(line: str) -> None:
    assert csv_table([line]).tolist() == [[1, 2]]


def test_an_empty_cell_is_missing() -> None:
    assert math.isnan(csv_table(["1,,3"])[0, 1])


@pytest.mark.parametrize("lines", [[], ["1,2", "1"], ["a,b"]])
def test_what_is_no_table_is_refused(lines: list[str]) -> None:
    with pytest.raises(ValueError, match=r"could not convert|rows must be equally long"):
        csv_table(lines)


def test_libsvm_names_the_features_that_are_there() -> None:
    labels, table = libsvm_table(["1 0:0.5 2:7", "0 1:3"])

    assert (labels, table.shape, table[0, 2], math.isnan(table[1, 0])) == ([1, 0], (2, 3), 7, True)


@pytest.mark.parametrize("lines", [[], ["1,2"], ["x 0:1"]])
def test_what_is_no_libsvm_is_refused(lines: list[str]) -> None:
    with pytest.raises(ValueError, match=r"could not convert|there must be a line"):
        libsvm_table(lines)
