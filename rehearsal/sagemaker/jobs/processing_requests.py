"""What a CreateProcessingJob request asks for, read once; what this service cannot do is refused in a sentence."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from modelyard.rehearsal.containers.processing import local_path
from modelyard.rehearsal.import_path import import_path
from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.jobs.archives import is_archive, sources
from modelyard.rehearsal.sagemaker.jobs.images import Container, container_of
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.s3_uri import S3Uri


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """What is run, and the variables that are its own."""

    words: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """One input or output: a place in S3 and a path of the container."""

    name: str
    place: S3Uri
    path: str
    continuous: bool = False


def check_processing(request: Document) -> None:
    """Refuse what is not rehearsed.

    Raises:
        ServiceError: ValidationException, with what to change.

    """
    hosts = request["ProcessingResources"]["ClusterConfig"]["InstanceCount"]
    if hosts != 1:
        raise invalid(f"InstanceCount must be 1 here, got {hosts}; processing is rehearsed on one host")
    image, entry = request["AppSpecification"]["ImageUri"], request["AppSpecification"].get("ContainerEntrypoint")
    if entry is None and container_of(image) not in (Container.ANALYZER, Container.MERGER):
        raise invalid(
            f"ContainerEntrypoint must be given here for the image {image}: no image is pulled, and only the entry "
            "point of Model Monitor's analyzer is known; name the program to run"
        )
    for exchange in (*inputs_of(request), *outputs_of(request)):
        _check_path(exchange)


def command_of(request: Document, *, root: Path, unpacked: Path) -> Command:
    """Return what the container runs: its entry point with arguments, or the analyzer's module for its image.

    The analyzer, as a module or an archive, is told where its /opt/ml lies.

    """
    app = request["AppSpecification"]
    entry, arguments = app.get("ContainerEntrypoint"), app.get("ContainerArguments", [])
    relocated = {"DRIFT_ROOT": str(root)}
    if entry is None:
        words = [sys.executable, "-m", "modelyard.drift.container", *arguments]
        return Command(words=words, environment={**relocated, "PYTHONPATH": import_path()})
    archive = next((path for word in entry if (path := _file(word, root=root)) is not None and is_archive(path)), None)
    if archive is not None:
        package = sources(archive=archive, unpacked=unpacked)
        words = [sys.executable, "-m", "modelyard.drift.container", *arguments]
        return Command(words=words, environment={**relocated, "PYTHONPATH": str(package)})
    return Command(words=[*entry, *arguments])


def _file(word: str, *, root: Path) -> Path | None:
    """Return the file of the tree that a word of a command may name, or None for any other word."""
    try:
        return local_path(path=word, root=root)
    except ValueError:
        return None


def inputs_of(request: Document) -> list[Exchange]:
    """Return the inputs; ServiceError (ValidationException) for one that is not rehearsed."""
    return [_input(given) for given in request.get("ProcessingInputs", [])]


def outputs_of(request: Document) -> list[Exchange]:
    """Return the outputs; ServiceError (ValidationException) for one that is not rehearsed."""
    return [_output(given) for given in request.get("ProcessingOutputConfig", {}).get("Outputs", [])]


def _input(given: Document) -> Exchange:
    name, source = given["InputName"], given.get("S3Input")
    if source is None or given.get("AppManaged", False):
        raise invalid(f"input {name} must be an S3Input that is not AppManaged here; use S3Input")
    allowed = {
        "S3DataType": ("S3Prefix",),
        "S3InputMode": ("File",),
        "S3CompressionType": ("None",),
    }
    for member, values in allowed.items():
        if source.get(member, values[0]) not in values:
            raise invalid(f"input {name}: {member} must be {values[0]} here, got {source[member]}")
    if "LocalPath" not in source:
        raise invalid(f"input {name} must have a LocalPath, got none; name a folder below /opt/ml/processing")
    return Exchange(name=name, place=S3Uri.parse(source["S3Uri"]), path=source["LocalPath"])


def _output(given: Document) -> Exchange:
    name, target = given["OutputName"], given.get("S3Output")
    if target is None or given.get("AppManaged", False):
        raise invalid(f"output {name} must be an S3Output that is not AppManaged here; use S3Output")
    if "LocalPath" not in target:
        raise invalid(f"output {name} must have a LocalPath, got none; name a folder below /opt/ml/processing")
    return Exchange(
        name=name,
        place=S3Uri.parse(target["S3Uri"]),
        path=target["LocalPath"],
        continuous=target["S3UploadMode"] == "Continuous",
    )


def _check_path(exchange: Exchange) -> None:
    try:
        local_path(path=exchange.path, root=Path("/"))
    except ValueError as error:
        raise invalid(f"{exchange.name}: {error}") from error
