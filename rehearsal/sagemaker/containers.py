"""What the containers of a job or a model name: which image that is, the artifact, and the script.

No image is pulled, so what is in one must be known here. The repositories are those of
`manifest/tables/images.json`, which is AWS's own list.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from modelyard.rehearsal.containers.local_commands import LocalCommand, LocalCommandError, LocalCommands, Purpose
from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.container_families import (
    HUB_MODEL,
    PACKED_CODE,
    PROGRAM,
    SUBMIT_DIRECTORY,
    CodePlace,
    ContainerFamily,
    family_of_repository,
)
from modelyard.shared.s3_uri import S3Uri, is_s3_uri

IMAGE = re.compile(r"(?:[^/]+/)?(?P<repository>[^:@]+)(?::[^@]+)?(?:@.+)?")


# Where a model's document holds the containers of its package, as those stood when it was made.
RESOLVED = "_Containers"
# How the one container of a model is called in AWS's sentences; a pipeline's have names or numbers.
PRIMARY = "primary"


class Monitor(StrEnum):
    """The containers of Model Monitor, which run no script."""

    ANALYZER = "sagemaker-model-monitor-analyzer"
    MERGER = "sagemaker-model-monitor-groundtruth-merger"


def repository(uri: str) -> str:
    """Return an image's repository, without registry, tag and digest."""
    match = IMAGE.fullmatch(uri)
    return uri if match is None else match["repository"]


def family_of(uri: str) -> ContainerFamily | None:
    """Return the family of an image, or None for one that is not known here."""
    return family_of_repository(repository(uri))


def is_monitor(uri: str) -> bool:
    """Whether an image is one of Model Monitor's."""
    return repository(uri) in frozenset(Monitor)


def artifact_of(container: Document) -> S3Uri | None:
    """Return where a model's artifact lies: an archive, or a prefix that ends in /; None for a model without one."""
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    uri: str | None = container.get("ModelDataUrl", source.get("S3Uri"))
    return None if uri is None else S3Uri.parse(uri)


def named_containers(document: Document) -> dict[str, Document]:
    """Return the containers of a model's document by their names: host names, else numbers."""
    containers = document.get(RESOLVED, document.get("Containers", []))
    if not containers:
        return {PRIMARY: document.get("PrimaryContainer", {})}
    if RESOLVED in document and len(containers) == 1:
        return {PRIMARY: containers[0]}
    return {one.get("ContainerHostname", f"container-{place}"): one for place, one in enumerate(containers, 1)}


def is_bought(document: Document) -> bool:
    """Whether a model is a package without versions, as the AWS Marketplace has them: some features exclude those."""
    package = document.get("PrimaryContainer", {}).get("ModelPackageName", "")
    return bool(package) and "/" not in package.rpartition("model-package/")[2]


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingCode:
    """The functions that a serving container loads, as its image reads the model's definition.

    `program` is None where the image answers by itself. `source` is the archive of the script, where that is in S3, and
    `packed` says whether code/ of the model's own archive is read instead. `command` stands for an image that nothing
    here answers as; then nothing else is read. `without_program` is what to say where the program is not there and
    the image then does what nothing here does.
    """

    program: str | None
    source: S3Uri | None = None
    packed: bool = False
    command: LocalCommand | None = None
    without_program: str | None = None


def serving_code(container: Document, *, commands: LocalCommands) -> ServingCode:
    """Return where a model's container finds its functions: each family looks in its own place and in no other.

    Raises:
        ServiceError: ValidationException, a URI that is none, an image that answers by functions alone and is told of
            none, or an image of the user's own, or one that runs no scripts, that no command stands for.

    """
    image = container.get("Image", "")
    family = family_of(image)
    environment = container.get("Environment", {})
    program: str | None = environment.get(PROGRAM)
    if family is None or family.stood_for:
        # Neither a pipeline nor a model of the hub is loaded here.
        answers = program is not None if family is None else family.runs_scripts and HUB_MODEL not in environment
        command = local_command(image=image, purpose="serve", commands=commands, needed=not answers)
        if command is not None:
            return ServingCode(program=None, command=command)
    if family is None:
        # With a script the image is taken for one with AWS's toolkit in it, which may look in either place.
        source = _submitted(container)
        return ServingCode(program=program, source=source, packed=source is None)
    source = _submitted(container)
    if program is None and family.code_place is CodePlace.SUBMIT_DIRECTORY and not family.serves_without_code:
        raise invalid(
            f"the image {image} must be told in {PROGRAM} of the file whose functions answer, as {family.title}'s "
            f"container has none of its own; set it, and {SUBMIT_DIRECTORY} to {PACKED_CODE} for code of the archive"
        )
    if family.code_place is CodePlace.ARTIFACT:
        default = family.default_program
        # TensorFlow's image reads no variable: its server answers by itself, or by code/inference.py.
        named = default if default is None or program is None else program
        missing = commands.missing(image=image, purpose="serve") if family.stood_for else None
        return ServingCode(program=named, packed=True, without_program=missing)
    submitted = environment.get(SUBMIT_DIRECTORY)
    if source is None and submitted is not None and submitted.rstrip("/") != PACKED_CODE:
        raise invalid(f"{SUBMIT_DIRECTORY} must be an s3:// URI or {PACKED_CODE} here, got {submitted}; pack it there")
    return ServingCode(program=program, source=source, packed=source is None and submitted is not None)


def no_credentials(source: S3Uri) -> str:
    """Return what an isolated container says that is to download its script: boto3's words, and what to do."""
    return (
        f"Unable to locate credentials: with EnableNetworkIsolation the container cannot download {source}; set that "
        "to false, or have the script downloaded for the container, in a channel of a job or the archive of a model"
    )


def local_command(*, image: str, purpose: Purpose, commands: LocalCommands, needed: bool) -> LocalCommand | None:
    """Return the command that stands for an image, or None where none is needed.

    Raises:
        ServiceError: ValidationException, one is needed and there is none, or the file of commands cannot be taken.

    """
    try:
        find = commands.needed if needed else commands.find
        return find(image=image, purpose=purpose)
    except LocalCommandError as error:
        raise invalid(str(error)) from error


def _submitted(container: Document) -> S3Uri | None:
    """Return where the archive of a model's script lies; None for a path, as the artifact brings its own script then.

    Raises:
        ServiceError: ValidationException, a URI that is none.

    """
    directory = container.get("Environment", {}).get(SUBMIT_DIRECTORY, "")
    if not is_s3_uri(directory):
        return None
    try:
        return S3Uri.parse(directory)
    except ValueError as error:
        raise invalid(f"{SUBMIT_DIRECTORY}: {error}") from error
