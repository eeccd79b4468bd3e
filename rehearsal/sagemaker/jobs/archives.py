"""The analyzer's archive, as this machine can run it.

On AWS the archive brings wheels for the Python of its container. Here the sources that it carries run with the
packages that are installed; where they are the installed analyzer's own, what was compiled for them is used again.
"""

import zipfile
from pathlib import Path

from modelyard.rehearsal.import_path import analyzer_root

PACKAGE = "modelyard/drift/"


def is_archive(path: Path) -> bool:
    """Return whether a file is an archive of the analyzer's, whatever its name is."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as files:
        return any(name.startswith(PACKAGE) for name in files.namelist())


def sources(*, archive: Path, unpacked: Path) -> Path:
    """Return the folder in which the archive's package lies; `unpacked` keeps it from one job to the next."""
    with zipfile.ZipFile(archive) as files:
        names = [name for name in files.namelist() if name.startswith(PACKAGE)]
        root = analyzer_root()
        return root if _is_in(root, files=files, names=names) else _extracted(files, names=names, unpacked=unpacked)


def _is_in(root: Path, *, files: zipfile.ZipFile, names: list[str]) -> bool:
    return all((root / name).is_file() and (root / name).read_bytes() == files.read(name) for name in names)


def _extracted(files: zipfile.ZipFile, *, names: list[str], unpacked: Path) -> Path:
    folder = unpacked / Path(str(files.filename)).stem
    files.extractall(folder, members=names)
    return folder
