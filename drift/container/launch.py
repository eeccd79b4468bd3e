"""The `__main__.py` of the zipped analyzer: unpack it, and its wheels, then run it.

No network, no installation.
"""

import os
import sys
import tempfile
import zipfile
from pathlib import Path

# half of the unpacked bytes, and needed for Parquet alone
_FOR_PARQUET = ("polars-", "polars_runtime")


def launch(*, archive: Path) -> int:
    """Run the container's entry point out of the archive and return its exit code.

    DRIFT_UNPACKED, for many runs on one machine, is a folder that keeps what was unpacked and compiled.
    """
    kept = os.environ.get("DRIFT_UNPACKED")
    if kept is not None:
        return _run(archive=archive, folder=Path(kept) / archive.stem)
    with tempfile.TemporaryDirectory(prefix="drift-") as folder:
        return _run(archive=archive, folder=Path(folder))


def _run(*, archive: Path, folder: Path) -> int:
    parquet = "parquet" in os.environ.get("dataset_format", "").lower()  # noqa: SIM112  the contract's name
    done = folder / ("unpacked-with-parquet" if parquet else "unpacked")
    if not done.exists():
        unpack(archive=archive, folder=folder, parquet=parquet)
        done.touch()
    sys.path[:0] = [str(folder)]
    from drift.container.entry import main

    return main()


def unpack(*, archive: Path, folder: Path, parquet: bool) -> None:
    """Unpack the sources and the wheels into one folder; polars only when there is Parquet to read."""
    with zipfile.ZipFile(archive) as files:
        for name in files.namelist():
            if not name.endswith(".whl"):
                files.extract(name, folder)
            elif parquet or not Path(name).name.startswith(_FOR_PARQUET):
                with files.open(name) as wheel, zipfile.ZipFile(wheel) as content:
                    content.extractall(folder)


if __name__ == "__main__":
    sys.exit(launch(archive=Path(sys.argv[0])))
