import io
import os
import tarfile
from pathlib import Path

import pytest

from modelyard.rehearsal.containers.archives import pack, unpack
from modelyard.rehearsal.containers.volumes import Volume


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "export").mkdir(parents=True)
    (folder / "export" / "weights").write_text("3")
    (folder / "model.json").write_text("{}")
    return folder


def names(archive: Path) -> list[str]:
    with tarfile.open(archive) as tar:
        return tar.getnames()


def test_what_is_packed_unpacks_to_the_same(folder: Path, tmp_path: Path) -> None:
    archive = pack(folders=[folder], archive=tmp_path / "model.tar.gz")

    unpack(source=archive, volume=Volume(folder=tmp_path), folder=tmp_path / "again")

    assert (tmp_path / "again/export/weights").read_text() == "3"


def test_the_same_contents_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    first = pack(folders=[folder], archive=tmp_path / "1.tar.gz").read_bytes()
    os.utime(folder / "model.json", (1, 1))

    assert pack(folders=[folder], archive=tmp_path / "2.tar.gz").read_bytes() == first


def test_members_are_packed_in_the_order_of_their_names(folder: Path, tmp_path: Path) -> None:
    archive = pack(folders=[folder], archive=tmp_path / "model.tar.gz")

    assert names(archive) == ["export", "export/weights", "model.json"]


def test_of_two_hosts_files_of_one_name_the_first_hosts_is_kept(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "model.json").write_text("[]")

    archive = pack(folders=[folder, tmp_path / "other"], archive=tmp_path / "model.tar.gz")
    unpack(source=archive, volume=Volume(folder=tmp_path), folder=tmp_path / "again")

    assert (tmp_path / "again/model.json").read_text() == "{}"


def test_a_link_is_packed_as_what_it_points_at(folder: Path, tmp_path: Path) -> None:
    (folder / "latest").symlink_to(folder / "model.json")

    archive = pack(folders=[folder], archive=tmp_path / "model.tar.gz")
    unpack(source=archive, volume=Volume(folder=tmp_path), folder=tmp_path / "again")

    assert (tmp_path / "again/latest").read_text() == "{}"


def test_a_link_to_no_file_cannot_be_packed(folder: Path, tmp_path: Path) -> None:
    (folder / "latest").symlink_to(folder / "export")

    with pytest.raises(ValueError, match="got a link to no file; copy it instead"):
        pack(folders=[folder], archive=tmp_path / "model.tar.gz")


def test_a_pipe_cannot_be_packed(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(folder / "pipe")

    with pytest.raises(ValueError, match="must be a file or a folder to be packed"):
        pack(folders=[folder], archive=tmp_path / "model.tar.gz")


def test_a_failed_pack_takes_no_name(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(folder / "pipe")

    with pytest.raises(ValueError, match="must be a file"):
        pack(folders=[folder], archive=tmp_path / "model.tar.gz")

    assert not (tmp_path / "model.tar.gz").exists()


def test_compiled_modules_of_a_source_folder_stay_behind(tmp_path: Path) -> None:
    (tmp_path / "source/__pycache__").mkdir(parents=True)

    unpack(source=tmp_path / "source", volume=Volume(folder=tmp_path), folder=tmp_path / "code")

    assert not (tmp_path / "code/__pycache__").exists()


def test_a_source_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must be a folder or a tar\.gz, found nothing there"):
        unpack(source=tmp_path / "nothing.tar.gz", volume=Volume(folder=tmp_path), folder=tmp_path / "code")


def test_a_source_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "source.tar.gz").write_text("print()")

    with pytest.raises(ValueError, match=r"must be a tar\.gz that unpacks into one folder"):
        unpack(source=tmp_path / "source.tar.gz", volume=Volume(folder=tmp_path), folder=tmp_path / "code")


def test_an_archive_that_reaches_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "source.tar.gz", "w:gz") as tar:
        entry = tarfile.TarInfo("../outside")
        entry.size = 1
        tar.addfile(entry, io.BytesIO(b"x"))

    with pytest.raises(ValueError, match=r"must be a tar\.gz that unpacks into one folder"):
        unpack(source=tmp_path / "source.tar.gz", volume=Volume(folder=tmp_path), folder=tmp_path / "code")
