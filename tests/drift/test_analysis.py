from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.drift.analysis import Check, read_baseline, write_baseline, write_check
from modelyard.drift.checking.outcome import Status
from modelyard.drift.documents.files import write_text
from modelyard.drift.errors import DriftError
from modelyard.drift.reading.source import Format, Source, profiled
from modelyard.drift.source_analysis import check
from modelyard.drift.verdict.verdict import Alarm, Answer


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


def test_a_verdict_stands_beside_the_violations_and_rings_nothing(check_csv: CheckCsv) -> None:
    found = check_csv("x,0\nx,1\n" * 500, "x,0\nx,0\nx,0\nx,1\n" * 100)
    assert found.verdict is not None
    assert (found.verdict.answer, found.violations) == (Answer.CHANGED, ())
    assert found.outcome.status is Status.COMPLETED


def test_known_texts_are_counted_among_however_many_others(check_csv: CheckCsv) -> None:
    found = check_csv("1,a\n2,b\n" * 500, "".join(f"{one % 2 + 1},id{one}\n" for one in range(2000)))
    assert found.verdict is not None
    assert [one.name for one in found.verdict.changed_columns] == ["_c1"]


@pytest.fixture
def flags(tmp_path: Path) -> Path:
    """A baseline of a flag, and a window in which it has moved without a violation."""
    (tmp_path / "base.csv").write_text("x,0\nx,1\n" * 500)
    (tmp_path / "live.csv").write_text("x,0\nx,0\nx,0\nx,1\n" * 100)
    source = Source(path=tmp_path / "base.csv", format=Format.CSV, header=False)
    write_baseline(profile=profiled(source=source), folder=tmp_path)
    return tmp_path


def test_an_alarm_on_the_verdict_is_the_verdicts_outcome(flags: Path) -> None:
    live = Source(path=flags / "live.csv", format=Format.CSV, header=False)
    found = check(source=live, baseline=read_baseline(folder=flags), alarm=Alarm.VERDICT)
    assert found.outcome.message == "CompletedWithViolations: Job completed successfully with 1 violations."
    assert found.violations == ()


def test_the_analyzers_own_files_are_the_same_whatever_rings(flags: Path) -> None:
    live = Source(path=flags / "live.csv", format=Format.CSV, header=False)
    for alarm in Alarm:
        found = check(source=live, baseline=read_baseline(folder=flags), alarm=alarm)
        write_check(check=found, folder=flags / alarm.value)
    for name in ("statistics.json", "constraints.json", "constraint_violations.json"):
        assert (flags / "constraints" / name).read_bytes() == (flags / "verdict" / name).read_bytes()


def test_without_statistics_there_is_no_verdict_and_no_alarm_on_it(flags: Path) -> None:
    (flags / "statistics.json").unlink()
    live, baseline = Source(path=flags / "live.csv", format=Format.CSV, header=False), read_baseline(folder=flags)
    assert check(source=live, baseline=baseline).verdict is None
    with pytest.raises(DriftError, match=r"an alarm on the verdict needs the baseline's statistics\.json with rows"):
        check(source=live, baseline=baseline, alarm=Alarm.VERDICT)
