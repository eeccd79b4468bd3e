"""People with models of their own, who have read the README alone: from their files to the first quiet night.

`pytest tests/strangers --days 7` watches a week hour by hour in place of a day.
"""

from pathlib import Path

import pytest

from support.strangers import STRANGERS, Row, Stranger, arrived, deployed
from support.wheels import write_wheel

DAY = 24
# What a person would call another population: so much more of a column, in half of the rows.
MOVED = {"diabetes": {2: 9.0, 3: 25.0}, "wine": {0: 2.0, 12: 600.0}}
NAMES = {"diabetes": {"bmi", "bp"}, "wine": {"alcohol", "proline"}}
NOT_PLAYED = {"diabetes": 1, "wine": 2}
WATCHED = [("diabetes", "drift"), ("diabetes", "model-monitor"), ("wine", "drift")]


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where pip looks for a library: nothing is asked of the internet."""
    folder = tmp_path / "wheels"
    source = (STRANGERS / "wine" / "library" / "centroids.py").read_text(encoding="utf-8")
    write_wheel(folder, name="centroids", version="1.0", source=source)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.mark.usefixtures("wheels")
@pytest.mark.parametrize("name", list(MOVED))
def test_the_whole_life_is_rehearsed(name: str, tmp_path: Path) -> None:
    ended = arrived(name, folder=tmp_path).rehearse()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"{20 - NOT_PLAYED[name]} of 20 chapters" in ended.stdout
    played = [line for line in ended.stdout.split("\n") if line.startswith("✔")]
    assert len(played) == 20 - NOT_PLAYED[name]


@pytest.mark.usefixtures("wheels")
@pytest.mark.parametrize(("name", "engine"), WATCHED)
def test_quiet_days_ring_nothing_and_the_first_check_after_a_drift_does(
    name: str, engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    def moved(row: Row) -> Row:
        shifts = MOVED[name]
        return [repr(float(cell) + shifts[place]) if place in shifts else cell for place, cell in enumerate(row)]

    stranger = arrived(name, folder=tmp_path)
    stranger.watch_by(engine)
    with deployed(stranger, log=tmp_path / "commands.log") as watched:
        watched.pass_hours(DAY * request.config.getoption("--days", default=1))
        assert watched.alarms == []
        watched.pass_hours(1, moved=moved)
        # The check of that hour begins within the next one.
        watched.pass_hours(1)
        assert any(f"dev-{name}-data-quality-violations" in alarm for alarm in watched.alarms)


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
