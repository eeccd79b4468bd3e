"""Whether a folder of datasets is what a manifest says: what would otherwise fail an hour later, in a job."""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from modelyard.manifest import Model
from modelyard.manifest.data import Column, Data, DataFormat
from modelyard.manifest.folder_digest import files
from modelyard.operations.data.augmented import augmented_rows, is_augmented
from modelyard.operations.data.rows import SUFFIXES, Row, csv_rows, form_of, is_number, rows

# Ragged rows are looked for everywhere; the files are read line by line.
DATASETS = "datasets/"
# The formats of files whose records a batch sends with a media type.
RECORDS: Mapping[str, DataFormat] = {"text/csv": "csv", "application/jsonlines": "jsonl"}
# What a table has in the place of a missing number, and no column is named by.
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    """A dataset that the manifest names, and the files that were found for it.

    `columns` are those of its rows; none where the manifest does not say. One that is no table is read by a script
    alone, and may be of any form.
    """

    key: str
    path: str
    place: Path
    files: tuple[Path, ...]
    header: bool
    labelled: bool = True
    form: DataFormat = "csv"
    columns: tuple[Column, ...] = ()
    is_table: bool = True
    data: Data | None = None

    def key_of(self, *, file: Path, model: Model) -> str:
        """Return where one of its files lies in the data bucket."""
        root = model.layout.dataset(path=self.path)
        return root if file == self.place else f"{root}{file.relative_to(self.place).as_posix()}"

    @property
    def tables(self) -> tuple[Path, ...]:
        """Those of its files whose rows can be looked at."""
        if not self.is_table:
            return ()
        return tuple(file for file in self.files if file.suffix.lower() in SUFFIXES[self.form])

    @property
    def manifests(self) -> tuple[Path, ...]:
        """Those of its files that are augmented manifests."""
        return tuple(file for file in self.files if is_augmented(file)) if self.is_table else ()

    def rows_of(self, file: Path) -> Iterator[Row]:
        """Yield the rows of one of its tables or manifests; raises as `rows` and `augmented_rows` do."""
        if is_augmented(file):
            return augmented_rows(file, columns=self.columns, data=self.data)
        return rows(file, columns=self.columns, form=self.form, header=self.header)


def declared(*, model: Model, folder: Path) -> list[Dataset]:
    """Return the datasets that the manifest names, each with what lies in the folder for it.

    A path of the manifest begins with `datasets/`, which is what the folder stands for.

    Raises:
        Refused: the folder holds a link, or something else that is no file.
    """
    named: dict[str, Dataset] = {}
    data, training, batch = model.data, model.training, model.batch
    form: DataFormat = data.format if data is not None else "csv"
    columns = data.columns if data is not None else ()
    dataset = functools.partial(_dataset, folder=folder, held=files_of(folder), form=form, columns=columns, data=data)
    for channel, given in training.stored_channels.items() if training is not None else ():
        named[given.path] = dataset(key=f"training.channels.{channel}", path=given.path, header=given.header)
    if training is not None and training.stored_baseline_dataset is not None:
        path = training.stored_baseline_dataset
        label_first = data.label_first if data is not None else ()
        named[path] = dataset(key="training.baseline_dataset", path=path, header=True, columns=label_first)
    if batch is not None:
        sent, features = batch_records(model)
        records = dataset(
            key="batch.input", path=batch.input, header=False, labelled=False, form=sent, columns=features
        )
        named.setdefault(batch.input, records)
    if data is not None and data.sample is not None:
        named.setdefault(data.sample, dataset(key="data.sample", path=data.sample, header=False))
    for name, path in model.preprocessing.inputs.items() if model.preprocessing is not None else ():
        read = dataset(key=f"preprocessing.inputs.{name}", path=path, header=False, columns=(), is_table=False)
        named.setdefault(path, read)
    return list(named.values())


def batch_records(model: Model) -> tuple[DataFormat, tuple[Column, ...]]:
    """Return the format of the files that a model's batch scores, and their columns: none where they are not known."""
    batch, data = model.batch, model.data
    form = RECORDS.get(batch.content_type.partition(";")[0].strip().lower()) if batch is not None else None
    # A filter takes from a record what the model is to see of it.
    if batch is None or data is None or form is None or batch.input_filter is not None:
        return "csv", ()
    return form, data.features


def problems(datasets: list[Dataset]) -> list[str]:
    """Return every way in which the files are not what the manifest says, each a sentence."""
    guessed = [dataset for dataset in datasets if not dataset.columns]
    return [
        *_missing(datasets),
        *_header_problems(guessed),
        *_width_problems(guessed),
        *(fault for dataset in datasets if dataset.columns for fault in _row_faults(dataset)),
    ]


def files_of(folder: Path) -> list[Path]:
    """Return the files of a folder that somebody named, by a link or not; raises as `declared` does."""
    real = folder.resolve()
    return [folder / file.relative_to(real) for file in files(folder=real)]


def _dataset(
    *,
    key: str,
    path: str,
    folder: Path,
    held: Sequence[Path],
    form: DataFormat,
    columns: tuple[Column, ...],
    data: Data | None,
    header: bool,
    labelled: bool = True,
    is_table: bool = True,
) -> Dataset:
    place = folder / path.removeprefix(DATASETS)
    found = tuple(file for file in held if file.is_relative_to(place))
    return Dataset(
        key=key,
        path=path,
        place=place,
        files=found,
        header=header,
        labelled=labelled,
        form=form,
        columns=columns,
        is_table=is_table,
        data=data,
    )


def _missing(datasets: Iterable[Dataset]) -> Iterator[str]:
    for dataset in datasets:
        if not dataset.files and dataset.labelled:
            yield f"{dataset.key} needs files at {dataset.path.removeprefix(DATASETS)}/, there are none; put them there"
        for file in dataset.tables:
            if dataset.form == "csv" and next(csv_rows(file), None) is None:
                yield f"{file} must hold rows for {dataset.key}, it is empty; fill it, or take it away"


def _header_problems(datasets: Iterable[Dataset]) -> Iterator[str]:
    for dataset in datasets:
        for file in dataset.tables:
            first, named = next(csv_rows(file), []), _begins_with_header(file)
            if named and not dataset.header:
                yield f"{file} must have no header, for {dataset.key} is read from its first line; remove {first[0]!r}…"
            if named is False and dataset.header:
                yield f"{file} must begin with a header, for {dataset.key} names the columns; add the line"


def _row_faults(dataset: Dataset) -> Iterator[str]:
    """The first fault of each column of each file: the others are like it."""
    for file in dataset.files:
        if form_of(file, otherwise=dataset.form) != dataset.form:
            yield f"{file} must be {dataset.form} as [data] says, for {dataset.key}; convert it, or correct format"
    for file in (*dataset.tables, *dataset.manifests):
        first: dict[str, str] = {}
        for row in dataset.rows_of(file):
            for column, fault in row.faults.items():
                first.setdefault(column, fault)
        yield from first.values()


def _begins_with_header(file: Path) -> bool | None:
    """Whether the first row names the columns; None where only text stands below it, and it may.

    No column is named by a number, and a column of numbers is named by a text.
    """
    first, second = [*islice(csv_rows(file), 2), [], []][:2]
    if any(map(is_number, first)):
        return False
    named = any(above.lower() not in MISSING and is_number(cell) for above, cell in zip(first, second, strict=False))
    return True if named else None


def _width_problems(datasets: list[Dataset]) -> Iterator[str]:
    """All rows of a model have as many columns as its baseline, or one less where there is no label."""
    widths = {
        dataset.key: (len(next(csv_rows(dataset.tables[0]), [])) if dataset.tables else None) for dataset in datasets
    }
    expected = widths.get("training.baseline_dataset")
    for dataset in datasets:
        for file in dataset.tables:
            wanted = widths[dataset.key] if expected is None else expected if dataset.labelled else expected - 1
            yield from _ragged(file=file, width=wanted, key=dataset.key)


def _ragged(*, file: Path, width: int | None, key: str) -> Iterator[str]:
    wrong = ((number, len(row)) for number, row in enumerate(csv_rows(file), start=1) if len(row) != width)
    for number, found in islice(wrong, 1):
        yield f"{file}, line {number}, must have {width} columns as {key} has them, got {found}; correct the file"
