from pathlib import Path

import pytest

from modelyard.rehearsal.containers import opt_ml
from modelyard.rehearsal.sagemaker.jobs.failures import JobFailed, disk_failures, misses_opt_ml


def test_an_error_that_is_not_the_disks_is_no_failure_of_the_jobs() -> None:
    with pytest.raises(ConnectionResetError), disk_failures("It could not be written"):
        raise ConnectionResetError


def test_a_job_whose_file_the_disk_does_not_take_says_which(tmp_path: Path) -> None:
    sentence = "ClientError: It could not be written \\('x+...'\\): its name is longer than one may be"
    with pytest.raises(JobFailed, match=sentence), disk_failures("It could not be written"):
        (tmp_path / ("x" * 300)).touch()


@pytest.mark.parametrize(
    "line",
    [
        "FileNotFoundError: [Errno 2] No such file or directory: '/opt/ml/processing/in/rows.csv'",
        "PermissionError: [Errno 13] Permission denied: '/opt/ml'",
        "OSError: [Errno 30] Read-only file system: '/opt/ml'",
    ],
)
def test_a_script_that_has_opt_ml_in_its_text_is_told_where_that_is_and_why(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opt_ml, "obstacle", lambda: "only Linux has what it takes")

    advice = misses_opt_ml(line)

    assert advice is not None
    assert "A job's /opt/ml is a folder of its own in the local AWS: take the path from an argument" in advice
    assert advice.endswith("It cannot be mounted at /opt/ml here: only Linux has what it takes")


@pytest.mark.parametrize(
    ("obstacle", "line"),
    [
        (None, "FileNotFoundError: [Errno 2] No such file or directory: '/opt/ml/model/x'"),
        ("none", "FileNotFoundError: [Errno 2] No such file or directory: '/opt/mlflow'"),
        ("none", "read /opt/ml/model/x"),
    ],
)
def test_whoever_does_not_miss_it_is_told_nothing(
    obstacle: str | None, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opt_ml, "obstacle", lambda: obstacle)

    assert misses_opt_ml(line) is None
