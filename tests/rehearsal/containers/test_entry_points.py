import subprocess
import sys
from pathlib import Path

import pytest

from modelyard.rehearsal.containers.entry_points import EntryPoint
from modelyard.shared.container_families import PYTORCH, SKLEARN, TENSORFLOW, XGBOOST, ContainerFamily

TOOLKIT = pytest.mark.parametrize("family", [SKLEARN, PYTORCH, TENSORFLOW, None])


def entry(folder: Path, program: str, family: ContainerFamily | None) -> EntryPoint:
    (folder / program).touch()
    return EntryPoint.of(folder=folder, program=program, family=family)


@TOOLKIT
def test_a_python_file_is_run_as_it_is(tmp_path: Path, family: ContainerFamily | None) -> None:
    command = entry(tmp_path, "train.py", family).command(arguments=["--eta", "1"])

    assert command == [sys.executable, "train.py", "--eta", "1"]


@TOOLKIT
def test_a_python_file_beside_a_setup_is_run_as_a_module(tmp_path: Path, family: ContainerFamily | None) -> None:
    (tmp_path / "setup.py").touch()
    made = entry(tmp_path, "train.py", family)

    assert (made.command(arguments=[])[1:], made.installation) == (["-m", "train"], ["."])


def test_xgboost_runs_every_file_as_a_module(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").touch()
    made = entry(tmp_path, "train.py", XGBOOST)

    assert (made.command(arguments=[])[1:], made.installation) == (["-m", "train"], [".", "-r", "requirements.txt"])


@TOOLKIT
@pytest.mark.parametrize("program", ["train.sh", "train"])
def test_for_a_command_nothing_is_installed(tmp_path: Path, family: ContainerFamily | None, program: str) -> None:
    (tmp_path / "requirements.txt").touch()

    assert entry(tmp_path, program, family).installation == []


@pytest.mark.parametrize(
    ("text", "said"), [("#!/bin/cat\n", "#!/bin/cat\n"), ('echo "$1"\n', "a b; $HOME\n")], ids=["named", "unnamed"]
)
def test_a_command_is_run_by_what_its_first_line_names_or_a_shell(tmp_path: Path, text: str, said: str) -> None:
    made = entry(tmp_path, "train", PYTORCH)
    (tmp_path / "train").write_text(text)
    made.make_executable()
    command = made.command(arguments=["a b; $HOME"] if "echo" in text else [])

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout == said
