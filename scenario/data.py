"""The data of the model whose scenario is run, as far as its commands do not find them themselves."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from modelyard.manifest import Model
from modelyard.operations.data.examples import datasets_of, example_of, traffic_of
from modelyard.operations.data.own import DATA, OwnData, own_data
from modelyard.operations.data.schema import batch_records, declared, files_of, problems
from modelyard.operations.failures import Failure
from modelyard.operations.promotion.limits import CONSTRAINTS
from modelyard.scenario.workspace import PROMOTED, read_promoted
from modelyard.shared.s3_uri import S3Uri, is_s3_uri

# Below the workspace, so that commands name what lies there as briefly as a user would.
FILES = Path("scenario-data")
BATCH_ROWS = 20


class DataError(Exception):
    """There are no data to run the scenario with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelData:
    """Files that commands are given; their paths are relative to the workspace, where the commands run."""

    model: Model
    workspace: Path

    def batch_file(self) -> Path:
        """Return a file to score: one of the dataset that the manifest names for it, else a few records."""
        with datasets_of(self.model, root=self.workspace) as folder:
            datasets = declared(model=self.model, folder=folder)
            named = [file for dataset in datasets if dataset.key == "batch.input" for file in dataset.files]
            if named:
                return self._copy(named[0])
        records = traffic_of(model=self.model, root=self.workspace).traffic()
        form, _ = batch_records(self.model)
        return self._write(f"batch.{form}", lines=[record for _, record in records[:BATCH_ROWS]])

    def baseline_arguments(self) -> tuple[str, ...]:
        """Return what `yard baseline MODEL` takes for labelled records: a file where there are no validation data."""
        with datasets_of(self.model, root=self.workspace) as folder:
            datasets = declared(model=self.model, folder=folder)
            sample = OwnData(model=self.model, folder=folder).sample
            described = sample.tables[:1] if sample is not None and self.model.data is not None else ()
            sampled = [self._copy(file) for file in described]
        if any(dataset.key == "training.channels.validation" and dataset.tables for dataset in datasets):
            return ()
        if sampled:
            return (str(sampled[0]),)
        records = traffic_of(model=self.model, root=self.workspace).traffic()
        return (str(self._write("labelled.csv", lines=[",".join(record) for record in records])),)

    def label(self) -> str | float:
        """Return a label that a record of the population may have."""
        label, _ = traffic_of(model=self.model, root=self.workspace).traffic()[0]
        try:
            return int(label) if label.isdecimal() else float(label)
        except ValueError:
            return label

    def _copy(self, file: Path) -> Path:
        (self.workspace / FILES).mkdir(exist_ok=True)
        shutil.copy(file, self.workspace / FILES)
        return FILES / file.name

    def _write(self, name: str, *, lines: list[str]) -> Path:
        (self.workspace / FILES).mkdir(exist_ok=True)
        (self.workspace / FILES / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return FILES / name


def check_data(*, model: Model, project: Path) -> None:
    """Refuse a model whose scenario has no data, or nothing to serve.

    Raises:
        DataError: there are none in the project, they are not what the manifest says, or requests cannot be made
            of them; nothing stands for a bucket of the user's own; a model without [training] has no copy of what it
            serves.

    """
    if model.training is None:
        _check_promoted(model=model, project=project)
        return
    files_elsewhere(model=model, project=project)
    try:
        folder = own_data(model, root=project)
        if folder is not None:
            wrong = problems(declared(model=model, folder=folder))
            if wrong:
                raise DataError(wrong[0])
            if model.serving is not None or model.batch is not None:
                OwnData(model=model, folder=folder).traffic()
            return
    except Failure as failure:
        raise DataError(str(failure)) from failure
    try:
        example_of(model=model)
    except Failure as failure:
        raise DataError(str(failure)) from failure


def files_elsewhere(*, model: Model, project: Path) -> dict[S3Uri, Path]:
    """Return the files that stand for the objects of buckets of the user's own: `data/MODEL/CHANNEL` has them.

    Raises:
        DataError: there is no such folder, or it does not hold one file for one object.
        Refused: it holds a link, or something else that is no file.

    """
    found: dict[S3Uri, Path] = {}
    places = model.training.places_elsewhere if model.training is not None else {}
    for channel, place in places.items():
        folder = Path(DATA) / model.name / channel
        held = files_of(project / folder) if (project / folder).is_dir() else []
        if not held or (len(held) > 1 and not place.is_folder):
            what = "files" if place.is_folder else "one file"
            raise DataError(
                f"{folder}/ must hold {what} to stand for {place}, which training.channels.{channel} reads, there are "
                f"{len(held)}; put some of its data there: the local AWS has no bucket of yours"
            )
        for file in held:
            found[place.below(file.relative_to(project / folder).as_posix()) if place.is_folder else place] = file
    return found


def promoted_files(*, model: Model, project: Path) -> dict[str, Path]:
    """Return the copies of what the manifest of a model without [training] names, by their keys of the data bucket.

    Raises:
        DataError: there is no copy of one of them, or it lies in another bucket.

    """
    files: dict[str, Path] = {}
    for key, promoted in read_promoted(project, model=model.name).items():
        if is_s3_uri(promoted):
            raise DataError(
                f"{key} must be a key of the data bucket for a model without [training] to be rehearsed, got "
                f"{promoted}; the local AWS has no other bucket"
            )
        # A baseline is a folder, an artifact a file.
        copy = project / PROMOTED / promoted
        needed = copy if key.endswith(".model") else copy / CONSTRAINTS
        if not needed.is_file():
            raise DataError(
                f"{needed.relative_to(project)} must be a copy of what {key} names, there is no such file; without "
                "[training] nothing is made in its place: fetch it from the data bucket of the stage"
            )
        for file in (copy,) if copy.is_file() else sorted(path for path in copy.rglob("*") if path.is_file()):
            files[file.relative_to(project / PROMOTED).as_posix()] = file
    return files


def _check_promoted(*, model: Model, project: Path) -> None:
    promoted_files(model=model, project=project)
    if model.serving is None or not model.serving.is_promoted:
        return
    try:
        traffic_of(model=model, root=project).traffic()
    except Failure as failure:
        raise DataError(str(failure)) from failure
