"""People with models of their own, who have read the README alone: their first command, `make rehearse`."""

from pathlib import Path

import pytest

from support.strangers import arrived

CHAPTERS = 20
# The step that needs a model of the examples, and of wine the API, which it does not declare.
NOT_PLAYED = {"diabetes": 1, "wine": 2}


@pytest.mark.usefixtures("wheels")
@pytest.mark.parametrize("name", list(NOT_PLAYED))
def test_the_whole_life_is_rehearsed(name: str, tmp_path: Path) -> None:
    ended = arrived(name, folder=tmp_path).rehearse()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"{CHAPTERS - NOT_PLAYED[name]} of {CHAPTERS} chapters" in ended.stdout
    played = [line for line in ended.stdout.split("\n") if line.startswith("✔")]
    assert len(played) == CHAPTERS - NOT_PLAYED[name]
