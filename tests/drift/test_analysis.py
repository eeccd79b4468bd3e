from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.drift.analysis import Check, check, read_baseline, write_baseline, write_text
from modelyard.drift.checking.outcome import Status
from modelyard.drift.errors import DriftError
from modelyard.drift.reading.source import Format, Source, profiled


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


def test_records_that_nobody_could_read_are_a_violation(tmp_path: Path, capture_line: Callable[..., str]) -> None:
    (tmp_path / "base.csv").write_text("label,x\n" + "".join(f"0.{n},{n}\n" for n in range(1, 10)))
    write_baseline(profile=profiled(source=Source(path=tmp_path / "base.csv", format=Format.CSV)), folder=tmp_path)
    bad = ["no JSON", capture_line("0.5", "{", encoding="JSON")]
    captures = tmp_path / "captures.jsonl"
    for good in ([capture_line("0.5", "3")], []):
        captures.write_text("\n".join([*good, *bad]))
        source = Source(path=captures, format=Format.CAPTURE)
        found = check(source=source, baseline=read_baseline(folder=tmp_path))

        assert [(one.feature, one.check) for one in found.violations] == [
            ("Unreadable records", "unreadable_record_check")
        ]
        assert found.outcome.status is Status.COMPLETED_WITH_VIOLATIONS
        assert "2 (1 because they are not JSON; 1 because their payload is not JSON)" in found.violations[0].description
