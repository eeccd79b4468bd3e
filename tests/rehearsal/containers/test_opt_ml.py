import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from modelyard.rehearsal.containers import opt_ml
from modelyard.rehearsal.containers.namespaces import GUARD
from modelyard.rehearsal.containers.processes import ContainerProcess
from support.opt_ml import MOUNTS

NOBODY = 65534


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder that is mounted."""
    folder = tmp_path / "tree"
    (folder / "code").mkdir(parents=True)
    return folder


def printed(root: Path, code: str, *, folder: Path | None = None) -> list[str]:
    """What a Python program prints that has a folder at /opt/ml."""
    lines: list[str] = []
    process = ContainerProcess(
        command=[sys.executable, "-c", code],
        environment={"PATH": os.defpath},
        folder=root if folder is None else folder,
        on_line=lambda _stream, line: lines.append(line),
        root=root,
    )
    assert process.wait(timeout=30) == 0, lines
    return lines


@MOUNTS
def test_what_a_process_writes_below_opt_ml_is_in_its_own_folder(root: Path) -> None:
    printed(root, "open('/opt/ml/made', 'w').write('here')")

    assert (root / "made").read_text() == "here"


@MOUNTS
def test_nobody_else_sees_what_is_mounted(root: Path) -> None:
    before = Path("/proc/self/mountinfo").read_text()
    code = "import os; print(open('/proc/self/mountinfo').read().count(' /opt/ml '), os.getpid())"

    assert printed(root, code)[0].startswith("1 ")
    assert Path("/proc/self/mountinfo").read_text() == before


@MOUNTS
def test_what_is_in_opt_besides_stays_there(root: Path) -> None:
    there = sorted({*(entry.name for entry in Path("/opt").iterdir()), "ml"})

    assert printed(root, "import os; print(sorted(os.listdir('/opt')))") == [str(there)]


@MOUNTS
@pytest.mark.parametrize(("below", "seen"), [("code", "/opt/ml/code"), (".", "/opt/ml"), ("..", "{parent}")])
def test_a_process_works_where_its_folder_is_then(root: Path, below: str, seen: str) -> None:
    where = printed(root, "import os; print(os.getcwd())", folder=(root / below).resolve())

    assert where == [seen.format(parent=root.parent)]


@MOUNTS
@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user; any other is an ordinary one")
def test_an_ordinary_user_has_it_too() -> None:
    # not below the folder of the tests, which is the user's alone
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        guard = shutil.copy(GUARD, folder)
        with subprocess.Popen(
            ["/usr/bin/python3", "-I", "-S", guard, "--opt-ml", folder, "/bin/sh", "-c", "id -u > /opt/ml/made"],
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            stdin=subprocess.PIPE,
        ) as process:
            process.wait(timeout=30)

        assert Path(folder, "made").read_text() == f"{NOBODY}\n"


def test_without_it_a_process_is_told_its_folders_own_path(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opt_ml, "obstacle", lambda: "said")

    assert opt_ml.seen(root) == root
    assert printed(root, "import os; print(os.getcwd())") == [str(root)]
