"""Merged lines to files and back."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from modelyard.drift.errors import DriftError
from modelyard.drift.quality.chunks import record_files
from modelyard.drift.quality.merging import MergedLines
from modelyard.drift.reading.file_chunks import line_chunks


def read_merged_files(*, folder: Path) -> Iterator[MergedLines]:
    """Yield the lines of files that were merged before.

    Raises:
        DriftError: a file cannot be read.
    """
    for path in record_files(folder=folder):
        for data, stop in line_chunks(path=path):
            yield MergedLines(path=Path(path.name), text=data[:stop].tobytes())


def tee_merged(*, lines: Iterable[MergedLines], folder: Path) -> Iterator[MergedLines]:
    """Write merged lines below the folder, by the paths of their captures, and pass them on.

    Raises:
        DriftError: they cannot be written.
    """
    begun: set[Path] = set()
    for merged in lines:
        _append(folder / merged.path, merged.text, again=merged.path in begun)
        begun.add(merged.path)
        yield merged


def write_merged(*, lines: Iterable[MergedLines], folder: Path) -> None:
    """Write merged lines below the folder.

    Raises:
        DriftError: they cannot be written.
    """
    for _ in tee_merged(lines=lines, folder=folder):
        pass


def _append(path: Path, text: bytes, *, again: bool) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab" if again else "wb") as file:
            file.write(text)
    except OSError as error:
        raise DriftError(f"{path} cannot be written ({error.strerror}); give a folder that can be") from error
