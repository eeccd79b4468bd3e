from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.drift.analysis import Check, read_baseline, write_text
from modelyard.drift.errors import DriftError


def test_a_folder_without_constraints_is_no_baseline(tmp_path: Path) -> None:
    with pytest.raises(DriftError, match=r"must hold constraints.json, it does not; make a baseline first"):
        read_baseline(folder=tmp_path)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DriftError, match="cannot be written"):
        write_text(path=tmp_path / "file" / "x", text="")


CheckCsv = Callable[..., Check]


def test_columns_with_a_header_are_matched_by_name(check_csv: CheckCsv) -> None:
    assert check_csv("a,b\n1,x\n2,y\n", "b,a\nx,2\ny,1\n", header=True).violations == ()


def test_columns_without_known_names_are_matched_by_position(check_csv: CheckCsv) -> None:
    found = check_csv("a,b\n1,x\n2,y\n", "c,d\n1,x\n2,y\n", header=True)
    assert [feature.name for feature in found.profile.features] == ["a", "b"]
