"""Whether a folder of datasets is what a manifest says: what would otherwise fail an hour later, in a job."""

import csv
import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from modelyard.manifest import Model
from modelyard.manifest.folder_digest import files
from modelyard.operations.failures import Failure

# Ragged rows are looked for everywhere; the files are read line by line.
DATASETS = "datasets/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    """A dataset that the manifest names, and the files that were found for it."""

    key: str
    path: str
    place: Path
    files: tuple[Path, ...]
    header: bool | None = None
    labelled: bool = True

    def key_of(self, *, file: Path, model: Model) -> str:
        """Return where one of its files lies in the data bucket."""
        root = model.layout.dataset(path=self.path)
        return root if file == self.place else f"{root}{file.relative_to(self.place).as_posix()}"

    @property
    def csv_files(self) -> tuple[Path, ...]:
        """Those of its files whose rows can be looked at."""
        return tuple(file for file in self.files if file.suffix == ".csv")


def declared(*, model: Model, folder: Path) -> list[Dataset]:
    """Return the datasets that the manifest names, each with what lies in the folder for it.

    A path of the manifest begins with `datasets/`, which is what the folder stands for.

    Raises:
        Refused: the folder holds a link, or something else that is no file.
    """
    named: dict[str, Dataset] = {}
    dataset = functools.partial(_dataset, folder=folder, held=files_of(folder))
    training = model.training
    for channel, given in training.channels.items() if training is not None else ():
        named[given.path] = dataset(key=f"training.channels.{channel}", path=given.path, header=False)
    if training is not None and training.baseline_dataset is not None:
        path = training.baseline_dataset
        named[path] = dataset(key="training.baseline_dataset", path=path, header=True)
    if model.batch is not None:
        path = model.batch.input
        named.setdefault(path, dataset(key="batch.input", path=path, header=False, labelled=False))
    return list(named.values())


def problems(datasets: list[Dataset]) -> list[str]:
    """Return every way in which the files are not what the manifest says, each a sentence."""
    return [*_missing(datasets), *_header_problems(datasets), *_width_problems(datasets)]


def files_of(folder: Path) -> list[Path]:
    """Return the files of a folder that somebody named, by a link or not; raises as `declared` does."""
    real = folder.resolve()
    return [folder / file.relative_to(real) for file in files(folder=real)]


def rows_of(file: Path, *, errors: str = "replace") -> Iterator[list[str]]:
    """Yield the rows of a CSV file; what is no UTF-8 is replaced, unless `errors` is `strict`.

    Raises:
        Failure: the file is no CSV, or no UTF-8 where that is asked for.
    """
    with file.open(encoding="utf-8", errors=errors, newline="") as lines:
        try:
            yield from csv.reader(lines)
        except (csv.Error, UnicodeDecodeError) as error:
            raise Failure(f"{file} must be CSV in UTF-8, got {error}; save it so") from error


def _dataset(
    *, key: str, path: str, folder: Path, held: Sequence[Path], header: bool, labelled: bool = True
) -> Dataset:
    place = folder / path.removeprefix(DATASETS)
    found = tuple(file for file in held if file.is_relative_to(place))
    return Dataset(key=key, path=path, place=place, files=found, header=header, labelled=labelled)


def _missing(datasets: Iterable[Dataset]) -> Iterator[str]:
    for dataset in datasets:
        if not dataset.files and dataset.labelled:
            yield f"{dataset.key} needs files at {dataset.path.removeprefix(DATASETS)}/, there are none; put them there"
        for file in dataset.csv_files:
            if next(rows_of(file), None) is None:
                yield f"{file} must hold rows for {dataset.key}, it is empty; fill it, or take it away"


def _header_problems(datasets: Iterable[Dataset]) -> Iterator[str]:
    for dataset in datasets:
        for file in dataset.csv_files:
            first, named = next(rows_of(file), []), _begins_with_header(file)
            if named and dataset.header is False:
                yield f"{file} must have no header, for {dataset.key} is read from its first line; remove {first[0]!r}…"
            if named is False and dataset.header is True:
                yield f"{file} must begin with a header, for {dataset.key} names the columns; add the line"


def _begins_with_header(file: Path) -> bool | None:
    """Whether the first row names the columns; None where only text stands below it, and it may.

    No column is named by a number, and a column of numbers is named by a text.
    """
    first, second = [*islice(rows_of(file), 2), [], []][:2]
    if any(cell and _is_number(cell) for cell in first):
        return False
    named = any(above and cell and _is_number(cell) for above, cell in zip(first, second, strict=False))
    return True if named else None


def _width_problems(datasets: list[Dataset]) -> Iterator[str]:
    """All rows of a model have as many columns as its baseline, or one less where there is no label."""
    widths = {
        dataset.key: (len(next(rows_of(dataset.csv_files[0]), [])) if dataset.csv_files else None)
        for dataset in datasets
    }
    expected = widths.get("training.baseline_dataset")
    for dataset in datasets:
        for file in dataset.csv_files:
            wanted = widths[dataset.key] if expected is None else expected if dataset.labelled else expected - 1
            yield from _ragged(file=file, width=wanted, key=dataset.key)


def _ragged(*, file: Path, width: int | None, key: str) -> Iterator[str]:
    wrong = ((number, len(row)) for number, row in enumerate(rows_of(file), start=1) if len(row) != width)
    for number, found in islice(wrong, 1):
        yield f"{file}, line {number}, must have {width} columns as {key} has them, got {found}; correct the file"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text == ""
    return True
