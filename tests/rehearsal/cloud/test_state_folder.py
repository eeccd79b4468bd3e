"""The folder of the state: whose it is, and what is in it after an end in the middle."""

import json
import os
import re
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from modelyard.rehearsal.cloud.state_folder import ABOUT, ARCHIVE, FORMAT, UNFINISHED, StateError, StateFolder
from support.synth import ROOT

REGION = "us-east-1"


def kept(folder: Path, *, region: str = REGION) -> dict[str, str]:
    with StateFolder(folder) as state:
        return state.read(region=region)


def keep(folder: Path, **texts: str) -> None:
    with StateFolder(folder) as state:
        state.write(texts, region=REGION)


def test_a_folder_is_made_where_there_is_none_and_holds_nothing(tmp_path: Path) -> None:
    assert kept(tmp_path / "deep" / "new") == {}


def test_what_is_written_is_read_and_replaces_what_was(tmp_path: Path) -> None:
    keep(tmp_path, one="1", two="")
    keep(tmp_path, three="é\n")
    assert kept(tmp_path) == {"three": "é\n"}


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match="must be a folder"):
        StateFolder(tmp_path / "file")


def test_a_folder_of_somebody_else_s_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine", encoding="utf-8")
    with pytest.raises(StateError, match=r"must be an empty folder or one of the local AWS, .* has thesis\.tex"):
        StateFolder(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_folder_that_is_in_use_is_refused_until_it_is_left(tmp_path: Path) -> None:
    with StateFolder(tmp_path), pytest.raises(StateError, match="by one local AWS at a time"):
        StateFolder(tmp_path)
    assert kept(tmp_path) == {}


def test_a_folder_is_free_again_when_its_process_was_killed(tmp_path: Path) -> None:
    text = (
        "import os, pathlib, signal\n"
        "from modelyard.rehearsal.cloud.state_folder import StateFolder\n"
        f"folder = StateFolder(pathlib.Path({str(tmp_path)!r}))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", text], cwd=ROOT, check=False).returncode == -9
    assert kept(tmp_path) == {}


def test_a_state_of_another_region_is_refused(tmp_path: Path) -> None:
    keep(tmp_path, one="1")
    with pytest.raises(StateError, match="must be of region eu-west-1, it is of region us-east-1"):
        kept(tmp_path, region="eu-west-1")
    assert kept(tmp_path) == {"one": "1"}


@pytest.mark.parametrize(("member", "own"), [("format", str(FORMAT)), ("ministack", version("ministack"))])
def test_a_state_of_another_version_is_refused_and_left_as_it_is(tmp_path: Path, member: str, own: str) -> None:
    about = {"format": FORMAT, "ministack": version("ministack"), "region": REGION, member: "other"}
    with zipfile.ZipFile(tmp_path / ARCHIVE, "w") as archive:
        archive.writestr(ABOUT, json.dumps(about))
    before = (tmp_path / ARCHIVE).read_bytes()
    with pytest.raises(StateError, match=re.escape(f"must be of {member} {own}, it is of {member} other")):
        kept(tmp_path)
    assert (tmp_path / ARCHIVE).read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive", b"\x00" * 1000])
def test_a_damaged_state_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ARCHIVE).write_bytes(content)
    with pytest.raises(StateError, match=r"state\.zip must be what a local AWS has written, it is damaged"):
        kept(tmp_path)


@pytest.mark.parametrize("about", ["[]", "{}", '{"format": 1}', "none"])
def test_an_archive_that_does_not_say_what_it_is_is_damaged(tmp_path: Path, about: str) -> None:
    with zipfile.ZipFile(tmp_path / ARCHIVE, "w") as archive:
        archive.writestr(ABOUT, about)
    with pytest.raises(StateError, match="it is damaged"):
        kept(tmp_path)


def test_an_archive_whose_writing_ended_in_the_middle_leaves_the_one_before(tmp_path: Path) -> None:
    keep(tmp_path, one="1")
    (tmp_path / UNFINISHED).write_bytes((tmp_path / ARCHIVE).read_bytes()[:50])
    assert kept(tmp_path) == {"one": "1"}
    keep(tmp_path, two="2")
    assert kept(tmp_path) == {"two": "2"}


def test_a_disk_that_does_not_take_it_leaves_the_one_before_and_is_said(tmp_path: Path) -> None:
    keep(tmp_path, one="1")
    (tmp_path / UNFINISHED).mkdir()
    with pytest.raises(StateError, match=r"could not be written: .*what was kept before is still there"):
        keep(tmp_path, two="2")
    assert kept(tmp_path) == {"one": "1"}


def test_what_is_written_is_on_the_disk_before_it_takes_the_place_of_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, replace = os.fsync, Path.replace

    def note_sync(number: int) -> None:
        done.append("sync")
        sync(number)

    def note_replace(file: Path, to: Path) -> Path:
        done.append("replace")
        return replace(file, to)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "replace", note_replace)
    keep(tmp_path, one="1")
    assert done == ["sync", "replace", "sync"]
