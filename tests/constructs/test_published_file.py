"""Files that travel beside a template."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from modelyard.constructs.published_file import archive
from modelyard.manifest.folder_digest import digest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A script's folder."""
    made = tmp_path / "churn"
    (made / "inner").mkdir(parents=True)
    (made / "train.py").write_text("print(1)\n", encoding="utf-8")
    (made / "inner" / "table.py").write_text("x = 1\n", encoding="utf-8")
    return made


def names(content: bytes) -> list[str]:
    """What an archive holds."""
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
        return tar.getnames()


def test_an_archive_holds_the_folder_s_files_below_no_folder(folder: Path) -> None:
    assert names(archive(folder=folder)) == ["inner/table.py", "train.py"]


def test_an_archive_holds_a_path_of_any_length(folder: Path) -> None:
    deep = "/".join(["a" * 200] * 4)
    (folder / deep).mkdir(parents=True)
    (folder / deep / "é.py").touch()

    assert f"{deep}/é.py" in names(archive(folder=folder))


def test_an_archive_is_the_same_whenever_and_however_its_files_were_written(folder: Path) -> None:
    before = archive(folder=folder)

    os.utime(folder / "train.py", (1, 1))
    (folder / "train.py").chmod(0o700)

    assert archive(folder=folder) == before


@pytest.mark.parametrize("left", ["__pycache__/train.cpython-311.pyc", ".ipynb_checkpoints/a.py", ".DS_Store", "a.pyc"])
def test_what_tools_leave_behind_changes_neither_archive_nor_digest(folder: Path, left: str) -> None:
    before = (archive(folder=folder), digest(folder=folder))

    (folder / left).parent.mkdir(exist_ok=True)
    (folder / left).write_bytes(b"left")

    assert (archive(folder=folder), digest(folder=folder)) == before


def test_a_changed_file_changes_the_digest(folder: Path) -> None:
    before = digest(folder=folder)

    (folder / "train.py").write_text("print(2)\n", encoding="utf-8")

    assert digest(folder=folder) != before


def test_a_renamed_file_changes_the_digest(folder: Path) -> None:
    before = digest(folder=folder)

    (folder / "train.py").rename(folder / "fit.py")

    assert digest(folder=folder) != before
