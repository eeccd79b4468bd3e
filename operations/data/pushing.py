"""Datasets on their way to the data bucket."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard.manifest import Model
from modelyard.operations.bucket import DataBucket
from modelyard.operations.data.converting import converted, reader_of
from modelyard.operations.data.schema import declared, files_of, problems
from modelyard.operations.failures import Failure

DIGEST = "sha256"
MOST_SHOWN = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Push:
    """A file, where it goes, and whether it lies there already."""

    file: Path
    key: str
    digest: str
    size: int
    there: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedPush:
    """All files to upload, and what to know of those that were converted."""

    pushes: tuple[Push, ...]
    notes: tuple[str, ...]


def planned(*, model: Model, folder: Path, bucket: DataBucket, into: Path) -> PlannedPush:
    """Return what there is to upload; a file that lies there with the same content is not sent twice.

    Augmented manifests are converted, and the files that are made of them are written `into` a folder.

    Raises:
        Failure: the folder is not there, or its files are not what the manifest says.
        Refused: it holds a link, or something else that is no file.
    """
    if not folder.is_dir():
        raise Failure(f"{folder} must be a folder of datasets, there is none; name one, such as churn-data")
    datasets = declared(model=model, folder=folder)
    wrong = problems(datasets)
    if wrong:
        more = [f"… and {len(wrong) - MOST_SHOWN} more"] if len(wrong) > MOST_SHOWN else []
        raise Failure("\n".join([*wrong[:MOST_SHOWN], *more]))
    pushes: list[Push] = []
    notes: list[str] = []
    for dataset in datasets:
        for file in dataset.files:
            if file not in dataset.manifests:
                pushes.append(_push(file=file, key=dataset.key_of(file=file, model=model), bucket=bucket))
                continue
            read = reader_of(bucket.aws, folder=file.parent)
            conversion = converted(file, dataset=dataset, data=model.data, into=into, read=read)
            notes += conversion.notes
            for name, made in conversion.files:
                key = dataset.key_of(file=file.with_name(name), model=model)
                pushes.append(_push(file=made, key=key, bucket=bucket))
    return PlannedPush(pushes=tuple(pushes), notes=tuple(notes))


def send(pushes: Sequence[Push], *, bucket: DataBucket, sent: Callable[[int], None]) -> None:
    """Upload what is not there yet, noting each file's digest beside it."""
    for push in pushes:
        if not push.there:
            bucket.upload(file=push.file, key=push.key, notes={DIGEST: push.digest}, sent=sent)


def left_out(*, model: Model, folder: Path) -> list[str]:
    """Files of the folder that no dataset of the manifest names: they stay where they are."""
    named = {file for dataset in declared(model=model, folder=folder) for file in dataset.files}
    return [str(file.relative_to(folder)) for file in files_of(folder) if file not in named]


def unread(*, model: Model, folder: Path) -> list[str]:
    """Files of described datasets whose rows nobody has looked at, for their names say another format or none."""
    described = [dataset for dataset in declared(model=model, folder=folder) if dataset.columns]
    return [
        str(file.relative_to(folder))
        for dataset in described
        for file in dataset.files
        if file not in (*dataset.tables, *dataset.manifests)
    ]


def _push(*, file: Path, key: str, bucket: DataBucket) -> Push:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, DIGEST).hexdigest()
    notes = bucket.described(key)
    there = notes is not None and notes.get(DIGEST) == digest
    return Push(file=file, key=key, digest=digest, size=file.stat().st_size, there=there)
