import os
import subprocess
import sys
import zipfile
from pathlib import Path

from modelyard.drift.container.build import Recipe, sources
from modelyard.drift.container.launch import unpack, unpacked_once
from support.drift.environments import BASELINE


def test_polars_is_unpacked_only_for_parquet(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "inner.whl", "w") as wheel:
        wheel.writestr("polars/__init__.py", "")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "inner.whl", "wheels/polars-2-py3-none-any.whl")
        archive.write(tmp_path / "inner.whl", "wheels/other-2-py3-none-any.whl")
    unpack(archive=tmp_path / "a.zip", folder=tmp_path / "without", parquet=False)
    assert [path.name for path in (tmp_path / "without").iterdir()] == ["polars"]


def test_what_was_unpacked_is_kept_for_the_next_run(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("part.py", "x = 1\n")
    first = unpacked_once(archive=tmp_path / "a.zip", kept=tmp_path / "kept", parquet=False)
    (first / "compiled").touch()
    again = unpacked_once(archive=tmp_path / "a.zip", kept=tmp_path / "kept", parquet=False)
    assert (again, sorted(path.name for path in again.iterdir())) == (first, ["compiled", "part.py"])


def test_nothing_but_the_unpacked_folder_stays(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("part.py", "x = 1\n")
    unpacked_once(archive=tmp_path / "a.zip", kept=tmp_path / "kept", parquet=True)
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["a-parquet"]


def test_the_zip_runs_by_itself(root: Path, tmp_path: Path) -> None:
    archive = tmp_path / "code.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in sources(recipe=Recipe()):
            file.writestr(name, content)
    # the wheels of this interpreter take the place of the container's
    environment = {
        **os.environ,
        **BASELINE,
        "DRIFT_ROOT": str(root),
        "DRIFT_UNPACKED": str(tmp_path / "kept"),
    }
    done = subprocess.run(
        [sys.executable, str(archive)], capture_output=True, text=True, check=False, env=environment, cwd="/"
    )
    assert (done.returncode, done.stdout) == (
        0,
        "Completed: Job completed successfully with no violations.\n",
    )
