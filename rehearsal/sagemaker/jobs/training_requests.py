"""What a CreateTrainingJob request asks for, read once; what this service cannot do is refused in a sentence."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard.rehearsal.containers.archives import require_inside
from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.jobs.images import Container, container_of
from modelyard.rehearsal.sagemaker.jobs.places import S3Place
from modelyard.rehearsal.sagemaker.store import Document

_MODES = ("File", "FastFile")
_CHANNELS = "/opt/ml/input/data/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A script's archive and the file in it to run; the archive lies in S3, or in a channel by its /opt/ml path."""

    archive: str
    program: str

    @property
    def place(self) -> S3Place | None:
        """Where it lies in S3, or None for a path."""
        return S3Place.parse(self.archive) if self.archive.startswith("s3://") else None

    def in_channels(self, channels: Path) -> Path:
        """Return the archive's path below the folder of all channels."""
        return channels / self.archive.removeprefix(_CHANNELS)


def check_training(request: Document) -> None:
    """Refuse what is not rehearsed.

    Raises:
        ServiceError: ValidationException, with what to change.

    """
    hyperparameters = request.get("HyperParameters", {})
    _check_algorithm(request["AlgorithmSpecification"], hyperparameters=hyperparameters)
    for channel in request.get("InputDataConfig", []):
        _check_channel(channel, hosts=request["ResourceConfig"].get("InstanceCount", 1))


def source_of(hyperparameters: Mapping[str, str]) -> Source | None:
    """Return the script that the reserved hyperparameters name, or None for a built-in algorithm.

    Raises:
        ServiceError: ValidationException, only one of the two is given, or one is a path to somewhere else.

    """
    program, archive = (_text(hyperparameters, f"sagemaker_{name}") for name in ("program", "submit_directory"))
    if (program is None) != (archive is None):
        raise invalid("sagemaker_program and sagemaker_submit_directory must both be given, got one; add the other")
    if program is None or archive is None:
        return None
    try:
        require_inside(path=program, what="sagemaker_program")
        if not archive.startswith("s3://"):
            require_inside(path=archive.removeprefix(_CHANNELS), what=f"sagemaker_submit_directory below {_CHANNELS}")
    except ValueError as error:
        raise invalid(str(error)) from error
    return Source(archive=archive, program=program)


def channel_places(request: Document) -> dict[str, S3Place]:
    """Return the prefix of each channel."""
    return {
        channel["ChannelName"]: S3Place.parse(channel["DataSource"]["S3DataSource"]["S3Uri"])
        for channel in request.get("InputDataConfig", [])
    }


def _text(hyperparameters: Mapping[str, str], name: str) -> str | None:
    """Read a reserved hyperparameter: the SDK writes it as JSON, a person may not."""
    text = hyperparameters.get(name)
    if text is None:
        return None
    try:
        value: Any = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, str) else text


def _check_algorithm(algorithm: Document, *, hyperparameters: Mapping[str, str]) -> None:
    image = algorithm.get("TrainingImage")
    if image is None:
        raise invalid("AlgorithmSpecification must have a TrainingImage here, got no image; name one")
    mode = algorithm["TrainingInputMode"]
    if mode not in _MODES:
        raise invalid(f"TrainingInputMode must be one of {', '.join(_MODES)} here, got {mode}")
    if source_of(hyperparameters) is None and container_of(image) is not Container.XGBOOST:
        raise invalid(
            f"an image without a script must be XGBoost's here, got {image}: no image is pulled, and only that "
            "algorithm is rehearsed; set sagemaker_program and sagemaker_submit_directory"
        )


def _check_channel(channel: Document, *, hosts: int) -> None:
    name, source = channel["ChannelName"], channel["DataSource"].get("S3DataSource")
    if source is None:
        raise invalid(f"channel {name} must have an S3DataSource here: there is no file system; use S3")
    allowed = {
        "S3DataType": (source["S3DataType"], ("S3Prefix",)),
        "InputMode": (channel.get("InputMode", "File"), _MODES),
        "CompressionType": (channel.get("CompressionType", "None"), ("None",)),
        "RecordWrapperType": (channel.get("RecordWrapperType", "None"), ("None",)),
    }
    for member, (given, values) in allowed.items():
        if given not in values:
            raise invalid(f"channel {name}: {member} must be {' or '.join(values)} here, got {given}")
    if hosts > 1 and source.get("S3DataDistributionType") == "ShardedByS3Key":
        raise invalid(f"channel {name}: ShardedByS3Key is not rehearsed on several hosts; use FullyReplicated")
    _check_place(source["S3Uri"], name=name)


def _check_place(uri: str, *, name: str) -> None:
    try:
        S3Place.parse(uri)
    except ValueError as error:
        raise invalid(f"channel {name}: {error}") from error
