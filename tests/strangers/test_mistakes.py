"""What strangers read after mistakes that people make."""

from pathlib import Path

import pytest

from support.strangers import Stranger, arrived


def diabetes(folder: Path) -> Stranger:
    return arrived("diabetes", folder=folder)


def test_a_row_with_a_cell_less_is_told_with_its_line(tmp_path: Path) -> None:
    stranger = diabetes(tmp_path)
    lines = (stranger.folder / "diabetes.csv").read_text(encoding="utf-8").split("\n")
    lines[7] = lines[7].rpartition(",")[0]
    (stranger.folder / "broken.csv").write_text("\n".join(lines), encoding="utf-8")
    words = ("yard", "new", "other", "--csv", "broken.csv", "--label", "progression")
    ended = stranger.run(*words, folder=stranger.folder)
    assert ended.returncode == 1
    assert ended.stderr == "broken.csv, line 8, must have 11 cells as the header has, got 10; correct the line\n"


def test_a_dataset_that_is_missing_is_told_before_anything_starts(tmp_path: Path) -> None:
    stranger = diabetes(tmp_path)
    (stranger.project / "data" / "diabetes" / "validation" / "validation.csv").unlink()
    ended = stranger.rehearse()
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "training.channels.validation needs files at validation/, there are none" in ended.stderr


def test_a_script_that_raises_is_told_by_its_own_sentence(tmp_path: Path) -> None:
    stranger = diabetes(tmp_path)
    script = stranger.project / "training_scripts" / "diabetes" / "train.py"
    text = script.read_text(encoding="utf-8")
    line = "    model = _untrained("
    assert line in text
    raising = '    raise RuntimeError("the forest must have trees, it has none")\n'
    script.write_text(text.replace(line, raising + line, 1), encoding="utf-8")
    ended = stranger.rehearse()
    assert ended.returncode == 1
    assert "✘  4  Train the trials, register the best" in ended.stdout
    assert "RuntimeError: the forest must have trees, it has none" in ended.stderr


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
