"""Merged lines to files and back."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from drift.errors import DriftError
from drift.quality.merging import Merged
from drift.reading.lines import line_chunks
from drift.reading.source import Format, Source


def merged_files(*, folder: Path) -> Iterator[Merged]:
    """Yield the lines of files that were merged before; a folder that is not there has none.

    Raise DriftError when one cannot be read.
    """
    for path in Source(path=folder, format=Format.CAPTURE).files() if folder.exists() else []:
        for data, stop in line_chunks(path=path):
            yield Merged(path=Path(path.name), lines=data[:stop].tobytes().splitlines())


def written(*, lines: Iterable[Merged], folder: Path) -> Iterator[Merged]:
    """Write merged lines below the folder, by the paths of their captures, and pass them on.

    Raise DriftError when they cannot be written.
    """
    begun: set[Path] = set()
    for merged in lines:
        _append(folder / merged.path, merged.lines, again=merged.path in begun)
        begun.add(merged.path)
        yield merged


def write_merged(*, lines: Iterable[Merged], folder: Path) -> None:
    """Write merged lines below the folder. Raise DriftError when they cannot be written."""
    for _ in written(lines=lines, folder=folder):
        pass


def _append(path: Path, lines: Sequence[bytes], *, again: bool) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab" if again else "wb") as file:
            file.writelines(line + b"\n" for line in lines)
    except OSError as error:
        raise DriftError(f"{path} cannot be written ({error.strerror}); give a folder that can be") from error
