"""Somebody with a table of numbers, a regression: `yard new` and a few lines more are all.

The whole life of such a project is played by `.ci/stranger`, from wheels and in an environment of its own.
"""

from pathlib import Path

import pytest

from support.strangers import arrived, deployed

# What a person would call another population.
SHIFTS = {"bmi": 9.0, "bp": 25.0}


@pytest.mark.week
@pytest.mark.parametrize("engine", ["drift", "model-monitor"])
def test_quiet_hours_ring_nothing_and_the_first_check_after_a_drift_does(
    engine: str, tmp_path: Path, quiet_hours: int
) -> None:
    stranger = arrived("diabetes", folder=tmp_path)
    stranger.watch_by(engine)
    with deployed(stranger, log=tmp_path / "commands.log") as life:
        life.watch(SHIFTS, hours=quiet_hours)


def test_a_row_with_a_cell_less_is_told_with_its_line(tmp_path: Path) -> None:
    stranger = arrived("diabetes", folder=tmp_path)
    lines = (stranger.folder / "diabetes.csv").read_text(encoding="utf-8").split("\n")
    lines[7] = lines[7].rpartition(",")[0]
    (stranger.folder / "broken.csv").write_text("\n".join(lines), encoding="utf-8")
    words = ("yard", "new", "other", "--csv", "broken.csv", "--label", "progression")
    ended = stranger.run(*words, folder=stranger.folder)
    assert ended.returncode == 1
    assert ended.stderr == "broken.csv, line 8, must have 11 cells as the header has, got 10; correct the line\n"


def test_a_dataset_that_is_missing_is_told_before_anything_starts(tmp_path: Path) -> None:
    stranger = arrived("diabetes", folder=tmp_path)
    (stranger.project / "data" / "diabetes" / "validation" / "validation.csv").unlink()
    assert "training.channels.validation needs files at validation/, there are none" in stranger.refusal()


def test_a_script_that_raises_is_told_by_its_own_sentence(tmp_path: Path) -> None:
    stranger = arrived("diabetes", folder=tmp_path)
    line = "    model = _untrained("
    raising = '    raise RuntimeError("the forest must have trees, it has none")\n'
    stranger.change("training_scripts/diabetes/train.py", line, raising + line)
    ended = stranger.rehearse()
    assert ended.returncode == 1
    assert "✘  4  Train the trials, register the best" in ended.stdout
    assert "RuntimeError: the forest must have trees, it has none" in ended.stderr
