"""Augmented manifests among a model's datasets, written as what its container reads.

No container that is asked for here reads them as files: the channel type is for pipes alone, and XGBoost's container
refuses pipes (its `data_utils.py`, since version 3.0-5).
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from botocore.exceptions import ClientError

from modelyard.manifest.data import Data
from modelyard.operations.aws import Aws
from modelyard.operations.bucket import DataBucket
from modelyard.operations.data.augmented import augmented_rows, of_data
from modelyard.operations.data.images import unreadable_sentence, write_images
from modelyard.operations.data.rows import SHOWN, SUFFIXES, Cell, body_of, csv_rows, csv_text
from modelyard.operations.data.schema import Dataset
from modelyard.operations.failures import DENIED, Failure, code_of
from modelyard.shared.s3_uri import S3Uri, is_s3_uri


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversion:
    """What was written of a manifest, by the names that it has beside it, and what to know of it."""

    files: tuple[tuple[str, Path], ...]
    notes: tuple[str, ...]


def converted(
    manifest: Path, *, dataset: Dataset, data: Data | None, into: Path, read: Callable[[str], bytes | None]
) -> Conversion:
    """Write a manifest of a dataset as a table of the data's format, or its images as arrays.

    Raises:
        Failure: the manifest is not what the model declares, or a file of the dataset has the name of what is written.
    """
    if not dataset.labelled and not dataset.columns:
        raise Failure(
            f"{dataset.key} must hold records alone where [data] does not say what they are, got {manifest}; "
            "declare [data], or convert it"
        )
    labelled = of_data(manifest, data=data) if dataset.labelled else None
    notes = [] if labelled is None else [labelled.sentence]
    folder = Path(tempfile.mkdtemp(dir=into))
    if labelled is not None and labelled.is_of_references and data is None:
        images = write_images(labelled, folder=folder, read=read)
        notes += [unreadable_sentence(images.unreadable)] if images.unreadable else []
        files = tuple((file.name, file) for file in images.files)
    else:
        suffix = SUFFIXES[dataset.form][0]
        file = folder / f"{manifest.stem}{suffix}"
        _write_table(file, dataset=dataset, rows=list(_cells(manifest, dataset=dataset, data=data)))
        files = ((file.name, file),)
    taken = next((name for name, _ in files if manifest.with_name(name) in dataset.files), None)
    if taken is not None:
        raise Failure(
            f"{manifest} is converted to {taken}, and there is such a file beside it; move one of the two elsewhere"
        )
    return Conversion(files=files, notes=tuple(notes))


def reader_of(aws: Aws, *, folder: Path) -> Callable[[str], bytes | None]:
    """Return what reads the objects of manifests: by their URIs, or as files of the folder that the manifest is in."""

    def read(reference: str) -> bytes | None:
        if not is_s3_uri(reference):
            file = folder / reference
            return file.read_bytes() if file.is_file() else None
        try:
            place = S3Uri.parse(reference)
            return DataBucket(aws=aws, name=place.bucket).read(place.key)
        except ValueError:
            return None
        except ClientError as error:
            if code_of(error) in DENIED:
                return None
            raise

    return read


def _cells(manifest: Path, *, dataset: Dataset, data: Data | None) -> Iterator[Sequence[Cell]]:
    width = next((len(row) for file in dataset.tables for row in islice(csv_rows(file), 1)), None)
    for row in augmented_rows(manifest, columns=dataset.columns, data=data):
        if row.faults:
            raise Failure(next(iter(row.faults.values())))
        width = len(row.cells) if width is None else width
        if data is None and len(row.cells) != width:
            got = body_of(row.cells[1:], columns=(), form="csv")
            raise Failure(
                f"{manifest} must have sources of {width - 1} cells as {dataset.key} has, got {len(row.cells) - 1} in "
                f"{got[:SHOWN]}; correct it"
            )
        yield row.cells


def _write_table(file: Path, *, dataset: Dataset, rows: list[Sequence[Cell]]) -> None:
    if dataset.form == "parquet":
        _write_parquet(file, dataset=dataset, rows=rows)
        return
    header = [csv_text([_header(dataset)])] if dataset.header and dataset.form == "csv" else []
    lines = [*header, *(body_of(row, columns=dataset.columns, form=dataset.form) for row in rows)]
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _header(dataset: Dataset) -> list[str]:
    if dataset.columns:
        return [column.name for column in dataset.columns]
    named = next((row for file in dataset.tables for row in islice(csv_rows(file), 1)), None)
    if named is None:
        raise Failure(
            f"{dataset.place}/ must hold a file with a header beside an augmented manifest, which names no columns, "
            "there is none; declare [data]: yard data describe FILE"
        )
    return named


def _write_parquet(file: Path, *, dataset: Dataset, rows: list[Sequence[Cell]]) -> None:
    # polars is needed, and loaded, for Parquet alone
    import polars

    kinds = {"integer": polars.Int64, "number": polars.Float64, "text": polars.String}
    names = [column.name for column in dataset.columns]
    frame = polars.DataFrame(rows, schema=dict.fromkeys(names, polars.String), orient="row")
    frame.select(polars.col(one.name).cast(kinds[one.kind]) for one in dataset.columns).write_parquet(file)
