"""What a CreateProcessingJob request asks for; what is not rehearsed is refused in a sentence."""

import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from modelyard.rehearsal.containers import networks
from modelyard.rehearsal.containers.networks import Network
from modelyard.rehearsal.containers.processing import local_path
from modelyard.rehearsal.import_path import analyzer_root, import_path
from modelyard.rehearsal.sagemaker.containers import is_monitor
from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.machines import check_volume_key, check_volume_size
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.s3_uri import S3Uri

ANALYZER_PACKAGE = "modelyard/drift/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """What is run, and the variables that are its own."""

    words: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """One input or output: its URI in S3 and its path in the container; of a sharded input each host has a part."""

    name: str
    uri: S3Uri
    path: str
    continuous: bool = False
    sharded: bool = False


def check_processing(request: Document) -> None:
    """Refuse what is not rehearsed, and what AWS refuses.

    Raises:
        ServiceError: ValidationException, with what to change.

    """
    cluster = request["ProcessingResources"]["ClusterConfig"]
    check_volume_key(cluster)
    check_volume_size(cluster)
    image, entry = request["AppSpecification"]["ImageUri"], request["AppSpecification"].get("ContainerEntrypoint")
    if entry is None and not is_monitor(image):
        raise invalid(
            f"ContainerEntrypoint must be given here for the image {image}: no image is pulled, and only the entry "
            "point of Model Monitor's analyzer is known; name the program to run"
        )
    if entry is not None and network_of(request) is Network.NONE:
        obstacle = networks.obstacle()
        if obstacle is not None:
            raise invalid(
                "NetworkConfig.EnableNetworkIsolation must be false here, or what runs would reach whatever this "
                f"machine reaches: no network namespace can be taken ({obstacle}); rehearse where they are allowed"
            )
    if entry is None and cluster["InstanceCount"] > 1:
        raise invalid(
            f"InstanceCount must be 1 here for Model Monitor's analyzer, got {cluster['InstanceCount']}: the one that "
            "takes its place here runs on one host"
        )
    for exchange in (*inputs_of(request), *outputs_of(request)):
        try:
            local_path(path=exchange.path, root=Path("/"))
        except ValueError as error:
            raise invalid(f"{exchange.name}: {error}") from error


def network_of(request: Document) -> Network:
    """Return the network of a job's containers."""
    config = request.get("NetworkConfig", {})
    return Network.of(isolated=config.get("EnableNetworkIsolation", False), in_vpc="VpcConfig" in config)


def inputs_of(request: Document) -> list[Exchange]:
    """Return the inputs; ServiceError (ValidationException) for one that is not rehearsed."""
    inputs = []
    for item in request.get("ProcessingInputs", []):
        name, source = item["InputName"], item.get("S3Input")
        if source is None or item.get("AppManaged", False):
            raise invalid(f"input {name} must be an S3Input that is not AppManaged here; use S3Input")
        for member, allowed in (("S3DataType", "S3Prefix"), ("S3InputMode", "File"), ("S3CompressionType", "None")):
            if source.get(member, allowed) != allowed:
                raise invalid(f"input {name}: {member} must be {allowed} here, got {source[member]}")
        if "LocalPath" not in source:
            raise invalid(f"input {name} must have a LocalPath, got none; name a folder below /opt/ml/processing")
        sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
        uri = S3Uri.parse(source["S3Uri"])
        inputs.append(Exchange(name=name, uri=uri, path=source["LocalPath"], sharded=sharded))
    return inputs


def outputs_of(request: Document) -> list[Exchange]:
    """Return the outputs; ServiceError (ValidationException) for one that is not rehearsed."""
    outputs = []
    for item in request.get("ProcessingOutputConfig", {}).get("Outputs", []):
        name, target = item["OutputName"], item.get("S3Output")
        if target is None or item.get("AppManaged", False):
            raise invalid(f"output {name} must be an S3Output that is not AppManaged here; use S3Output")
        if "LocalPath" not in target:
            raise invalid(f"output {name} must have a LocalPath, got none; name a folder below /opt/ml/processing")
        continuous = target["S3UploadMode"] == "Continuous"
        uri = S3Uri.parse(target["S3Uri"])
        outputs.append(Exchange(name=name, uri=uri, path=target["LocalPath"], continuous=continuous))
    return outputs


def command_of(request: Document, *, root: Path, unpacked: Path) -> Command:
    """Return what the container runs: its entry point with arguments, or the analyzer where that is its image's.

    The analyzer, as a module or as the archive that a template names, gets the folder that stands for /opt/ml.
    `unpacked` is a folder that keeps what an archive held from one job to the next.
    """
    app = request["AppSpecification"]
    entry, arguments = app.get("ContainerEntrypoint"), app.get("ContainerArguments", [])
    only_aws_files: dict[str, str] = {}
    if entry is None:
        # AWS's own analyzer, which writes its three files, no verdict and no estimate.
        package, only_aws_files = import_path(), {"verdict": "Disabled", "estimate": "Disabled"}
    else:
        archive = next((path for word in entry if (path := _analyzer_archive(word, root=root)) is not None), None)
        if archive is None:
            return Command(words=[*entry, *arguments])
        package = str(_package_of(archive, unpacked=unpacked))
    words = [sys.executable, "-m", "modelyard.drift.container", *arguments]
    return Command(words=words, environment={"DRIFT_ROOT": str(root), "PYTHONPATH": package, **only_aws_files})


def _analyzer_archive(word: str, *, root: Path) -> Path | None:
    """Return the analyzer's archive if a word of a command names it, whatever its file is called."""
    try:
        path = local_path(path=word, root=root)
    except ValueError:
        return None
    if not path.is_file() or not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as files:
        return path if any(name.startswith(ANALYZER_PACKAGE) for name in files.namelist()) else None


def _package_of(archive: Path, *, unpacked: Path) -> Path:
    """Return the folder that holds the package of the analyzer's archive.

    On AWS the archive brings wheels for the Python of its container. Here its sources run with the packages that are
    installed; where they are those of the installed analyzer, that is used, with what was compiled for it.
    """
    installed = analyzer_root()
    with zipfile.ZipFile(archive) as files:
        names = [name for name in files.namelist() if name.startswith(ANALYZER_PACKAGE)]
        if all((installed / name).is_file() and (installed / name).read_bytes() == files.read(name) for name in names):
            return installed
        folder = unpacked / archive.stem
        files.extractall(folder, members=names)
        return folder
