"""What a CreateTrainingJob request asks for; what is not rehearsed is refused in a sentence."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard.rehearsal.containers import networks, opt_ml
from modelyard.rehearsal.containers.local_commands import LocalCommand, LocalCommands
from modelyard.rehearsal.containers.networks import Network
from modelyard.rehearsal.containers.training_results import MetricDefinition
from modelyard.rehearsal.sagemaker.containers import family_of, local_command
from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.machines import check_volume_key
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.container_families import XGBOOST
from modelyard.shared.object_path import path_below
from modelyard.shared.s3_uri import S3Uri, is_s3_uri
from modelyard.shared.xgboost_hyperparameters import METRICS

ROOT = "/opt/ml"
CHANNELS = f"{ROOT}/input/data/"
# "The default local path is /opt/ml/checkpoints/" (CheckpointConfig).
CHECKPOINTS = f"{ROOT}/checkpoints"
MODES = ("File", "FastFile")
PIPE, AUGMENTED = "Pipe", "AugmentedManifestFile"
# By these a container starts a script on several processes or hosts itself: sagemaker-training 5.1.1, `params.py`, and
# sagemaker-tensorflow-training 20.5.0, `training.py`, which then sets TF_CONFIG.
DISTRIBUTIONS = tuple(
    f"sagemaker_{name}_enabled"
    for name in (
        "distributed_dataparallel",
        "mpi",
        "multi_worker_mirrored_strategy",
        "parameter_server",
        "pytorch_ddp",
        "pytorch_xla_multi_worker",
        "torch_distributed",
    )
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """A script's archive and the file in it to run; the archive lies in S3, or in a channel by its /opt/ml path.

    Raises:
        ValueError: the archive is no S3 URI and no path below the folder of channels.

    """

    archive: str
    program: str

    def __post_init__(self) -> None:
        if self.uri is None:
            self.in_channels(Path("/"))

    @property
    def uri(self) -> S3Uri | None:
        """Where it lies in S3, or None for a path."""
        return S3Uri.parse(self.archive) if is_s3_uri(self.archive) else None

    def in_channels(self, channels: Path) -> Path:
        """Return the archive's path below the folder of all channels."""
        if not self.archive.startswith(CHANNELS):
            raise ValueError(
                f"sagemaker_submit_directory must be an S3 URI or a path below {CHANNELS}, got {self.archive!r}; "
                "upload the archive"
            )
        what = f"sagemaker_submit_directory {self.archive!r}"
        return path_below(folder=channels, name=self.archive.removeprefix(CHANNELS), what=what)


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckpointPlaces:
    """Where a job's checkpoints lie: the prefix in S3, and the folder, as a path below /opt/ml."""

    uri: S3Uri
    path: str


def checkpoint_places(request: Document) -> CheckpointPlaces | None:
    """Return where a job's checkpoints lie, or None for a job that keeps none.

    Raises:
        ServiceError: ValidationException, a URI that is none, or a path that is not below /opt/ml.

    """
    config = request.get("CheckpointConfig")
    if config is None:
        return None
    path = config.get("LocalPath", CHECKPOINTS).rstrip("/")
    if not path.startswith(f"{ROOT}/"):
        raise invalid(f"CheckpointConfig.LocalPath must be below {ROOT} here, got {path!r}; leave it out")
    try:
        below = path.removeprefix(f"{ROOT}/")
        path_below(folder=Path("/"), name=below, what=f"CheckpointConfig.LocalPath {path!r}")
        return CheckpointPlaces(uri=S3Uri.parse(config["S3Uri"]), path=below)
    except ValueError as error:
        raise invalid(str(error)) from error


def check_training(request: Document, *, commands: LocalCommands) -> None:
    """Refuse what is not rehearsed, and what AWS refuses.

    Raises:
        ServiceError: ValidationException, with what to change.

    """
    hyperparameters = request.get("HyperParameters", {})
    check_volume_key(request["ResourceConfig"])
    checkpoint_places(request)
    for name in DISTRIBUTIONS:
        if hyperparameters.get(name) == "true":
            raise invalid(
                f"the hyperparameter {name} must be left out here: no container distributes a script; let the script "
                "start its processes by SM_HOSTS, as the examples do"
            )
    _check_algorithm(request, commands=commands)
    reason = unisolated(request)
    if reason is not None and (entry_point_of(request) or runs_script(request, commands=commands)):
        raise invalid(
            f"EnableNetworkIsolation must be false here, or what runs would not be isolated as on AWS: {reason}"
        )
    for channel in request.get("InputDataConfig", []):
        _check_channel(channel, hosts=request["ResourceConfig"].get("InstanceCount", 1))


def script_of(hyperparameters: Mapping[str, str]) -> Script | None:
    """Return the script that the reserved hyperparameters name, or None for a built-in algorithm.

    Raises:
        ServiceError: ValidationException, only one of the two is given, or the archive lies nowhere.

    """
    program, archive = (_text(hyperparameters, f"sagemaker_{name}") for name in ("program", "submit_directory"))
    if (program is None) != (archive is None):
        raise invalid("sagemaker_program and sagemaker_submit_directory must both be given, got one; add the other")
    if program is None or archive is None:
        return None
    try:
        return Script(archive=archive, program=program)
    except ValueError as error:
        raise invalid(str(error)) from error


def metric_definitions(request: Document, *, algorithm: bool) -> list[MetricDefinition]:
    """Return a job's own metric definitions, behind those of the built-in algorithm if it runs that.

    Raises:
        ValueError: a definition's regular expression cannot be used.

    """
    declared = request["AlgorithmSpecification"].get("MetricDefinitions", [])
    own = [MetricDefinition(name=item["Name"], regex=item["Regex"]) for item in declared]
    names = {definition.name for definition in own}
    builtin = [
        MetricDefinition(name=f"{data}:{metric}", regex=rf".*\[[0-9]+\].*#011{data}-{metric}:([-+.\deE]+)")
        for data in ("train", "validation")
        for metric in METRICS
        if algorithm and f"{data}:{metric}" not in names
    ]
    return builtin + own


def channel_sources(request: Document) -> dict[str, S3Uri]:
    """Return the prefix of each channel."""
    return {
        channel["ChannelName"]: S3Uri.parse(channel["DataSource"]["S3DataSource"]["S3Uri"])
        for channel in request.get("InputDataConfig", [])
    }


def channel_folder(*, name: str, channels: Path) -> Path:
    """Return the folder of a channel; ValueError for a name that no folder can have, as AWS lets `..` pass."""
    return path_below(folder=channels, name=name, what=f"channel {name!r}")


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


def entry_point_of(request: Document) -> tuple[str, ...]:
    """Return the program with its arguments that is to run in place of what the image starts; nothing for that.

    Raises:
        ServiceError: ValidationException, arguments for a program that is not known here, or no container's paths.

    """
    algorithm = request["AlgorithmSpecification"]
    program, arguments = (algorithm.get(f"Container{member}", []) for member in ("Entrypoint", "Arguments"))
    if arguments and not program:
        raise invalid(
            "AlgorithmSpecification.ContainerArguments must have a ContainerEntrypoint beside it here, as no image is "
            "pulled whose own would take them; name the program"
        )
    obstacle = opt_ml.obstacle()
    if program and obstacle is not None:
        raise invalid(
            "AlgorithmSpecification.ContainerEntrypoint must be left out here, or another program would run than was "
            f"asked for: nothing can be mounted at {ROOT} ({obstacle}); name the script by sagemaker_program and "
            "sagemaker_submit_directory, or rehearse where mount namespaces are allowed"
        )
    return (*program, *arguments)


def training_command(request: Document, *, commands: LocalCommands) -> LocalCommand | None:
    """Return the command that stands for a job's image, or None for what is run here: a script, an algorithm.

    Raises:
        ServiceError: ValidationException, an image of the user's own that no command stands for.

    """
    image = request["AlgorithmSpecification"]["TrainingImage"]
    family = family_of(image)
    if entry_point_of(request) or (family is not None and not family.stood_for):
        return None
    needed = family is None and script_of(request.get("HyperParameters", {})) is None
    return local_command(image=image, purpose="train", commands=commands, needed=needed)


def runs_script(request: Document, *, commands: LocalCommands) -> bool:
    """Whether a job trains by a script that a toolkit starts; raises as its parts do."""
    toolkit = training_command(request, commands=commands) is None and not entry_point_of(request)
    return toolkit and script_of(request.get("HyperParameters", {})) is not None


def unisolated(request: Document) -> str | None:
    """Return why a job would not be isolated here as it asks to be, and what to do, or None where it is."""
    if network_of(request) is not Network.NONE:
        return None
    obstacle = networks.obstacle()
    if obstacle is not None:
        return f"no network namespace can be taken ({obstacle}); rehearse where they are allowed"
    hosts = request["ResourceConfig"].get("InstanceCount", 1)
    if hosts > 1:
        # "except for calls between peers within a training cluster for distributed training" (CreateTrainingJob).
        return (
            f"its {hosts} hosts reach each other there, and each is by itself in a network namespace; ask for one host"
        )
    return None


def network_of(request: Document) -> Network:
    """Return the network of a job's containers."""
    return Network.of(isolated=request.get("EnableNetworkIsolation", False), in_vpc="VpcConfig" in request)


def _check_algorithm(request: Document, *, commands: LocalCommands) -> None:
    algorithm = request["AlgorithmSpecification"]
    image = algorithm.get("TrainingImage")
    if image is None:
        raise invalid("AlgorithmSpecification must have a TrainingImage here, got no image; name one")
    mode = algorithm["TrainingInputMode"]
    if mode not in MODES:
        raise invalid(f"TrainingInputMode must be one of {', '.join(MODES)} here, got {mode}")
    training_command(request, commands=commands)
    if entry_point_of(request):
        return
    family = family_of(image)
    if family is not None and not family.runs_scripts:
        raise invalid(f"the image {image} must be one that trains: {family.title}'s only serves; name another")
    if script_of(request.get("HyperParameters", {})) is None and family not in (None, XGBOOST):
        raise invalid(
            f"one of AWS's images without a script must be XGBoost's here, got {image}: only that algorithm is "
            "rehearsed; set sagemaker_program and sagemaker_submit_directory"
        )


def _check_channel(channel: Document, *, hosts: int) -> None:
    name, source = channel["ChannelName"], channel["DataSource"].get("S3DataSource")
    if source is None:
        raise invalid(f"channel {name} must have an S3DataSource here: there is no file system; use S3")
    if source["S3DataType"] == AUGMENTED:
        raise invalid(_augmented_problem(channel, source=source))
    if source.get("AttributeNames"):
        raise invalid(f"channel {name}: AttributeNames must be left out without {AUGMENTED}; remove them")
    allowed = {
        "S3DataType": (source["S3DataType"], ("S3Prefix",)),
        "InputMode": (channel.get("InputMode", "File"), MODES),
        "CompressionType": (channel.get("CompressionType", "None"), ("None",)),
        "RecordWrapperType": (channel.get("RecordWrapperType", "None"), ("None",)),
    }
    for member, (value, values) in allowed.items():
        if value not in values:
            raise invalid(f"channel {name}: {member} must be {' or '.join(values)} here, got {value}")
    if hosts > 1 and source.get("S3DataDistributionType") == "ShardedByS3Key":
        raise invalid(f"channel {name}: ShardedByS3Key is not rehearsed on several hosts; use FullyReplicated")
    try:
        channel_folder(name=name, channels=Path("/"))
    except ValueError as error:
        raise invalid(str(error)) from error


def _augmented_problem(channel: Document, *, source: Document) -> str:
    """What AWS refuses of an augmented manifest as a channel (API reference, S3DataSource), else what is not here."""
    what = f"channel {channel['ChannelName']}: {AUGMENTED}"
    mode = channel.get("InputMode", "File")
    if mode != PIPE:
        return f"{what} must have the InputMode {PIPE}, got {mode}; ask for a pipe, or convert the manifest to files"
    if not source.get("AttributeNames"):
        return f"{what} must have AttributeNames, got none; name those that the pipe is to have"
    return f"{what} is a pipe, and no pipe is rehearsed; convert the manifest to files, for an S3Prefix"
