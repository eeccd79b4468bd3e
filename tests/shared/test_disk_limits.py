import os
from pathlib import Path

import pytest

from modelyard.shared.disk_limits import refused_by_disk


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/dev/full", "this machine's disk is full; make room and repeat"),
        ("a" * 300, "its name is longer than one may be on this machine; shorten it"),
        ("file/below", "a file is where it needs a folder; rename one of the two"),
        ("folder", "a folder is where it needs a file; rename one of the two"),
    ],
)
def test_a_file_that_the_disk_does_not_take_is_told_of_with_what_to_do(tmp_path: Path, path: str, reason: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError) as refused:  # noqa: PT011 - which one it is, is what is asked
        (tmp_path / path).write_text("content")
    assert refused_by_disk(refused.value) == reason


def test_a_folder_in_the_place_of_a_file_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError) as refused:
        (tmp_path / "file").mkdir()
    assert refused_by_disk(refused.value) == "a file is where it needs a folder; rename one of the two"


@pytest.mark.parametrize("error", [OSError("no number"), ConnectionResetError(os.EX_IOERR, "reset")])
def test_what_is_not_the_disks_is_not_told_of_as_its(error: OSError) -> None:
    assert refused_by_disk(error) is None
