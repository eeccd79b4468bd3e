from pathlib import Path

import pytest

from modelyard.rehearsal.sagemaker.jobs.failures import JobFailed, disk_failures


def test_an_error_that_is_not_the_disks_is_no_failure_of_the_jobs() -> None:
    with pytest.raises(ConnectionResetError), disk_failures("It could not be written"):
        raise ConnectionResetError


def test_a_job_whose_file_the_disk_does_not_take_says_which(tmp_path: Path) -> None:
    sentence = "ClientError: It could not be written \\('x+...'\\): its name is longer than one may be"
    with pytest.raises(JobFailed, match=sentence), disk_failures("It could not be written"):
        (tmp_path / ("x" * 300)).touch()
