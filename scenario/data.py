"""The data of the model whose scenario is run, as far as its commands do not find them themselves."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from modelyard.manifest import Model, catalogue
from modelyard.operations.data.examples import Traffic, datasets_of, example_of, traffic_of
from modelyard.operations.data.own import DATA, OwnData, own_data
from modelyard.operations.data.records import Labelled
from modelyard.operations.data.schema import batch_records, declared, files_of, problems
from modelyard.operations.failures import Failure
from modelyard.operations.importing.archive import Fetched, check_archive
from modelyard.operations.promotion.limits import CONSTRAINTS
from modelyard.operations.quality.answers import check_labelled
from modelyard.rehearsal.containers.local_commands import FILE as LOCAL_COMMANDS
from modelyard.rehearsal.containers.local_commands import LocalCommandError, LocalCommands
from modelyard.scenario.workspace import PROMOTED, read_promoted
from modelyard.shared.s3_uri import S3Uri, is_s3_uri

# Below the workspace, so that commands name what lies there as briefly as a user would.
FILES = Path("scenario-data")
BATCH_ROWS = 20
ARCHIVE = "model.tar.gz"


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
        form, _ = batch_records(self.model)
        return self._write(f"batch.{form}", lines=self.records(most=BATCH_ROWS))

    def records(self, *, most: int) -> list[str]:
        """Return the first records of the population, as they are sent."""
        return [record for _, record in traffic_of(model=self.model, root=self.workspace).traffic()[:most]]

    def write(self, name: str, *, content: bytes) -> Path:
        """Write a file of the scenario's own, and return its path."""
        (self.workspace / FILES).mkdir(exist_ok=True)
        (self.workspace / FILES / name).write_bytes(content)
        return FILES / name

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
        return self.write(name, content="".join(f"{line}\n" for line in lines).encode())


def check_data(*, model: Model, project: Path) -> None:
    """Refuse a model whose scenario has no data, nothing to serve, or an image that nothing stands for.

    Raises:
        DataError: there are none in the project, they are not what the manifest says, or requests cannot be made
            of them; nothing stands for a bucket of the user's own; a model without [training] has no copy of what it
            serves, and no archive that could serve; an image of one's own has no local command; it is trained by an
            algorithm resource, which is not on this machine.

    """
    _check_algorithm(model)
    # As seen from where the command runs, so that sentences name files as the user would.
    here = Path(os.path.relpath(project))
    _check_images(model=model, project=here)
    files_elsewhere(model=model, project=here)
    try:
        if model.training is None:
            _check_untrained(model=model, project=here)
        else:
            _check_datasets(model=model, project=here)
    except Failure as failure:
        raise DataError(str(failure)) from failure


def _check_algorithm(model: Model) -> None:
    algorithm = None if model.training is None else model.training.algorithm
    if algorithm is not None:
        raise DataError(
            f"training.algorithm of {model.name} is {algorithm}, whose image is not on this machine, so that no job of "
            "it can be rehearsed; train by it on AWS, or rehearse with a container in its place"
        )


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
        needed = copy if key.endswith((".model", ".transformer")) else copy / CONSTRAINTS
        if not needed.is_file():
            raise DataError(
                f"{needed.relative_to(project)} must be a copy of what {key} names, there is no such file; without "
                "[training] nothing is made in its place: fetch it from the data bucket of the stage"
            )
        for file in (copy,) if copy.is_file() else sorted(path for path in copy.rglob("*") if path.is_file()):
            files[file.relative_to(project / PROMOTED).as_posix()] = file
    return files


def archive_to_import(model: Model) -> Path | None:
    """Return where in the project the archive lies that is imported for a model that is neither trained nor promoted.

    None is returned where nothing of the model needs one.
    """
    promoted = model.batch_model is not None if model.serving is None else model.serving.is_promoted
    needed = model.training is None and not promoted and (model.serving is not None or model.batch is not None)
    return PROMOTED / model.name / ARCHIVE if needed else None


def _check_untrained(*, model: Model, project: Path) -> None:
    archive = archive_to_import(model)
    if archive is None:
        promoted_files(model=model, project=project)
    elif not (project / archive).is_file():
        raise DataError(
            f"{archive} must be the archive of {model.name}, which is neither trained nor promoted, there is no such "
            "file; copy the one there that you would give to yard import, or promote a model"
        )
    else:
        check_archive(Fetched(file=project / archive, origin=str(archive)), model=model)
    if model.serving is not None:
        _check_traffic(traffic_of(model=model, root=project), model=model)


def _check_datasets(*, model: Model, project: Path) -> None:
    folder = own_data(model, root=project)
    if folder is None:
        example_of(model=model)
        return
    wrong = problems(declared(model=model, folder=folder))
    if wrong:
        raise DataError(wrong[0])
    if model.serving is not None or model.batch is not None:
        _check_traffic(OwnData(model=model, folder=folder), model=model)


def _check_traffic(traffic: Traffic, *, model: Model) -> None:
    records = [Labelled(label=label, body=body.encode()) for label, body in traffic.traffic()]
    quality = model.monitoring.quality if model.monitoring is not None else None
    if quality is not None:
        check_labelled(records, quality=quality, answer=model.answer, source=f"{DATA}/{model.name}/")


def _check_images(*, model: Model, project: Path) -> None:
    commands = LocalCommands(file=project / LOCAL_COMMANDS)
    for use in model.image_uses:
        if not catalogue.family_of(use.container):
            try:
                commands.needed(image=use.container, purpose="train" if use.scope == "training" else "serve")
            except LocalCommandError as error:
                raise DataError(str(error)) from error
