from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.drift.analysis import Baseline, read_baseline, write_baseline, write_check
from modelyard.drift.documents.constraints import Constraints
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reading.source import Format, Source, profiled
from modelyard.drift.reporting.changes import WindowVerdict
from modelyard.drift.reporting.runs import read_given, read_run, run_name
from modelyard.drift.source_analysis import check

ProfileText = Callable[..., Profile]


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


def test_the_verdict_of_a_run_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("1\n2\n" * 50)
    source = Source(path=tmp_path / "data.csv", format=Format.CSV, header=False)
    write_baseline(profile=profiled(source=source), folder=tmp_path)
    found = check(source=source, baseline=read_baseline(folder=tmp_path))
    write_check(check=found, folder=tmp_path / "run")
    assert read_run(folder=tmp_path / "run").verdict == found.verdict
    assert read_run(folder=tmp_path).verdict is None


def test_a_verdict_that_cannot_be_read_leaves_open_what_rings(tmp_path: Path, profile_csv_text: ProfileText) -> None:
    baseline = write_baseline(profile=profile_csv_text("1\n2\n" * 50), folder=tmp_path / "base")
    (tmp_path / "live.csv").write_text("1\n2\n" * 50)
    live = Source(path=tmp_path / "live.csv", format=Format.CSV, header=False)
    write_check(check=check(source=live, baseline=baseline), folder=tmp_path / "run")
    (tmp_path / "run" / "verdict.json").write_text("{")
    found = read_run(folder=tmp_path / "run")
    assert (found.verdict, found.ringing) == (None, None)
    assert "verdict.json is not JSON" in str(found.given.unreadable)


def test_of_an_earlier_run_the_verdict_alone_can_be_read(tmp_path: Path) -> None:
    assert read_given(folder=tmp_path / "run") == WindowVerdict(window="run", verdict=None)
