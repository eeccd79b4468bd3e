"""The `__main__.py` of the zipped analyzer: unpack it, and its wheels, then run it.

No network, no installation.
"""

import contextlib
import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

# half of the unpacked bytes, and needed for Parquet alone
FOR_PARQUET = ("polars-", "polars_runtime")


def launch(*, archive: Path) -> int:
    """Run the container's entry point out of the archive and return its exit code.

    DRIFT_UNPACKED, for many runs on one machine, is a folder that keeps what was unpacked and compiled.
    """
    parquet = "parquet" in os.environ.get("dataset_format", "").lower()  # noqa: SIM112  the contract's name
    kept = os.environ.get("DRIFT_UNPACKED")
    if kept is not None:
        return _run(folder=unpacked_once(archive=archive, kept=Path(kept), parquet=parquet))
    with tempfile.TemporaryDirectory(prefix="drift-") as folder:
        unpack(archive=archive, folder=Path(folder), parquet=parquet)
        return _run(folder=Path(folder))


def unpacked_once(*, archive: Path, kept: Path, parquet: bool) -> Path:
    """Return the folder that holds the archive's content, unpacked by whichever run came first."""
    folder = kept / f"{archive.stem}{'-parquet' if parquet else ''}"
    if not folder.exists():
        kept.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=kept))
        unpack(archive=archive, folder=partial, parquet=parquet)
        # another run may have been faster, and then a folder is there that is not empty
        with contextlib.suppress(OSError):
            partial.rename(folder)
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _run(*, folder: Path) -> int:
    sys.path[:0] = [str(folder)]
    from modelyard.drift.container.entry import main

    return main()


def unpack(*, archive: Path, folder: Path, parquet: bool) -> None:
    """Unpack the sources and the wheels into one folder; polars only when there is Parquet to read."""
    with zipfile.ZipFile(archive) as files:
        for name in files.namelist():
            if not name.endswith(".whl"):
                files.extract(name, folder)
            elif parquet or not Path(name).name.startswith(FOR_PARQUET):
                with files.open(name) as wheel, zipfile.ZipFile(wheel) as content:
                    content.extractall(folder)


if __name__ == "__main__":
    sys.exit(launch(archive=Path(sys.argv[0])))
