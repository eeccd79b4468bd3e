"""What a CreateTransformJob request and its model ask for; what is not rehearsed is refused in a sentence."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from modelyard.rehearsal.containers.local_commands import LocalCommands
from modelyard.rehearsal.containers.networks import Network
from modelyard.rehearsal.containers.servers import ServedModel
from modelyard.rehearsal.sagemaker.containers import (
    ServingCode,
    artifact_of,
    family_of,
    named_containers,
    no_credentials,
    serving_code,
)
from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.jobs.failures import JobFailed
from modelyard.rehearsal.sagemaker.jobs.transfers import Transfers
from modelyard.rehearsal.sagemaker.machines import check_volume_key
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.rehearsal.sagemaker.transforming.json_paths import JsonPath
from modelyard.rehearsal.sagemaker.transforming.processing import DataProcessing, Stamp
from modelyard.rehearsal.sagemaker.transforming.records import Split, Strategy, format_of
from modelyard.shared.container_families import ContainerFamily
from modelyard.shared.s3_uri import S3Uri

SPLITS = tuple(kind.value for kind in Split)
# "The value of (MaxConcurrentTransforms * MaxPayloadInMB) also cannot exceed 100 MB" (CreateTransformJob).
MOST_MEGABYTES = 100
DEFAULT_MEGABYTES = 6
STRATEGIES = {"SINGLE_RECORD": Strategy.SINGLE, "MULTI_RECORD": Strategy.MULTI}


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchSettings:
    """How requests are made: how many at once, how large (0 MB: a whole object), and of one record or of several."""

    concurrent: int
    megabytes: int
    strategy: Strategy

    @classmethod
    def of(cls, *, request: Document, container: Document) -> "BatchSettings":
        """Return what the request says, else what the container does at /execution-parameters, else the default."""
        concurrent = request.get("MaxConcurrentTransforms", 0)
        strategy = STRATEGIES.get(str(container.get("BatchStrategy")), Strategy.MULTI)
        return cls(
            concurrent=concurrent if concurrent > 0 else int(container.get("MaxConcurrentTransforms", 1)),
            megabytes=request.get("MaxPayloadInMB", int(container.get("MaxPayloadInMB", DEFAULT_MEGABYTES))),
            strategy=Strategy(request.get("BatchStrategy", strategy)),
        )

    @property
    def most_bytes(self) -> int:
        """The longest body of a request."""
        return (self.megabytes if self.megabytes > 0 else MOST_MEGABYTES) * 1024**2

    def described(self) -> str:
        """Return the settings as AWS's log has them."""
        return (
            f"MaxConcurrentTransforms={self.concurrent}, MaxPayloadInMB={self.megabytes}, "
            f"BatchStrategy={self.strategy_name}"
        )

    @property
    def strategy_name(self) -> str:
        """The strategy as containers write it."""
        return next(name for name, strategy in STRATEGIES.items() if strategy is self.strategy)


def batch_environment(request: Document) -> dict[str, str]:
    """Return the variables that tell a container that it transforms a batch, and what the request says of how.

    What the request leaves open has no variable: the container has not been asked yet.
    """
    strategy = next((name for name, kind in STRATEGIES.items() if kind == request.get("BatchStrategy")), None)
    said = {
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": request.get("MaxPayloadInMB"),
        "SAGEMAKER_BATCH_STRATEGY": strategy,
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": request.get("MaxConcurrentTransforms"),
    }
    return {"SAGEMAKER_BATCH": "true"} | {name: str(value) for name, value in said.items() if value is not None}


def check_transform(request: Document) -> None:
    """Refuse what is not rehearsed, and what AWS refuses.

    Raises:
        ServiceError: ValidationException, with what to change.

    """
    check_volume_key(request["TransformResources"])
    config = request["TransformInput"]
    source = config["DataSource"]["S3DataSource"]
    if source["S3DataType"] != "S3Prefix":
        raise invalid(f"S3DataType must be S3Prefix here, got {source['S3DataType']}; name a prefix")
    if config.get("SplitType", "None") not in SPLITS:
        raise invalid(f"SplitType must be {' or '.join(SPLITS)} here, got {config['SplitType']}; split by lines")
    if config.get("CompressionType", "None") not in ("None", "Gzip"):
        raise invalid(f"CompressionType must be None or Gzip here, got {config['CompressionType']}")
    megabytes = request.get("MaxPayloadInMB", DEFAULT_MEGABYTES)
    concurrent = request.get("MaxConcurrentTransforms", 0)
    if megabytes > MOST_MEGABYTES or megabytes * concurrent > MOST_MEGABYTES:
        raise invalid(
            f"MaxPayloadInMB and its product with MaxConcurrentTransforms must be at most {MOST_MEGABYTES}, got "
            f"{megabytes} and {concurrent}; lower one of them"
        )
    data_processing(request, started=datetime.min)


def split_of(request: Document) -> Split:
    """Return how objects are split."""
    return Split(request["TransformInput"].get("SplitType", "None"))


def data_processing(request: Document, *, started: datetime) -> DataProcessing:
    """Return what becomes of records.

    Raises:
        ServiceError: ValidationException, filters that cannot be read or that do not go with the content types.

    """
    options = request.get("DataProcessing", {})
    content_type = request["TransformInput"].get("ContentType")
    stamped = request.get("DataCaptureConfig", {}).get("GenerateInferenceId", False)
    try:
        return DataProcessing(
            input_format=format_of(content_type),
            # Without Accept a container answers in the type that it was asked in.
            output_format=format_of(request["TransformOutput"].get("Accept", content_type)),
            whole=split_of(request) is Split.NONE,
            input_filter=JsonPath(text=options.get("InputFilter", "$")),
            output_filter=JsonPath(text=options.get("OutputFilter", "$")),
            join=options.get("JoinSource", "None") == "Input",
            stamp=Stamp(started=started, identifier=lambda: str(uuid4())) if stamped else None,
        )
    except ValueError as error:
        raise invalid(str(error)) from error


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerPlan:
    """A container of a model as a transform job needs it; an image of the user's own has no family."""

    name: str
    image: str
    artifact: S3Uri
    code: ServingCode
    network: Network
    family: ContainerFamily | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, container: Document, *, name: str, model: str, network: Network, commands: LocalCommands
    ) -> "ContainerPlan":
        """Read a container of a Model's document.

        Raises:
            ServiceError: ValidationException, one that is not rehearsed.

        """
        if "Image" not in container:
            raise invalid(f"model {model} must have an Image or a ModelPackageName here, got neither")
        if "ModelDataSource" in container:
            # "Currently you cannot use ModelDataSource in conjunction with SageMaker batch transform, SageMaker
            # serverless endpoints" (ContainerDefinition).
            raise invalid(f"model {model} must have a ModelDataUrl to transform a batch, got ModelDataSource")
        artifact = artifact_of(container)
        if artifact is None:
            raise invalid(f"model {model} must have a ModelDataUrl here, got none; name its model.tar.gz")
        return cls(
            name=name,
            image=container["Image"],
            artifact=artifact,
            code=serving_code(container, commands=commands),
            network=network,
            family=family_of(container["Image"]),
            environment=dict(container.get("Environment", {})),
        )

    def fetch(self, *, transfers: Transfers, folder: Path) -> tuple[Path, Path | None]:
        """Download the artifact and the script, and return where they are; JobFailed if the role may not read them."""
        archive = folder / "model.tar.gz"
        if self.artifact.key.endswith("/"):
            archive = folder / "model"
            transfers.download(source=self.artifact, folder=archive)
        else:
            transfers.fetch(source=self.artifact, path=archive)
        if self.code.source is None:
            return archive, None
        if self.network is Network.NONE:
            raise JobFailed(f"AlgorithmError: {no_credentials(self.code.source)}")
        transfers.fetch(source=self.code.source, path=folder / "sourcedir.tar.gz")
        return archive, folder / "sourcedir.tar.gz"

    def served(
        self, *, archive: Path, source: Path | None, region: str, environment: dict[str, str], payload_megabytes: int
    ) -> ServedModel:
        """Return what a serving process is started with; `environment` outranks the model's own."""
        return ServedModel(
            archive=archive,
            source=source,
            packed_code=self.code.packed,
            program=self.code.program,
            command=self.code.command,
            without_program=self.code.without_program,
            family=self.family,
            network=self.network,
            region=region,
            environment=self.environment | environment,
            payload_megabytes=payload_megabytes,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelPlan:
    """A model as a transform job needs it: its containers in the order in which a record passes them."""

    role_arn: str
    network: Network
    containers: tuple[ContainerPlan, ...]

    @classmethod
    def of(cls, document: Document, *, commands: LocalCommands) -> "ModelPlan":
        """Read a Model's document; raises as `ContainerPlan.of` does."""
        network = Network.of(isolated=document.get("EnableNetworkIsolation", False), in_vpc="VpcConfig" in document)
        model = document["ModelName"]
        return cls(
            role_arn=document["ExecutionRoleArn"],
            network=network,
            containers=tuple(
                ContainerPlan.of(container, name=name, model=model, network=network, commands=commands)
                for name, container in named_containers(document).items()
            ),
        )
