"""Somebody whose script needs a library that requirements.txt names: a classification, with an API."""

from pathlib import Path

import pytest

from support.strangers import arrived, deployed

SHIFTS = {"alcohol": 2.0, "proline": 600.0}


@pytest.mark.week
@pytest.mark.usefixtures("wheels")
def test_the_whole_life_is_rehearsed(tmp_path: Path) -> None:
    omitted = arrived("wine", folder=tmp_path).play()
    assert omitted == {"A bad model is rolled back": "only for scripts of the examples"}


@pytest.mark.week
@pytest.mark.usefixtures("wheels")
def test_quiet_hours_ring_nothing_and_the_first_check_after_a_drift_does(tmp_path: Path, quiet_hours: int) -> None:
    with deployed(arrived("wine", folder=tmp_path), log=tmp_path / "commands.log") as life:
        life.watch(SHIFTS, hours=quiet_hours)


def test_a_library_that_cannot_be_installed_is_told_in_pip_s_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    ended = arrived("wine", folder=tmp_path).rehearse()
    assert ended.returncode == 1
    assert "✘  4  Train the trials, register the best" in ended.stdout
    assert "No matching distribution found for centroids==1.0" in ended.stderr


@pytest.mark.usefixtures("wheels")
def test_a_library_that_requirements_do_not_name_is_told_by_its_import(tmp_path: Path) -> None:
    stranger = arrived("wine", folder=tmp_path)
    (stranger.project / "training_scripts" / "wine" / "requirements.txt").unlink()
    ended = stranger.rehearse()
    assert ended.returncode == 1
    assert "ModuleNotFoundError: No module named 'centroids'" in ended.stderr
