"""docs/walkthrough.ipynb: it runs against `rehearsal serve`, and shows what it has found."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from support.served import serving
from support.synth import ROOT

NOTEBOOK = ROOT / "docs" / "walkthrough.ipynb"
ENVIRONMENT = ROOT / ".clients" / "sdk3"


def cells(file: Path) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(file.read_text())["cells"] if cell["cell_type"] == "code"]


def shown(cell: dict[str, Any]) -> str:
    """Return the text that stands below a cell."""
    texts = ["".join(output.get("text", output.get("data", {}).get("text/plain", ""))) for output in cell["outputs"]]
    return "".join(texts).strip()


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The cells after the notebook has run from its first to its last."""
    if not (ENVIRONMENT / ".ready").exists():
        pytest.skip("needs `make clients`")
    folder = tmp_path_factory.mktemp("walkthrough")
    command = f"{ENVIRONMENT}/bin/jupyter-nbconvert --to notebook --execute --output-dir {folder} {NOTEBOOK}"
    with serving() as variables:
        ran = subprocess.run(
            ("/bin/sh", "-c", f"{variables}\nexec {command}"), cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return cells(folder / NOTEBOOK.name)


def test_a_run_finds_what_the_notebook_shows(executed: list[dict[str, Any]]) -> None:
    varies = re.compile(r"http://127\.0\.0\.1:\d+|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")
    found, stored = ([varies.sub("", shown(cell)) for cell in of] for of in (executed, cells(NOTEBOOK)))
    assert found == stored


def test_the_deeper_trial_wins_and_the_drift_is_found(executed: list[dict[str, Any]]) -> None:
    texts = "\n".join(shown(cell) for cell in executed)
    assert re.search(r"^0 +6 ", texts, re.MULTILINE)
    assert "('spend', 'baseline_drift_check')" in texts


def test_what_it_shows_is_small() -> None:
    assert len(NOTEBOOK.read_text()) < 40_000


def test_each_step_names_what_replaces_it() -> None:
    sections = [
        "".join(cell["source"])
        for cell in json.loads(NOTEBOOK.read_text())["cells"]
        if cell["cell_type"] == "markdown" and "".join(cell["source"]).startswith("## ")
    ]
    assert len(sections) == 10
    assert [section for section in sections if "**Modelyard:**" not in section] == [
        section for section in sections if section.startswith("## An hour passes")
    ]
