"""From where the processes of the local AWS import `modelyard`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelyard.rehearsal import import_path
from support.synth import ROOT


def test_in_a_clone_it_is_the_folder_above_the_links() -> None:
    assert str(ROOT) in import_path.import_path().split(os.pathsep)
    assert import_path.analyzer_root() == ROOT


def test_a_process_elsewhere_imports_modelyard_by_it(tmp_path: Path) -> None:
    text = "import modelyard.rehearsal, modelyard.drift; print(modelyard.rehearsal.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", text],
        cwd=tmp_path,
        env={"PYTHONPATH": import_path.import_path()},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()) == ROOT / "modelyard" / "rehearsal" / "__init__.py"


def test_each_folder_is_named_once_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelyard.__path__", ["/clone/modelyard", "/site/modelyard", "/clone/modelyard"])
    assert import_path.import_path() == os.pathsep.join(["/clone", "/site"])


def test_an_analyzer_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ModuleNotFoundError, match="pip install modelyard-drift"):
        import_path.analyzer_root()
